//! Workspaces and the people who sign in to them.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{Error, Result, Store, Transaction, prepare};
use crate::domain::access::{Permissions, Rights, Role, Visibility};
use crate::domain::agent::Availability;
use crate::domain::ids::{RoleId, TeamId, UserId, WorkspaceId};
use crate::domain::user::EmailAddress;

/// Conversations a new person may hold at once.
pub const FIRST_CAPACITY: i32 = 8;

/// The directory shows this many people; a larger workspace needs a search.
const MOST_PEOPLE: i64 = 2_000;

crate::statements! {
    /// With the rows that are the locks of its set-up and of its feed.
    INSERT_WORKSPACE = "
        WITH workspace AS (
            INSERT INTO workspaces (id, name, locale, time_zone)
            VALUES ($1, $2, $3, $4)
            RETURNING id
        ), feed AS (
            INSERT INTO feeds (workspace_id)
            SELECT id
            FROM workspace
        )
        INSERT INTO setups (workspace_id)
        SELECT id
        FROM workspace";

    /// Everybody may be given conversations, whatever the role. An address that has an account keeps it, and its password.
    INSERT_USER = "
        WITH account AS (
            INSERT INTO accounts (id, email, password_hash)
            VALUES ($9, $3, $7)
            ON CONFLICT (lower(email)) DO UPDATE SET email = accounts.email
            RETURNING id
        ), person AS (
            INSERT INTO users (workspace_id, id, account_id, name, role, role_id, locale)
            SELECT $1, $2, account.id, $4, $5, $6, $8
            FROM account
            RETURNING workspace_id, id
        )
        INSERT INTO agents (workspace_id, user_id, capacity)
        SELECT workspace_id, id, $10
        FROM person";

    LIST_PEOPLE = "
        SELECT users.id, users.name, users.role, users.role_id, agents.availability, agents.capacity, agents.load,
               ARRAY(
                   SELECT team_id
                   FROM team_members
                   WHERE team_members.workspace_id = users.workspace_id
                     AND team_members.user_id = users.id
                   ORDER BY team_id
               ) AS teams
        FROM users
        JOIN agents ON agents.workspace_id = users.workspace_id AND agents.user_id = users.id
        WHERE users.workspace_id = $1
          AND users.active
        ORDER BY users.name COLLATE names, users.id
        LIMIT $2";
}

/// A tenant to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewWorkspace<'a> {
    pub id: WorkspaceId,
    pub name: &'a str,
    pub locale: &'a str,
    /// A name such as `Europe/Madrid`.
    pub time_zone: &'a str,
}

/// Adds a tenant, in a transaction with what it begins with.
///
/// # Errors
/// When the id is taken, and as PostgreSQL answers.
pub async fn insert_workspace(transaction: &Transaction<'_>, new: &NewWorkspace<'_>) -> Result<()> {
    let NewWorkspace { id, name, locale, time_zone } = new;
    let statement = prepare(transaction, &INSERT_WORKSPACE).await?;
    transaction.execute(&statement, &[&id.0, name, locale, time_zone]).await?;
    Ok(())
}

/// A person to be added.
#[derive(Clone)]
pub struct NewUser<'a> {
    pub workspace: WorkspaceId,
    pub id: UserId,
    pub email: EmailAddress,
    pub name: &'a str,
    pub role: Role,
    /// In PHC form; an account that there is keeps its own.
    pub password_hash: &'a str,
    pub locale: &'a str,
}

/// A person as colleagues see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    pub availability: Availability,
    /// Conversations held at most, and now.
    pub capacity: i32,
    pub load: i32,
    pub teams: Vec<TeamId>,
}

impl Store {
    /// Adds a tenant. `time_zone` is a name such as `Europe/Madrid`.
    ///
    /// # Errors
    /// When the id is taken, and as PostgreSQL answers.
    pub async fn create_workspace(&self, id: WorkspaceId, name: &str, locale: &str, time_zone: &str) -> Result<()> {
        self.execute(&INSERT_WORKSPACE, &[&id.0, &name, &locale, &time_zone]).await?;
        Ok(())
    }

    /// Adds a person, who may be given conversations from then on.
    ///
    /// # Errors
    /// When the workspace is unknown or has this e-mail address already ([`is_taken`]), and as PostgreSQL answers.
    pub async fn create_user(&self, user: &NewUser<'_>) -> Result<()> {
        self.execute(
            &INSERT_USER,
            &[
                &user.workspace.0,
                &user.id.0,
                &user.email.as_str(),
                &user.name,
                &user.role.word(),
                &user.role.id().map(|id| id.0),
                &user.password_hash,
                &user.locale,
                &Uuid::now_v7(),
                &FIRST_CAPACITY,
            ],
        )
        .await?;
        Ok(())
    }

    /// The active people of a workspace by name, at most 2,000.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn people(&self, workspace: WorkspaceId) -> Result<Vec<Colleague>> {
        let rows = self.query(&LIST_PEOPLE, &[&workspace.0, &MOST_PEOPLE]).await?;
        rows.iter()
            .map(|row| {
                let teams: Vec<Uuid> = row.try_get("teams")?;
                Ok(Colleague {
                    id: UserId(row.try_get("id")?),
                    name: row.try_get("name")?,
                    role: role(row, 2),
                    availability: super::agents::availability(row.try_get("availability")?),
                    capacity: row.try_get("capacity")?,
                    load: row.try_get("load")?,
                    teams: teams.into_iter().map(TeamId).collect(),
                })
            })
            .collect()
    }
}

/// Whether a person was not added because somebody has that e-mail address.
#[must_use]
pub fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Refused(error) if error.code().is_some_and(|code| code.code() == "23505"))
}

/// Reads the word and the id of a role.
pub(super) fn role(row: &Row, column: usize) -> Role {
    Role::read(row.get(column), row.get::<_, Option<Uuid>>(column + 1).map(RoleId))
}

/// Reads what somebody may do: role, role_id, and of a role of the workspace's own permissions and visibility.
pub(super) fn rights(row: &Row, column: usize) -> Rights {
    let own = row.get::<_, Option<Vec<&str>>>(column + 2).map(|_| own_rights(row, column + 2));
    role(row, column).rights().or(own).unwrap_or_default()
}

/// Reads what a role of the workspace's own allows: permissions, visibility.
pub(super) fn own_rights(row: &Row, column: usize) -> Rights {
    let words: Vec<&str> = row.get(column);
    Rights { permissions: Permissions::read(words), visibility: Visibility::read(row.get(column + 1)) }
}
