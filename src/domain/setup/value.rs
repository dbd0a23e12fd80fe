//! The set-up of a workspace as a value. No secret is in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::access::{self, Rights};
use crate::domain::agent::Availability;
use crate::domain::announcing::Announcements;
use crate::domain::channel::Channel;
use crate::domain::conditions;
use crate::domain::details::{self, FieldKind, FieldOf, Vocabulary};
use crate::domain::ids::{
    CannedReplyId, EntryRuleId, FieldId, FlowId, InboxId, InvitationId, QueueId, RoleId, SkillId, SlaPolicyId, TagId, TeamId, UserId,
    WorkspaceId,
};
use crate::domain::lease::Lease;
use crate::domain::overflow::Overflow;
use crate::domain::rest::Rest;
use crate::domain::routing::{Levels, RuleSkills, WideningStep};
pub use crate::domain::sla::{SlaPolicy, Targets};
use crate::domain::sticky::Sticky;

/// Everything that administrators decide in a workspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setup {
    /// The workspace itself; none where only one person was read.
    pub workspaces: BTreeMap<WorkspaceId, Workspace>,
    /// How people sign in; as `workspaces`.
    pub securities: BTreeMap<WorkspaceId, Security>,
    pub members: BTreeMap<UserId, Member>,
    /// Those that nobody has accepted or revoked, also when they are too old.
    pub invitations: BTreeMap<InvitationId, Invitation>,
    /// Those that the workspace made, beside those that every one has.
    pub roles: BTreeMap<RoleId, Role>,
    pub teams: BTreeMap<TeamId, Team>,
    pub queues: BTreeMap<QueueId, Queue>,
    pub flows: BTreeMap<FlowId, Flow>,
    pub canned_replies: BTreeMap<CannedReplyId, CannedReply>,
    pub inboxes: BTreeMap<InboxId, Inbox>,
    pub tags: BTreeMap<TagId, Tag>,
    pub fields: BTreeMap<FieldId, Field>,
    pub entry_rules: BTreeMap<EntryRuleId, EntryRule>,
    pub skills: BTreeMap<SkillId, Skill>,
    pub sla_policies: BTreeMap<SlaPolicyId, SlaPolicy>,
    /// The published versions of flows as they are stored, and those that the command speaks of. A version never changes.
    pub definitions: BTreeMap<(FlowId, i32), Value>,
    /// The last version of each flow that has any.
    pub latest_versions: BTreeMap<FlowId, i32>,
}

/// What is decided about the workspace as a whole. Whoever adds a part adds it to [`super::command::WorkspaceChange`], too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    pub name: String,
    /// The language that newcomers and customers of an unknown language are met in, such as `en`.
    pub locale: String,
    /// As the tz database spells it, such as `Europe/Madrid`.
    pub time_zone: String,
    /// For how many minutes people keep conversations who are not here.
    #[serde(default = "usual_lease")]
    pub lease_minutes: i32,
    /// Within how many minutes whoever holds a conversation answers; without it, they have all the time.
    #[serde(default)]
    pub answer_minutes: Option<i32>,
    #[serde(flatten)]
    pub brand: Brand,
}

/// What was written down of a workspace before there was a choice.
pub(super) fn usual_lease() -> i32 {
    Lease::USUAL
}

/// What the workspace looks like. Its parts are those of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brand {
    /// Such as `#0f766e`; without one, the house's own.
    pub accent: Option<String>,
    /// The hash of its bytes.
    pub logo: Option<String>,
    /// The name of this product is hidden.
    pub white_label: bool,
}

/// How people sign in to a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// Minutes after which a session is over that nobody used.
    pub session_idle_minutes: i32,
    /// Minutes after which a session is over however much it is used.
    pub session_life_minutes: i32,
    /// Characters of a new password.
    pub least_password: i32,
    /// Roles that are asked for a code, too: the word of a built-in one, or the id of one of the workspace's own.
    pub second_factor_roles: BTreeSet<String>,
}

impl Security {
    /// What a role is called in it.
    #[must_use]
    pub fn word_of(role: access::Role) -> String {
        role.id().map_or_else(|| role.word().to_owned(), |id| id.to_string())
    }

    /// Whether people of this role are asked for a code.
    #[must_use]
    pub fn asks_for_code(&self, role: access::Role) -> bool {
        self.second_factor_roles.contains(&Self::word_of(role))
    }
}

/// Somebody who works here, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub name: String,
    /// Lower case.
    pub email: String,
    pub role: access::Role,
    /// Whoever has left keeps their name in old threads and can no longer sign in.
    pub active: bool,
    /// The language of their interface, such as `en`.
    pub locale: String,
    pub availability: Availability,
    /// Conversations they may hold at once.
    pub capacity: i32,
    pub teams: BTreeSet<TeamId>,
    /// What they speak with customers, by BCP 47, such as `es` or `pt-BR`.
    #[serde(default)]
    pub languages: BTreeSet<String>,
    /// What they are good at, as far as conversations are given by it.
    #[serde(default)]
    pub skills: Levels,
    /// Of whoever has left: who was given what they held. Without one it went back to its queues.
    #[serde(default)]
    pub successor: Option<UserId>,
}

/// Somebody who is asked to work here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Whom it is for, in lower case; without one, whoever has its link.
    pub email: Option<String>,
    pub role: access::Role,
    pub capacity: i32,
    pub teams: BTreeSet<TeamId>,
    pub languages: BTreeSet<String>,
    pub standing: Standing,
    pub expires_at: Timestamp,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Open,
    Accepted,
    Revoked,
    /// Something that only a newer version knows.
    #[serde(other)]
    Strange,
}

impl Standing {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Open => "open",
            Standing::Accepted => "accepted",
            Standing::Revoked => "revoked",
            Standing::Strange => "strange",
        }
    }

    /// Of a stored word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        [Standing::Open, Standing::Accepted, Standing::Revoked]
            .into_iter()
            .find(|known| known.as_str() == word)
            .unwrap_or(Standing::Strange)
    }
}

/// A role of the workspace's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub name: String,
    #[serde(flatten)]
    pub rights: Rights,
}

impl Setup {
    /// What everything is called that events speak of by its id.
    #[must_use]
    pub fn names(&self) -> HashMap<Uuid, String> {
        let mut names = HashMap::new();
        names.extend(self.members.iter().map(|(id, member)| (id.0, member.name.clone())));
        names.extend(self.roles.iter().map(|(id, role)| (id.0, role.name.clone())));
        names.extend(self.teams.iter().map(|(id, team)| (id.0, team.name.clone())));
        names.extend(self.queues.iter().map(|(id, queue)| (id.0, queue.name.clone())));
        names.extend(self.flows.iter().map(|(id, flow)| (id.0, flow.name.clone())));
        names.extend(self.inboxes.iter().map(|(id, inbox)| (id.0, inbox.name.clone())));
        names.extend(self.tags.iter().map(|(id, tag)| (id.0, tag.name.clone())));
        names.extend(self.skills.iter().map(|(id, skill)| (id.0, skill.name.clone())));
        names.extend(self.sla_policies.iter().map(|(id, policy)| (id.0, policy.name.clone())));
        names.extend(self.entry_rules.iter().map(|(id, rule)| (id.0, rule.name.clone())));
        names
    }

    /// Tags and fields as the rules see them.
    #[must_use]
    pub fn vocabulary(&self) -> Vocabulary {
        let tag = |(id, tag): (&TagId, &Tag)| {
            let Tag { name, colour, archived, merged_into } = tag.clone();
            details::Tag { id: *id, name, colour, archived, merged_into }
        };
        let field = |field: &Field| {
            let Field { key, label, of, kind, choices, shown, .. } = field.clone();
            details::Field { key, label, of, kind, choices, shown }
        };
        Vocabulary { tags: self.tags.iter().map(tag).collect(), fields: self.fields.values().map(field).collect() }
    }

    /// What a role allows here; one that is not there allows nothing.
    #[must_use]
    pub fn rights(&self, role: access::Role) -> Rights {
        let own = || role.id().and_then(|id| self.roles.get(&id)).map(|role| role.rights);
        role.rights().or_else(own).unwrap_or_default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    pub name: String,
}

/// Where conversations wait for a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// What flows call it.
    pub key: String,
    pub name: String,
    pub team: TeamId,
    /// Opening hours as they are stored, also in a form that this version does not understand.
    pub hours: Value,
    pub promise_minutes: i32,
    /// One of [`Strategy`](crate::domain::routing::Strategy)'s, or a word of a newer version.
    pub strategy: String,
    /// Its place among the queues, from 0.
    pub position: i32,
    /// What is wanted less of whoever is to have a conversation, once it has waited for so long.
    #[serde(default)]
    pub widening: Vec<WideningStep>,
    /// What its conversations are measured by, if by anything.
    #[serde(default)]
    pub sla_policy: Option<SlaPolicyId>,
    /// It is paused or drained, or was until a while ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Box<Rest>>,
    /// What becomes of those who wait there and are given to nobody.
    #[serde(default, skip_serializing_if = "is_no_overflow")]
    pub overflow: Box<Overflow>,
    /// What whoever waits there is told of their place in line.
    #[serde(default, skip_serializing_if = "is_no_announcement")]
    pub announcements: Box<Announcements>,
    /// It keeps customers with whom they know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<Sticky>,
}

fn is_no_announcement(announcements: &Announcements) -> bool {
    announcements.is_none()
}

fn is_no_overflow(overflow: &Overflow) -> bool {
    overflow.is_none()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    pub name: String,
    pub published: Option<i32>,
    /// No number uses it, and lists leave it out.
    #[serde(default)]
    pub archived: bool,
}

/// A prepared text. It is everybody's, unless a team or a person has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CannedReply {
    pub shortcut: String,
    pub body: String,
    /// Where it is found among the others; may be empty.
    #[serde(default)]
    pub folder: String,
    #[serde(default)]
    pub team: Option<TeamId>,
    /// Whose own it is: nobody else sees it.
    #[serde(default)]
    pub owner: Option<UserId>,
}

/// A short word on a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub name: String,
    /// A word, one of [`crate::domain::details::COLOURS`].
    pub colour: String,
    /// Nobody adds it any more.
    pub archived: bool,
    /// The one that counts in its place.
    pub merged_into: Option<TagId>,
}

/// What is noted about customers or conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What flows call it.
    pub key: String,
    pub label: String,
    /// It stays as it was defined, as its kind does.
    pub of: FieldOf,
    pub kind: FieldKind,
    pub choices: Vec<String>,
    /// Those who answer see it beside the conversation.
    pub shown: bool,
    /// Only those who set up change its values.
    pub locked: bool,
    /// Its place among those of the same kind of thing, from 0.
    pub position: i32,
}

/// Something that people are good at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    /// What files call it.
    pub key: String,
    pub name: String,
    /// Of one that is a language: BCP 47, such as `es`.
    pub language: Option<String>,
}

/// What decides where a conversation goes that comes in and that nobody sends anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRule {
    pub name: String,
    pub enabled: bool,
    /// As they are stored, also in a form that this version does not understand.
    pub conditions: Value,
    /// Without one it goes where it would go otherwise.
    pub queue: Option<QueueId>,
    /// How urgent it is from then on: one of [`crate::domain::routing::Priority`], or a word of a newer version.
    #[serde(default)]
    pub priority: Option<String>,
    /// Put on the conversation.
    #[serde(default)]
    pub tags: BTreeSet<TagId>,
    /// Of whoever has it.
    #[serde(default)]
    pub skills: RuleSkills,
    /// Its place among the rules, from 0.
    pub position: i32,
}

impl EntryRule {
    /// As this version understands it, of what is set up; with everything that is wrong.
    ///
    /// # Errors
    /// What cannot be read, or names what is not there.
    pub fn compile(&self, known: conditions::Known<'_>) -> Result<conditions::Compiled, Vec<conditions::Fault>> {
        let condition = conditions::stored::read(&self.conditions).map_err(|fault| vec![fault])?;
        conditions::compile(&condition, known)
    }
}

/// One connected address on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    pub name: String,
    /// It stays what it was connected as.
    pub channel: Channel,
    pub flow: Option<FlowId>,
    pub default_queue: QueueId,
    /// How long after it was resolved a new message reopens a conversation.
    pub reopen_hours: i32,
    /// What WhatsApp calls it by, if it is on WhatsApp.
    pub number: Option<Number>,
    #[serde(default)]
    pub state: InboxState,
}

/// Whether a number speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "&'static str")]
pub enum InboxState {
    #[default]
    Active,
    /// It sends nothing; what comes in still does.
    Paused,
    /// It neither sends nor hears. What was said stays.
    Disconnected,
    /// Something that only a newer version knows.
    Strange,
}

impl InboxState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            InboxState::Active => "active",
            InboxState::Paused => "paused",
            InboxState::Disconnected => "disconnected",
            InboxState::Strange => "strange",
        }
    }

    #[must_use]
    pub fn read(word: &str) -> Self {
        [InboxState::Active, InboxState::Paused, InboxState::Disconnected]
            .into_iter()
            .find(|state| state.as_str() == word)
            .unwrap_or(InboxState::Strange)
    }
}

impl From<String> for InboxState {
    fn from(word: String) -> Self {
        Self::read(&word)
    }
}

impl From<InboxState> for &'static str {
    fn from(state: InboxState) -> Self {
        state.as_str()
    }
}

/// How long after it was resolved a new message reopens a conversation of a number that was just connected, in hours.
pub const REOPEN_HOURS: i32 = 24;

/// Characters of an id of Meta's at most.
pub const LONGEST_META_ID: usize = 64;

/// Whether it may be an id that Meta gave to an app, an account or a number. They stand in addresses.
#[must_use]
pub fn is_meta_id(id: &str) -> bool {
    (1..=LONGEST_META_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What WhatsApp calls a number by. It stays as it was connected last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    pub app_id: String,
    pub phone_number_id: String,
    pub waba_id: String,
    pub display_phone_number: String,
}
