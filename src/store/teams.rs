//! Teams as administrators see them.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Result, Store};
use crate::domain::ids::{TeamId, UserId, WorkspaceId};

/// Teams that a page shows, people, and queues of a team.
const MOST_TEAMS: i64 = 1_000;
const MOST_PEOPLE: i64 = 10_000;
const MOST_QUEUES: i64 = 1_000;

crate::statements! {
    /// Whoever has left is in no team.
    ALL = "
        SELECT team.id, team.name,
            (SELECT count(*)
             FROM team_members AS member
             JOIN users AS person ON person.workspace_id = member.workspace_id AND person.id = member.user_id
             WHERE member.workspace_id = $1 AND member.team_id = team.id AND person.active),
            (SELECT count(*) FROM queues WHERE queues.workspace_id = $1 AND queues.team_id = team.id)
        FROM teams AS team
        WHERE team.workspace_id = $1
        ORDER BY team.name COLLATE names, team.id
        LIMIT $2";
    NAME = "SELECT name FROM teams WHERE workspace_id = $1 AND id = $2";
    /// Everybody who works here, and who is in this team still although they left.
    PEOPLE = "
        SELECT person.id, person.name, member.user_id IS NOT NULL, NOT person.active
        FROM users AS person
        LEFT JOIN team_members AS member
            ON member.workspace_id = $1 AND member.team_id = $2 AND member.user_id = person.id
        WHERE person.workspace_id = $1 AND (person.active OR member.user_id IS NOT NULL)
        ORDER BY person.name COLLATE names, person.id
        LIMIT $3";
    /// Which teams people are in.
    OF_PEOPLE = "
        SELECT user_id, team_id
        FROM team_members
        WHERE workspace_id = $1 AND user_id = ANY($2)
        LIMIT 100000";
    QUEUES = "
        SELECT name
        FROM queues
        WHERE workspace_id = $1 AND team_id = $2
        ORDER BY position, id
        LIMIT $3";
}

/// A team in the list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamSummary {
    pub id: TeamId,
    pub name: String,
    /// Who work here still.
    pub people: i64,
    pub queues: i64,
}

/// Somebody who could be in a team, or is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    pub id: UserId,
    pub name: String,
    /// In the team.
    pub is_in: bool,
    /// Works here no more.
    pub has_left: bool,
}

/// A team with everybody who could be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub people: Vec<Colleague>,
    /// The names of its queues, in their order.
    pub queues: Vec<String>,
}

impl Store {
    /// The teams of a workspace, by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn teams(&self, workspace: WorkspaceId) -> Result<Vec<TeamSummary>> {
        let rows = self.query(&ALL, &[&workspace.0, &MOST_TEAMS]).await?;
        let team = |row: &Row| TeamSummary { id: TeamId(row.get(0)), name: row.get(1), people: row.get(2), queues: row.get(3) };
        Ok(rows.iter().map(team).collect())
    }

    /// Which teams some people are in, each of them named.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn teams_of(&self, workspace: WorkspaceId, people: &BTreeSet<UserId>) -> Result<BTreeMap<UserId, BTreeSet<TeamId>>> {
        let mut teams: BTreeMap<UserId, BTreeSet<TeamId>> = people.iter().map(|person| (*person, BTreeSet::new())).collect();
        let people: Vec<Uuid> = people.iter().map(|person| person.0).collect();
        for row in self.query(&OF_PEOPLE, &[&workspace.0, &people]).await? {
            teams.entry(UserId(row.get(0))).or_default().insert(TeamId(row.get(1)));
        }
        Ok(teams)
    }

    /// One of them; nothing when there is no such team.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn team(&self, workspace: WorkspaceId, id: TeamId) -> Result<Option<Team>> {
        let of_team: [&(dyn ToSql + Sync); 2] = [&workspace.0, &id.0];
        let all_people: [&(dyn ToSql + Sync); 3] = [&workspace.0, &id.0, &MOST_PEOPLE];
        let all_queues: [&(dyn ToSql + Sync); 3] = [&workspace.0, &id.0, &MOST_QUEUES];
        let (name, people, queues) =
            tokio::try_join!(self.query_opt(&NAME, &of_team), self.query(&PEOPLE, &all_people), self.query(&QUEUES, &all_queues),)?;
        let colleague =
            |row: &Row| Colleague { id: UserId(row.get::<_, Uuid>(0)), name: row.get(1), is_in: row.get(2), has_left: row.get(3) };
        Ok(name.map(|row| Team {
            id,
            name: row.get(0),
            people: people.iter().map(colleague).collect(),
            queues: queues.iter().map(|row| row.get(0)).collect(),
        }))
    }
}
