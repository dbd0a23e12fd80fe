//! What an administrator set up: queues, people's names, flows.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio_postgres::Row;
use uuid::Uuid;

use super::fields::of_rules;
use super::reading::{if_known, json};
use super::skills::skill;
use super::tags::tag;
use super::{Error, Result, Store, Transaction, entry_rules, prepare};
use crate::domain::announcing::Announcements;
use crate::domain::brand::{Accent, Brand};
use crate::domain::conditions::Known;
use crate::domain::details::Vocabulary;
use crate::domain::flows::definition::Definition;
use crate::domain::hours::Hours;

use crate::domain::ids::{EntryRuleId, FlowId, QueueId, TeamId, UserId, WorkspaceId};
use crate::domain::lease::Lease;
use crate::domain::overdue::AnswerWithin;
use crate::domain::overflow::Overflow;
use crate::domain::queue::Queue;
use crate::domain::routing::{EntryRule, EntryRules, WideningStep};
use crate::domain::setup::value;
use crate::domain::workplace::Workplace;

crate::statements! {
    QUEUES = "
        SELECT id, key, name, team_id, hours, promise_minutes, widening, rest, overflow, sticky, announcements
        FROM queues
        WHERE workspace_id = $1
        ORDER BY position, name COLLATE names, id
        LIMIT 1000";
    SKILLS = "SELECT id, key, name, language FROM skills WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    REMOVED_QUEUES = "SELECT id, successor_id FROM removed_queues WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    ITSELF = "SELECT id AS workspace_id, name, accent, logo, white_label, lease_minutes, answer_minutes, time_zone FROM workspaces WHERE id = $1";
    TAGS = "SELECT id, name, colour, archived, merged_into FROM tags WHERE workspace_id = $1 ORDER BY id LIMIT 5000";
    PEOPLE = "SELECT id, name FROM users WHERE workspace_id = $1 ORDER BY id LIMIT 10000";
    PUBLISHED = "
        SELECT id, published_version
        FROM flows
        WHERE workspace_id = $1 AND published_version IS NOT NULL
        ORDER BY id
        LIMIT 1000";
    /// The published versions, and those that a session still runs.
    DEFINITIONS = "
        SELECT version.flow_id, version.version, version.definition
        FROM flow_versions AS version
        JOIN flows AS flow ON flow.workspace_id = version.workspace_id AND flow.id = version.flow_id
        WHERE version.workspace_id = $1
          AND (version.version = flow.published_version OR EXISTS (
              SELECT FROM flow_sessions AS session
              WHERE session.workspace_id = version.workspace_id AND session.flow_id = version.flow_id AND session.version = version.version))
        ORDER BY version.flow_id, version.version
        LIMIT 1000";
    /// Across workspaces: for whoever looks after the installation.
    ALL_HOURS = "
        SELECT workspace.name, queue.name, queue.hours
        FROM queues AS queue
        JOIN workspaces AS workspace ON workspace.id = queue.workspace_id
        ORDER BY queue.workspace_id, queue.id
        LIMIT 10000";
    /// Across workspaces: for whoever looks after the installation.
    ALL_PUBLISHED = "
        SELECT workspace.name, flow.name, version.definition
        FROM flows AS flow
        JOIN workspaces AS workspace ON workspace.id = flow.workspace_id
        JOIN flow_versions AS version
            ON version.workspace_id = flow.workspace_id AND version.flow_id = flow.id AND version.version = flow.published_version
        ORDER BY flow.workspace_id, flow.id
        LIMIT 10000";
    /// Across workspaces: for whoever looks after the installation.
    ALL_RULES = "
        SELECT workspace.name, rule.name, rule.conditions
        FROM entry_rules AS rule
        JOIN workspaces AS workspace ON workspace.id = rule.workspace_id
        WHERE rule.enabled
        ORDER BY rule.workspace_id, rule.position, rule.id
        LIMIT 10000";
    DEFINITION = "SELECT definition FROM flow_versions WHERE workspace_id = $1 AND flow_id = $2 AND version = $3";
    ADD_QUEUE = "
        INSERT INTO queues (workspace_id, id, key, name, team_id, hours, promise_minutes, position)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    ADD_TEAM = "INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, $3)";
    ADD_MEMBER = "
        INSERT INTO team_members (workspace_id, team_id, user_id)
        VALUES ($1, $2, $3)
        ON CONFLICT (workspace_id, team_id, user_id) DO NOTHING";
    ADD_FLOW = "INSERT INTO flows (workspace_id, id, name) VALUES ($1, $2, $3)";
    ADD_VERSION = "
        INSERT INTO flow_versions (workspace_id, flow_id, version, definition)
        SELECT $1, $2, coalesce(max(version), 0) + 1, $3
        FROM flow_versions
        WHERE workspace_id = $1 AND flow_id = $2
        RETURNING version";
    PUBLISH = "UPDATE flows SET published_version = $3 WHERE workspace_id = $1 AND id = $2";
}

/// A workspace's set-up as far as this version understands it. Hours that it does not understand never end, and a flow that it does
/// not understand has no definition: customers come to people rather than to nobody.
#[derive(Debug)]
pub struct SetUp {
    pub workplace: Workplace,
    /// What was not understood, and why.
    pub misread: Vec<Error>,
}

impl Store {
    /// Reads a workspace's set-up, without its version.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn workplace(&self, workspace: WorkspaceId) -> Result<SetUp> {
        let mut misread = Vec::new();
        let queues = self.query(&QUEUES, &[&workspace.0]).await?;
        let steps = |row: &Row| Some((QueueId(row.get(0)), if_known::<Vec<WideningStep>>(row, 6)?));
        let widening = queues.iter().filter_map(steps).filter(|(_, steps)| !steps.is_empty()).collect();
        let overflow = |row: &Row| Some((QueueId(row.get(0)), Arc::new(if_known::<Overflow>(row, 8).filter(|it| !it.is_none())?)));
        let overflows = queues.iter().filter_map(overflow).collect();
        let told = |row: &Row| Some((QueueId(row.get(0)), Arc::new(if_known::<Announcements>(row, 10).filter(|it| !it.is_none())?)));
        let announcements = queues.iter().filter_map(told).collect();
        let sticky = queues.iter().filter_map(|row| Some((QueueId(row.get(0)), if_known(row, 9)?))).collect();
        let rests = queues.iter().filter_map(|row| Some((QueueId(row.get(0)), if_known(row, 7)?))).collect();
        let queues = queues.iter().map(|row| queue(row, &mut misread)).collect();
        let skills = self.query(&SKILLS, &[&workspace.0]).await?.iter().map(skill).collect();
        let removed = self.query(&REMOVED_QUEUES, &[&workspace.0]).await?;
        let removed_queues = removed.iter().map(|row| (QueueId(row.get(0)), QueueId(row.get(1)))).collect();
        let tags = self.query(&TAGS, &[&workspace.0]).await?.iter().map(tag).collect();
        let fields = self.fields(workspace).await?.into_iter().map(of_rules).collect();
        let vocabulary = Vocabulary { tags, fields };
        let people = self.query(&PEOPLE, &[&workspace.0]).await?.iter().map(|row| (UserId(row.get(0)), row.get(1))).collect();
        let published = self.query(&PUBLISHED, &[&workspace.0]).await?.iter().map(|row| (FlowId(row.get(0)), row.get(1))).collect();
        let itself = self.query_opt(&ITSELF, &[&workspace.0]).await?;
        let brand = itself.as_ref().map(brand).unwrap_or_default();
        let lease = itself.as_ref().map(|row| Lease { minutes: row.get(5) }).unwrap_or_default();
        let answer = itself.as_ref().and_then(|row| row.get::<_, Option<i32>>(6)).map(|minutes| AnswerWithin { minutes });
        let zone = itself.and_then(|row| TimeZone::get(row.get(7)).ok()).unwrap_or(TimeZone::UTC);
        let mut rules = Vec::new();
        for (id, rule) in self.enabled_rules(workspace).await? {
            match ready(id, &rule, &vocabulary) {
                Ok(rule) => rules.push(rule),
                Err(error) => misread.push(error),
            }
        }
        let entry = Arc::new(EntryRules { zone, rules });
        let sla = self.policies_of_queues(workspace).await?;
        let mut definitions = HashMap::new();
        for row in self.query(&DEFINITIONS, &[&workspace.0]).await? {
            match json::<Definition>(&row, 2) {
                Ok(definition) => {
                    definitions.insert((FlowId(row.get(0)), row.get(1)), Arc::new(definition));
                }
                Err(error) => misread.push(error),
            }
        }
        Ok(SetUp {
            workplace: Workplace {
                version: 0,
                queues,
                removed_queues,
                vocabulary,
                people,
                published,
                definitions,
                brand: Arc::new(brand),
                lease,
                answer,
                entry,
                skills,
                widening,
                overflows,
                sticky,
                announcements,
                rests,
                sla,
            },
            misread,
        })
    }

    /// Queues, flows and rules of any workspace whose hours, published definition or conditions this version does not understand, each in
    /// a sentence.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn misread_set_up(&self) -> Result<Vec<String>> {
        let (queues, flows, rules) =
            tokio::try_join!(self.query(&ALL_HOURS, &[]), self.query(&ALL_PUBLISHED, &[]), self.query(&ALL_RULES, &[]))?;
        let names = |row: &Row| -> (String, String) { (row.get(0), row.get(1)) };
        let hours = queues.iter().filter_map(|row| {
            let (error, (workspace, queue)) = (json::<Hours>(row, 2).err()?, names(row));
            Some(format!("The hours of queue “{queue}” of {workspace} cannot be read ({error}); it counts as always open."))
        });
        let definitions = flows.iter().filter_map(|row| {
            let (error, (workspace, flow)) = (json::<Definition>(row, 2).err()?, names(row));
            Some(format!("Flow “{flow}” of {workspace} cannot be read ({error}); its customers go to people at once."))
        });
        let rules = rules.iter().filter_map(|row| {
            let (fault, (workspace, rule)) = (entry_rules::strange(row, 2)?, names(row));
            Some(format!("The rule “{rule}” of {workspace} cannot be read ({fault}); it is left out."))
        });
        Ok(hours.chain(definitions).chain(rules).collect())
    }

    /// Adds a team.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_team(&self, workspace: WorkspaceId, team: TeamId, name: &str) -> Result<()> {
        self.execute(&ADD_TEAM, &[&workspace.0, &team.0, &name]).await?;
        Ok(())
    }

    /// Puts a person into a team.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_member(&self, workspace: WorkspaceId, team: TeamId, user: UserId) -> Result<()> {
        self.execute(&ADD_MEMBER, &[&workspace.0, &team.0, &user.0]).await?;
        Ok(())
    }

    /// Adds a queue at a position.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_queue(&self, workspace: WorkspaceId, queue: &Queue, position: i32) -> Result<()> {
        let hours = serde_json::to_value(&queue.hours)?;
        let promise = i32::try_from(queue.promise_minutes).map_err(|_| Error::Unreadable("a promise that long".to_owned()))?;
        self.execute(&ADD_QUEUE, &[&workspace.0, &queue.id.0, &queue.key, &queue.name, &queue.team.0, &hours, &promise, &position]).await?;
        Ok(())
    }

    /// Adds a flow without a version.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_flow(&self, workspace: WorkspaceId, flow: FlowId, name: &str) -> Result<()> {
        self.execute(&ADD_FLOW, &[&workspace.0, &flow.0, &name]).await?;
        Ok(())
    }

    /// Stores a definition as the flow's next version and publishes it; running sessions keep theirs.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn publish_flow(&self, workspace: WorkspaceId, flow: FlowId, definition: &Definition) -> Result<i32> {
        let value = serde_json::to_value(definition)?;
        let rows = self.query(&ADD_VERSION, &[&workspace.0, &flow.0, &value]).await?;
        let version: i32 = rows.first().map_or(1, |row| row.get(0));
        self.execute(&PUBLISH, &[&workspace.0, &flow.0, &version]).await?;
        Ok(version)
    }
}

/// One version of a flow, read on the connection of a transaction.
///
/// # Errors
/// As PostgreSQL answers, or when the definition cannot be read.
pub async fn definition(transaction: &Transaction<'_>, workspace: WorkspaceId, flow: FlowId, version: i32) -> Result<Option<Definition>> {
    let statement = prepare(transaction, &DEFINITION).await?;
    let row = transaction.query_opt(&statement, &[&workspace.0, &flow.0, &version]).await?;
    row.map(|row| json(&row, 0)).transpose()
}

/// A rule as this version understands it.
fn ready(id: EntryRuleId, rule: &value::EntryRule, words: &Vocabulary) -> Result<EntryRule> {
    let condition = rule.compile(Known { words, inboxes: None, people: None }).map_err(|faults| {
        let fault = faults.first().map(ToString::to_string).unwrap_or_default();
        Error::Unreadable(format!("the conditions of the rule “{}”: {fault}", rule.name))
    })?;
    let value::EntryRule { name, queue, priority, tags, skills, .. } = rule.clone();
    // A word of a newer version says nothing to this one.
    let priority = priority.and_then(|word| word.parse().ok());
    Ok(EntryRule { id, name, condition, queue, priority, tags: tags.into_iter().collect(), skills })
}

/// A colour of a newer version is none.
fn brand(row: &Row) -> Brand {
    let accent = row.get::<_, Option<String>>(2).as_deref().and_then(Accent::read);
    Brand { name: row.get(1), accent, logo: row.get(3), white_label: row.get(4) }
}

fn queue(row: &Row, misread: &mut Vec<Error>) -> Queue {
    Queue {
        id: QueueId(row.get(0)),
        key: row.get(1),
        name: row.get(2),
        team: TeamId(row.get::<_, Uuid>(3)),
        hours: json(row, 4).unwrap_or_else(|error| {
            misread.push(error);
            Hours::always()
        }),
        promise_minutes: u32::try_from(row.get::<_, i32>(5)).unwrap_or(0),
    }
}
