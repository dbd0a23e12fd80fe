//! Mails to people: written in their language, posted, and never waited for.
//!
//! Whoever writes one makes a [`Letter`] and [posts](Letter::post) it:
//!
//! ```ignore
//! let letter = Letter { locale, subject, lines, link: Some(Link { words, url: state.public_link("/reset/…") }), note };
//! match letter.post(&state, &address, expires_at).await? { Posted::Soon(id) => …, Posted::NoMailServer | Posted::TooMany => … }
//! ```

use askama::Template;
use jiff::Timestamp;

use super::edge::error::Result;
use super::locale::Locale;
use super::state::State;
use crate::domain::ids::MailId;
use crate::domain::mail::Mail;
use crate::domain::user::EmailAddress;
use crate::live::trouble::Trouble;

static CROWDED: Trouble = Trouble::new("a mail was not posted");

/// What a mail says, in the language of whom it is for: paragraphs, a link that is to be followed, and a last line in small print.
#[derive(Debug, Clone)]
pub struct Letter {
    pub locale: Locale,
    pub subject: String,
    pub lines: Vec<String>,
    pub link: Option<Link>,
    pub note: String,
}

/// Where a mail leads.
#[derive(Debug, Clone)]
pub struct Link {
    pub words: String,
    /// A whole one; see [`State::public_link`].
    pub url: String,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// It is sent in a moment.
    Soon(MailId),
    /// This installation sends no mails.
    NoMailServer,
    /// Too many wait already: the mail server has not taken any for long.
    TooMany,
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Page<'a> {
    letter: &'a Letter,
}

impl Letter {
    /// Posts it: it is sent soon, also should the mail server be away now, but not after `expires_at`.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn post(&self, state: &State, to: &EmailAddress, expires_at: Timestamp) -> Result<Posted> {
        if !state.config.sends_mails() {
            return Ok(Posted::NoMailServer);
        }
        let posted = state.runner.post_mail(&self.mail(to)?, expires_at).await?;
        Ok(match posted {
            Some(mail) => {
                CROWDED.is_over();
                Posted::Soon(mail)
            }
            None => {
                CROWDED.failed(&"too many wait for the mail server already");
                Posted::TooMany
            }
        })
    }

    /// The mail in both forms.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn mail(&self, to: &EmailAddress) -> Result<Mail> {
        // What somebody typed must not begin another line of the head.
        let subject = self.subject.split(char::is_control).collect::<Vec<_>>().join(" ");
        Ok(Mail { to: to.clone(), subject, text: Text { letter: self }.render()?, html: Page { letter: self }.render()? })
    }
}

impl State {
    /// A path of ours as others reach it.
    #[must_use]
    pub fn public_link(&self, path: &str) -> String {
        format!("{}{path}", self.config.public_url.as_str().trim_end_matches('/'))
    }
}
