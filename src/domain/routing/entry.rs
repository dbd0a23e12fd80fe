//! Entry rules: where a conversation goes that comes in and that neither a flow nor a person sends anywhere. The first rule that is met
//! decides.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::priority::Priority;
use super::skills::RuleSkills;
use crate::domain::conditions::{Case, Compiled, Facts};
use crate::domain::ids::{EntryRuleId, QueueId, TagId};
use crate::domain::landing::Landing;

/// A rule that is ready, of those that are on.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryRule {
    pub id: EntryRuleId,
    pub name: String,
    pub condition: Compiled,
    /// Without one it goes where it would go otherwise.
    pub queue: Option<QueueId>,
    /// How urgent it is from then on; without one it stays as it is.
    pub priority: Option<Priority>,
    /// Put on the conversation.
    pub tags: Vec<TagId>,
    /// Of whoever has it.
    pub skills: RuleSkills,
}

/// The rules of a workspace, in their order.
#[derive(Debug, Clone)]
pub struct EntryRules {
    /// Where the workspace is.
    pub zone: TimeZone,
    pub rules: Vec<EntryRule>,
}

impl Default for EntryRules {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, rules: Vec::new() }
    }
}

impl EntryRules {
    /// The first that is met.
    #[must_use]
    pub fn first(&self, case: &Case<'_>) -> Option<&EntryRule> {
        self.rules.iter().find(|rule| rule.condition.holds_of(case))
    }

    #[must_use]
    pub fn rule(&self, id: EntryRuleId) -> Option<&EntryRule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// What entry rules are held against while a flow speaks.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub rules: &'a EntryRules,
    pub facts: Facts<'a>,
    /// The date by which what is noted is read.
    pub today: Date,
    /// Where what is meant for a queue comes to wait.
    pub landing: Landing<'a>,
}

/// Who says where a conversation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The flow or the bot names the queue.
    Named,
    /// This rule.
    ByRule(EntryRuleId),
    /// Nobody: no rule was met.
    Otherwise,
}

/// Who said where a conversation goes that came in, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum SentBy {
    /// A flow or a bot, by the name of the queue.
    Name,
    /// An entry rule, as it stood in the set-up of this version.
    Rule { rule: EntryRuleId, name: String, version: i64 },
    /// An entry rule that left it where it would go otherwise.
    RuleKeeping { rule: EntryRuleId, name: String, version: i64 },
    /// Something of another version.
    #[serde(other)]
    Strange,
}
