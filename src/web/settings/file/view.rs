//! The page of the workspace file.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::setup::file::{Fault, Plan, Wrong};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;
use crate::web::settings::changes::view::Line;
use crate::web::settings::flows::problems::said;
use crate::web::settings::view::Shell;

/// Lines of a plan that are shown; of the others there is a number.
const SHOWN: usize = 300;

/// `GET /settings/file`
#[derive(Template, WebTemplate)]
#[template(path = "settings/file.html")]
pub struct FilePage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub offered: Offered,
}

/// What a file that was sent comes to.
#[derive(Debug)]
pub enum Offered {
    /// None was sent.
    Nothing,
    Faults {
        faults: Vec<Fault>,
        text: String,
    },
    Plan {
        lines: Vec<Line>,
        /// How many more there are.
        more: usize,
        /// What of the file is not done, and why.
        left_out: Vec<Fault>,
        text: String,
        prune: bool,
    },
}

impl Offered {
    #[must_use]
    pub fn plan(locale: Locale, plan: Plan, text: String, prune: bool) -> Self {
        let Plan { events, names, left_out } = plan;
        let lines = events.iter().take(SHOWN).map(|event| Line::of(locale, &names, event)).collect();
        Self::Plan { lines, more: events.len().saturating_sub(SHOWN), left_out, text, prune }
    }
}

impl FilePage {
    /// A fault in a sentence.
    fn words(&self, fault: &Fault) -> Html {
        let key = match (&fault.wrong, fault.wrong.key()) {
            (_, Some(key)) => format!("file.wrong.{key}"),
            (Wrong::Refused(refusal), None) => format!("refusal.{}", refusal.key()),
            (_, None) => String::new(),
        };
        let values = match &fault.wrong {
            Wrong::Flow(what) => vec![("what", said(self.chrome.locale, what))],
            wrong => wrong.values(),
        };
        sentence(&self.chrome.locale, &key, &values.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
    }

    fn more(&self, more: &usize) -> String {
        self.chrome.locale.count("file.more", i64::try_from(*more).unwrap_or(i64::MAX))
    }
}
