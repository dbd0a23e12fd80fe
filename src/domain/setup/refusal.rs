//! Why a set-up stays as it is.

mod values;

use std::fmt;

use crate::domain::conditions;

/// What a command may speak of that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    Workspace,
    Member,
    Invitation,
    Role,
    Team,
    Queue,
    CannedReply,
    Tag,
    Field,
    EntryRule,
    Skill,
    SlaPolicy,
    Flow,
    FlowVersion,
    Inbox,
}

impl Thing {
    fn key(self) -> &'static str {
        match self {
            Thing::Workspace => "unknown_workspace",
            Thing::Member => "unknown_person",
            Thing::Invitation => "unknown_invitation",
            Thing::Role => "unknown_role",
            Thing::Team => "unknown_team",
            Thing::Queue => "unknown_queue",
            Thing::CannedReply => "unknown_canned_reply",
            Thing::Tag => "unknown_tag",
            Thing::Field => "unknown_field",
            Thing::EntryRule => "unknown_entry_rule",
            Thing::Skill => "unknown_skill",
            Thing::SlaPolicy => "unknown_sla_policy",
            Thing::Flow => "unknown_flow",
            Thing::FlowVersion => "unknown_flow_version",
            Thing::Inbox => "unknown_inbox",
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Thing::Workspace => "workspace",
            Thing::Member => "person",
            Thing::Invitation => "invitation that is open",
            Thing::Role => "role",
            Thing::Team => "team",
            Thing::Queue => "queue",
            Thing::CannedReply => "canned reply",
            Thing::Tag => "tag",
            Thing::Field => "field",
            Thing::EntryRule => "rule",
            Thing::Skill => "skill",
            Thing::SlaPolicy => "SLA policy",
            Thing::Flow => "flow",
            Thing::FlowVersion => "version of the flow",
            Thing::Inbox => "number",
        })
    }
}

/// Why nothing was changed, or what is wrong with a whole set-up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum SetupRefusal {
    #[error("there is no such {0} in this workspace")]
    Unknown(Thing),
    #[error("that id is in use already")]
    IdTaken,
    #[error("somebody has this e-mail address already")]
    EmailTaken,
    /// What they sign in with there is not for this workspace to say.
    #[error("they work in another workspace too; only they can change what they sign in with")]
    AccountShared,
    #[error("that is no e-mail address")]
    EmailUnfit,
    #[error("somebody with this e-mail address is invited already")]
    InvitedAlready,
    #[error("the invitation was used, revoked or renewed, or it is too old")]
    InvitationOver,
    #[error("the invitation is for another e-mail address")]
    InvitationForAnother,
    #[error("“{language}” is no language; write it as es or pt-BR")]
    LanguageUnfit { language: String },
    #[error("there is a role called {name} already")]
    RoleNameTaken { name: String },
    #[error("there is a team called {name} already")]
    TeamNameTaken { name: String },
    #[error("there is a queue with the key {key} already")]
    QueueKeyTaken { key: String },
    #[error("there is a canned reply with the shortcut {shortcut} already")]
    ShortcutTaken { shortcut: String },
    #[error("there is a tag called {name} already")]
    TagNameTaken { name: String },
    #[error("there is a field with the key {key} already")]
    FieldKeyTaken { key: String },
    #[error("“{key}” cannot be the key of a field: it begins with a small letter, and has small letters, digits and _, at most 40 of them")]
    FieldKeyUnfit { key: String },
    #[error("a queue is paused or drained, and {rest} is neither")]
    RestUnknown { rest: String },
    #[error("{strategy} is no strategy of queues")]
    StrategyUnknown { strategy: String },
    #[error("“{colour}” is no colour of tags")]
    ColourUnknown { colour: String },
    #[error("the field {field} has nothing to choose from")]
    ChoicesMissing { field: String },
    #[error("the number is connected already")]
    NumberTaken,
    #[error("the number is disconnected; connect it again first")]
    NumberDisconnected,
    /// Other numbers of the app would no longer be heard.
    #[error("the app is known here under another secret or verify token")]
    AppKnownOtherwise,
    /// Each fault in a sentence with its place.
    #[error("the file cannot be used:\n{}", listed(.faults))]
    FileFaulty { faults: Vec<String> },
    #[error("a name or a text is missing")]
    TextMissing,
    #[error("“{start}…” is longer than {limit} characters")]
    TextTooLong { start: String, limit: usize },
    /// As far as it can be shown.
    #[error("“{start}…” has a character that cannot stand there, such as the end of a line in a name")]
    TextUnfit { start: String },
    #[error("{locale} is no language that the interface speaks")]
    LocaleUnknown { locale: String },
    #[error("{time_zone} is no time zone; write it as Europe/Madrid")]
    TimeZoneUnknown { time_zone: String },
    #[error("“{accent}” is no colour; write it as #0f766e")]
    AccentUnfit { accent: String },
    #[error("words of the colour {accent} could not be read everywhere; the nearest that can is {nearest}")]
    AccentUnreadable { accent: String, nearest: String },
    #[error("that is no PNG, WebP or JPEG picture of at most 1 MB")]
    LogoUnfit,
    #[error("“{key}” cannot be a key: small letters, digits, - and _, at most 40 of them")]
    KeyUnfit { key: String },
    #[error("“{shortcut}” cannot be a shortcut: no spaces, at most 40 characters")]
    ShortcutUnfit { shortcut: String },
    #[error("that would be more than {most} canned replies")]
    TooManyReplies { most: usize },
    #[error("there can be at most {most} of one kind")]
    TooManyDefined { most: usize },
    #[error("there is nothing called {{{{{name}}}}} that could be filled in")]
    PlaceholderUnknown { name: String },
    #[error("{value} is not between {least} and {most}")]
    OutOfRange { value: i32, least: i32, most: i32 },
    #[error("nobody could administer this workspace any more")]
    LastAdministrator,
    #[error("nobody would work for the queue {queue}; put somebody into its team first")]
    QueueUnreached { queue: String },
    #[error("what overflows from the queue {from} goes to the queue {queue}; choose another one there first")]
    QueueOfOverflow { queue: String, from: String },
    #[error("the queue {queue} cannot overflow to itself")]
    OverflowToItself { queue: String },
    #[error("nothing follows when the queue {queue} overflows: choose another queue, or write what customers are told")]
    OverflowIdle { queue: String },
    /// It is the default queue of a number.
    #[error("what comes in on the number {number} goes to the queue {queue}; choose another one there first")]
    QueueOfNumber { queue: String, number: String },
    #[error("the rule {rule} sends to the queue {queue}; choose another one there first")]
    QueueOfRule { queue: String, rule: String },
    #[error("there is a rule called {name} already")]
    RuleNameTaken { name: String },
    #[error("“{priority}” is no priority: low, normal, high or urgent")]
    PriorityUnknown { priority: String },
    #[error("nothing follows from the rule {rule}: choose a queue, a priority, a skill or a tag")]
    RuleIdle { rule: String },
    #[error("there can be at most {most} rules, with {comparisons} comparisons together")]
    TooManyRules { most: usize, comparisons: usize },
    #[error("the conditions of the rule {rule} cannot be used: {fault}")]
    RuleFaulty { rule: String, fault: conditions::Fault },
    #[error("there is a skill called {name} already")]
    SkillNameTaken { name: String },
    #[error("there is a skill with the key {key} already")]
    SkillKeyTaken { key: String },
    #[error("{skill} is the skill for the language {language} already")]
    SkillLanguageTaken { skill: String, language: String },
    #[error("the rule {rule} asks for {skill}; change that first")]
    SkillOfRule { skill: String, rule: String },
    #[error("somebody waits in a queue for whoever has {skill}; give them to somebody first")]
    SkillAwaited { skill: String },
    #[error("at most {most} skills can be asked for at once")]
    TooManyWanted { most: usize },
    #[error("“{step}” is nothing that a step does: drop_preferred, lower_level or drop_required")]
    StepUnknown { step: String },
    #[error("each step of the queue {queue} comes later than the one before it")]
    StepsUnordered { queue: String },
    #[error("a queue has at most {most} steps")]
    TooManySteps { most: usize },
    #[error("there is an SLA policy called {name} already")]
    SlaPolicyNameTaken { name: String },
    #[error("nothing is measured by the SLA policy {policy}: give it a target")]
    SlaPolicyIdle { policy: String },
    #[error("the SLA policy {policy} warns by minutes or by a share, not by both")]
    SlaWarningTwice { policy: String },
    #[error("the queue {queue} is measured by the SLA policy {policy}; choose another one there first")]
    SlaPolicyInUse { policy: String, queue: String },
    #[error("nobody gives others what they may not do or see themselves")]
    GivesMore,
    #[error("{role} is still the role of somebody")]
    RoleInUse { role: String },
    #[error("{team} still has people or queues")]
    TeamInUse { team: String },
    #[error("a number uses the flow {flow}; an archived one cannot be used")]
    FlowInUse { flow: String },
    /// Each fault in a sentence.
    #[error("the flow {flow} cannot be used:\n{}", listed(.faults))]
    FlowFaulty { flow: String, faults: Vec<String> },
    /// Who changed the same thing; nothing when it was not a person.
    #[error("somebody changed this meanwhile; look at how it is now")]
    ChangedMeanwhile { name: Option<String> },
    #[error("this cannot be undone any more: it was changed since")]
    ChangedSince,
    #[error("this cannot be undone")]
    CannotBeUndone,
}

fn listed(faults: &[String]) -> String {
    faults.iter().map(|fault| format!("- {fault}")).collect::<Vec<_>>().join("\n")
}

impl SetupRefusal {
    /// The key of its words, and the name of its kind in metrics.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            SetupRefusal::Unknown(thing) => thing.key(),
            SetupRefusal::IdTaken => "used_elsewhere",
            SetupRefusal::EmailTaken => "email_taken",
            SetupRefusal::AccountShared => "account_shared",
            SetupRefusal::EmailUnfit => "email_unfit",
            SetupRefusal::InvitedAlready => "invited_already",
            SetupRefusal::InvitationOver => "invitation_over",
            SetupRefusal::InvitationForAnother => "invitation_for_another",
            SetupRefusal::LanguageUnfit { .. } => "language_unfit",
            SetupRefusal::RoleNameTaken { .. } => "role_name_taken",
            SetupRefusal::TeamNameTaken { .. } => "team_name_taken",
            SetupRefusal::QueueKeyTaken { .. } => "queue_key_taken",
            SetupRefusal::ShortcutTaken { .. } => "shortcut_taken",
            SetupRefusal::TagNameTaken { .. } => "tag_name_taken",
            SetupRefusal::FieldKeyTaken { .. } => "field_key_taken",
            SetupRefusal::FieldKeyUnfit { .. } => "field_key_unfit",
            SetupRefusal::RestUnknown { .. } => "rest_unknown",
            SetupRefusal::StrategyUnknown { .. } => "strategy_unknown",
            SetupRefusal::ColourUnknown { .. } => "colour_unknown",
            SetupRefusal::ChoicesMissing { .. } => "choices_missing",
            SetupRefusal::NumberTaken => "number_taken",
            SetupRefusal::NumberDisconnected => "number_disconnected",
            SetupRefusal::AppKnownOtherwise => "app_known_otherwise",
            SetupRefusal::TextMissing => "text_missing",
            SetupRefusal::TextTooLong { .. } => "too_long",
            SetupRefusal::TextUnfit { .. } => "text_unfit",
            SetupRefusal::LocaleUnknown { .. } => "locale_unknown",
            SetupRefusal::TimeZoneUnknown { .. } => "time_zone_unknown",
            SetupRefusal::FileFaulty { .. } => "file_faulty",
            SetupRefusal::AccentUnfit { .. } => "accent_unfit",
            SetupRefusal::AccentUnreadable { .. } => "accent_unreadable",
            SetupRefusal::LogoUnfit => "logo_unfit",
            SetupRefusal::KeyUnfit { .. } => "key_unfit",
            SetupRefusal::ShortcutUnfit { .. } => "shortcut_unfit",
            SetupRefusal::TooManyReplies { .. } => "too_many_replies",
            SetupRefusal::TooManyDefined { .. } => "too_many_defined",
            SetupRefusal::PlaceholderUnknown { .. } => "placeholder_unknown",
            SetupRefusal::OutOfRange { .. } => "out_of_range",
            SetupRefusal::LastAdministrator => "last_administrator",
            SetupRefusal::QueueUnreached { .. } => "queue_unreached",
            SetupRefusal::QueueOfOverflow { .. } => "queue_of_overflow",
            SetupRefusal::OverflowToItself { .. } => "overflow_to_itself",
            SetupRefusal::OverflowIdle { .. } => "overflow_idle",
            SetupRefusal::QueueOfNumber { .. } => "queue_of_number",
            SetupRefusal::QueueOfRule { .. } => "queue_of_rule",
            SetupRefusal::RuleNameTaken { .. } => "rule_name_taken",
            SetupRefusal::PriorityUnknown { .. } => "priority_unknown",
            SetupRefusal::RuleIdle { .. } => "rule_idle",
            SetupRefusal::TooManyRules { .. } => "too_many_rules",
            SetupRefusal::RuleFaulty { .. } => "rule_faulty",
            SetupRefusal::SkillNameTaken { .. } => "skill_name_taken",
            SetupRefusal::SkillKeyTaken { .. } => "skill_key_taken",
            SetupRefusal::SkillLanguageTaken { .. } => "skill_language_taken",
            SetupRefusal::SkillOfRule { .. } => "skill_of_rule",
            SetupRefusal::SkillAwaited { .. } => "skill_awaited",
            SetupRefusal::TooManyWanted { .. } => "too_many_wanted",
            SetupRefusal::StepUnknown { .. } => "step_unknown",
            SetupRefusal::StepsUnordered { .. } => "steps_unordered",
            SetupRefusal::TooManySteps { .. } => "too_many_steps",
            SetupRefusal::SlaPolicyNameTaken { .. } => "sla_policy_name_taken",
            SetupRefusal::SlaPolicyIdle { .. } => "sla_policy_idle",
            SetupRefusal::SlaWarningTwice { .. } => "sla_warning_twice",
            SetupRefusal::SlaPolicyInUse { .. } => "sla_policy_in_use",
            SetupRefusal::GivesMore => "gives_more",
            SetupRefusal::RoleInUse { .. } => "role_in_use",
            SetupRefusal::TeamInUse { .. } => "team_in_use",
            SetupRefusal::FlowInUse { .. } => "flow_in_use",
            SetupRefusal::FlowFaulty { .. } => "flow_faulty",
            SetupRefusal::ChangedMeanwhile { name: Some(_) } => "changed_meanwhile_by",
            SetupRefusal::ChangedMeanwhile { name: None } => "changed_meanwhile",
            SetupRefusal::ChangedSince => "changed_since",
            SetupRefusal::CannotBeUndone => "cannot_be_undone",
        }
    }

    /// Whether it is in what was sent, and not in what others did.
    #[must_use]
    pub fn is_of_what_was_sent(&self) -> bool {
        match self {
            SetupRefusal::Unknown(_)
            | SetupRefusal::TextMissing
            | SetupRefusal::TextTooLong { .. }
            | SetupRefusal::TextUnfit { .. }
            | SetupRefusal::LocaleUnknown { .. }
            | SetupRefusal::TimeZoneUnknown { .. }
            | SetupRefusal::FileFaulty { .. }
            | SetupRefusal::AccentUnfit { .. }
            | SetupRefusal::AccentUnreadable { .. }
            | SetupRefusal::LogoUnfit
            | SetupRefusal::KeyUnfit { .. }
            | SetupRefusal::FieldKeyUnfit { .. }
            | SetupRefusal::RestUnknown { .. }
            | SetupRefusal::OverflowToItself { .. }
            | SetupRefusal::OverflowIdle { .. }
            | SetupRefusal::StrategyUnknown { .. }
            | SetupRefusal::ColourUnknown { .. }
            | SetupRefusal::ChoicesMissing { .. }
            | SetupRefusal::LanguageUnfit { .. }
            | SetupRefusal::EmailUnfit
            | SetupRefusal::GivesMore
            | SetupRefusal::ShortcutUnfit { .. }
            | SetupRefusal::TooManyReplies { .. }
            | SetupRefusal::TooManyDefined { .. }
            | SetupRefusal::PlaceholderUnknown { .. }
            | SetupRefusal::OutOfRange { .. }
            | SetupRefusal::PriorityUnknown { .. }
            | SetupRefusal::RuleIdle { .. }
            | SetupRefusal::TooManyRules { .. }
            | SetupRefusal::RuleFaulty { .. }
            | SetupRefusal::TooManyWanted { .. }
            | SetupRefusal::StepUnknown { .. }
            | SetupRefusal::StepsUnordered { .. }
            | SetupRefusal::TooManySteps { .. }
            | SetupRefusal::SlaPolicyIdle { .. }
            | SetupRefusal::SlaWarningTwice { .. }
            | SetupRefusal::FlowFaulty { .. } => true,
            SetupRefusal::IdTaken
            | SetupRefusal::EmailTaken
            | SetupRefusal::AccountShared
            | SetupRefusal::InvitedAlready
            | SetupRefusal::InvitationOver
            | SetupRefusal::InvitationForAnother
            | SetupRefusal::RoleNameTaken { .. }
            | SetupRefusal::TeamNameTaken { .. }
            | SetupRefusal::QueueKeyTaken { .. }
            | SetupRefusal::ShortcutTaken { .. }
            | SetupRefusal::TagNameTaken { .. }
            | SetupRefusal::FieldKeyTaken { .. }
            | SetupRefusal::NumberTaken
            | SetupRefusal::NumberDisconnected
            | SetupRefusal::AppKnownOtherwise
            | SetupRefusal::LastAdministrator
            | SetupRefusal::QueueUnreached { .. }
            | SetupRefusal::QueueOfOverflow { .. }
            | SetupRefusal::QueueOfNumber { .. }
            | SetupRefusal::QueueOfRule { .. }
            | SetupRefusal::RuleNameTaken { .. }
            | SetupRefusal::SkillNameTaken { .. }
            | SetupRefusal::SkillKeyTaken { .. }
            | SetupRefusal::SkillLanguageTaken { .. }
            | SetupRefusal::SkillOfRule { .. }
            | SetupRefusal::SkillAwaited { .. }
            | SetupRefusal::SlaPolicyNameTaken { .. }
            | SetupRefusal::SlaPolicyInUse { .. }
            | SetupRefusal::RoleInUse { .. }
            | SetupRefusal::TeamInUse { .. }
            | SetupRefusal::FlowInUse { .. }
            | SetupRefusal::ChangedMeanwhile { .. }
            | SetupRefusal::ChangedSince
            | SetupRefusal::CannotBeUndone => false,
        }
    }
}
