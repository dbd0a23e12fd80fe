//! The page of those who have not come in yet.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::access::Rights;
use crate::store::account_links::Newcomer;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::settings::view::Shell;

/// A link that was just made, shown this once.
#[derive(Debug, Clone)]
pub struct WayIn {
    pub name: String,
    pub email: String,
    pub url: String,
}

/// `GET /settings/newcomers`
#[derive(Template, WebTemplate)]
#[template(path = "settings/newcomers.html")]
pub struct NewcomersPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub newcomers: Vec<Newcomer>,
    pub made: Vec<WayIn>,
    /// What whoever looks may do.
    pub own: Rights,
    /// This installation has a mail server.
    pub sends_mails: bool,
}

impl NewcomersPage {
    /// Whether whoever looks may give them a link.
    fn may_let_in(&self, newcomer: &Newcomer) -> bool {
        !newcomer.rights.exceed(self.own)
    }
}
