//! The panel beside the thread: who the customer is, what is known, why it came here, what was before.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::domain::contact::Identity;
use crate::domain::conversation::State;
use crate::domain::ids::ConversationId;
use crate::domain::routing::{AssignmentReason, Considered, Exclusion, Rule};
use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;

/// What does not change while the conversation is open; the rest is in [`ConversationState`](super::state::ConversationState).
#[derive(Debug, Clone, Default)]
pub struct Context {
    pub identities: Vec<Identity>,
    /// The name they chose to be found by, which stands in place of raw ids.
    pub username: Option<String>,
    /// Latest first, without the one that is open.
    pub past: Vec<PastConversation>,
}

/// An earlier conversation of the same contact.
#[derive(Debug, Clone)]
pub struct PastConversation {
    pub id: ConversationId,
    pub state: State,
    pub opened_at: Timestamp,
    pub topic: Option<String>,
    pub agent_name: Option<String>,
    pub last_line: Option<String>,
}

/// "Why me?": the rule that decided, with everybody considered; element id `assignment-reason`.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/reason.html")]
pub struct ReasonCard {
    pub locale: Locale,
    pub agent_name: String,
    pub reason: AssignmentReason,
}

impl HtmlSafe for ReasonCard {}

impl ReasonCard {
    fn rule(&self) -> Html {
        rule_sentence(self.locale, &self.agent_name, &self.reason.rule)
    }

    fn others(&self) -> Option<String> {
        others(self.locale, &self.reason.more)
    }

    fn excluded(&self, considered: &Considered) -> Option<String> {
        considered.excluded.map(|exclusion| self.locale.t(exclusion_key(exclusion)).into_owned())
    }
}

/// How many others there were, such as `18 with room, 210 offline`.
fn others(locale: Locale, more: &[(Option<Exclusion>, usize)]) -> Option<String> {
    let part = |(exclusion, count): &(Option<Exclusion>, usize)| {
        let what = locale.t(exclusion.map_or("excluded.nothing", exclusion_key));
        format!("{count} {what}")
    };
    (!more.is_empty()).then(|| more.iter().map(part).collect::<Vec<_>>().join(", "))
}

/// Why `name` was chosen, as a sentence.
pub(in crate::web) fn rule_sentence(locale: Locale, name: &str, rule: &Rule) -> Html {
    match rule {
        Rule::LeastBusy { load, capacity } => {
            sentence(&locale, "rule.least_busy", &[("name", name), ("load", &load.to_string()), ("capacity", &capacity.to_string())])
        }
        Rule::EquallyBusy { load, capacity, idle_seconds } => sentence(
            &locale,
            "rule.equally_busy",
            &[
                ("name", name),
                ("load", &load.to_string()),
                ("capacity", &capacity.to_string()),
                ("minutes", &(idle_seconds / 60).to_string()),
            ],
        ),
        Rule::LongestIdle { idle_seconds } => {
            sentence(&locale, "rule.longest_idle", &[("name", name), ("minutes", &(idle_seconds / 60).to_string())])
        }
        Rule::InTurn { given_seconds } => {
            sentence(&locale, "rule.in_turn", &[("name", name), ("minutes", &(given_seconds / 60).to_string())])
        }
        Rule::SameAgent => sentence(&locale, "rule.same_agent", &[("name", name)]),
        Rule::Taken => sentence(&locale, "rule.taken", &[("name", name)]),
        Rule::Inherited { name: left, .. } => sentence(&locale, "rule.inherited", &[("name", name), ("left", left)]),
        Rule::SignedOff { name: giver, .. } => sentence(&locale, "rule.signed_off", &[("name", name), ("giver", giver)]),
        Rule::GivenBy { name: giver, .. } => sentence(&locale, "rule.given_by", &[("name", name), ("giver", giver)]),
    }
}

fn exclusion_key(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::Away => "excluded.away",
        Exclusion::Offline => "excluded.offline",
        Exclusion::Full => "excluded.full",
        Exclusion::MayNotReply => "excluded.may_not_reply",
    }
}

/// What the customer is called by; element id `contact-names`.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/names.html")]
pub struct ContactNames {
    pub locale: Locale,
    pub identities: Vec<Identity>,
    pub username: Option<String>,
}

impl HtmlSafe for ContactNames {}

impl ContactNames {
    /// As people read it: a user id says nothing to anybody where there is a name.
    fn names(&self) -> Vec<(&str, String)> {
        let is_shown = |identity: &&Identity| self.username.is_none() || !matches!(identity, Identity::UserId(_));
        let shown = self.identities.iter().filter(is_shown).map(|identity| (identity.kind(), identity.read_by(self.locale.phones())));
        shown.chain(self.username.iter().map(|username| ("username", format!("@{username}")))).collect()
    }
}

impl Context {
    pub(in crate::web) fn names_in(&self, locale: &Locale) -> ContactNames {
        ContactNames { locale: *locale, identities: self.identities.clone(), username: self.username.clone() }
    }
}
