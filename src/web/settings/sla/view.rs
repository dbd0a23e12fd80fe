//! The pages of SLA policies.

use askama::Template;
use askama_web::WebTemplate;

use super::form::PRIORITIES;
pub use super::form::Typed;
use crate::domain::sla::{Clock, SlaPolicy};
use crate::store::sla::PolicySummary;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::{time, ui, words};
use crate::web::locale::Locale;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// `GET /settings/sla`
#[derive(Template, WebTemplate)]
#[template(path = "settings/sla_policies.html")]
pub struct PoliciesPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub policies: Vec<PolicySummary>,
    /// The one that was not added.
    pub typed: Typed,
}

impl PoliciesPage {
    fn summary(&self, policy: &PolicySummary) -> String {
        summary(self.chrome.locale, &policy.policy)
    }

    fn queues(&self, policy: &PolicySummary) -> String {
        queues(self.chrome.locale, policy)
    }

    fn clocks(&self) -> Vec<ClockFields> {
        clocks(self.chrome.locale, &self.typed)
    }
}

/// `GET /settings/sla/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/sla_policy.html")]
pub struct PolicyPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub summary: PolicySummary,
    pub typed: Typed,
    pub acts: Vec<Act>,
}

impl PolicyPage {
    /// What it says now, where a form says something else.
    fn now(&self) -> Option<String> {
        let differs = self.typed.is_of_form && self.typed.policy().ok().as_ref() != Some(&self.summary.policy);
        differs.then(|| format!("{}: {}", self.summary.policy.name, summary(self.chrome.locale, &self.summary.policy)))
    }

    fn queues(&self) -> String {
        queues(self.chrome.locale, &self.summary)
    }

    fn clocks(&self) -> Vec<ClockFields> {
        clocks(self.chrome.locale, &self.typed)
    }
}

/// The fields of what is measured.
pub struct ClockFields {
    clock: &'static str,
    label: String,
    hint: String,
    /// The name of a field, of its priority, and what was typed.
    fields: Vec<(String, String, String)>,
}

fn clocks(locale: Locale, typed: &Typed) -> Vec<ClockFields> {
    let fields = |(clock, typed): (Clock, &[String; 4])| ClockFields {
        clock: clock.as_str(),
        label: locale.t(&format!("sla.clock.{}", clock.as_str())).into_owned(),
        hint: locale.t(&format!("sla.hint.{}", clock.as_str())).into_owned(),
        fields: PRIORITIES
            .iter()
            .zip(typed)
            .map(|(priority, typed)| {
                (format!("{}_{priority}", clock.as_str()), locale.t(&format!("priority.{priority}")).into_owned(), typed.clone())
            })
            .collect(),
    };
    Clock::ALL.into_iter().zip(&typed.targets).map(fields).collect()
}

/// What it measures, by the longest and the shortest target of each.
fn summary(locale: Locale, policy: &SlaPolicy) -> String {
    let measured = |clock: Clock| {
        let minutes: Vec<i32> = policy.targets(clock).all().into_iter().flatten().collect();
        let (least, most) = (*minutes.iter().min()?, *minutes.iter().max()?);
        let shortest = words::exactly(locale, i64::from(least));
        let span = if least == most { shortest } else { format!("{shortest} – {}", words::exactly(locale, i64::from(most))) };
        Some(format!("{}: {span}", locale.t(&format!("sla.clock.{}", clock.as_str()))))
    };
    Clock::ALL.into_iter().filter_map(measured).collect::<Vec<_>>().join(" · ")
}

fn queues(locale: Locale, policy: &PolicySummary) -> String {
    if policy.queues.is_empty() { locale.t("sla.no_queue").into_owned() } else { policy.queues.join(", ") }
}
