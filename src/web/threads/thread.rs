//! Which thread is shown.

use crate::domain::contact::Contact;
use crate::domain::ids::{InboxId, WorkspaceId};
use crate::store::access::Sight;
use crate::web::locale::Locale;

/// A thread: whose it is, and in which language.
#[derive(Debug, Clone, Copy)]
pub struct Thread<'a> {
    pub locale: Locale,
    pub sight: Sight,
    pub inbox: InboxId,
    pub contact: &'a Contact,
}

impl Thread<'_> {
    /// What the customer is called, as its reader may know it.
    #[must_use]
    pub fn contact_name(&self) -> String {
        self.contact.called(self.locale.phones())
    }

    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.sight.workspace()
    }
}
