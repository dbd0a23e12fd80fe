//! Contacts, and the names WhatsApp knows them by.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::reading::{if_known, value};
use super::statement::Step;
use super::{Result, Statement, Store, Transaction, prepare};
use crate::domain::contact::{Contact, Identity};
use crate::domain::ids::{ContactId, WorkspaceId};

/// The columns of a contact's row, as [`contact`] reads them.
macro_rules! contact_columns {
    ($row:literal) => {
        concat!(
            $row,
            ".id, ",
            $row,
            ".name, ",
            $row,
            ".language, ",
            $row,
            ".fields, ",
            $row,
            ".address, ",
            $row,
            ".username, ",
            $row,
            ".addressed_at, ",
            $row,
            ".last_seq"
        )
    };
}
pub(super) use contact_columns;

/// What a customer is called: by their name, or else by their number or whatever else they have; before it is shown, it is read by
/// [`Phones`](crate::domain::contact::Phones).
macro_rules! called {
    () => {
        "CASE WHEN contact.name <> '' THEN contact.name
              WHEN contact.address ->> 'kind' = 'phone' THEN '+' || (contact.address ->> 'value')
              ELSE coalesce(contact.address ->> 'value', '') END"
    };
}
pub(super) use called;

/// How many they are.
pub(super) const WIDTH: usize = 8;

crate::statements! {
    /// The lock of everything that happens to a contact.
    /// Rows that only refer to the contact are not held up.
    LOCK = concat!("
        SELECT ", contact_columns!("contact"), "
        FROM contacts AS contact
        WHERE workspace_id = $1 AND id = $2
        FOR NO KEY UPDATE");
    /// As [`LOCK`], but of several, and those that somebody has are left out.
    LOCK_THOSE_FREE = concat!("
        SELECT ", contact_columns!("contact"), "
        FROM contacts AS contact
        WHERE workspace_id = $1 AND id = ANY($2)
        FOR NO KEY UPDATE SKIP LOCKED");
    /// As [`LOCK`], but nobody is waited for.
    LOCK_IF_FREE = concat!("
        SELECT ", contact_columns!("contact"), "
        FROM contacts AS contact
        WHERE workspace_id = $1 AND id = $2
        FOR NO KEY UPDATE NOWAIT");
    /// What did not change is not written: it may be a newer version's, which this one does not understand.
    UPDATE = "
        UPDATE contacts
        SET name = now.name, language = now.language,
            fields = (contacts.fields - ARRAY(SELECT jsonb_array_elements_text(now.gone))) || now.noted,
            address = coalesce(now.address, contacts.address), username = now.username, addressed_at = now.addressed_at,
            last_seq = now.last_seq
        FROM UNNEST($2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::text[], $9::timestamptz[],
                $10::bigint[])
            AS now (id, name, language, gone, noted, address, username, addressed_at, last_seq)
        WHERE contacts.workspace_id = $1 AND contacts.id = now.id";
    FIND = "
        SELECT identity.kind, identity.value, identity.contact_id, identity.standing, identity.since, identity.joined_from,
            EXISTS (SELECT FROM contact_identities AS other
                    WHERE other.workspace_id = $1 AND other.contact_id = identity.contact_id AND other.kind = 'user_id')
        FROM contact_identities AS identity
        JOIN UNNEST($2::text[], $3::text[]) AS wanted (kind, value) USING (kind, value)
        WHERE identity.workspace_id = $1";
    NAMES_OF = "
        SELECT kind, value, contact_id, standing, since, joined_from, kind = 'user_id'
        FROM contact_identities
        WHERE workspace_id = $1 AND contact_id = ANY($2)
        ORDER BY contact_id, kind, value
        LIMIT 10000";
    INSERT = "INSERT INTO contacts (workspace_id, id, name) SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::text[])";
    /// One that is somebody's by now is a fault: whoever met them is to look again.
    INSERT_IDENTITIES = "
        INSERT INTO contact_identities (workspace_id, kind, value, contact_id, standing, since, joined_from)
        SELECT workspace_id, kind, value, contact_id, standing, since, joined_from::uuid[]
        FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[])
            AS met (workspace_id, kind, value, contact_id, standing, since, joined_from)";
    /// Names that are another contact's from now on, or stand otherwise. [Overtaken](super::Error::is_overtaken) when one
    /// is not as it was when that was decided.
    MOVE_IDENTITIES = "
        WITH moved AS (
            UPDATE contact_identities AS identity
            SET contact_id = wanted.contact_id, standing = wanted.standing, since = wanted.since,
                joined_from = wanted.joined_from::uuid[]
            FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[], $8::uuid[], $9::text[])
                AS wanted (workspace_id, kind, value, contact_id, standing, since, joined_from, was_of, was)
            WHERE identity.workspace_id = wanted.workspace_id AND identity.kind = wanted.kind AND identity.value = wanted.value
              AND identity.contact_id = wanted.was_of AND identity.standing = wanted.was
            RETURNING 1)
        SELECT 1 / (count(*) = cardinality($1))::integer FROM moved";
    /// What $2 took over from $3 is that one's again, also where a third contact has taken it over since, and is not joined a second
    /// time. A name's way leads from its first contact over those that took it over to the one that has it.
    PART = "
        UPDATE contact_identities
        SET contact_id = $3, joined_from = joined_from[:array_position(joined_from, $3) - 1],
            standing = CASE standing WHEN 'former' THEN standing ELSE 'apart' END
        WHERE workspace_id = $1 AND joined_from <> '{}' AND joined_from @> ARRAY[$3::uuid]
          AND (joined_from || contact_id)[array_position(joined_from, $3) + 1] = $2";
    IS_JOINED = "
        SELECT EXISTS (
            SELECT FROM contact_identities
            WHERE workspace_id = $1 AND joined_from <> '{}' AND joined_from @> ARRAY[$3::uuid]
              AND (joined_from || contact_id)[array_position(joined_from, $3) + 1] = $2)";
    JOINED_STILL = "
        SELECT other
        FROM UNNEST($2::uuid[]) AS other
        WHERE EXISTS (SELECT FROM contact_identities WHERE workspace_id = $1 AND joined_from <> '{}' AND joined_from @> ARRAY[other])
        ORDER BY other
        LIMIT 1000";
    /// Contacts in the order of their conversations: with a colleague first, then under way, then the latest.
    BY_CONVERSATION = "
        SELECT contact_id
        FROM conversations
        WHERE workspace_id = $1 AND contact_id = ANY($2)
        ORDER BY controller = 'agent' DESC, state <> 'resolved' DESC, last_message_at DESC
        LIMIT 1000";
    IDENTITIES = "
        SELECT kind, value
        FROM contact_identities
        WHERE workspace_id = $1 AND (contact_id = $2 OR (joined_from <> '{}' AND joined_from @> ARRAY[$2::uuid]))
        ORDER BY kind, value
        LIMIT 20";
}

/// Contacts found by identity.
pub type Found = HashMap<Identity, Known>;

/// Whose an identity is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub name: Name,
    /// Its owner has a user id, this or another one.
    pub has_user_id: bool,
}

/// How an identity stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub owner: ContactId,
    pub standing: Standing,
    /// Since when, by WhatsApp's clock: what is older says nothing about it.
    pub since: Timestamp,
    /// The contacts it was taken over from when they turned out to be one person, the first of them first.
    pub joined_from: Vec<ContactId>,
}

/// What an identity is to its contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Current,
    /// A number that its owner has left for another one: whoever writes from it is somebody new.
    Former,
    /// A person said that it is not to be joined with another contact's.
    Apart,
}

impl Standing {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Current => "current",
            Standing::Former => "former",
            Standing::Apart => "apart",
        }
    }

    /// What a newer version may say is left to be joined by that one.
    fn read(stored: &str) -> Self {
        match stored {
            "current" => Standing::Current,
            "former" => Standing::Former,
            _ => Standing::Apart,
        }
    }
}

/// Reads a contact's row, from column `first` on.
pub(super) fn contact(row: &Row, first: usize) -> Contact {
    Contact {
        id: ContactId(row.get(first)),
        name: row.get(first + 1),
        language: row.get(first + 2),
        fields: fields(row, first + 3),
        address: if_known(row, first + 4),
        username: row.get(first + 5),
        addressed_at: row.get(first + 6),
        last_seq: row.get(first + 7),
    }
}

/// Fields are text; whatever else a newer version may note is shown as it is written.
pub(super) fn fields(row: &Row, column: usize) -> BTreeMap<String, String> {
    let Ok(Some(Value::Object(fields))) = value(row, column) else { return BTreeMap::new() };
    let text = |value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    fields.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// Whether to wait for whoever has a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Wait,
    Refuse,
}

/// Locks the contact's row until the transaction ends.
///
/// # Errors
/// As PostgreSQL answers; [`is_busy`](super::Error::is_busy) when somebody has it and is not waited for, or has it for too long.
pub async fn lock(transaction: &Transaction<'_>, workspace: WorkspaceId, id: ContactId, taken: Taken) -> Result<Option<Contact>> {
    let statement = prepare(transaction, lock_statement(taken)).await?;
    Ok(transaction.query_opt(&statement, &[&workspace.0, &id.0]).await?.map(|row| contact(&row, 0)))
}

pub(super) fn lock_statement(taken: Taken) -> &'static Statement {
    match taken {
        Taken::Wait => &LOCK,
        Taken::Refuse => &LOCK_IF_FREE,
    }
}

/// Adds people we meet for the first time, with their profile names.
pub(super) fn insert(met: &[(WorkspaceId, ContactId, String)]) -> Step {
    Step::of(INSERT)
        .with(met.iter().map(|(workspace, _, _)| workspace.0).collect::<Vec<_>>())
        .with(met.iter().map(|(_, contact, _)| contact.0).collect::<Vec<_>>())
        .with(met.iter().map(|(_, _, name)| name.clone()).collect::<Vec<_>>())
}

/// Writes what changed of contacts, each before and after; each is named once.
pub(super) fn update(workspace: WorkspaceId, changed: &[(Contact, Contact)]) -> Result<Step> {
    let gone = |(before, now): &(Contact, Contact)| {
        serde_json::to_value(before.fields.keys().filter(|name| !now.fields.contains_key(*name)).collect::<Vec<_>>())
    };
    let noted = |(before, now): &(Contact, Contact)| {
        let new = now.fields.iter().filter(|(name, value)| before.fields.get(*name) != Some(*value));
        serde_json::to_value(new.collect::<BTreeMap<_, _>>())
    };
    let address = |(_, now): &(Contact, Contact)| now.address.as_ref().map(serde_json::to_value).transpose();
    Ok(Step::of(UPDATE)
        .with(workspace.0)
        .with(changed.iter().map(|(_, now)| now.id.0).collect::<Vec<_>>())
        .with(changed.iter().map(|(_, now)| now.name.clone()).collect::<Vec<_>>())
        .with(changed.iter().map(|(_, now)| now.language.clone()).collect::<Vec<_>>())
        .with(changed.iter().map(gone).collect::<Result<Vec<_>, _>>()?)
        .with(changed.iter().map(noted).collect::<Result<Vec<_>, _>>()?)
        .with(changed.iter().map(address).collect::<Result<Vec<_>, _>>()?)
        .with(changed.iter().map(|(_, now)| now.username.clone()).collect::<Vec<_>>())
        .with(changed.iter().map(|(_, now)| now.addressed_at).collect::<Vec<_>>())
        .with(changed.iter().map(|(_, now)| now.last_seq).collect::<Vec<_>>()))
}

fn known(row: &Row) -> Known {
    let joined_from = row.get::<_, Vec<Uuid>>(5).into_iter().map(ContactId).collect();
    let name = Name { owner: ContactId(row.get(2)), standing: Standing::read(row.get(3)), since: row.get(4), joined_from };
    Known { name, has_user_id: row.get(6) }
}

/// Whether a contact has something that it took over from another one.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn is_joined(transaction: &Transaction<'_>, workspace: WorkspaceId, contact: ContactId, other: ContactId) -> Result<bool> {
    let statement = prepare(transaction, &IS_JOINED).await?;
    Ok(transaction.query_one(&statement, &[&workspace.0, &contact.0, &other.0]).await?.get(0))
}

/// Gives back what a contact took over from another one when the two were joined.
pub(super) fn part(workspace: WorkspaceId, contact: ContactId, other: ContactId) -> Step {
    Step::of(PART).with(workspace.0).with(contact.0).with(other.0)
}

impl Store {
    /// Finds contacts by what WhatsApp calls them.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn find_contacts(&self, workspace: WorkspaceId, identities: &[&Identity]) -> Result<Found> {
        let kinds: Vec<&str> = identities.iter().map(|identity| identity.kind()).collect();
        let values: Vec<&str> = identities.iter().map(|identity| identity.value()).collect();
        let rows = self.query(&FIND, &[&workspace.0, &kinds, &values]).await?;
        Ok(rows.iter().map(|row| (Identity::of(row.get(0), row.get(1)), known(row))).collect())
    }

    /// All names of these contacts.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn names_of(&self, workspace: WorkspaceId, contacts: &[ContactId]) -> Result<Found> {
        let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.0).collect();
        let rows = self.query(&NAMES_OF, &[&workspace.0, &ids]).await?;
        Ok(rows.iter().map(|row| (Identity::of(row.get(0), row.get(1)), known(row))).collect())
    }

    /// Those of these contacts whose names stand with somebody else's still.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn joined_still(&self, workspace: WorkspaceId, others: &[Uuid]) -> Result<Vec<Uuid>> {
        Ok(self.query(&JOINED_STILL, &[&workspace.0, &others]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Those of these contacts that have conversations: with a colleague first, then under way, then by the latest message.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn by_conversation(&self, workspace: WorkspaceId, contacts: &[ContactId]) -> Result<Vec<ContactId>> {
        let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.0).collect();
        let rows = self.query(&BY_CONVERSATION, &[&workspace.0, &ids]).await?;
        Ok(rows.iter().map(|row| ContactId(row.get(0))).collect())
    }

    /// What WhatsApp calls a contact by, phone first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn identities(&self, workspace: WorkspaceId, contact: ContactId) -> Result<Vec<Identity>> {
        let rows = self.query(&IDENTITIES, &[&workspace.0, &contact.0]).await?;
        Ok(rows.iter().map(|row| Identity::of(row.get(0), row.get(1))).collect())
    }
}
