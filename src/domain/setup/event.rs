//! What changed of a set-up: the journal of it, and its audit.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::value::{
    CannedReply, EntryRule, Field, Flow, Inbox, Invitation, Member, Queue, Role, Security, Skill, SlaPolicy, Tag, Team, Workspace,
};
use crate::domain::ids::{
    CannedReplyId, EntryRuleId, FieldId, FlowId, InboxId, InvitationId, QueueId, RoleId, SkillId, SlaPolicyId, TagId, TeamId, UserId,
    WorkspaceId,
};

/// What must not be read anywhere but where it is used. It is neither shown nor stored with what it came along with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// One thing as it was and as it is; nothing before it was added, and nothing after it was removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed<I, T> {
    pub id: I,
    pub before: Option<T>,
    pub after: Option<T>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "thing", rename_all = "snake_case")]
pub enum SetupEvent {
    Workspace(Changed<WorkspaceId, Workspace>),
    Security(Changed<WorkspaceId, Security>),
    Member(Changed<UserId, Member>),
    Invitation(Changed<InvitationId, Invitation>),
    Role(Changed<RoleId, Role>),
    Team(Changed<TeamId, Team>),
    Queue(Changed<QueueId, Queue>),
    CannedReply(Changed<CannedReplyId, CannedReply>),
    Flow(Changed<FlowId, Flow>),
    Inbox(Changed<InboxId, Inbox>),
    Tag(Changed<TagId, Tag>),
    Field(Changed<FieldId, Field>),
    EntryRule(Changed<EntryRuleId, EntryRule>),
    Skill(Changed<SkillId, Skill>),
    SlaPolicy(Changed<SlaPolicyId, SlaPolicy>),
    /// What belongs to a queue that is gone belongs to another one.
    QueueMoved {
        id: QueueId,
        to: QueueId,
    },
    /// A flow has one more version, which its row keeps.
    FlowVersion {
        flow: FlowId,
        version: i32,
        #[serde(skip)]
        definition: Value,
    },
    /// Somebody has another password.
    Password {
        #[serde(rename = "id")]
        member: UserId,
        /// In PHC form.
        #[serde(skip)]
        hash: Secret,
    },
    /// An invitation has another link.
    InvitationLink {
        #[serde(rename = "id")]
        invitation: InvitationId,
        /// The hash of what it holds, in hexadecimal digits.
        #[serde(skip)]
        hash: Secret,
    },
    /// Somebody is asked for no code any more.
    SecondFactor {
        #[serde(rename = "id")]
        member: UserId,
    },
    /// A number sends with another access token.
    AccessToken {
        #[serde(rename = "id")]
        inbox: InboxId,
        #[serde(skip)]
        token: Secret,
    },
    /// Somebody is asked for a code from now on, and has those to be used once.
    SecondFactorSetUp {
        member: UserId,
    },
    /// Somebody has other codes to be used once.
    SecondFactorCodes {
        member: UserId,
    },
    /// Somebody came in.
    SignedIn {
        member: UserId,
    },
    /// Somebody took a table or a file away, such as `changes`.
    Exported {
        what: String,
    },
    /// Something of another version; nothing is known of it.
    #[serde(untagged)]
    Strange(Value),
}

/// What is kept besides what was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    SignedIn,
    Exported { what: String },
}

/// Where something comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Of IP.
    pub address: String,
    /// What the program calls itself.
    pub agent: String,
}

/// Who did it, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Who {
    Person {
        user: UserId,
        name: String,
    },
    CommandLine,
    System,
    /// Somebody of whom only a newer version knows.
    #[serde(other)]
    Strange,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Who::Person { name, .. } => name,
            Who::CommandLine => "command line",
            Who::System => "system",
            Who::Strange => "somebody",
        })
    }
}

/// An event with its place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedSetup {
    pub seq: i64,
    /// The sequence of the first event of the same act.
    pub act: i64,
    /// How many events the act has.
    pub size: i64,
    pub at: Timestamp,
    pub who: Who,
    /// Nothing of what nobody asked for from outside.
    pub from: Option<Origin>,
    pub event: SetupEvent,
}

/// Parts of a thing. Whoever adds or removes one changes all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parts {
    All,
    Some(BTreeSet<String>),
}

impl Parts {
    #[must_use]
    pub fn overlap(&self, other: &Parts) -> bool {
        match (self, other) {
            (Parts::Some(own), Parts::Some(others)) => !own.is_disjoint(others),
            (Parts::All, _) | (_, Parts::All) => true,
        }
    }

    fn of(name: &str) -> Self {
        Parts::Some(BTreeSet::from([name.to_owned()]))
    }
}

impl<I, T: Serialize> Changed<I, T> {
    /// The names of what is another than before.
    #[must_use]
    pub fn parts(&self) -> Parts {
        if self.before.is_none() || self.after.is_none() {
            return Parts::All;
        }
        Parts::Some(self.differences().into_iter().map(|(name, ..)| name).collect())
    }

    /// The parts of it that are another than before, each as it was and as it is.
    fn differences(&self) -> Vec<(String, Value, Value)> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return Vec::new() };
        let (mut before, after) = (parts_of(before), parts_of(after));
        let pairs = after.into_iter().map(|(name, now)| (before.remove(&name).unwrap_or_default(), name, now));
        pairs.filter(|(was, _, now)| was != now).map(|(was, name, now)| (name, was, now)).collect()
    }

    fn latest(&self) -> Option<&T> {
        self.after.as_ref().or(self.before.as_ref())
    }

    fn verb(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (Some(_), None) => "removed",
            (Some(_), Some(_)) => "changed",
        }
    }
}

/// A thing by the names of its parts.
pub(super) fn parts_of(thing: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(thing) {
        Ok(Value::Object(parts)) => parts,
        Ok(_) | Err(_) => Map::new(),
    }
}

impl SetupEvent {
    /// As it is stored, such as `queue_changed`.
    #[must_use]
    pub fn kind(&self) -> String {
        let of = |thing: &str, verb: &str| format!("{thing}_{verb}");
        match self {
            SetupEvent::Workspace(changed) => of("workspace", changed.verb()),
            SetupEvent::Security(changed) => of("security", changed.verb()),
            SetupEvent::Member(changed) => of("member", changed.verb()),
            SetupEvent::Invitation(changed) => of("invitation", changed.verb()),
            SetupEvent::Role(changed) => of("role", changed.verb()),
            SetupEvent::Team(changed) => of("team", changed.verb()),
            SetupEvent::Queue(changed) => of("queue", changed.verb()),
            SetupEvent::CannedReply(changed) => of("canned_reply", changed.verb()),
            SetupEvent::Flow(changed) => of("flow", changed.verb()),
            SetupEvent::Inbox(changed) => of("inbox", changed.verb()),
            SetupEvent::Tag(changed) => of("tag", changed.verb()),
            SetupEvent::Field(changed) => of("field", changed.verb()),
            SetupEvent::EntryRule(changed) => of("entry_rule", changed.verb()),
            SetupEvent::Skill(changed) => of("skill", changed.verb()),
            SetupEvent::SlaPolicy(changed) => of("sla_policy", changed.verb()),
            SetupEvent::QueueMoved { .. } => of("queue", "moved"),
            SetupEvent::FlowVersion { .. } => of("flow_version", "added"),
            SetupEvent::Password { .. } => of("password", "replaced"),
            SetupEvent::InvitationLink { .. } => of("invitation_link", "replaced"),
            SetupEvent::SecondFactor { .. } => of("second_factor", "reset"),
            SetupEvent::SecondFactorSetUp { .. } => of("second_factor", "set_up"),
            SetupEvent::SecondFactorCodes { .. } => of("second_factor", "codes_made"),
            SetupEvent::AccessToken { .. } => of("access_token", "replaced"),
            SetupEvent::SignedIn { .. } => "signed_in".to_owned(),
            SetupEvent::Exported { .. } => "exported".to_owned(),
            SetupEvent::Strange(_) => "strange".to_owned(),
        }
    }

    /// What it is about, and which parts of that it changed.
    #[must_use]
    pub fn about(&self) -> Option<(Uuid, Parts)> {
        match self {
            SetupEvent::Workspace(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Security(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Member(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Invitation(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Role(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Team(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Queue(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::CannedReply(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Flow(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Inbox(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Tag(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Field(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::EntryRule(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Skill(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::SlaPolicy(changed) => Some((changed.id.0, changed.parts())),
            SetupEvent::Password { member, .. } => Some((member.0, Parts::of("password"))),
            SetupEvent::InvitationLink { invitation, .. } => Some((invitation.0, Parts::of("link"))),
            SetupEvent::SecondFactor { member } | SetupEvent::SecondFactorSetUp { member } | SetupEvent::SecondFactorCodes { member } => {
                Some((member.0, Parts::of("second_factor")))
            }
            SetupEvent::AccessToken { inbox, .. } => Some((inbox.0, Parts::of("access_token"))),
            // The event of the queue says that it is gone, and that of its flow that it is published.
            SetupEvent::QueueMoved { .. }
            | SetupEvent::FlowVersion { .. }
            | SetupEvent::SignedIn { .. }
            | SetupEvent::Exported { .. }
            | SetupEvent::Strange(_) => None,
        }
    }

    /// What it is about, by the name that it has or had.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            SetupEvent::Workspace(changed) => changed.latest().map(|workspace| &*workspace.name),
            SetupEvent::Security(_) => None,
            SetupEvent::Member(changed) => changed.latest().map(|member| &*member.name),
            SetupEvent::Invitation(changed) => changed.latest().and_then(|invitation| invitation.email.as_deref()),
            SetupEvent::Role(changed) => changed.latest().map(|role| &*role.name),
            SetupEvent::Team(changed) => changed.latest().map(|team| &*team.name),
            SetupEvent::Queue(changed) => changed.latest().map(|queue| &*queue.name),
            SetupEvent::CannedReply(changed) => changed.latest().map(|reply| &*reply.shortcut),
            SetupEvent::Flow(changed) => changed.latest().map(|flow| &*flow.name),
            SetupEvent::Inbox(changed) => changed.latest().map(|inbox| &*inbox.name),
            SetupEvent::Tag(changed) => changed.latest().map(|tag| &*tag.name),
            SetupEvent::Field(changed) => changed.latest().map(|field| &*field.label),
            SetupEvent::EntryRule(changed) => changed.latest().map(|rule| &*rule.name),
            SetupEvent::Skill(changed) => changed.latest().map(|skill| &*skill.name),
            SetupEvent::SlaPolicy(changed) => changed.latest().map(|policy| &*policy.name),
            SetupEvent::QueueMoved { .. }
            | SetupEvent::FlowVersion { .. }
            | SetupEvent::Password { .. }
            | SetupEvent::InvitationLink { .. }
            | SetupEvent::SecondFactor { .. }
            | SetupEvent::SecondFactorSetUp { .. }
            | SetupEvent::SecondFactorCodes { .. }
            | SetupEvent::AccessToken { .. }
            | SetupEvent::SignedIn { .. }
            | SetupEvent::Exported { .. }
            | SetupEvent::Strange(_) => None,
        }
    }

    /// Whether what it is about is gone.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        self.kind().ends_with("_removed")
    }

    /// What of it was changed: the names of its parts, each as it was and as it is. Nothing of what was added or removed as a whole.
    #[must_use]
    pub fn differences(&self) -> Vec<(String, Value, Value)> {
        match self {
            SetupEvent::Workspace(changed) => changed.differences(),
            SetupEvent::Security(changed) => changed.differences(),
            SetupEvent::Member(changed) => changed.differences(),
            SetupEvent::Invitation(changed) => changed.differences(),
            SetupEvent::Role(changed) => changed.differences(),
            SetupEvent::Team(changed) => changed.differences(),
            SetupEvent::Queue(changed) => changed.differences(),
            SetupEvent::CannedReply(changed) => changed.differences(),
            SetupEvent::Flow(changed) => changed.differences(),
            SetupEvent::Inbox(changed) => changed.differences(),
            SetupEvent::Tag(changed) => changed.differences(),
            SetupEvent::Field(changed) => changed.differences(),
            SetupEvent::EntryRule(changed) => changed.differences(),
            SetupEvent::Skill(changed) => changed.differences(),
            SetupEvent::SlaPolicy(changed) => changed.differences(),
            SetupEvent::QueueMoved { id, to } => vec![("queue".to_owned(), id.0.to_string().into(), to.0.to_string().into())],
            SetupEvent::FlowVersion { .. }
            | SetupEvent::Password { .. }
            | SetupEvent::InvitationLink { .. }
            | SetupEvent::SecondFactor { .. }
            | SetupEvent::SecondFactorSetUp { .. }
            | SetupEvent::SecondFactorCodes { .. }
            | SetupEvent::AccessToken { .. }
            | SetupEvent::SignedIn { .. }
            | SetupEvent::Exported { .. }
            | SetupEvent::Strange(_) => Vec::new(),
        }
    }

    /// Whose way to sign in it changes: that of an account, which may be somebody in other workspaces too.
    #[must_use]
    pub fn changes_sign_in_of(&self) -> Option<UserId> {
        match self {
            SetupEvent::Password { member, .. } | SetupEvent::SecondFactor { member } => Some(*member),
            SetupEvent::Member(Changed { id, before: Some(before), after: Some(after) }) if before.email != after.email => Some(*id),
            _ => None,
        }
    }

    /// Whether it is about a prepared text that is this person's own, before and after.
    #[must_use]
    pub fn is_own_text_of(&self, person: UserId) -> bool {
        let SetupEvent::CannedReply(changed) = self else { return false };
        let both = [&changed.before, &changed.after];
        both.into_iter().flatten().all(|reply| reply.owner == Some(person))
    }

    /// Whether it is about a prepared text that is somebody's own, before and after.
    fn is_own_text(&self) -> bool {
        let SetupEvent::CannedReply(Changed { before, after, .. }) = self else { return false };
        before.as_ref().or(after.as_ref()).and_then(|reply| reply.owner).is_some_and(|owner| self.is_own_text_of(owner))
    }

    /// Whether it is kept besides what was decided.
    #[must_use]
    pub fn is_note(&self) -> bool {
        matches!(
            self,
            SetupEvent::SecondFactorSetUp { .. }
                | SetupEvent::SecondFactorCodes { .. }
                | SetupEvent::SignedIn { .. }
                | SetupEvent::Exported { .. }
        )
    }

    /// What was taken away.
    #[must_use]
    pub fn exported(&self) -> Option<&str> {
        if let SetupEvent::Exported { what } = self { Some(what) } else { None }
    }

    /// Whether what is due of conversations is due at another time than before it.
    #[must_use]
    pub fn moves_deadlines(&self) -> bool {
        match self {
            SetupEvent::SlaPolicy(Changed { before: Some(before), after: Some(after), .. }) => {
                SlaPolicy { name: String::new(), ..before.clone() } != SlaPolicy { name: String::new(), ..after.clone() }
            }
            SetupEvent::Queue(Changed { before: Some(before), after: Some(after), .. }) => {
                let counted = |queue: &Queue| (queue.sla_policy, queue.sla_policy.map(|_| queue.hours.clone()));
                let stepped = |queue: &Queue| (queue.widening.clone(), queue.overflow.clone());
                let held = |queue: &Queue| {
                    let hours = queue.overflow.when_closed.then(|| queue.hours.clone());
                    let is_stepped = !queue.overflow.is_none() || queue.sticky.is_some();
                    // What drains holds nobody back.
                    (hours, queue.rest.clone().filter(|rest| is_stepped && rest.holds_back(rest.since)))
                };
                counted(before) != counted(after) || stepped(before) != stepped(after) || held(before) != held(after)
            }
            SetupEvent::Workspace(Changed { before: Some(before), after: Some(after), .. }) => {
                before.answer_minutes != after.answer_minutes
            }
            // Steps over a skill that is gone are none, and come back with it.
            SetupEvent::Skill(changed) => changed.before.is_none() || changed.after.is_none(),
            // What somebody holds of it is said to be of the other one past the rules.
            SetupEvent::QueueMoved { .. } => true,
            _ => false,
        }
    }

    /// Whether it is more than what somebody chose for themselves: nodes keep the set-up until such a thing happens.
    #[must_use]
    pub fn concerns_everybody(&self) -> bool {
        let SetupEvent::Member(changed) = self else { return !self.is_own_text() && !self.is_note() };
        match changed.parts() {
            Parts::Some(names) => !names.iter().all(|name| OWN.contains(&name.as_str())),
            Parts::All => true,
        }
    }
}

/// What people choose for themselves.
pub const OWN: [&str; 2] = ["availability", "locale"];

impl SetupEvent {
    /// The version of a flow that was published before.
    pub(super) fn published_before(&self) -> Option<(FlowId, i32)> {
        let SetupEvent::Flow(Changed { id, before: Some(Flow { published: Some(version), .. }), .. }) = self else { return None };
        Some((*id, *version))
    }
}
