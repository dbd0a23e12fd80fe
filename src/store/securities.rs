//! How people sign in to a workspace: for how long, with what password, and who is asked for a code.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::sessions::counts;
use super::users::role;
use super::{Result, Store};
use crate::domain::access::Role;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::setup::value::Security;

crate::statements! {
    ITSELF = "
        SELECT id AS workspace_id, session_idle_minutes, session_life_minutes, least_password, second_factor_roles
        FROM workspaces
        WHERE id = $1";
    CHANGE = "
        UPDATE workspaces
        SET session_idle_minutes = $2, session_life_minutes = $3, least_password = $4, second_factor_roles = $5
        WHERE id = $1";
    /// Of each role that anybody has, or that is the workspace's own: how many have it, and how many of them have no app.
    ROLES = "
        SELECT coalesce(person.role, 'own') AS role, coalesce(person.role_id, role.id) AS role_id, max(role.name) AS name,
            count(person.id), count(person.id) FILTER (WHERE account.totp_secret IS NULL)
        FROM (SELECT id, name FROM roles WHERE workspace_id = $1) AS role
        FULL JOIN (SELECT id, role, role_id, account_id FROM users WHERE workspace_id = $1 AND active) AS person ON person.role_id = role.id
        LEFT JOIN accounts AS account ON account.id = person.account_id
        GROUP BY 1, 2
        ORDER BY 3 NULLS FIRST, 1
        LIMIT 1000";
    /// Of one person: whether a code is asked for, and in how many browsers they are signed in here.
    OF_PERSON = concat!("
        SELECT account.totp_secret IS NOT NULL,
            (SELECT count(*)
             FROM sessions
             JOIN workspaces ON workspaces.id = sessions.workspace_id
             JOIN users ON users.workspace_id = sessions.workspace_id AND users.id = sessions.user_id
             WHERE sessions.workspace_id = $1 AND sessions.user_id = $2
              AND ", counts!(), ")
        FROM users AS person
        JOIN accounts AS account ON account.id = person.account_id
        WHERE person.workspace_id = $1 AND person.id = $2");
}

/// People of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleStand {
    pub role: Role,
    /// Of one of the workspace's own.
    pub name: Option<String>,
    pub people: i64,
    /// Of them, those who have nothing that shows codes.
    pub without_app: i64,
}

/// How somebody signs in, as administrators see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignInStand {
    pub has_second_factor: bool,
    pub sessions: i64,
}

pub(super) fn read(row: &Row) -> Security {
    Security {
        session_idle_minutes: row.get(1),
        session_life_minutes: row.get(2),
        least_password: row.get(3),
        second_factor_roles: row.get::<_, Vec<String>>(4).into_iter().collect(),
    }
}

impl Store {
    /// How people sign in to a workspace; nothing when there is no such one.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn security(&self, workspace: WorkspaceId) -> Result<Option<Security>> {
        Ok(self.query_opt(&ITSELF, &[&workspace.0]).await?.as_ref().map(read))
    }

    /// The roles of a workspace that somebody has, and those it made.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn role_stands(&self, workspace: WorkspaceId) -> Result<Vec<RoleStand>> {
        let rows = self.query(&ROLES, &[&workspace.0]).await?;
        let stand = |row: &Row| RoleStand { role: role(row, 0), name: row.get(2), people: row.get(3), without_app: row.get(4) };
        Ok(rows.iter().map(stand).collect())
    }

    /// How a person signs in; nothing when there is no such person.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sign_in_stand(&self, workspace: WorkspaceId, user: UserId, now: Timestamp) -> Result<Option<SignInStand>> {
        let row = self.query_opt(&OF_PERSON, &[&workspace.0, &user.0, &now]).await?;
        Ok(row.map(|row| SignInStand { has_second_factor: row.get(0), sessions: row.get(1) }))
    }
}
