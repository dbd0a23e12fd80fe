//! What sorting a batch of bodies writes: people, items, and what goes beside them, in one flight.

use jiff::Timestamp;
use uuid::Uuid;

use super::contacts::{Name, Standing};
use super::flight::in_one_flight;
use super::inbound_items::NewItem;
use super::notices::NewNotice;
use super::numbers::TestReport;
use super::pool::answered;
use super::quarantine::NewQuarantined;
use super::statement::Step;
use super::{Error, Result, Statement, Store, contacts, inbound_items, notices, numbers, payloads, quarantine};
use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, WorkspaceId};

/// Everything a batch of a source's bodies comes to.
#[derive(Debug, Default)]
pub struct Sheet<'a> {
    pub source: &'a str,
    /// The bodies.
    pub payloads: Vec<i64>,
    /// People we meet for the first time, with their profile names.
    pub contacts: Vec<(WorkspaceId, ContactId, String)>,
    /// What they, and others, are called that nobody was called before.
    pub identities: Vec<Met>,
    /// Names we knew that stand otherwise from now on.
    pub moved: Vec<Moved>,
    pub items: Vec<NewItem>,
    pub notices: Vec<NewNotice>,
    pub quarantined: Vec<NewQuarantined>,
    /// How far messages came that try numbers.
    pub tests: Vec<TestReport>,
}

/// A name that was nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    pub workspace: WorkspaceId,
    pub identity: Identity,
    pub name: Name,
}

/// A name that a contact takes over from another one, or that stands otherwise with its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub workspace: WorkspaceId,
    pub identity: Identity,
    /// Whose it was, and how it stood: if it is otherwise by now, whoever decided this is to look again.
    pub was: (ContactId, Standing),
    pub name: Name,
}

/// Whether a sheet was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Written,
    /// Another node sorted some of these bodies, or met the same people, in the same moment.
    Overtaken,
}

impl Store {
    /// Writes a sheet, if all of its bodies are still unsorted and all of its people still new.
    ///
    /// # Errors
    /// As PostgreSQL answers; then nothing is written.
    pub async fn write_sorted(&self, sheet: &Sheet<'_>, now: Timestamp) -> Result<Written> {
        let client = self.client().await?;
        let steps = sheet.steps(now)?;
        match answered(in_one_flight(&client, steps)).await {
            Ok(()) => Ok(Written::Written),
            // Who lost a deadlock met somebody who moves the same names.
            Err(error) if is_overtaken(&error) || error.is_retryable() => Ok(Written::Overtaken),
            Err(error) => Err(error),
        }
    }
}

impl Sheet<'_> {
    fn steps(&self, now: Timestamp) -> Result<Vec<Step>> {
        let mut steps = vec![
            Step::of(payloads::LOCK).with(self.source.to_owned()),
            Step::of(payloads::MARK_SORTED).with(self.payloads.clone()).with(now),
        ];
        if !self.contacts.is_empty() {
            steps.push(contacts::insert(&self.contacts));
        }
        if !self.identities.is_empty() {
            steps.push(names(contacts::INSERT_IDENTITIES, self.identities.iter().map(|it| (it.workspace, &it.identity, &it.name))));
        }
        if !self.moved.is_empty() {
            let names = names(contacts::MOVE_IDENTITIES, self.moved.iter().map(|it| (it.workspace, &it.identity, &it.name)));
            let were_of: Vec<Uuid> = self.moved.iter().map(|it| it.was.0.0).collect();
            let were: Vec<&'static str> = self.moved.iter().map(|it| it.was.1.as_str()).collect();
            steps.push(names.with(were_of).with(were));
        }
        if !self.items.is_empty() {
            steps.push(inbound_items::insert(&self.items)?);
        }
        if !self.notices.is_empty() {
            steps.push(notices::insert(&self.notices));
        }
        if !self.quarantined.is_empty() {
            steps.push(quarantine::insert(&self.quarantined));
        }
        if !self.tests.is_empty() {
            steps.push(numbers::report(&self.tests)?);
        }
        Ok(steps)
    }
}

/// A guard's division by zero, or an identity that somebody else just met.
fn is_overtaken(error: &Error) -> bool {
    error.is_overtaken() || error.broken_uniqueness() == Some("contact_identities_pkey")
}

/// Names as columns; the way each came is an array's text.
fn names<'a>(statement: Statement, names: impl Iterator<Item = (WorkspaceId, &'a Identity, &'a Name)> + Clone) -> Step {
    let way = |name: &Name| name.joined_from.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Step::of(statement)
        .with(names.clone().map(|(workspace, _, _)| workspace.0).collect::<Vec<_>>())
        .with(names.clone().map(|(_, identity, _)| identity.kind().to_owned()).collect::<Vec<_>>())
        .with(names.clone().map(|(_, identity, _)| identity.value().to_owned()).collect::<Vec<_>>())
        .with(names.clone().map(|(_, _, name)| name.owner.0).collect::<Vec<_>>())
        .with(names.clone().map(|(_, _, name)| name.standing.as_str()).collect::<Vec<_>>())
        .with(names.clone().map(|(_, _, name)| name.since).collect::<Vec<_>>())
        .with(names.map(|(_, _, name)| format!("{{{}}}", way(name))).collect::<Vec<_>>())
}
