//! The page of what was looked for.

use askama::Template;
use askama_web::WebTemplate;
use url::form_urlencoded;
use uuid::Uuid;

use crate::domain::names;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::ui;
use crate::web::settings::view::Shell;

/// `GET /settings/search`
#[derive(Template, WebTemplate)]
#[template(path = "settings/search.html")]
pub struct SearchPage {
    pub chrome: Chrome,
    pub shell: Shell,
    /// What was looked for.
    pub q: String,
    pub found: Vec<Found>,
    /// The key after which the next page goes on, if there is one.
    pub next: Option<String>,
}

/// A page or a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Sorts it among the others.
    pub key: String,
    pub name: String,
    pub path: String,
    pub icon: &'static str,
    /// What kind of thing it is; nothing of a page.
    pub kind: Option<String>,
}

impl Found {
    #[must_use]
    pub fn new(rank: u8, name: &str, id: Uuid, path: String, icon: &'static str, kind: Option<String>) -> Self {
        let place = if id.is_nil() { path.clone() } else { id.to_string() };
        Self { key: format!("{rank} {} {place}", names::order(name)), name: name.to_owned(), path, icon, kind }
    }
}

impl SearchPage {
    fn further(&self, after: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &self.q).append_pair("after", after).finish();
        format!("/settings/search?{query}")
    }
}
