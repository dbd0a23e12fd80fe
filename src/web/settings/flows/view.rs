//! The pages of flows.

use askama::Template;
use askama_web::WebTemplate;

use super::difference::Group;
use crate::domain::setup::Who;
use crate::store::flows::{DraftLine, FlowDetail, FlowSummary, FlowVersion};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;
use crate::web::settings::changes::view::{Act, who};
use crate::web::settings::view::Shell;

/// `GET /settings/flows`
#[derive(Template, WebTemplate)]
#[template(path = "settings/flows/index.html")]
pub struct FlowsPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub flows: Vec<FlowSummary>,
    pub archived: Vec<FlowSummary>,
}

impl FlowsPage {
    fn versions(&self, flow: &FlowSummary) -> String {
        match flow.published {
            Some(version) => self.chrome.locale.t1("flows.published_version", "version", version),
            None => self.chrome.locale.t("flows.unpublished").into_owned(),
        }
    }

    fn sessions(&self, flow: &FlowSummary) -> String {
        self.chrome.locale.count("flows.sessions", flow.sessions)
    }

    fn draft(&self, draft: &DraftLine) -> Html {
        draft_words(&self.chrome, draft)
    }
}

/// Two versions, told apart in words.
#[derive(Debug)]
pub struct Comparison {
    pub from: i32,
    pub to: i32,
    pub groups: Vec<Group>,
}

impl Comparison {
    fn title(&self, locale: &Locale) -> String {
        locale.t2("flows.difference", ("from", &self.from.to_string()), ("to", &self.to.to_string()))
    }
}

/// `GET /settings/flows/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/flows/show.html")]
pub struct FlowPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub flow: FlowDetail,
    /// The name in the form.
    pub typed: String,
    pub comparison: Option<Comparison>,
    /// What became of it.
    pub acts: Vec<Act>,
}

impl FlowPage {
    fn draft(&self, draft: &DraftLine) -> Html {
        draft_words(&self.chrome, draft)
    }

    fn sessions(&self, version: &FlowVersion) -> String {
        self.chrome.locale.count("flows.sessions", version.sessions)
    }

    fn is_published(&self, version: &FlowVersion) -> bool {
        self.flow.published == Some(version.version)
    }

    fn all_sessions(&self) -> i64 {
        self.flow.versions.iter().map(|version| version.sessions).sum()
    }

    fn who(&self, version: &FlowVersion) -> String {
        who(self.chrome.locale, version.who.as_ref().unwrap_or(&Who::System))
    }

    /// The version before one, if it has any.
    fn before(&self, version: &FlowVersion) -> Option<i32> {
        self.flow.versions.iter().map(|other| other.version).find(|other| *other < version.version)
    }

    /// What publishing it again means for those who are in another one.
    fn roll_back_hint(&self) -> String {
        self.chrome.locale.count("flows.roll_back_hint", self.all_sessions())
    }

    /// What is left of it when it is archived.
    fn archive_hint(&self) -> String {
        let locale = self.chrome.locale;
        let versions = locale.count("flows.versions", i64::try_from(self.flow.versions.len()).unwrap_or(i64::MAX));
        locale.t2("flows.archive_hint", ("versions", &versions), ("sessions", &locale.count("flows.sessions", self.all_sessions())))
    }

    fn is_chosen(&self, version: &FlowVersion, is_from: bool) -> bool {
        let first = self.flow.versions.first().map(|latest| latest.version);
        let second = self.flow.versions.get(1).map(|earlier| earlier.version);
        let (from, to) = self.comparison.as_ref().map_or((second, first), |comparison| (Some(comparison.from), Some(comparison.to)));
        Some(version.version) == if is_from { from } else { to }
    }
}

fn draft_words(chrome: &Chrome, draft: &DraftLine) -> Html {
    let words = match &draft.author {
        Some(author) => sentence(&chrome.locale, "flows.draft_by", &[("name", author)]),
        None => sentence(&chrome.locale, "flows.draft", &[]),
    };
    Html::trusted(format!("{words} {}", time::element(&draft.at, "moment")))
}
