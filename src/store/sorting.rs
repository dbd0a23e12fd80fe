//! What sorting a batch of bodies writes: people, items, and what goes beside them, in one flight.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::contacts::{Name, Standing};
use super::flight::{Step, in_one_flight};
use super::inbound_items::NewItem;
use super::notices::NewNotice;
use super::pool::answered;
use super::quarantine::NewQuarantined;
use super::{Error, Result, Store, contacts, inbound_items, notices, payloads, quarantine};
use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, WorkspaceId};

/// Everything a batch of an app's bodies comes to.
#[derive(Debug, Default)]
pub struct Sheet<'a> {
    pub app_id: &'a str,
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
        let people = People::of(sheet);
        let items = inbound_items::Columns::of(&sheet.items)?;
        let notices = notices::Columns::of(&sheet.notices);
        let quarantined = quarantine::Columns::of(&sheet.quarantined);
        let count = i64::try_from(sheet.payloads.len()).unwrap_or(i64::MAX);
        let app: [&(dyn ToSql + Sync); 1] = [&sheet.app_id];
        let guard: [&(dyn ToSql + Sync); 2] = [&sheet.payloads, &count];
        let sorted: [&(dyn ToSql + Sync); 2] = [&sheet.payloads, &now];
        let moves = Moves::of(&sheet.moved);
        let moved = moves.parameters();
        let met = Names::of(sheet.identities.iter().map(|it| (it.workspace, &it.identity, &it.name)));
        let (contacts, identities) = (people.parameters(), met.parameters());
        let (items, notices, quarantined) = (items.parameters(), notices.parameters(), quarantined.parameters());
        let wanted: [(&super::Statement, &[&(dyn ToSql + Sync)], bool); 9] = [
            (&payloads::LOCK, &app, true),
            (&payloads::STILL_UNSORTED, &guard, true),
            (&contacts::INSERT, &contacts, !sheet.contacts.is_empty()),
            (&contacts::INSERT_IDENTITIES, &identities, !sheet.identities.is_empty()),
            (&contacts::MOVE_IDENTITIES, &moved, !sheet.moved.is_empty()),
            (&inbound_items::INSERT, &items, !sheet.items.is_empty()),
            (&notices::INSERT, &notices, !sheet.notices.is_empty()),
            (&quarantine::INSERT, &quarantined, !sheet.quarantined.is_empty()),
            (&payloads::MARK_SORTED, &sorted, true),
        ];
        let mut steps: Vec<Step<'_>> = Vec::with_capacity(wanted.len());
        for (statement, parameters, _) in wanted.iter().filter(|(_, _, is_wanted)| *is_wanted) {
            let prepared = client.prepare_cached(statement.sql).await?;
            let client = &client;
            steps.push(Box::pin(async move { client.execute(&prepared, parameters).await }));
        }
        match answered(in_one_flight(&client, steps)).await {
            Ok(()) => Ok(Written::Written),
            // Who lost a deadlock met somebody who moves the same names.
            Err(error) if is_overtaken(&error) || error.is_retryable() => Ok(Written::Overtaken),
            Err(error) => Err(error),
        }
    }
}

/// A guard's division by zero, or an identity that somebody else just met.
fn is_overtaken(error: &Error) -> bool {
    let Error::Refused(refused) = error else { return false };
    let Some(said) = refused.as_db_error() else { return false };
    said.code().code() == payloads::OVERTAKEN || said.constraint() == Some("contact_identities_pkey")
}

/// Names as columns.
struct Names<'a> {
    workspaces: Vec<Uuid>,
    kinds: Vec<&'static str>,
    values: Vec<&'a str>,
    owners: Vec<Uuid>,
    standings: Vec<&'static str>,
    since: Vec<Timestamp>,
    /// Each as an array's text.
    joined_from: Vec<String>,
}

impl<'a> Names<'a> {
    fn of(names: impl Iterator<Item = (WorkspaceId, &'a Identity, &'a Name)> + Clone) -> Self {
        let way = |name: &Name| name.joined_from.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        Self {
            workspaces: names.clone().map(|(workspace, _, _)| workspace.0).collect(),
            kinds: names.clone().map(|(_, identity, _)| identity.kind()).collect(),
            values: names.clone().map(|(_, identity, _)| identity.value()).collect(),
            owners: names.clone().map(|(_, _, name)| name.owner.0).collect(),
            standings: names.clone().map(|(_, _, name)| name.standing.as_str()).collect(),
            since: names.clone().map(|(_, _, name)| name.since).collect(),
            joined_from: names.map(|(_, _, name)| format!("{{{}}}", way(name))).collect(),
        }
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 7] {
        [&self.workspaces, &self.kinds, &self.values, &self.owners, &self.standings, &self.since, &self.joined_from]
    }
}

/// Names that move, as columns.
struct Moves<'a> {
    names: Names<'a>,
    were_of: Vec<Uuid>,
    were: Vec<&'static str>,
}

impl<'a> Moves<'a> {
    fn of(moved: &'a [Moved]) -> Self {
        Self {
            names: Names::of(moved.iter().map(|it| (it.workspace, &it.identity, &it.name))),
            were_of: moved.iter().map(|it| it.was.0.0).collect(),
            were: moved.iter().map(|it| it.was.1.as_str()).collect(),
        }
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 9] {
        let [workspaces, kinds, values, owners, standings, since, joined_from] = self.names.parameters();
        [workspaces, kinds, values, owners, standings, since, joined_from, &self.were_of, &self.were]
    }
}

/// People as columns.
struct People<'a> {
    workspaces: Vec<Uuid>,
    ids: Vec<Uuid>,
    names: Vec<&'a str>,
}

impl<'a> People<'a> {
    fn of(sheet: &'a Sheet<'_>) -> Self {
        Self {
            workspaces: sheet.contacts.iter().map(|(workspace, _, _)| workspace.0).collect(),
            ids: sheet.contacts.iter().map(|(_, contact, _)| contact.0).collect(),
            names: sheet.contacts.iter().map(|(_, _, name)| name.as_str()).collect(),
        }
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.workspaces, &self.ids, &self.names]
    }
}
