//! What the words of a refusal are filled in with.

use super::SetupRefusal;

impl SetupRefusal {
    /// What its words are filled in with.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            SetupRefusal::RoleNameTaken { name }
            | SetupRefusal::PlaceholderUnknown { name }
            | SetupRefusal::TagNameTaken { name }
            | SetupRefusal::TeamNameTaken { name }
            | SetupRefusal::RuleNameTaken { name }
            | SetupRefusal::SkillNameTaken { name }
            | SetupRefusal::SlaPolicyNameTaken { name }
            | SetupRefusal::ChangedMeanwhile { name: Some(name) } => vec![("name", name.clone())],
            SetupRefusal::LocaleUnknown { locale } => vec![("locale", locale.clone())],
            SetupRefusal::TimeZoneUnknown { time_zone } => vec![("time_zone", time_zone.clone())],
            SetupRefusal::FileFaulty { faults } => vec![("faults", faults.join(" "))],
            SetupRefusal::AccentUnfit { accent } => vec![("accent", accent.clone())],
            SetupRefusal::AccentUnreadable { accent, nearest } => vec![("accent", accent.clone()), ("nearest", nearest.clone())],
            SetupRefusal::QueueKeyTaken { key }
            | SetupRefusal::KeyUnfit { key }
            | SetupRefusal::SkillKeyTaken { key }
            | SetupRefusal::FieldKeyTaken { key }
            | SetupRefusal::FieldKeyUnfit { key } => vec![("key", key.clone())],
            SetupRefusal::RestUnknown { rest } => vec![("rest", rest.clone())],
            SetupRefusal::StrategyUnknown { strategy } => vec![("strategy", strategy.clone())],
            SetupRefusal::ColourUnknown { colour } => vec![("colour", colour.clone())],
            SetupRefusal::ChoicesMissing { field } => vec![("field", field.clone())],
            SetupRefusal::ShortcutTaken { shortcut } | SetupRefusal::ShortcutUnfit { shortcut } => vec![("shortcut", shortcut.clone())],
            SetupRefusal::TooManyReplies { most }
            | SetupRefusal::TooManyDefined { most }
            | SetupRefusal::TooManyWanted { most }
            | SetupRefusal::TooManySteps { most } => vec![("most", most.to_string())],
            SetupRefusal::TooManyRules { most, comparisons } => vec![("most", most.to_string()), ("comparisons", comparisons.to_string())],
            SetupRefusal::SkillLanguageTaken { skill, language } => vec![("skill", skill.clone()), ("language", language.clone())],
            SetupRefusal::SkillOfRule { skill, rule } => vec![("skill", skill.clone()), ("rule", rule.clone())],
            SetupRefusal::SkillAwaited { skill } => vec![("skill", skill.clone())],
            SetupRefusal::StepUnknown { step } => vec![("step", step.clone())],
            SetupRefusal::StepsUnordered { queue } => vec![("queue", queue.clone())],
            SetupRefusal::TextTooLong { limit, .. } => vec![("limit", limit.to_string())],
            SetupRefusal::TextUnfit { start } => vec![("start", start.clone())],
            SetupRefusal::OutOfRange { value, least, most } => {
                vec![("value", value.to_string()), ("least", least.to_string()), ("most", most.to_string())]
            }
            SetupRefusal::QueueUnreached { queue } => vec![("queue", queue.clone())],
            SetupRefusal::QueueOfOverflow { queue, from } => vec![("queue", queue.clone()), ("from", from.clone())],
            SetupRefusal::OverflowToItself { queue } | SetupRefusal::OverflowIdle { queue } => vec![("queue", queue.clone())],
            SetupRefusal::QueueOfNumber { queue, number } => vec![("queue", queue.clone()), ("number", number.clone())],
            SetupRefusal::QueueOfRule { queue, rule } => vec![("queue", queue.clone()), ("rule", rule.clone())],
            SetupRefusal::PriorityUnknown { priority } => vec![("priority", priority.clone())],
            SetupRefusal::RuleIdle { rule } => vec![("rule", rule.clone())],
            SetupRefusal::SlaPolicyIdle { policy } | SetupRefusal::SlaWarningTwice { policy } => vec![("policy", policy.clone())],
            SetupRefusal::SlaPolicyInUse { policy, queue } => vec![("policy", policy.clone()), ("queue", queue.clone())],
            SetupRefusal::RuleFaulty { rule, fault } => vec![("rule", rule.clone()), ("row", fault.row.to_string())],
            SetupRefusal::RoleInUse { role } => vec![("role", role.clone())],
            SetupRefusal::TeamInUse { team } => vec![("team", team.clone())],
            SetupRefusal::LanguageUnfit { language } => vec![("language", language.clone())],
            SetupRefusal::FlowInUse { flow } => vec![("flow", flow.clone())],
            SetupRefusal::FlowFaulty { flow, faults } => vec![("flow", flow.clone()), ("faults", faults.join(" "))],
            SetupRefusal::Unknown(_)
            | SetupRefusal::LogoUnfit
            | SetupRefusal::IdTaken
            | SetupRefusal::EmailTaken
            | SetupRefusal::AccountShared
            | SetupRefusal::EmailUnfit
            | SetupRefusal::GivesMore
            | SetupRefusal::InvitedAlready
            | SetupRefusal::InvitationOver
            | SetupRefusal::InvitationForAnother
            | SetupRefusal::NumberTaken
            | SetupRefusal::NumberDisconnected
            | SetupRefusal::AppKnownOtherwise
            | SetupRefusal::TextMissing
            | SetupRefusal::LastAdministrator
            | SetupRefusal::ChangedMeanwhile { name: None }
            | SetupRefusal::ChangedSince
            | SetupRefusal::CannotBeUndone => Vec::new(),
        }
    }
}
