//! Roles as administrators see them.

use tokio_postgres::Row;
use uuid::Uuid;

use super::users::{own_rights, role};
use super::{Result, Store};
use crate::domain::access::{Rights, Role};
use crate::domain::ids::{RoleId, UserId, WorkspaceId};

/// Roles that a page shows, and people who have one.
const MOST_ROLES: i64 = 200;
const MOST_PEOPLE: i64 = 1_000;

crate::statements! {
    /// Those of the workspace's own.
    OWN = "
        SELECT id, name, permissions, visibility
        FROM roles
        WHERE workspace_id = $1
        ORDER BY name COLLATE names, id
        LIMIT $2";
    /// How many who work here have which role.
    COUNTS = "
        SELECT role, role_id, count(*)
        FROM users
        WHERE workspace_id = $1 AND active
        GROUP BY role, role_id";
    ONE = "SELECT id, name, permissions, visibility FROM roles WHERE workspace_id = $1 AND id = $2";
    /// Who has a role of the workspace's own, also of those who left, and how many open invitations offer it.
    PEOPLE = "
        SELECT id, name, active
        FROM users
        WHERE workspace_id = $1 AND role_id = $2
        ORDER BY name COLLATE names, id
        LIMIT $3";
    INVITED = "SELECT count(*) FROM invitations WHERE workspace_id = $1 AND role_id = $2 AND standing = 'open'";
}

/// A role of the workspace's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRole {
    pub id: RoleId,
    pub name: String,
    pub rights: Rights,
}

/// Who has a role of the workspace's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    /// With whether they work here still.
    pub people: Vec<(UserId, String, bool)>,
    /// Open invitations that offer it.
    pub invited: i64,
}

impl Store {
    /// The roles of the workspace's own, by name, and how many who work here have each role.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn roles(&self, workspace: WorkspaceId) -> Result<(Vec<OwnRole>, Vec<(Role, i64)>)> {
        let (of_workspace, with_limit): ([&(dyn tokio_postgres::types::ToSql + Sync); 1], [&(dyn tokio_postgres::types::ToSql + Sync); 2]) =
            ([&workspace.0], [&workspace.0, &MOST_ROLES]);
        let (own, counts) = tokio::try_join!(self.query(&OWN, &with_limit), self.query(&COUNTS, &of_workspace))?;
        Ok((own.iter().map(own_role).collect(), counts.iter().map(|row| (role(row, 0), row.get(2))).collect()))
    }

    /// One of them; nothing when there is no such role.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn own_role(&self, workspace: WorkspaceId, id: RoleId) -> Result<Option<OwnRole>> {
        Ok(self.query_opt(&ONE, &[&workspace.0, &id.0]).await?.as_ref().map(own_role))
    }

    /// Who has it.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn holders_of_role(&self, workspace: WorkspaceId, id: RoleId) -> Result<Holders> {
        let people = self.query(&PEOPLE, &[&workspace.0, &id.0, &MOST_PEOPLE]).await?;
        let invited = self.query_opt(&INVITED, &[&workspace.0, &id.0]).await?;
        let person = |row: &Row| (UserId(row.get::<_, Uuid>(0)), row.get(1), row.get(2));
        Ok(Holders { people: people.iter().map(person).collect(), invited: invited.map_or(0, |row| row.get(0)) })
    }
}

fn own_role(row: &Row) -> OwnRole {
    OwnRole { id: RoleId(row.get(0)), name: row.get(1), rights: own_rights(row, 2) }
}
