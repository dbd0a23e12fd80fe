//! A file that becomes a set-up, whole or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::inboxes::AppSecrets;
use super::{
    Document, Fault, Found, Wrong, canned_replies, entry_rules, fields, flows, inboxes, people, queues, roles, skills, sla_policies, tags,
    teams,
};
use crate::domain::details::Vocabulary;
use crate::domain::ids::UserId;
use crate::domain::setup::check;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::event::{Changed, Secret, SetupEvent};
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::value::Setup;
use crate::domain::user::EmailAddress;

/// A file, and what it is brought in with.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    pub document: Document,
    /// What the file does not name is removed, where it can be: in the sections that it has.
    pub prune: bool,
    pub reach: Reach,
    /// By their names.
    pub secrets: BTreeMap<String, Secret>,
    /// Apps of which this installation knows the secrets.
    pub known_apps: BTreeSet<String>,
    /// Of whoever has no account yet, in PHC form: one that nobody knows.
    pub password: Secret,
    /// What ids of new things are counted from; a version 7.
    pub seed: Uuid,
}

/// How far a file reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Whoever runs the installation answers for all of it.
    Installation,
    /// An administrator decides of one workspace. What is not theirs alone is left out of it: a number is connected where Meta is asked
    /// whose it is, and whoever has an account already says themselves whether they come.
    Workspace {
        /// E-mail addresses that have an account.
        accounts: BTreeSet<String>,
    },
}

impl Reach {
    /// Whether numbers may be connected with the secrets that came along.
    pub(super) fn has_secrets(&self) -> bool {
        *self == Reach::Installation
    }

    /// Whether somebody who is new here has to be asked first.
    pub(super) fn has_to_ask(&self, email: &EmailAddress) -> bool {
        matches!(self, Reach::Workspace { accounts } if accounts.contains(email.as_str()))
    }
}

/// Ids of new things, one after the other.
pub(super) struct Ids(u128);

impl Ids {
    pub fn next(&mut self) -> Uuid {
        self.0 = self.0.wrapping_add(1);
        Uuid::from_u128(self.0)
    }
}

/// The names that a file may speak of: its own, and those of the workspace.
pub(super) struct Names {
    pub roles: BTreeSet<String>,
    pub teams: BTreeSet<String>,
    /// Keys.
    pub queues: BTreeSet<String>,
    pub flows: BTreeSet<String>,
    /// Keys.
    pub skills: BTreeSet<String>,
    pub sla_policies: BTreeSet<String>,
    /// Tags and fields.
    pub words: Vocabulary,
}

impl Names {
    fn of(document: &Document, setup: &Setup) -> Self {
        let both = |own: Vec<String>, theirs: Vec<String>| own.into_iter().chain(theirs).collect();
        Self {
            roles: both(
                document.roles.iter().flatten().map(|role| role.name.clone()).collect(),
                setup.roles.values().map(|role| role.name.clone()).collect(),
            ),
            teams: both(
                document.teams.iter().flatten().map(|team| team.name.clone()).collect(),
                setup.teams.values().map(|team| team.name.clone()).collect(),
            ),
            queues: both(
                document.queues.iter().flatten().map(|queue| queue.key.clone()).collect(),
                setup.queues.values().map(|queue| queue.key.clone()).collect(),
            ),
            flows: both(
                document.flows.iter().flatten().map(|flow| flow.name.clone()).collect(),
                setup.flows.values().map(|flow| flow.name.clone()).collect(),
            ),
            skills: both(
                document.skills.iter().flatten().map(|skill| skill.key.clone()).collect(),
                setup.skills.values().map(|skill| skill.key.clone()).collect(),
            ),
            sla_policies: both(
                document.sla_policies.iter().flatten().map(|policy| policy.name.clone()).collect(),
                setup.sla_policies.values().map(|policy| policy.name.clone()).collect(),
            ),
            words: words(document, setup),
        }
    }
}

/// The tags and fields that there would be.
fn words(document: &Document, setup: &Setup) -> Vocabulary {
    let mut draft = Draft::of(setup);
    let mut ids = Ids(0);
    tags::bring_in(document.tags.as_deref().unwrap_or_default(), &mut ids, &mut draft);
    fields::bring_in(document.fields.as_deref().unwrap_or_default(), &mut ids, &mut draft);
    draft.setup.vocabulary()
}

/// What bringing a file in would change, and what everything is called before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub events: Vec<SetupEvent>,
    pub names: HashMap<Uuid, String>,
    /// What of the file is not done, and why, by its place.
    pub left_out: Vec<Fault>,
}

/// What would be gone, of each kind how many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gone {
    /// Who would work here no more.
    pub people: Vec<UserId>,
    pub teams: usize,
    pub roles: usize,
    pub canned_replies: usize,
    /// Nobody could add them any more.
    pub tags: usize,
    pub fields: usize,
    pub entry_rules: usize,
    pub skills: usize,
    pub sla_policies: usize,
}

impl Plan {
    /// What would be gone.
    #[must_use]
    pub fn gone(&self) -> Gone {
        let mut gone = Gone::default();
        for event in &self.events {
            match event {
                SetupEvent::Member(Changed { id, before: Some(before), after: Some(after) }) if before.active && !after.active => {
                    gone.people.push(*id);
                }
                SetupEvent::Team(Changed { after: None, .. }) => gone.teams += 1,
                SetupEvent::Role(Changed { after: None, .. }) => gone.roles += 1,
                SetupEvent::CannedReply(Changed { after: None, .. }) => gone.canned_replies += 1,
                SetupEvent::Tag(Changed { before: Some(before), after: Some(after), .. }) if !before.archived && after.archived => {
                    gone.tags += 1;
                }
                SetupEvent::Field(Changed { after: None, .. }) => gone.fields += 1,
                SetupEvent::EntryRule(Changed { after: None, .. }) => gone.entry_rules += 1,
                SetupEvent::Skill(Changed { after: None, .. }) => gone.skills += 1,
                SetupEvent::SlaPolicy(Changed { after: None, .. }) => gone.sla_policies += 1,
                _ => {}
            }
        }
        gone
    }
}

impl Import {
    /// What it would change.
    ///
    /// # Errors
    /// What is wrong with it, by its place.
    pub fn plan(&self, setup: &Setup) -> Result<Plan, Vec<Fault>> {
        let faults = self.faults(setup);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut draft = Draft::of(setup);
        let places = &self.document.places;
        let left_out = bring_in(&mut draft, self).map_err(|refusal| vec![places.fault(String::new(), Wrong::Refused(refusal))])?;
        let mut left_out: Vec<Fault> = left_out.into_iter().map(|(path, wrong)| places.fault(path, wrong)).collect();
        left_out.sort();
        let (after, events) = draft.finish(setup);
        Ok(Plan { events, names: setup.names().into_iter().chain(after.names()).collect(), left_out })
    }

    /// What is wrong with it for this set-up, by its place; nothing, when it can be brought in.
    #[must_use]
    pub fn faults(&self, setup: &Setup) -> Vec<Fault> {
        let Self { document, reach, secrets, known_apps, .. } = self;
        let names = Names::of(document, setup);
        let mut found: Found = Vec::new();
        if let Some(workspace) = &document.workspace {
            workspace.check(&mut found);
        }
        if let Some(security) = &document.security {
            security.check(&names, &mut found);
        }
        roles::check(document.roles.as_deref().unwrap_or_default(), &mut found);
        teams::check(document.teams.as_deref().unwrap_or_default(), &mut found);
        skills::check(document.skills.as_deref().unwrap_or_default(), &mut found);
        people::check(document.people.as_deref().unwrap_or_default(), &names, &mut found);
        sla_policies::check(document.sla_policies.as_deref().unwrap_or_default(), &mut found);
        queues::check(document.queues.as_deref().unwrap_or_default(), setup, &names, &mut found);
        canned_replies::check(document.canned_replies.as_deref().unwrap_or_default(), &names, &mut found);
        tags::check(document.tags.as_deref().unwrap_or_default(), &mut found);
        fields::check(document.fields.as_deref().unwrap_or_default(), &mut found);
        flows::check(document.flows.as_deref().unwrap_or_default(), setup, &names, &mut found);
        let is_known_app = |app: &str| known_apps.contains(app);
        let at_hand = reach.has_secrets().then_some(secrets);
        inboxes::check(document.inboxes.as_deref().unwrap_or_default(), setup, &names, at_hand, is_known_app, &mut found);
        entry_rules::check(document.entry_rules.as_deref().unwrap_or_default(), setup, &names, &mut found);
        found.retain(|(path, _)| !document.is_mended(path));
        if found.is_empty() && document.faults.is_empty() {
            found.extend(self.faults_of_the_whole(setup));
        }
        let mut faults = document.faults.clone();
        faults.extend(found.into_iter().map(|(path, wrong)| document.places.fault(path, wrong)));
        faults.sort();
        faults
    }

    /// What holds of no part alone.
    fn faults_of_the_whole(&self, setup: &Setup) -> Found {
        let mut draft = Draft::of(setup);
        if let Err(refusal) = bring_in(&mut draft, self) {
            return vec![(String::new(), Wrong::Refused(refusal))];
        }
        let (after, events) = draft.finish(setup);
        check::new_faults(setup, &after, &events).into_iter().map(|refusal| (self.path_of(&refusal), Wrong::Refused(refusal))).collect()
    }

    /// Where something stands that a refusal speaks of.
    fn path_of(&self, refusal: &SetupRefusal) -> String {
        fn of<T>(section: &Option<Vec<T>>, name: &str, is_it: impl FnMut(&T) -> bool) -> String {
            let place = section.as_deref().unwrap_or_default().iter().position(is_it);
            place.map_or_else(String::new, |place| format!("{name}[{place}]"))
        }
        match refusal {
            SetupRefusal::QueueUnreached { queue } => of(&self.document.queues, "queues", |one| one.name == *queue),
            SetupRefusal::TeamNameTaken { name } => of(&self.document.teams, "teams", |one| one.name == *name),
            SetupRefusal::RoleNameTaken { name } => of(&self.document.roles, "roles", |one| one.name == *name),
            SetupRefusal::TagNameTaken { name } => of(&self.document.tags, "tags", |one| one.name == *name),
            SetupRefusal::RuleFaulty { rule: name, .. } | SetupRefusal::RuleIdle { rule: name } => {
                of(&self.document.entry_rules, "entry_rules", |one| one.name == *name)
            }
            SetupRefusal::SkillNameTaken { name } => of(&self.document.skills, "skills", |one| one.name == *name),
            SetupRefusal::StepsUnordered { queue } => of(&self.document.queues, "queues", |one| one.name == *queue),
            SetupRefusal::SlaPolicyNameTaken { name } => of(&self.document.sla_policies, "sla_policies", |one| one.name == *name),
            SetupRefusal::LastAdministrator => "people".to_owned(),
            _ => String::new(),
        }
    }

    /// Who needs an account.
    pub(in crate::domain::setup) fn newcomers(&self) -> Vec<(EmailAddress, Secret)> {
        let people = self.document.people.iter().flatten();
        people.filter_map(|person| Some((person.address()?, self.password.clone()))).collect()
    }

    pub(in crate::domain::setup) fn knowing(self, accounts: &[EmailAddress]) -> Self {
        let reach = match self.reach {
            Reach::Installation => Reach::Installation,
            Reach::Workspace { .. } => Reach::Workspace { accounts: accounts.iter().map(ToString::to_string).collect() },
        };
        Self { reach, ..self }
    }

    /// The secrets of apps that come along with it.
    #[must_use]
    pub fn apps(&self) -> Vec<AppSecrets> {
        if !self.reach.has_secrets() {
            return Vec::new();
        }
        inboxes::apps(self.document.inboxes.as_deref().unwrap_or_default(), &self.secrets)
    }
}

/// Makes of a set-up what a file says, as far as it says anything; answers what it left out.
///
/// # Errors
/// What refuses all of it.
pub(in crate::domain::setup) fn bring_in(draft: &mut Draft, import: &Import) -> Result<Found, SetupRefusal> {
    let Import { document, prune, reach, secrets, seed, .. } = import;
    let mut left_out: Found = Vec::new();
    let Document {
        format: _,
        workspace,
        security,
        roles,
        teams,
        skills,
        people,
        sla_policies,
        queues,
        canned_replies,
        tags,
        fields,
        flows,
        inboxes,
        entry_rules,
        places: _,
        faults: _,
        mended: _,
    } = document;
    let mut ids = Ids(seed.as_u128());
    if let Some(workspace) = workspace {
        workspace.bring_in(draft);
    }
    roles::bring_in(roles.as_deref().unwrap_or_default(), &mut ids, draft);
    if let Some(security) = security {
        security.bring_in(draft);
    }
    teams::bring_in(teams.as_deref().unwrap_or_default(), &mut ids, draft);
    skills::bring_in(skills.as_deref().unwrap_or_default(), &mut ids, draft);
    left_out.extend(people::bring_in(people.as_deref().unwrap_or_default(), reach, &mut ids, draft));
    sla_policies::bring_in(sla_policies.as_deref().unwrap_or_default(), &mut ids, draft);
    if let Some(queues) = queues {
        queues::bring_in(queues, &mut ids, draft);
    }
    canned_replies::bring_in(canned_replies.as_deref().unwrap_or_default(), &mut ids, draft);
    tags::bring_in(tags.as_deref().unwrap_or_default(), &mut ids, draft);
    fields::bring_in(fields.as_deref().unwrap_or_default(), &mut ids, draft);
    flows::bring_in(flows.as_deref().unwrap_or_default(), &mut ids, draft)?;
    let at_hand = reach.has_secrets().then_some(secrets);
    left_out.extend(inboxes::bring_in(inboxes.as_deref().unwrap_or_default(), at_hand, &mut ids, draft));
    if let Some(rules) = entry_rules {
        left_out.extend(entry_rules::bring_in(rules, &mut ids, draft));
    }
    if *prune {
        if let Some(policies) = sla_policies {
            left_out.extend(sla_policies::prune(policies, draft));
        }
        if let Some(rules) = entry_rules {
            entry_rules::prune(rules, draft);
        }
        if let Some(replies) = canned_replies {
            canned_replies::prune(replies, draft);
        }
        if let Some(tags) = tags {
            tags::prune(tags, draft);
        }
        if let Some(fields) = fields {
            fields::prune(fields, draft);
        }
        if let Some(people) = people {
            people::prune(people, draft);
        }
        if let Some(skills) = skills {
            left_out.extend(skills::prune(skills, draft));
        }
        if let Some(teams) = teams {
            left_out.extend(teams::prune(teams, draft));
        }
        if let Some(roles) = roles {
            left_out.extend(roles::prune(roles, draft));
        }
    }
    Ok(left_out)
}
