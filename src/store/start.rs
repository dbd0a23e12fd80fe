//! What a workspace begins with, as far as it is there.

use serde_json::Value;

use super::{Result, Store};
use crate::domain::hours::Hours;
use crate::domain::ids::WorkspaceId;

crate::statements! {
    /// Of messages, in the latest conversations only: of what was said lately, something went each way.
    FACTS = "
        WITH latest AS (
            (SELECT id FROM conversations WHERE workspace_id = $1 AND state <> 'resolved' ORDER BY last_message_at DESC, id DESC LIMIT 20)
            UNION ALL
            (SELECT id FROM conversations WHERE workspace_id = $1 AND state = 'resolved' ORDER BY last_message_at DESC, id DESC LIMIT 20)
        ), said AS (
            SELECT message.direction, message.wamid
            FROM latest
            CROSS JOIN LATERAL (
                SELECT direction, wamid
                FROM messages
                WHERE workspace_id = $1 AND conversation_id = latest.id
                ORDER BY seq DESC
                LIMIT 50) AS message
        )
        SELECT
            EXISTS (SELECT FROM inboxes WHERE workspace_id = $1) AS number,
            EXISTS (
                SELECT
                FROM whatsapp_numbers AS number
                JOIN apps AS app ON app.app_id = number.app_id
                WHERE number.workspace_id = $1 AND app.challenged_at IS NOT NULL
            ) AS challenged,
            EXISTS (SELECT FROM said WHERE direction = 'inbound') AS heard,
            EXISTS (SELECT FROM said WHERE direction = 'outbound' AND wamid IS NOT NULL) AS answered,
            EXISTS (
                SELECT
                FROM team_members AS member
                JOIN users AS person ON person.workspace_id = $1 AND person.id = member.user_id
                WHERE member.workspace_id = $1 AND person.active
            ) AS team,
            EXISTS (SELECT FROM queues WHERE workspace_id = $1 AND hours - 'time_zone' <> $2::jsonb - 'time_zone') AS hours,
            EXISTS (SELECT FROM flows WHERE workspace_id = $1 AND published_version IS NOT NULL) AS flow,
            (SELECT count(*) FROM users WHERE workspace_id = $1 AND active) > 1
                OR EXISTS (SELECT FROM invitations WHERE workspace_id = $1 AND standing = 'open' AND expires_at > now()) AS people";
}

/// What is there of what a workspace begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// A number is connected.
    pub number: bool,
    /// Meta asked whether our address is ours, or something came in.
    pub webhook: bool,
    /// Something was said each way.
    pub talk: bool,
    /// Somebody is in a team.
    pub team: bool,
    /// A queue is not simply always open.
    pub hours: bool,
    /// A flow is published.
    pub flow: bool,
    /// Somebody is here besides whoever began, or invited.
    pub people: bool,
}

impl Facts {
    /// Whether nothing is missing.
    #[must_use]
    pub fn are_complete(&self) -> bool {
        let Self { number, webhook, talk, team, hours, flow, people } = *self;
        number && webhook && talk && team && hours && flow && people
    }
}

impl Store {
    /// What is there of what a workspace begins with.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn start_facts(&self, workspace: WorkspaceId) -> Result<Facts> {
        let always: Value = serde_json::to_value(Hours::always())?;
        let Some(row) = self.query_opt(&FACTS, &[&workspace.0, &always]).await? else { return Ok(Facts::default()) };
        let heard: bool = row.try_get("heard")?;
        Ok(Facts {
            number: row.try_get("number")?,
            webhook: heard || row.try_get("challenged")?,
            talk: heard && row.try_get("answered")?,
            team: row.try_get("team")?,
            hours: row.try_get("hours")?,
            flow: row.try_get("flow")?,
            people: row.try_get("people")?,
        })
    }
}
