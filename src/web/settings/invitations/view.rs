//! The page of invitations.

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;

use crate::domain::mail::MailState;
use crate::store::invitations::Invited;
use crate::store::people::Choices;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::settings::people::form::Typed;
use crate::web::settings::people::view::{PersonForm, role_words};
use crate::web::settings::view::Shell;

/// `GET /settings/invitations`
#[derive(Template, WebTemplate)]
#[template(path = "settings/invitations.html")]
pub struct InvitationsPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub invitations: Vec<Invited>,
    pub choices: Choices,
    pub typed: Typed,
    /// The link that was just made, shown this once.
    pub link: Option<String>,
    /// This installation has a mail server.
    pub sends_mails: bool,
    pub now: Timestamp,
}

impl InvitationsPage {
    fn form(&self) -> PersonForm<'_> {
        PersonForm { locale: self.chrome.locale, choices: &self.choices, typed: &self.typed }
    }

    fn role(&self, invited: &Invited) -> String {
        role_words(self.chrome.locale, invited.role, invited.role_name.as_deref())
    }

    fn is_over(&self, invited: &Invited) -> bool {
        invited.expires_at <= self.now
    }

    /// What became of the mail about it.
    fn mail(&self, invited: &Invited) -> Option<String> {
        let locale = self.chrome.locale;
        Some(match invited.mail.as_ref()? {
            MailState::Waiting => locale.t("invitation.mail_waits").into_owned(),
            MailState::Sent => locale.t("invitation.mail_sent").into_owned(),
            MailState::Failed { reason } if reason.is_empty() => locale.t("invitation.mail_late").into_owned(),
            MailState::Failed { reason } => locale.t1("invitation.mail_failed", "reason", reason),
        })
    }
}
