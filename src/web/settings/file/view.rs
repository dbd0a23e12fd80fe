//! The page of the workspace file.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::setup::SetupRefusal;
use crate::domain::setup::file::{Fault, Gone, Plan, Wrong};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::faults;
use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;
use crate::web::settings::changes::view::Line;
use crate::web::settings::flows::problems::said;
use crate::web::settings::view::Shell;

/// Lines of a plan that are shown; of the others there is a number.
const SHOWN: usize = 300;

/// And faults.
const SHOWN_FAULTS: usize = 50;

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
        /// The first of them.
        faults: Vec<Fault>,
        /// How many more there are.
        more: usize,
    },
    Plan {
        lines: Vec<Line>,
        /// How many more there are.
        more: usize,
        /// What is gone then, of each kind how many.
        gone: Vec<String>,
        /// What of the file is not done, and why.
        left_out: Vec<Fault>,
        text: String,
        prune: bool,
    },
}

impl Offered {
    #[must_use]
    pub fn faults(mut faults: Vec<Fault>) -> Self {
        let more = faults.len().saturating_sub(SHOWN_FAULTS);
        faults.truncate(SHOWN_FAULTS);
        Self::Faults { faults, more }
    }

    /// `held`: conversations of those who would work here no more.
    #[must_use]
    pub fn plan(locale: Locale, plan: Plan, held: i64, text: String, prune: bool) -> Self {
        let gone = gone(locale, &plan.gone(), held);
        let Plan { events, names, left_out } = plan;
        let lines = events.iter().take(SHOWN).map(|event| Line::of(locale, &names, event)).collect();
        Self::Plan { lines, more: events.len().saturating_sub(SHOWN), gone, left_out, text, prune }
    }
}

fn gone(locale: Locale, gone: &Gone, held: i64) -> Vec<String> {
    let Gone { people, teams, roles, canned_replies, tags, fields, entry_rules, skills, sla_policies } = gone;
    let counts = [
        ("file.gone.people", people.len()),
        ("file.gone.teams", *teams),
        ("file.gone.roles", *roles),
        ("file.gone.canned_replies", *canned_replies),
        ("file.gone.tags", *tags),
        ("file.gone.fields", *fields),
        ("file.gone.entry_rules", *entry_rules),
        ("file.gone.skills", *skills),
        ("file.gone.sla_policies", *sla_policies),
    ];
    let held = (!people.is_empty()).then(|| locale.count("file.gone.held", held));
    let counted = counts.into_iter().filter(|(_, count)| *count > 0);
    counted.map(|(key, count)| locale.count(key, i64::try_from(count).unwrap_or(i64::MAX))).chain(held).collect()
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
        let words = sentence(&self.chrome.locale, &key, &values.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
        match &fault.wrong {
            Wrong::Refused(SetupRefusal::RuleFaulty { fault, .. }) => {
                Html::trusted(format!("{words} {}", faults::of_condition(self.chrome.locale, fault)))
            }
            _ => words,
        }
    }

    fn more(&self, more: &usize) -> String {
        self.chrome.locale.count("file.more", i64::try_from(*more).unwrap_or(i64::MAX))
    }
}
