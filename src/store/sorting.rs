//! What sorting a batch of bodies writes: people, items, and what goes beside them, in one flight.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

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
    pub identities: Vec<(WorkspaceId, Identity, ContactId)>,
    pub items: Vec<NewItem>,
    pub notices: Vec<NewNotice>,
    pub quarantined: Vec<NewQuarantined>,
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
        let (contacts, identities) = (people.contacts(), people.identities());
        let (items, notices, quarantined) = (items.parameters(), notices.parameters(), quarantined.parameters());
        let wanted: [(&super::Statement, &[&(dyn ToSql + Sync)], bool); 8] = [
            (&payloads::LOCK, &app, true),
            (&payloads::STILL_UNSORTED, &guard, true),
            (&contacts::INSERT, &contacts, !sheet.contacts.is_empty()),
            (&contacts::INSERT_IDENTITIES, &identities, !sheet.identities.is_empty()),
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
            Err(error) if is_overtaken(&error) => Ok(Written::Overtaken),
            Err(error) => Err(error),
        }
    }
}

/// The guard's division by zero, or an identity that somebody else just met.
fn is_overtaken(error: &Error) -> bool {
    let Error::Refused(refused) = error else { return false };
    let Some(said) = refused.as_db_error() else { return false };
    said.code().code() == payloads::OVERTAKEN || said.constraint() == Some("contact_identities_pkey")
}

/// People as columns.
struct People<'a> {
    workspaces: Vec<Uuid>,
    ids: Vec<Uuid>,
    names: Vec<&'a str>,
    of: Vec<Uuid>,
    kinds: Vec<&'static str>,
    values: Vec<&'a str>,
    owners: Vec<Uuid>,
}

impl<'a> People<'a> {
    fn of(sheet: &'a Sheet<'_>) -> Self {
        Self {
            workspaces: sheet.contacts.iter().map(|(workspace, _, _)| workspace.0).collect(),
            ids: sheet.contacts.iter().map(|(_, contact, _)| contact.0).collect(),
            names: sheet.contacts.iter().map(|(_, _, name)| name.as_str()).collect(),
            of: sheet.identities.iter().map(|(workspace, _, _)| workspace.0).collect(),
            kinds: sheet.identities.iter().map(|(_, identity, _)| identity.kind()).collect(),
            values: sheet.identities.iter().map(|(_, identity, _)| identity.value()).collect(),
            owners: sheet.identities.iter().map(|(_, _, contact)| contact.0).collect(),
        }
    }

    fn contacts(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.workspaces, &self.ids, &self.names]
    }

    fn identities(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.of, &self.kinds, &self.values, &self.owners]
    }
}
