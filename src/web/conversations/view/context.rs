//! The panel beside the thread: who the customer is, what is known, why it came here, what was before.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::domain::contact::Identity;
use crate::domain::conversation::State;
use crate::domain::ids::ConversationId;
use crate::domain::routing::{AssignmentReason, Considered, Exclusion, Fit, Named, Rule};
use crate::web::layouts::html::Html;
use crate::web::layouts::skills;
use crate::web::layouts::ui;
use crate::web::layouts::words::{plain, sentence};
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
        reason_sentence(self.locale, &self.agent_name, &self.reason)
    }

    fn others(&self) -> Option<String> {
        others(self.locale, &self.reason.more)
    }

    fn excluded(&self, considered: &Considered) -> Option<String> {
        considered.excluded.as_ref().map(|exclusion| exclusion_words(self.locale, exclusion))
    }
}

/// How many others there were, such as `18 with room, 210 offline`.
fn others(locale: Locale, more: &[(Option<Exclusion>, usize)]) -> Option<String> {
    let part = |(exclusion, count): &(Option<Exclusion>, usize)| {
        let what = exclusion.as_ref().map_or_else(|| locale.t("excluded.nothing").into_owned(), |it| exclusion_words(locale, it));
        format!("{count} {what}")
    };
    (!more.is_empty()).then(|| more.iter().map(part).collect::<Vec<_>>().join(", "))
}

/// Why `name` was chosen, with what of them was wanted.
pub(in crate::web) fn reason_sentence(locale: Locale, name: &str, reason: &AssignmentReason) -> Html {
    let Some(Fit { required, preferred, is_only_one }) = &reason.fit else { return rule_sentence(locale, name, &reason.rule) };
    let who = |key: &str, all: &[Named]| sentence(&locale, key, &[("name", name), ("who", &skills::who(locale, all))]);
    let mut told = Vec::new();
    if *is_only_one && !matches!(reason.rule, Rule::SameAgent | Rule::KnowsThem) {
        told.push(who("rule.only_one", required));
    } else {
        told.push(rule_sentence(locale, name, &reason.rule));
        told.extend((!required.is_empty()).then(|| who("rule.required", required)));
    }
    told.extend((!preferred.is_empty()).then(|| who("rule.preferred", preferred)));
    Html::trusted(told.into_iter().map(Html::into_string).collect::<Vec<_>>().join("; "))
}

/// Why `name` was chosen, as a sentence.
fn rule_sentence(locale: Locale, name: &str, rule: &Rule) -> Html {
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
        Rule::KnowsThem => sentence(&locale, "rule.knows_them", &[("name", name)]),
        Rule::SameAgent => sentence(&locale, "rule.same_agent", &[("name", name)]),
        Rule::Taken => sentence(&locale, "rule.taken", &[("name", name)]),
        Rule::Inherited { name: left, .. } => sentence(&locale, "rule.inherited", &[("name", name), ("left", left)]),
        Rule::SignedOff { name: giver, .. } => sentence(&locale, "rule.signed_off", &[("name", name), ("giver", giver)]),
        Rule::GivenBy { name: giver, .. } => sentence(&locale, "rule.given_by", &[("name", name), ("giver", giver)]),
    }
}

fn exclusion_words(locale: Locale, exclusion: &Exclusion) -> String {
    let key = match exclusion {
        Exclusion::LacksSkill { name, level, has } => {
            let key = if *has == 0 { "excluded.lacks_skill" } else { "excluded.lacks_level" };
            return plain(&locale, key, &[("skill", name), ("level", &level.to_string()), ("has", &has.to_string())]);
        }
        Exclusion::Away => "excluded.away",
        Exclusion::Offline => "excluded.offline",
        Exclusion::Full => "excluded.full",
        Exclusion::MayNotReply => "excluded.may_not_reply",
    };
    locale.t(key).into_owned()
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
