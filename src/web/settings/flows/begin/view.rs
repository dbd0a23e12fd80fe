//! The page on which a flow is begun.

use std::collections::BTreeMap;

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
    /// The ready flow that is being begun.
    pub ready: Option<Ready>,
    pub typed: Typed,
    /// Keys, and what people call each.
    pub queues: Vec<(String, String)>,
}

/// What the form says, or is to say first.
#[derive(Debug, Default)]
pub struct Typed {
    pub name: String,
    pub language: String,
    /// Keys of queues, by the roles that they have in the flow.
    pub queues: BTreeMap<String, String>,
}

impl BeginPage {
    fn language(&self) -> &'static str {
        self.chrome.locale.as_str()
    }

    /// Languages that it may speak, each with the key of its words: first that of whoever looks.
    fn languages(&self) -> [(&'static str, &'static str); 3] {
        match self.language() {
            "es" => [("es+en", "flows.speaks_es_en"), ("es", "flows.speaks_es"), ("en", "flows.speaks_en")],
            _ => [("en+es", "flows.speaks_en_es"), ("en", "flows.speaks_en"), ("es", "flows.speaks_es")],
        }
    }

    fn speaks(&self, language: &str) -> bool {
        self.typed.language == language
    }

    /// Whether the queue is the one for a role: as was chosen, or as its key says.
    fn is_queue_of(&self, role: &str, key: &str) -> bool {
        self.typed.queues.get(role).map_or(role, String::as_str) == key
    }
}
