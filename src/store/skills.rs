//! Skills: what people are good at, who has them, and who waits for somebody who has.

use tokio_postgres::Row;

use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{SkillId, UserId, WorkspaceId};
use crate::domain::routing::Skill;
use crate::domain::routing::skills::Level;
use crate::domain::setup::value;

/// Skills, and people of one of them, that a page shows.
const MOST: i64 = 2_000;
const MOST_PEOPLE: i64 = 1_000;

crate::statements! {
    /// Each with how many people have it who work here.
    LIST = "
        SELECT skill.id, skill.key, skill.name, skill.language,
            (SELECT count(*)
             FROM agent_skills AS has
             JOIN users AS person ON person.workspace_id = has.workspace_id AND person.id = has.user_id AND person.active
             WHERE has.workspace_id = $1 AND has.skill_id = skill.id)
        FROM skills AS skill
        WHERE skill.workspace_id = $1
        ORDER BY skill.name COLLATE names, skill.id
        LIMIT $2";
    /// The best first.
    WHO_HAS = "
        SELECT person.id, person.name, has.level
        FROM agent_skills AS has
        JOIN users AS person ON person.workspace_id = has.workspace_id AND person.id = has.user_id
        WHERE has.workspace_id = $1 AND has.skill_id = $2 AND person.active
        ORDER BY has.level DESC, person.name COLLATE names, person.id
        LIMIT $3";
    AWAITED = "
        SELECT EXISTS (
            SELECT FROM conversations
            WHERE workspace_id = $1 AND controller = 'queue' AND skills IS NOT NULL AND skills -> 'required' ? $2)";
}

/// A skill in the list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillSummary {
    pub id: SkillId,
    pub key: String,
    pub name: String,
    pub language: Option<String>,
    /// Who have it and work here.
    pub people: i64,
}

/// Reads id, key, name, language.
pub(super) fn set_up(row: &Row) -> (SkillId, value::Skill) {
    (SkillId(row.get(0)), value::Skill { key: row.get(1), name: row.get(2), language: row.get(3) })
}

/// Reads the same, for routing.
pub(super) fn skill(row: &Row) -> Skill {
    Skill { id: SkillId(row.get(0)), name: row.get(2), language: row.get(3) }
}

/// Whether somebody waits in a queue for whoever has it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn is_awaited(transaction: &Transaction<'_>, workspace: WorkspaceId, skill: SkillId) -> Result<bool> {
    let statement = prepare(transaction, &AWAITED).await?;
    Ok(transaction.query_opt(&statement, &[&workspace.0, &skill.to_string()]).await?.is_some_and(|row| row.get(0)))
}

impl Store {
    /// The skills of a workspace, by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn skills(&self, workspace: WorkspaceId) -> Result<Vec<SkillSummary>> {
        let summary = |row: &Row| SkillSummary {
            id: SkillId(row.get(0)),
            key: row.get(1),
            name: row.get(2),
            language: row.get(3),
            people: row.get(4),
        };
        Ok(self.query(&LIST, &[&workspace.0, &MOST]).await?.iter().map(summary).collect())
    }

    /// Who has a skill and works here, the best first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn who_has(&self, workspace: WorkspaceId, skill: SkillId) -> Result<Vec<(UserId, String, Level)>> {
        let rows = self.query(&WHO_HAS, &[&workspace.0, &skill.0, &MOST_PEOPLE]).await?;
        Ok(rows.iter().map(|row| (UserId(row.get(0)), row.get(1), row.get(2))).collect())
    }
}
