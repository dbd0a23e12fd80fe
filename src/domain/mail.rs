//! Mails to people: an invitation, a link for a new password.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::user::EmailAddress;

/// A mail as it is sent. It may carry a link that lets its reader in: it is kept sealed, and not after it was sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: EmailAddress,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Neither whom it is for nor what it says.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").finish_non_exhaustive()
    }
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailState {
    /// It is sent in a moment, or again after a failure.
    Waiting,
    Sent,
    /// It never was, and will not be; what the mail server said, if anything.
    Failed {
        reason: String,
    },
}
