//! What people have begun to write. A person may write in several tabs and browsers at once: none overwrites another unseen.

use tokio_postgres::Row;
use uuid::Uuid;

use super::access::Sight;
use super::{Result, Store};
use crate::domain::ids::UserId;

crate::statements! {
    /// A page overwrites its own earlier words, what it has seen ($8), and what is empty, unless another page emptied its own; never what
    /// another page wrote since. The same words again are no newer ones: a page that is closed saves once more.
    SAVE = "
        WITH before AS (
            SELECT body <> '' AS had_words
            FROM drafts
            WHERE workspace_id = $1 AND conversation_id = $2 AND user_id = $3 AND kind = $4
        )
        INSERT INTO drafts AS kept (workspace_id, conversation_id, user_id, kind, body, version, writer, turn, updated_at)
        SELECT $1, $2, $3, $4, $5, 1, $6, $7, now()
        WHERE EXISTS (SELECT FROM conversations WHERE workspace_id = $1 AND id = $2)
        ON CONFLICT (workspace_id, conversation_id, user_id, kind) DO UPDATE
        SET body = excluded.body, version = kept.version + (kept.body <> excluded.body)::integer, writer = excluded.writer, turn = excluded.turn,
            overwritten_writer = CASE WHEN kept.writer = excluded.writer THEN kept.overwritten_writer ELSE kept.writer END,
            overwritten_turn = CASE WHEN kept.writer = excluded.writer THEN kept.overwritten_turn ELSE kept.turn END,
            updated_at = now()
        WHERE CASE
            WHEN kept.writer = excluded.writer THEN kept.turn < excluded.turn
            ELSE kept.version = $8 OR (kept.body = '' AND kept.overwritten_writer IS DISTINCT FROM excluded.writer)
        END
        RETURNING version, coalesce((SELECT had_words FROM before), false)";
    FIND = "
        SELECT kind, body, version, writer, turn, overwritten_writer, overwritten_turn
        FROM drafts
        WHERE workspace_id = $1 AND conversation_id = $2 AND user_id = $3
        ORDER BY kind
        LIMIT 2";
}

/// What a person writes: to the customer, or for colleagues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftKind {
    #[default]
    Reply,
    Note,
}

impl DraftKind {
    /// As it is stored, and as pages say it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DraftKind::Reply => "reply",
            DraftKind::Note => "note",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        [DraftKind::Reply, DraftKind::Note].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A draft as it is kept; version 0 where nothing was ever written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    pub body: String,
    pub version: i64,
    /// The page that wrote it, and that page's own count.
    pub writer: Uuid,
    pub turn: i64,
    /// The page whose words it took the place of, and that page's count: they were seen, and are over.
    pub overwritten_writer: Uuid,
    pub overwritten_turn: i64,
}

/// Both drafts of a person in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drafts {
    pub reply: Draft,
    pub note: Draft,
}

impl Drafts {
    #[must_use]
    pub fn of(&self, kind: DraftKind) -> &Draft {
        match kind {
            DraftKind::Reply => &self.reply,
            DraftKind::Note => &self.note,
        }
    }
}

/// Whose draft it is.
#[derive(Debug, Clone, Copy)]
pub struct DraftPlace {
    pub sight: Sight,
    pub user: UserId,
    pub kind: DraftKind,
}

/// The page that saves: its name, its own count, and the version that it has seen. A page without scripts has no name and counts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DraftPage {
    pub writer: Uuid,
    pub turn: i64,
    pub seen: i64,
}

/// What became of a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftSaved {
    /// It is kept. `begins_or_ends`: there were words before and there are none now, or the other way round.
    Kept { version: i64, begins_or_ends: bool },
    /// What is kept was written later, on this page or another one.
    Overtaken(Draft),
}

impl Store {
    /// Keeps a draft, unless another page wrote one that this page has not seen.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_draft(&self, place: DraftPlace, page: DraftPage, body: &str) -> Result<DraftSaved> {
        let DraftPlace { sight, user, kind } = place;
        let (workspace, conversation) = (sight.workspace(), sight.conversation());
        let DraftPage { writer, turn, seen } = page;
        let row = self.query_opt(&SAVE, &[&workspace.0, &conversation.0, &user.0, &kind.as_str(), &body, &writer, &turn, &seen]).await?;
        if let Some(row) = row {
            let had_words: bool = row.get(1);
            return Ok(DraftSaved::Kept { version: row.get(0), begins_or_ends: had_words == body.is_empty() });
        }
        let drafts = self.drafts(sight, user).await?;
        Ok(DraftSaved::Overtaken(drafts.of(kind).clone()))
    }

    /// What a person has begun to write in a conversation.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn drafts(&self, sight: Sight, user: UserId) -> Result<Drafts> {
        let rows = self.query(&FIND, &[&sight.workspace().0, &sight.conversation().0, &user.0]).await?;
        let find =
            |kind: DraftKind| rows.iter().find(|row| row.get::<_, &str>(0) == kind.as_str()).map(|row| draft(row, 1)).unwrap_or_default();
        Ok(Drafts { reply: find(DraftKind::Reply), note: find(DraftKind::Note) })
    }
}

/// Reads body, version, writer, turn, overwritten_writer and overwritten_turn.
pub(super) fn draft(row: &Row, first: usize) -> Draft {
    Draft {
        body: row.get(first),
        version: row.get(first + 1),
        writer: row.get(first + 2),
        turn: row.get(first + 3),
        overwritten_writer: row.get::<_, Option<Uuid>>(first + 4).unwrap_or_default(),
        overwritten_turn: row.get::<_, Option<i64>>(first + 5).unwrap_or_default(),
    }
}
