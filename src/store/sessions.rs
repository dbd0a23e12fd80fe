//! Signed-in sessions: what a session cookie is checked against.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Result, Store, users};
use crate::domain::access::{AssignedRole, Rights};
use crate::domain::ids::{SessionId, UserId, WorkspaceId};

crate::statements! {
    /// Whoever comes back comes to where they were last.
    INSERT = "
        WITH used AS (
            UPDATE users
            SET used_at = $6
            WHERE workspace_id = $1 AND id = $3
        )
        INSERT INTO sessions (workspace_id, id, user_id, secret_hash, user_agent, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";

    /// The person is read afresh, so that a changed role counts from here on; a person who left finds no session. The row is written
    /// only when that prolongs it by an hour: this is asked once a minute for everybody who is at work.
    RENEW = "
        WITH person AS (
            SELECT users.id, users.role, users.role_id, users.name, users.locale, roles.name AS role_name, roles.permissions, roles.visibility,
                EXISTS (
                    SELECT
                    FROM users AS other
                    WHERE other.account_id = users.account_id AND other.workspace_id <> users.workspace_id AND other.active
                ) AS works_elsewhere,
                accounts.is_owner
            FROM sessions
            JOIN users ON users.workspace_id = sessions.workspace_id AND users.id = sessions.user_id
            JOIN accounts ON accounts.id = users.account_id
            LEFT JOIN roles ON roles.workspace_id = users.workspace_id AND roles.id = users.role_id
            WHERE sessions.workspace_id = $1
              AND sessions.id = $2
              AND sessions.secret_hash = $3
              AND sessions.revoked_at IS NULL
              AND sessions.expires_at > $4
              AND sessions.created_at > $6
              AND users.active
        ), renewed AS (
            UPDATE sessions
            SET expires_at = $5
            WHERE workspace_id = $1
              AND id = $2
              AND expires_at < $5::timestamptz - interval '1 hour'
              AND EXISTS (SELECT FROM person)
        )
        SELECT id, role, role_id, name, locale, role_name, permissions, visibility, works_elsewhere, is_owner
        FROM person";

    /// What its person may do and see now, while it counts.
    RIGHTS = "
        SELECT users.role, users.role_id, roles.permissions, roles.visibility
        FROM sessions
        JOIN users ON users.workspace_id = sessions.workspace_id AND users.id = sessions.user_id
        LEFT JOIN roles ON roles.workspace_id = users.workspace_id AND roles.id = users.role_id
        WHERE sessions.workspace_id = $1
          AND sessions.id = $2
          AND sessions.revoked_at IS NULL
          AND sessions.expires_at > $3
          AND sessions.created_at > $4
          AND users.active";

    REVOKE = "
        UPDATE sessions
        SET revoked_at = $3
        WHERE workspace_id = $1
          AND id = $2
          AND revoked_at IS NULL";

    REVOKE_OF_USER = "
        UPDATE sessions
        SET revoked_at = $3
        WHERE workspace_id = $1
          AND user_id = $2
          AND revoked_at IS NULL
        RETURNING id";

    /// Sessions that ended this long ago are of no use to anybody.
    FORGET = "
        DELETE FROM sessions
        WHERE workspace_id = $1
          AND user_id = $2
          AND expires_at < $3";
}

/// A session to be kept.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    pub workspace: WorkspaceId,
    pub id: SessionId,
    pub user: UserId,
    /// SHA-256 of the secret in the cookie; the secret itself is kept nowhere.
    pub secret_hash: [u8; 32],
    /// What the browser calls itself, for the person's list of sessions.
    pub user_agent: &'a str,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The person behind a good session, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUser {
    pub id: UserId,
    pub role: AssignedRole,
    pub name: String,
    pub locale: String,
    /// Their account is somebody in another workspace too.
    pub works_elsewhere: bool,
    /// Looks after the whole installation.
    pub is_owner: bool,
}

/// What using a session does to it.
#[derive(Debug, Clone, Copy)]
pub struct Renewal {
    pub now: Timestamp,
    /// It lives until then if it is not used again.
    pub expires_at: Timestamp,
    /// One that began before is over.
    pub begun_after: Timestamp,
}

impl Store {
    /// Keeps a new session, and forgets those of this person that are long over.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn create_session(&self, session: &NewSession<'_>) -> Result<()> {
        self.execute(&FORGET, &[&session.workspace.0, &session.user.0, &session.created_at]).await?;
        let secret_hash = session.secret_hash.as_slice();
        self.execute(
            &INSERT,
            &[
                &session.workspace.0,
                &session.id.0,
                &session.user.0,
                &secret_hash,
                &session.user_agent,
                &session.created_at,
                &session.expires_at,
            ],
        )
        .await?;
        Ok(())
    }

    /// The person of a session that is neither revoked nor expired nor too old, if the secret fits; the session is then renewed.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn renew_session(
        &self,
        workspace: WorkspaceId,
        session: SessionId,
        secret_hash: &[u8; 32],
        renewal: Renewal,
    ) -> Result<Option<SessionUser>> {
        let secret_hash = secret_hash.as_slice();
        let Renewal { now, expires_at, begun_after } = renewal;
        let row = self.query_opt(&RENEW, &[&workspace.0, &session.0, &secret_hash, &now, &expires_at, &begun_after]).await?;
        row.map(|row| {
            Ok(SessionUser {
                id: UserId(row.try_get(0)?),
                role: AssignedRole::read(users::role(&row, 1), own(&row)),
                name: row.try_get(3)?,
                locale: row.try_get(4)?,
                works_elsewhere: row.try_get(8)?,
                is_owner: row.try_get(9)?,
            })
        })
        .transpose()
    }

    /// What the person of a session may do and see now; nothing when it counts no more. Sockets ask when they open and once a minute.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn session_rights(&self, workspace: WorkspaceId, session: SessionId, renewal: Renewal) -> Result<Option<Rights>> {
        let row = self.query_opt(&RIGHTS, &[&workspace.0, &session.0, &renewal.now, &renewal.begun_after]).await?;
        Ok(row.map(|row| {
            let own = row.get::<_, Option<Vec<&str>>>(2).map(|_| users::own_rights(&row, 2));
            users::role(&row, 0).rights().or(own).unwrap_or_default()
        }))
    }

    /// Ends a session; answers whether it was still under way.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn revoke_session(&self, workspace: WorkspaceId, session: SessionId, now: Timestamp) -> Result<bool> {
        Ok(self.execute(&REVOKE, &[&workspace.0, &session.0, &now]).await? > 0)
    }

    /// Ends every session of a person; answers which were still under way.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn revoke_sessions_of(&self, workspace: WorkspaceId, user: UserId, now: Timestamp) -> Result<Vec<SessionId>> {
        let rows = self.query(&REVOKE_OF_USER, &[&workspace.0, &user.0, &now]).await?;
        rows.iter().map(|row| Ok(SessionId(row.try_get(0)?))).collect()
    }
}

/// What the workspace's own role is called and allows, if the person has one.
fn own(row: &Row) -> Option<(String, Rights)> {
    let name: Option<String> = row.get(5);
    name.map(|name| (name, users::own_rights(row, 6)))
}
