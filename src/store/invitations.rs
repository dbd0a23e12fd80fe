//! Invitations, as their links lead to them and as administrators see them.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::mails::mail_state;
use super::users::role;
use super::{Result, Store, Transaction, prepare};
use crate::domain::access::Role;
use crate::domain::ids::{InvitationId, MailId, TeamId, WorkspaceId};
use crate::domain::mail::MailState;
use crate::domain::setup::value::Standing;

/// Invitations that a page shows; the open ones and the latest first.
const SHOWN: i64 = 200;

crate::statements! {
    /// By its link.
    FIND = "
        SELECT invitation.secret_hash, invitation.email, invitation.standing, invitation.expires_at, workspace.name, workspace.locale
        FROM invitations AS invitation
        JOIN workspaces AS workspace ON workspace.id = invitation.workspace_id
        WHERE invitation.workspace_id = $1 AND invitation.id = $2";
    IS_LINK_OF = "SELECT FROM invitations WHERE workspace_id = $1 AND id = $2 AND secret_hash = $3";
    LIST = "
        SELECT invitation.id, invitation.email, invitation.role, invitation.role_id, own.name, invitation.expires_at, invitation.team_ids,
            mail.id IS NOT NULL, mail.due_at IS NOT NULL, mail.sent_at IS NOT NULL, mail.failure
        FROM invitations AS invitation
        LEFT JOIN roles AS own ON own.workspace_id = invitation.workspace_id AND own.id = invitation.role_id
        LEFT JOIN mails AS mail ON mail.id = invitation.mail_id AND mail.id = ANY(ARRAY(
            SELECT open.mail_id
            FROM invitations AS open
            WHERE open.workspace_id = $1 AND open.standing = 'open' AND open.mail_id IS NOT NULL
            ORDER BY open.id DESC
            LIMIT $2))
        WHERE invitation.workspace_id = $1 AND invitation.standing = 'open'
        ORDER BY invitation.id DESC
        LIMIT $2";
    MAIL_OF = "SELECT mail_id FROM invitations WHERE workspace_id = $1 AND id = $2";
    SET_MAIL = "UPDATE invitations SET mail_id = $3 WHERE workspace_id = $1 AND id = $2";
}

/// An invitation as its link leads to it.
#[derive(Debug, Clone)]
pub struct Linked {
    /// SHA-256 of what its link holds.
    pub secret_hash: Vec<u8>,
    pub email: Option<String>,
    pub standing: Standing,
    pub expires_at: Timestamp,
    pub workspace_name: String,
    pub locale: String,
}

/// An open invitation in the list of them.
#[derive(Debug, Clone)]
pub struct Invited {
    pub id: InvitationId,
    pub email: Option<String>,
    pub role: Role,
    /// What the workspace calls a role of its own.
    pub role_name: Option<String>,
    pub expires_at: Timestamp,
    pub teams: Vec<TeamId>,
    /// What became of the mail about it, if there was one.
    pub mail: Option<MailState>,
}

/// Whether this is the hash of what its link holds now.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn is_link_of(transaction: &Transaction<'_>, workspace: WorkspaceId, id: InvitationId, hash: &[u8; 32]) -> Result<bool> {
    let statement = prepare(transaction, &IS_LINK_OF).await?;
    Ok(transaction.query_opt(&statement, &[&workspace.0, &id.0, &hash.as_slice()]).await?.is_some())
}

impl Store {
    /// The invitation of a link, whatever became of it.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<Option<Linked>> {
        let row = self.query_opt(&FIND, &[&workspace.0, &id.0]).await?;
        Ok(row.map(|row| Linked {
            secret_hash: row.get(0),
            email: row.get(1),
            standing: Standing::read(row.get(2)),
            expires_at: row.get(3),
            workspace_name: row.get(4),
            locale: row.get(5),
        }))
    }

    /// The open invitations, the latest first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn invitations(&self, workspace: WorkspaceId) -> Result<Vec<Invited>> {
        let rows = self.query(&LIST, &[&workspace.0, &SHOWN]).await?;
        Ok(rows.iter().map(invited).collect())
    }

    /// The last mail about an invitation.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn mail_of_invitation(&self, workspace: WorkspaceId, id: InvitationId) -> Result<Option<MailId>> {
        let row = self.query_opt(&MAIL_OF, &[&workspace.0, &id.0]).await?;
        Ok(row.and_then(|row| row.get::<_, Option<Uuid>>(0)).map(MailId))
    }

    /// Keeps which mail is the last one about an invitation.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_mail_of_invitation(&self, workspace: WorkspaceId, id: InvitationId, mail: Option<MailId>) -> Result<()> {
        self.execute(&SET_MAIL, &[&workspace.0, &id.0, &mail.map(|mail| mail.0)]).await.map(drop)
    }
}

/// Of a mail that was forgotten, nothing is known any more.
fn invited(row: &Row) -> Invited {
    Invited {
        id: InvitationId(row.get(0)),
        email: row.get(1),
        role: role(row, 2),
        role_name: row.get(4),
        expires_at: row.get(5),
        teams: row.get::<_, Vec<Uuid>>(6).into_iter().map(TeamId).collect(),
        mail: row.get::<_, bool>(7).then(|| mail_state(row, 8)),
    }
}
