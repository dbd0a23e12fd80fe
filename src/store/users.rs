//! Workspaces and the people who sign in to them.

use uuid::Uuid;

use super::{Error, Result, Store};
use crate::domain::agent::Availability;
use crate::domain::ids::{TeamId, UserId, WorkspaceId};
use crate::domain::user::{EmailAddress, Role, User};

/// Conversations a new person may hold at once.
pub const FIRST_CAPACITY: i32 = 8;

/// The directory shows this many people; a larger workspace needs a search.
const MOST_PEOPLE: i64 = 2_000;

crate::statements! {
    INSERT_WORKSPACE = "
        INSERT INTO workspaces (id, name, locale, time_zone)
        VALUES ($1, $2, $3, $4)";

    /// Everybody may be given conversations, whatever the role.
    INSERT_USER = "
        WITH person AS (
            INSERT INTO users (workspace_id, id, email, name, role, password_hash, locale)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING workspace_id, id
        )
        INSERT INTO agents (workspace_id, user_id, capacity)
        SELECT workspace_id, id, $8
        FROM person";

    /// Across workspaces: the address says which one is meant.
    FIND_BY_EMAIL = "
        SELECT workspace_id, id, email, name, role, locale, active, password_hash
        FROM users
        WHERE lower(email) = $1";


    SET_LOCALE = "
        UPDATE users
        SET locale = $3
        WHERE workspace_id = $1
          AND id = $2";

    /// After whoever is giving this person work just now, so that none comes later.
    SET_ACTIVE = "
        WITH agent AS (
            SELECT user_id
            FROM agents
            WHERE workspace_id = $1
              AND user_id = $2
            FOR UPDATE
        )
        UPDATE users
        SET active = $3
        WHERE workspace_id = $1
          AND id = $2
          AND EXISTS (SELECT FROM agent)";

    SET_PASSWORD = "
        UPDATE users
        SET password_hash = $3
        WHERE workspace_id = $1
          AND id = $2";

    SET_ROLE = "
        UPDATE users
        SET role = $3
        WHERE workspace_id = $1
          AND id = $2";

    LIST_PEOPLE = "
        SELECT users.id, users.name, users.role, agents.availability, agents.capacity, agents.load,
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
        ORDER BY users.name, users.id
        LIMIT $2";
}

/// A person to be added.
#[derive(Clone)]
pub struct NewUser<'a> {
    pub workspace: WorkspaceId,
    pub id: UserId,
    pub email: EmailAddress,
    pub name: &'a str,
    pub role: Role,
    /// In PHC form.
    pub password_hash: &'a str,
    pub locale: &'a str,
}

/// A person with what a sign-in is checked against.
#[derive(Clone)]
pub struct UserWithPassword {
    pub user: User,
    /// In PHC form.
    pub password_hash: String,
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
    /// When the workspace is unknown or the e-mail address is taken ([`is_taken`]), and as PostgreSQL answers.
    pub async fn create_user(&self, user: &NewUser<'_>) -> Result<()> {
        self.execute(
            &INSERT_USER,
            &[
                &user.workspace.0,
                &user.id.0,
                &user.email.as_str(),
                &user.name,
                &user.role.as_str(),
                &user.password_hash,
                &user.locale,
                &FIRST_CAPACITY,
            ],
        )
        .await?;
        Ok(())
    }

    /// The person of an e-mail address, active or not.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn find_user_by_email(&self, email: &EmailAddress) -> Result<Option<UserWithPassword>> {
        let Some(row) = self.query_opt(&FIND_BY_EMAIL, &[&email.as_str()]).await? else { return Ok(None) };
        let email: &str = row.try_get("email")?;
        let user = User {
            workspace: WorkspaceId(row.try_get("workspace_id")?),
            id: UserId(row.try_get("id")?),
            email: email.parse().map_err(|_| Error::Unreadable("the e-mail address of a user".to_owned()))?,
            name: row.try_get("name")?,
            role: role(row.try_get("role")?),
            locale: row.try_get("locale")?,
            active: row.try_get("active")?,
        };
        Ok(Some(UserWithPassword { user, password_hash: row.try_get("password_hash")? }))
    }

    /// The language a person chose.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_locale(&self, workspace: WorkspaceId, user: UserId, locale: &str) -> Result<()> {
        self.execute(&SET_LOCALE, &[&workspace.0, &user.0, &locale]).await?;
        Ok(())
    }

    /// A person leaves: no sign-in and no work any more. Their sessions count as ended from then on; end them with
    /// [`Store::revoke_sessions_of`] too.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn deactivate_user(&self, workspace: WorkspaceId, user: UserId) -> Result<()> {
        self.execute(&SET_ACTIVE, &[&workspace.0, &user.0, &false]).await?;
        Ok(())
    }

    /// A person who left comes back.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn activate_user(&self, workspace: WorkspaceId, user: UserId) -> Result<()> {
        self.execute(&SET_ACTIVE, &[&workspace.0, &user.0, &true]).await?;
        Ok(())
    }

    /// Another password, in PHC form.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_password(&self, workspace: WorkspaceId, user: UserId, password_hash: &str) -> Result<()> {
        self.execute(&SET_PASSWORD, &[&workspace.0, &user.0, &password_hash]).await?;
        Ok(())
    }

    /// What a person is from now on.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_role(&self, workspace: WorkspaceId, user: UserId, role: Role) -> Result<()> {
        self.execute(&SET_ROLE, &[&workspace.0, &user.0, &role.as_str()]).await?;
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
                    role: role(row.try_get("role")?),
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

/// A role as it is stored. One of a newer version may do here what everybody may.
pub(super) fn role(text: &str) -> Role {
    text.parse().unwrap_or(Role::Agent)
}
