//! The page on which a flow is begun.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::flows::ready::Ready;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::ui;
use crate::web::settings::view::Shell;

/// `GET /settings/flows/new`
#[derive(Template, WebTemplate)]
#[template(path = "settings/flows/begin.html")]
pub struct BeginPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub all: Vec<Ready>,
    pub choosing: Option<Choosing>,
    /// Keys, and what people call each.
    pub queues: Vec<(String, String)>,
}

/// A ready flow that is being begun.
#[derive(Debug)]
pub struct Choosing {
    pub ready: Ready,
    pub name: String,
}

impl BeginPage {
    fn language(&self) -> &'static str {
        self.chrome.locale.as_str()
    }

    /// Whether the queue is the first to be offered for a role: its key says so.
    fn is_likely(&self, role: &str, key: &str) -> bool {
        role == key
    }
}
