//! Signed-in sessions: what a session cookie is checked against.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Result, Store, profiles, users};
use crate::domain::access::{AssignedRole, Rights};
use crate::domain::ids::{MediaId, SessionId, UserId, WorkspaceId};
use crate::domain::looks::Looks;

/// Sessions of a person that are listed at most.
const MOST_LISTED: i64 = 100;

/// What a session that still counts is, beside its workspace and its person; `$3` is now.
macro_rules! counts {
    () => {
        "sessions.revoked_at IS NULL
              AND sessions.expires_at > $3
              AND sessions.seen_at > $3 - make_interval(mins => workspaces.session_idle_minutes)
              AND sessions.created_at > $3 - make_interval(mins => workspaces.session_life_minutes)
              AND users.active"
    };
}
pub(super) use counts;

crate::statements! {
    /// Whoever comes back comes to where they were last. It lives for as long as their workspace lets one be idle. The account is held
    /// until it is written: another password waits for it, and then ends it, or was there before, and there is none. Whoever comes in for
    /// the first time needs no link for that any more.
    INSERT = "
        WITH account AS (
            SELECT accounts.id
            FROM users
            JOIN accounts ON accounts.id = users.account_id
            WHERE users.workspace_id = $1 AND users.id = $3 AND accounts.password_hash = $10
            FOR SHARE OF accounts
        ), used AS (
            UPDATE users
            SET used_at = $6
            WHERE workspace_id = $1 AND id = $3 AND account_id = (SELECT id FROM account)
        ), gone AS (
            DELETE FROM account_links
            WHERE purpose = 'password'
              AND account_id = (SELECT id FROM account)
              AND EXISTS (SELECT FROM users WHERE workspace_id = $1 AND id = $3 AND used_at IS NULL)
        )
        INSERT INTO sessions (workspace_id, id, user_id, secret_hash, user_agent, created_at, seen_at, proven_at, expires_at, network)
        SELECT $1, $2, $3, $4, $5, $9, $6, $8, $6::timestamptz + make_interval(mins => session_idle_minutes), $7
        FROM workspaces
        WHERE id = $1 AND EXISTS (SELECT FROM account)";

    /// The person is read afresh, so that a changed role counts from here on; a person who left finds no session. The row is written
    /// only now and then: this is asked once a minute for everybody who is at work.
    RENEW = concat!("
        WITH person AS (
            SELECT users.id, users.role, users.role_id, users.name, users.locale, roles.name AS role_name, roles.permissions, roles.visibility,
                EXISTS (
                    SELECT
                    FROM users AS other
                    WHERE other.account_id = users.account_id AND other.workspace_id <> users.workspace_id AND other.active
                ) AS works_elsewhere,
                accounts.is_owner, accounts.theme, accounts.density, accounts.sounds, users.picture,
                accounts.totp_secret IS NULL
                    AND coalesce(users.role_id::text, users.role) = ANY(workspaces.second_factor_roles) AS owes_second_factor,
                make_interval(mins => workspaces.session_idle_minutes) AS idle
            FROM sessions
            JOIN workspaces ON workspaces.id = sessions.workspace_id
            JOIN users ON users.workspace_id = sessions.workspace_id AND users.id = sessions.user_id
            JOIN accounts ON accounts.id = users.account_id
            LEFT JOIN roles ON roles.workspace_id = users.workspace_id AND roles.id = users.role_id
            WHERE sessions.workspace_id = $1
              AND sessions.id = $2
              AND sessions.secret_hash = $4
              AND ", counts!(), "
        ), renewed AS (
            UPDATE sessions
            SET expires_at = $3::timestamptz + idle, seen_at = $3, network = $5
            FROM person
            WHERE sessions.workspace_id = $1
              AND sessions.id = $2
              AND $5::text IS NOT NULL
              AND sessions.seen_at < $3::timestamptz - LEAST(interval '5 minutes', idle / 10)
        )
        SELECT id, role, role_id, name, locale, role_name, permissions, visibility, works_elsewhere, is_owner, theme, density, sounds,
            picture, owes_second_factor
        FROM person");

    /// What its person may do and see now, while it counts.
    RIGHTS = concat!("
        SELECT users.role, users.role_id, roles.permissions, roles.visibility
        FROM sessions
        JOIN workspaces ON workspaces.id = sessions.workspace_id
        JOIN users ON users.workspace_id = sessions.workspace_id AND users.id = sessions.user_id
        LEFT JOIN roles ON roles.workspace_id = users.workspace_id AND roles.id = users.role_id
        WHERE sessions.workspace_id = $1
          AND sessions.id = $2
          AND ", counts!());

    PROVEN_AT = "SELECT proven_at FROM sessions WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL";
    /// Ends one that still counts, for another of the same account to go on from.
    HAND_OVER = concat!("
        UPDATE sessions
        SET revoked_at = $3
        FROM workspaces, users, accounts
        WHERE sessions.workspace_id = $1
          AND sessions.id = $2
          AND workspaces.id = sessions.workspace_id
          AND users.workspace_id = sessions.workspace_id
          AND users.id = sessions.user_id
          AND accounts.id = users.account_id
          AND ", counts!(), "
        RETURNING sessions.proven_at, sessions.created_at, accounts.password_hash");
    PROVE = "UPDATE sessions SET proven_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL";

    /// Across workspaces: where somebody is signed in with their account.
    OF_ACCOUNT = concat!("
        SELECT sessions.workspace_id, sessions.id, sessions.user_agent, sessions.network, sessions.created_at, sessions.seen_at, workspaces.name
        FROM users
        JOIN workspaces ON workspaces.id = users.workspace_id
        JOIN sessions ON sessions.workspace_id = users.workspace_id AND sessions.user_id = users.id
        WHERE users.account_id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)
          AND ", counts!(), "
        ORDER BY sessions.seen_at DESC, sessions.id
        LIMIT $4");

    /// Across workspaces: of what somebody is signed in to with their account, this one, or all but this one.
    REVOKE_OF_ACCOUNT = "
        UPDATE sessions
        SET revoked_at = $5
        FROM users
        WHERE users.account_id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)
          AND sessions.workspace_id = users.workspace_id
          AND sessions.user_id = users.id
          AND (sessions.id = $3) = $4
          AND sessions.revoked_at IS NULL
        RETURNING sessions.workspace_id, sessions.id";

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
    /// Where from, shortened.
    pub network: &'a str,
    pub now: Timestamp,
    /// When its person signed in: now, or for the session that it goes on from.
    pub created_at: Timestamp,
    /// When its person last proved who they are.
    pub proven_at: Timestamp,
    /// The password that was proved, in PHC form.
    pub password_hash: &'a str,
}

/// What another session goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    pub proven_at: Timestamp,
    pub created_at: Timestamp,
    /// The password of its account, in PHC form.
    pub password_hash: String,
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
    pub looks: Looks,
    pub picture: Option<MediaId>,
    /// Their role is asked for a code, and they have nothing that shows one.
    pub owes_second_factor: bool,
}

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    pub workspace: WorkspaceId,
    pub id: SessionId,
    pub user_agent: String,
    pub network: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub workspace_name: String,
}

/// Which sessions of an account are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Only(SessionId),
    AllBut(SessionId),
    All,
}

impl Store {
    /// Keeps a new session, and forgets those of this person that are long over; false when their password is another one by now.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn create_session(&self, session: &NewSession<'_>) -> Result<bool> {
        self.execute(&FORGET, &[&session.workspace.0, &session.user.0, &session.now]).await?;
        let secret_hash = session.secret_hash.as_slice();
        let created = self
            .execute(
                &INSERT,
                &[
                    &session.workspace.0,
                    &session.id.0,
                    &session.user.0,
                    &secret_hash,
                    &session.user_agent,
                    &session.now,
                    &session.network,
                    &session.proven_at,
                    &session.created_at,
                    &session.password_hash,
                ],
            )
            .await?;
        Ok(created > 0)
    }

    /// Ends a session that still counts; answers what another one of its account goes on from.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn hand_over_session(&self, workspace: WorkspaceId, session: SessionId, now: Timestamp) -> Result<Option<HandedOver>> {
        let row = self.query_opt(&HAND_OVER, &[&workspace.0, &session.0, &now]).await?;
        Ok(row.map(|row| HandedOver { proven_at: row.get(0), created_at: row.get(1), password_hash: row.get(2) }))
    }

    /// The person of a session that is neither revoked nor expired nor too old, if the secret fits. It is renewed by what comes from
    /// its person, at this network; not by what asks by itself, which names none.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn renew_session(
        &self,
        workspace: WorkspaceId,
        session: SessionId,
        secret_hash: &[u8; 32],
        network: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<SessionUser>> {
        let secret_hash = secret_hash.as_slice();
        let row = self.query_opt(&RENEW, &[&workspace.0, &session.0, &now, &secret_hash, &network]).await?;
        row.map(|row| {
            Ok(SessionUser {
                id: UserId(row.try_get(0)?),
                role: AssignedRole::read(users::role(&row, 1), own(&row)),
                name: row.try_get(3)?,
                locale: row.try_get(4)?,
                works_elsewhere: row.try_get(8)?,
                is_owner: row.try_get(9)?,
                looks: profiles::looks(&row, 10),
                picture: row.try_get::<_, Option<Uuid>>(13)?.map(MediaId),
                owes_second_factor: row.try_get(14)?,
            })
        })
        .transpose()
    }

    /// What the person of a session may do and see now; nothing when it counts no more. Sockets ask when they open and once a minute.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn session_rights(&self, workspace: WorkspaceId, session: SessionId, now: Timestamp) -> Result<Option<Rights>> {
        let row = self.query_opt(&RIGHTS, &[&workspace.0, &session.0, &now]).await?;
        Ok(row.map(|row| users::rights(&row, 0)))
    }

    /// When the person of a session last proved who they are.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn proven_at(&self, workspace: WorkspaceId, session: SessionId) -> Result<Option<Timestamp>> {
        Ok(self.query_opt(&PROVEN_AT, &[&workspace.0, &session.0]).await?.map(|row| row.get(0)))
    }

    /// The person of a session proved again who they are; false when it was ended, and nothing is proved in it any more.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn prove_session(&self, workspace: WorkspaceId, session: SessionId, now: Timestamp) -> Result<bool> {
        Ok(self.execute(&PROVE, &[&workspace.0, &session.0, &now]).await? == 1)
    }

    /// Where somebody is signed in with their account, last used first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn sessions_of_account(&self, workspace: WorkspaceId, user: UserId, now: Timestamp) -> Result<Vec<ListedSession>> {
        let rows = self.query(&OF_ACCOUNT, &[&workspace.0, &user.0, &now, &MOST_LISTED]).await?;
        let listed = |row: &Row| ListedSession {
            workspace: WorkspaceId(row.get(0)),
            id: SessionId(row.get(1)),
            user_agent: row.get(2),
            network: row.get(3),
            created_at: row.get(4),
            seen_at: row.get(5),
            workspace_name: row.get(6),
        };
        Ok(rows.iter().map(listed).collect())
    }

    /// Ends sessions of somebody's account; answers which were still under way.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn revoke_sessions_of_account(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        which: Which,
        now: Timestamp,
    ) -> Result<Vec<(WorkspaceId, SessionId)>> {
        let (session, is_only) = match which {
            Which::Only(session) => (session.0, true),
            Which::AllBut(session) => (session.0, false),
            Which::All => (Uuid::nil(), false),
        };
        let rows = self.query(&REVOKE_OF_ACCOUNT, &[&workspace.0, &user.0, &session, &is_only, &now]).await?;
        Ok(rows.iter().map(|row| (WorkspaceId(row.get(0)), SessionId(row.get(1)))).collect())
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
