//! Every wish of an administrator, and those that people have for themselves.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::event::{Secret, SetupEvent, Who};
use super::file::Import;
pub use super::parts::{
    CannedReplyChange, EntryRuleChange, FieldChange, InboxChange, QueueChange, SkillChange, SlaPolicyChange, TagChange,
};
use super::value::{self, CannedReply, Inbox};
use crate::domain::access::{Permissions, Role, Visibility};
use crate::domain::agent::Availability;
use crate::domain::command::Person;
use crate::domain::ids::{
    CannedReplyId, EntryRuleId, FieldId, FlowId, InboxId, InvitationId, QueueId, RoleId, SkillId, SlaPolicyId, TagId, TeamId, UserId,
};
use crate::domain::queue::Queue;
use crate::domain::routing::Levels;
use crate::domain::user::EmailAddress;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    Person(Person),
    /// Somebody who comes by an invitation.
    Newcomer {
        user: UserId,
        name: String,
    },
    /// Whoever keeps the installation.
    CommandLine,
    System,
}

impl By {
    /// As it is kept.
    #[must_use]
    pub fn who(&self) -> Who {
        match self {
            By::Person(person) => Who::Person { user: person.user, name: person.name.clone() },
            By::Newcomer { user, name } => Who::Person { user: *user, name: name.clone() },
            By::CommandLine => Who::CommandLine,
            By::System => Who::System,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum SetupCommand {
    ChangeWorkspace {
        change: WorkspaceChange,
    },
    ChangeSecurity {
        change: SecurityChange,
    },
    AddMember {
        member: UserId,
        new: NewMember,
        /// In PHC form; whoever has an account already keeps the password that they have.
        password: Secret,
    },
    ChangeMember {
        member: UserId,
        change: MemberChange,
    },
    Activate {
        member: UserId,
    },
    /// What they hold goes to `successor`, or back to its queues.
    Deactivate {
        member: UserId,
        successor: Option<UserId>,
    },
    /// Asks somebody to work here. `secret` is the hash of what its link holds.
    Invite {
        invitation: InvitationId,
        new: NewInvitation,
        secret: Secret,
    },
    /// Another link, and the one before leads nowhere.
    RenewInvitation {
        invitation: InvitationId,
        expires_at: Timestamp,
        secret: Secret,
    },
    RevokeInvitation {
        invitation: InvitationId,
    },
    /// Somebody comes by an invitation.
    AcceptInvitation {
        invitation: InvitationId,
        member: UserId,
        newcomer: Newcomer,
        now: Timestamp,
    },
    /// `hash` is in PHC form.
    ReplacePassword {
        member: UserId,
        hash: Secret,
    },
    /// They are asked for no code any more, and set it up anew if they must.
    RemoveSecondFactor {
        member: UserId,
    },
    AddRole {
        role: RoleId,
        new: value::Role,
    },
    ChangeRole {
        role: RoleId,
        change: RoleChange,
    },
    RemoveRole {
        role: RoleId,
    },
    AddTeam {
        team: TeamId,
        name: String,
    },
    RenameTeam {
        team: TeamId,
        name: String,
    },
    RemoveTeam {
        team: TeamId,
    },
    /// The queue comes after those there are.
    AddQueue {
        queue: Queue,
    },
    ChangeQueue {
        queue: QueueId,
        change: QueueChange,
    },
    /// Its rest ends that is over by now; what was begun since goes on.
    EndRest {
        queue: QueueId,
        now: Timestamp,
    },
    /// What waits in it goes to another queue, and whatever else was of it belongs to that one.
    RemoveQueue {
        queue: QueueId,
        to: QueueId,
    },
    AddCannedReply {
        reply: CannedReplyId,
        new: CannedReply,
    },
    ChangeCannedReply {
        reply: CannedReplyId,
        change: CannedReplyChange,
    },
    RemoveCannedReply {
        reply: CannedReplyId,
    },
    AddTag {
        tag: TagId,
        new: value::Tag,
    },
    ChangeTag {
        tag: TagId,
        change: TagChange,
    },
    /// Another one counts in its place from now on.
    MergeTag {
        tag: TagId,
        into: TagId,
    },
    /// The field comes after those there are.
    AddField {
        field: FieldId,
        new: value::Field,
    },
    ChangeField {
        field: FieldId,
        change: FieldChange,
    },
    /// Values that were noted stay, under its key.
    RemoveField {
        field: FieldId,
    },
    /// The rule comes after those there are.
    AddEntryRule {
        rule: EntryRuleId,
        new: value::EntryRule,
    },
    ChangeEntryRule {
        rule: EntryRuleId,
        change: EntryRuleChange,
    },
    RemoveEntryRule {
        rule: EntryRuleId,
    },
    AddSkill {
        skill: SkillId,
        new: value::Skill,
    },
    ChangeSkill {
        skill: SkillId,
        change: SkillChange,
    },
    /// Whoever has it has it no more.
    RemoveSkill {
        skill: SkillId,
    },
    AddSlaPolicy {
        policy: SlaPolicyId,
        new: value::SlaPolicy,
    },
    ChangeSlaPolicy {
        policy: SlaPolicyId,
        change: SlaPolicyChange,
    },
    RemoveSlaPolicy {
        policy: SlaPolicyId,
    },
    /// A flow with its first version, published.
    AddFlow {
        flow: FlowId,
        name: String,
        definition: Value,
    },
    /// A flow that has no version yet.
    BeginFlow {
        flow: FlowId,
        name: String,
    },
    RenameFlow {
        flow: FlowId,
        name: String,
    },
    /// Another version of a flow, published; running sessions keep theirs.
    PublishFlow {
        flow: FlowId,
        definition: Value,
    },
    /// A version that there is already.
    PublishVersion {
        flow: FlowId,
        version: i32,
    },
    /// Out of the lists; nothing of it is lost.
    ArchiveFlow {
        flow: FlowId,
    },
    RestoreFlow {
        flow: FlowId,
    },
    ConnectInbox {
        inbox: InboxId,
        new: Inbox,
        token: Secret,
    },
    ChangeInbox {
        inbox: InboxId,
        change: InboxChange,
    },
    ReplaceAccessToken {
        inbox: InboxId,
        token: Secret,
    },
    /// A workspace file becomes what is set up.
    Import(Box<Import>),
    /// It sends nothing from now on; what comes in still does.
    PauseInbox {
        inbox: InboxId,
    },
    ResumeInbox {
        inbox: InboxId,
    },
    /// It neither sends nor hears any more; its conversations stay.
    DisconnectInbox {
        inbox: InboxId,
    },
    /// One that was disconnected speaks again, and finds its conversations.
    ReconnectInbox {
        inbox: InboxId,
        number: value::Number,
        token: Secret,
    },
    /// One after the other, as one act.
    Several(Vec<SetupCommand>),
    /// Takes an act back: its events, in their order.
    Undo {
        act: Vec<SetupEvent>,
    },
}

/// Somebody to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    pub name: String,
    pub email: EmailAddress,
    pub role: Role,
    pub locale: String,
    pub capacity: i32,
    pub teams: NewTeams,
    pub languages: BTreeSet<String>,
}

/// What whoever accepts it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    pub email: Option<EmailAddress>,
    pub role: Role,
    pub capacity: i32,
    pub teams: BTreeSet<TeamId>,
    pub languages: BTreeSet<String>,
    pub expires_at: Timestamp,
}

/// Who accepts an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    pub name: String,
    pub email: EmailAddress,
    pub locale: String,
    /// In PHC form, of an account that is opened for them; without one they have an account, and have signed in to it.
    pub password: Option<Secret>,
}

/// Whom somebody new works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewTeams {
    /// Every team there is.
    All,
    These(BTreeSet<TeamId>),
}

/// As [`MemberChange`], of how people sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityChange {
    pub session_idle_minutes: Option<i32>,
    pub session_life_minutes: Option<i32>,
    pub least_password: Option<i32>,
    pub second_factor_roles: Option<BTreeSet<String>>,
}

/// As [`MemberChange`], of the workspace itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub lease_minutes: Option<i32>,
    /// Another time, or all of it.
    pub answer_minutes: Option<Option<i32>>,
    /// Another colour, or the house's own.
    pub accent: Option<Option<String>>,
    /// Another logo, by its hash, or none.
    pub logo: Option<Option<String>>,
    pub white_label: Option<bool>,
}

/// What is to be another; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberChange {
    pub name: Option<String>,
    pub email: Option<EmailAddress>,
    pub role: Option<Role>,
    pub locale: Option<String>,
    pub availability: Option<Availability>,
    pub capacity: Option<i32>,
    pub teams: Option<BTreeSet<TeamId>>,
    pub languages: Option<BTreeSet<String>>,
    pub skills: Option<Levels>,
}

/// As [`MemberChange`], of a role of the workspace's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleChange {
    pub name: Option<String>,
    pub permissions: Option<Permissions>,
    pub visibility: Option<Visibility>,
}

/// How much of a set-up a command is decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Whole,
    /// One person alone: what they choose for themselves is nobody else's matter.
    Member(UserId),
}

impl SetupCommand {
    /// The language of somebody's interface.
    #[must_use]
    pub fn locale(member: UserId, locale: String) -> Self {
        Self::ChangeMember { member, change: MemberChange { locale: Some(locale), ..MemberChange::default() } }
    }

    /// What somebody may do.
    #[must_use]
    pub fn role(member: UserId, role: Role) -> Self {
        Self::ChangeMember { member, change: MemberChange { role: Some(role), ..MemberChange::default() } }
    }

    /// Whether it is about nothing but what somebody decides for themselves.
    #[must_use]
    pub fn is_own_of(&self, user: UserId) -> bool {
        match self {
            SetupCommand::ChangeMember { member, change: MemberChange { role: None, capacity: None, teams: None, skills: None, .. } }
            | SetupCommand::ReplacePassword { member, .. }
            | SetupCommand::RemoveSecondFactor { member } => *member == user,
            _ => false,
        }
    }

    #[must_use]
    pub fn needs(&self) -> Needs {
        match self {
            SetupCommand::ChangeMember {
                member,
                change:
                    MemberChange {
                        name: None,
                        email: None,
                        role: None,
                        capacity: None,
                        teams: None,
                        languages: None,
                        skills: None,
                        locale: _,
                        availability: _,
                    },
            } => Needs::Member(*member),
            _ => Needs::Whole,
        }
    }

    /// Whether the accounts that it needs are opened by it: one that there is already is somebody else's.
    #[must_use]
    pub fn opens_own_account(&self) -> bool {
        matches!(self, SetupCommand::AcceptInvitation { newcomer: Newcomer { password: Some(_), .. }, .. })
    }

    /// The accounts that it needs: whom it adds, and the password of each who has none yet.
    #[must_use]
    pub fn newcomers(&self) -> Vec<(EmailAddress, Secret)> {
        match self {
            SetupCommand::AddMember { new, password, .. } => vec![(new.email.clone(), password.clone())],
            SetupCommand::Import(import) => import.newcomers(),
            SetupCommand::AcceptInvitation { newcomer: Newcomer { email, password: Some(password), .. }, .. } => {
                vec![(email.clone(), password.clone())]
            }
            SetupCommand::Several(commands) => commands.iter().flat_map(SetupCommand::newcomers).collect(),
            _ => Vec::new(),
        }
    }

    /// Tells it who of those whom it would add has an account already.
    #[must_use]
    pub fn knowing(self, accounts: &[EmailAddress]) -> Self {
        match self {
            SetupCommand::Import(import) => SetupCommand::Import(Box::new(import.knowing(accounts))),
            other => other,
        }
    }

    /// The versions of flows that it speaks of.
    #[must_use]
    pub fn versions(&self) -> Vec<(FlowId, i32)> {
        match self {
            SetupCommand::PublishVersion { flow, version } => vec![(*flow, *version)],
            SetupCommand::Several(commands) => commands.iter().flat_map(SetupCommand::versions).collect(),
            SetupCommand::Undo { act } => act.iter().filter_map(SetupEvent::published_before).collect(),
            _ => Vec::new(),
        }
    }
}
