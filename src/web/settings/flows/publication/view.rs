//! The page that asks before a flow is published.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::ids::FlowId;
use crate::store::flows::{FlowDraft, Workbench};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::ui;
use crate::web::settings::flows::difference::Group;
use crate::web::settings::flows::problems::Listed;
use crate::web::settings::view::Shell;

/// `GET /settings/flows/{id}/publication`
#[derive(Template, WebTemplate)]
#[template(path = "settings/flows/publication.html")]
pub struct PublicationPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub id: FlowId,
    pub bench: Workbench,
    pub draft: FlowDraft,
    pub problems: Vec<Listed>,
    /// What is another than in the published version, where there is one.
    pub groups: Option<Vec<Group>>,
}

impl PublicationPage {
    fn count(&self) -> String {
        self.chrome.locale.count("flows.problems", i64::try_from(self.problems.len()).unwrap_or(i64::MAX))
    }

    /// Who meets it from then on.
    fn consequences(&self) -> String {
        match self.bench.inboxes {
            0 => self.chrome.locale.t("flows.publish_unused").into_owned(),
            count => self.chrome.locale.count("flows.publish_used", count),
        }
    }
}
