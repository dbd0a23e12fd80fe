//! The workspace file: what is set up, by the names that people use, without ids and without secrets. It is read, compared and kept beside
//! other files, and brought into this workspace or another one.
//!
//! Each kind of thing is a module: how it is written, what must fit of it, and how it comes into a set-up. What the set-up has and no module
//! writes does not compile.

mod canned_replies;
mod entry_rules;
mod fault;
mod fields;
mod flows;
mod import;
mod inboxes;
mod node;
mod people;
mod queues;
mod roles;
mod schema;
mod security;
mod skills;
mod sla_policies;
mod tags;
mod teams;
#[cfg(test)]
mod tests;
mod workspace;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use fault::{Fault, Kind, Wrong};
pub(super) use import::bring_in;
pub use import::{Gone, Import, Plan, Reach};
pub use inboxes::{AppSecrets, WrittenInbox};
pub use schema::schema;

use canned_replies::WrittenCannedReply;
use entry_rules::WrittenEntryRule;
use fields::WrittenField;
use flows::WrittenFlow;
use people::WrittenPerson;
use queues::WrittenQueue;
use roles::WrittenRole;
use security::WrittenSecurity;
use skills::WrittenSkill;
use sla_policies::WrittenSlaPolicy;
use tags::WrittenTag;
use teams::WrittenTeam;
use workspace::WrittenWorkspace;

use self::node::Places;
use self::schema::Read;
use super::value::{Inbox, InboxState, Setup, Workspace};
use super::words;
use crate::domain::ids::InboxId;
use crate::domain::names;

/// What the first line of a file says.
pub const FORMAT: &str = "baton.workspace/v1";

/// Bytes of a file at most.
pub const LONGEST: usize = 4 * 1024 * 1024;

/// A whole file. What it does not name is left as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A workspace of Baton")]
pub struct Document {
    #[schemars(extend("const" = FORMAT))]
    pub format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<WrittenWorkspace>,
    /// How people sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<WrittenSecurity>,
    /// Roles that the workspace made for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<WrittenRole>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teams: Option<Vec<WrittenTeam>>,
    /// What people are good at; a language is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<WrittenSkill>>,
    /// Who works here. Never with a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<WrittenPerson>>,
    /// By when customers are answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla_policies: Option<Vec<WrittenSlaPolicy>>,
    /// In the order in which they are offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queues: Option<Vec<WrittenQueue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canned_replies: Option<Vec<WrittenCannedReply>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<WrittenTag>>,
    /// In their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<WrittenField>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flows: Option<Vec<WrittenFlow>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inboxes: Option<Vec<WrittenInbox>>,
    /// Where conversations go that come in; the first that is met decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_rules: Option<Vec<WrittenEntryRule>>,
    /// Where each part of it stands in the text.
    #[serde(skip)]
    places: Places,
    /// What has another form than it should, and the paths of what stands in for it.
    #[serde(skip)]
    faults: Vec<Fault>,
    #[serde(skip)]
    mended: BTreeSet<String>,
}

/// Why a set-up cannot be written down: two things of a kind have one name, which the file would know them by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two things are called {name}; rename one of them first")]
pub struct Ambiguous {
    pub name: String,
}

/// Writes a set-up down. The same set-up always comes to the same text.
///
/// # Errors
/// When two things of a kind have one name.
pub fn export(setup: &Setup, with_people: bool) -> Result<String, Ambiguous> {
    // Whoever adds a part to the set-up says here how the file carries it.
    // An invitation is on its way to somebody, and is nothing to be copied.
    let Setup {
        workspaces,
        securities,
        members,
        invitations: _,
        roles,
        teams,
        queues,
        flows,
        canned_replies,
        inboxes,
        tags,
        fields: _,
        entry_rules: _,
        skills,
        sla_policies,
        definitions: _,
        latest_versions: _,
    } = setup;
    let document = Document {
        format: FORMAT.to_owned(),
        workspace: workspaces.values().next().map(WrittenWorkspace::of),
        security: securities.values().next().map(|security| WrittenSecurity::of(setup, security)),
        roles: Some(in_order(roles.values().map(WrittenRole::of), |role| &role.name)?),
        teams: Some(in_order(teams.values().map(WrittenTeam::of), |team| &team.name)?),
        skills: Some(in_order(skills.values().map(WrittenSkill::of), |skill| &skill.key)?),
        people: if with_people {
            Some(in_order(members.values().map(|member| WrittenPerson::of(setup, member)), |person| &person.email)?)
        } else {
            None
        },
        sla_policies: Some(in_order(sla_policies.values().map(WrittenSlaPolicy::of), |policy| &policy.name)?),
        queues: Some(queues::all(setup, queues)),
        canned_replies: Some(in_order(canned_replies.values().filter_map(|reply| WrittenCannedReply::of(setup, reply)), |reply| {
            &reply.shortcut
        })?),
        tags: Some(in_order(tags.values().filter_map(WrittenTag::of), |tag| &tag.name)?),
        fields: Some(fields::all(setup)),
        flows: Some(in_order(flows.iter().map(|(id, flow)| WrittenFlow::of(setup, *id, flow)), |flow| &flow.name)?),
        inboxes: Some(in_order(connected(inboxes).map(|inbox| WrittenInbox::of(setup, inbox)), WrittenInbox::key)?),
        entry_rules: Some(entry_rules::all(setup, with_people)),
        places: Places::default(),
        faults: Vec::new(),
        mended: BTreeSet::new(),
    };
    Ok(yaml::write(&document))
}

/// One that is disconnected belongs to the past: what it was authorised by is kept nowhere.
fn connected(inboxes: &BTreeMap<InboxId, Inbox>) -> impl Iterator<Item = &Inbox> {
    inboxes.values().filter(|inbox| inbox.state != InboxState::Disconnected)
}

/// By their keys: as people sort, and then as machines do.
fn in_order<T>(all: impl Iterator<Item = T>, key: impl Fn(&T) -> &str) -> Result<Vec<T>, Ambiguous> {
    let mut all: Vec<T> = all.collect();
    all.sort_by_cached_key(|one| (names::order(key(one)), key(one).to_owned()));
    match all.windows(2).find(|two| key(&two[0]) == key(&two[1])) {
        Some(two) => Err(Ambiguous { name: key(&two[0]).to_owned() }),
        None => Ok(all),
    }
}

/// Reads a file, as far as it can be read. What is wrong with it is said when it is to be brought in.
///
/// # Errors
/// When it is no YAML, or no file of this format.
pub fn read(text: &str) -> Result<Document, Fault> {
    let node = node::parse(text)?;
    let places = Places::of(&node);
    let Read { value, found, mended } = schema::read(&node);
    if let Some((path, wrong)) =
        found.iter().find(|(path, _)| (mended.contains("format") || mended.contains("")) && (path.is_empty() || path == "format"))
    {
        return Err(places.fault(path.clone(), wrong.clone()));
    }
    let read = serde_json::from_value::<Document>(value);
    let document = read.map_err(|error| places.fault(String::new(), Wrong::Syntax(error.to_string())))?;
    let faults = found.into_iter().map(|(path, wrong)| places.fault(path, wrong)).collect();
    Ok(Document { places, faults, mended, ..document })
}

impl Document {
    /// What it makes of a workspace that is not there yet; nothing, where it does not say.
    #[must_use]
    pub fn itself(&self) -> Option<Workspace> {
        self.workspace.as_ref().map(WrittenWorkspace::itself)
    }

    /// The apps that its numbers speak through.
    #[must_use]
    pub fn apps(&self) -> Vec<String> {
        self.inboxes.iter().flatten().filter_map(WrittenInbox::app).map(ToOwned::to_owned).collect()
    }

    /// Who works there: name, e-mail address and role.
    pub fn people(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.people.iter().flatten().map(WrittenPerson::in_short)
    }

    /// The e-mail addresses of whoever works there, as people are signed in.
    #[must_use]
    pub fn emails(&self) -> Vec<String> {
        self.people.iter().flatten().filter_map(|person| Some(person.address()?.to_string())).collect()
    }

    /// Whether it names people.
    #[must_use]
    pub fn names_people(&self) -> bool {
        self.people.as_ref().is_some_and(|people| !people.is_empty())
    }

    /// The secrets that it names, by their names.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut names: Vec<String> = self.inboxes.iter().flatten().flat_map(WrittenInbox::secrets).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whether that part is not what was written.
    fn is_mended(&self, path: &str) -> bool {
        let is_below =
            |mended: &String| path.strip_prefix(mended.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        self.mended.iter().any(is_below)
    }
}

/// Notes what stands twice in a list.
fn no_twins<'a>(section: &str, field: &str, keys: impl Iterator<Item = &'a str>, found: &mut Found) {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (place, key) in keys.enumerate() {
        if let Some(other) = first.insert(key.to_lowercase(), place) {
            let path = format!("{section}[{place}].{field}");
            found.push((path, Wrong::Twice { name: key.to_owned(), other: format!("{section}[{other}]") }));
        }
    }
}

/// Whether things stand in this order already, by their places and then their keys. One without a place is new.
fn is_in_order<'a>(things: impl Iterator<Item = (Option<i32>, &'a str)>) -> bool {
    let mut last = None;
    for (position, key) in things {
        let Some(position) = position else { return false };
        if last.replace((position, key)).is_some_and(|last| last > (position, key)) {
            return false;
        }
    }
    true
}

/// Notes a name that is missing or too long.
fn unfit_text(path: impl Fn() -> String, text: &str, limit: usize, found: &mut Found) {
    found.extend(words::name_fault(text, limit).map(|refusal| (path(), Wrong::Refused(refusal))));
}

/// What is wrong, each with its path.
type Found = Vec<(String, Wrong)>;

/// Whether a JSON value says the same as another, however its numbers are written.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}
