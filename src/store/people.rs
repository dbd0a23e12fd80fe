//! People as administrators see them.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::account_links::newcomer;
use super::reading::if_known;
use super::users::role;
use super::{Result, Store};
use crate::domain::access::{Permission, Role};
use crate::domain::ids::{RoleId, TeamId, UserId, WorkspaceId};
use crate::domain::routing::Levels;

/// People that a page shows, teams and roles to choose from.
const MOST_PEOPLE: i64 = 1_000;
const MOST_CHOICES: i64 = 1_000;

/// In the order that [`listed`] reads them; what somebody holds is counted by `load`.
macro_rules! people {
    ($where:literal) => {
        concat!(
            "SELECT person.id, person.name, account.email, person.role, person.role_id, own.name, person.active, agent.capacity,
                person.languages, person.used_at,
                ARRAY(SELECT team_id FROM team_members AS member
                      WHERE member.workspace_id = person.workspace_id AND member.user_id = person.id ORDER BY team_id),
                (SELECT count(*) FROM conversations AS held
                 WHERE held.workspace_id = person.workspace_id AND held.agent_id = person.id AND held.controller = 'agent'),
                (SELECT successor.name FROM users AS successor
                 WHERE successor.workspace_id = person.workspace_id AND successor.id = person.successor_id),
                (SELECT jsonb_object_agg(skill_id, level) FROM agent_skills AS has
                 WHERE has.workspace_id = person.workspace_id AND has.user_id = person.id)
            FROM users AS person
            JOIN accounts AS account ON account.id = person.account_id
            JOIN agents AS agent ON agent.workspace_id = person.workspace_id AND agent.user_id = person.id
            LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
            WHERE person.workspace_id = $1 AND ",
            $where
        )
    };
}

crate::statements! {
    /// Of a team, of a role and by what is in name or address, where those are given.
    LIST = concat!(people!("person.active = $2"), "
          AND ($3::text IS NULL OR strpos(lower(person.name), $3) > 0 OR strpos(account.email, $3) > 0)
          AND ($4::uuid IS NULL OR EXISTS (
              SELECT FROM team_members AS member
              WHERE member.workspace_id = $1 AND member.team_id = $4 AND member.user_id = person.id))
          AND ($5::text IS NULL OR person.role = $5 AND person.role_id IS NOT DISTINCT FROM $6)
        ORDER BY person.name COLLATE names, person.id
        LIMIT $7");
    ONE = people!("person.id = $2");
    /// Whether somebody who works here and is not this person may do a thing; `$4`: the role that every workspace has which may.
    ANOTHER_MAY = "
        SELECT EXISTS (
            SELECT
            FROM users AS person
            LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
            WHERE person.workspace_id = $1 AND person.id <> $2 AND person.active
              AND (person.role = ANY($4) OR $3 = ANY(own.permissions)))";
    /// What somebody can be put into or made: teams, and roles of the workspace's own. And how many were added and have never been in.
    CHOICES = concat!("
        (SELECT 'team', id, name FROM teams WHERE workspace_id = $1 ORDER BY name COLLATE names, id LIMIT $2)
        UNION ALL
        (SELECT 'role', id, name FROM roles WHERE workspace_id = $1 ORDER BY name COLLATE names, id LIMIT $2)
        UNION ALL
        SELECT 'newcomers', NULL::uuid, count(*)::text
        FROM users AS person
        JOIN accounts AS account ON account.id = person.account_id
        WHERE person.workspace_id = $1 AND ", newcomer!());
    /// Conversations that any of these people holds.
    HELD = "
        SELECT count(*)
        FROM conversations
        WHERE workspace_id = $1 AND agent_id = ANY($2) AND controller = 'agent'";
    /// Who could go on with what somebody holds.
    OTHERS = "
        SELECT id, name
        FROM users
        WHERE workspace_id = $1 AND id <> $2 AND active
        ORDER BY name COLLATE names, id
        LIMIT $3";
}

/// Which people are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those who work here, or those who did.
    pub has_left: bool,
    /// Part of a name or an address.
    pub words: Option<String>,
    pub team: Option<TeamId>,
    pub role: Option<Role>,
}

/// Somebody who works here, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// What the workspace calls a role of its own.
    pub role_name: Option<String>,
    pub active: bool,
    pub capacity: i32,
    pub languages: Vec<String>,
    /// When they last came here.
    pub seen_at: Option<Timestamp>,
    pub teams: Vec<TeamId>,
    /// Open conversations that they hold.
    pub holds: i64,
    /// Who was given what they held.
    pub successor: Option<String>,
    /// What they are good at.
    pub skills: Levels,
}

/// What somebody can be put into or made, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    pub teams: Vec<(TeamId, String)>,
    /// Of the workspace's own.
    pub roles: Vec<(RoleId, String)>,
    /// How many were added and have never been in.
    pub newcomers: i64,
}

impl Store {
    /// People by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn people_wanted(&self, workspace: WorkspaceId, wanted: &Wanted) -> Result<Vec<Listed>> {
        let words = wanted.words.as_ref().map(|words| words.trim().to_lowercase()).filter(|words| !words.is_empty());
        let (team, role) = (wanted.team.map(|team| team.0), wanted.role.map(Role::word));
        let role_id = wanted.role.and_then(Role::id).map(|id| id.0);
        let rows = self.query(&LIST, &[&workspace.0, &!wanted.has_left, &words, &team, &role, &role_id, &MOST_PEOPLE]).await?;
        Ok(rows.iter().map(listed).collect())
    }

    /// One of them, and whether nobody else who works here has this permission; nothing when there is nobody of this id.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn one_of_people(&self, workspace: WorkspaceId, user: UserId, permission: Permission) -> Result<Option<(Listed, bool)>> {
        let may = |role: &Role| role.rights().is_some_and(|rights| rights.may(permission));
        let roles: Vec<&str> = Role::BUILT_IN.into_iter().filter(may).map(Role::word).collect();
        let word = permission.as_str();
        let of_person: [&(dyn ToSql + Sync); 2] = [&workspace.0, &user.0];
        let of_others: [&(dyn ToSql + Sync); 4] = [&workspace.0, &user.0, &word, &roles];
        let [person, others] = self.query_together([(&ONE, &of_person), (&ANOTHER_MAY, &of_others)]).await?;
        let is_alone = !others.first().is_some_and(|row| row.get(0));
        Ok(person.first().map(|row| (listed(row), is_alone)))
    }

    /// What somebody can be put into or made.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn choices_for_people(&self, workspace: WorkspaceId) -> Result<Choices> {
        let mut choices = Choices::default();
        for row in self.query(&CHOICES, &[&workspace.0, &MOST_CHOICES]).await? {
            let (kind, id, name): (&str, Option<Uuid>, String) = (row.get(0), row.get(1), row.get(2));
            match (kind, id) {
                ("team", Some(id)) => choices.teams.push((TeamId(id), name)),
                ("role", Some(id)) => choices.roles.push((RoleId(id), name)),
                _ => choices.newcomers = name.parse().unwrap_or(0),
            }
        }
        Ok(choices)
    }

    /// How many conversations these people hold.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn held_by_all(&self, workspace: WorkspaceId, people: &[UserId]) -> Result<i64> {
        if people.is_empty() {
            return Ok(0);
        }
        let people: Vec<Uuid> = people.iter().map(|user| user.0).collect();
        Ok(self.query_opt(&HELD, &[&workspace.0, &people]).await?.map_or(0, |row| row.get(0)))
    }

    /// Who else works here, by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn others_than(&self, workspace: WorkspaceId, user: UserId) -> Result<Vec<(UserId, String)>> {
        let rows = self.query(&OTHERS, &[&workspace.0, &user.0, &MOST_PEOPLE]).await?;
        Ok(rows.iter().map(|row| (UserId(row.get(0)), row.get(1))).collect())
    }
}

fn listed(row: &Row) -> Listed {
    Listed {
        id: UserId(row.get(0)),
        name: row.get(1),
        email: row.get(2),
        role: role(row, 3),
        role_name: row.get(5),
        active: row.get(6),
        capacity: row.get(7),
        languages: row.get(8),
        seen_at: row.get(9),
        teams: row.get::<_, Vec<Uuid>>(10).into_iter().map(TeamId).collect(),
        holds: row.get(11),
        successor: row.get(12),
        skills: if_known(row, 13).unwrap_or_default(),
    }
}
