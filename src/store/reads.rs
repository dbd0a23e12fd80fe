//! How far people have read.

use super::access::Sight;
use super::{Result, Store};
use crate::domain::ids::UserId;

crate::statements! {
    /// Only ever forward, and never beyond what there is to read.
    SAVE = "
        WITH before AS (SELECT seq FROM reads WHERE workspace_id = $1 AND conversation_id = $2 AND user_id = $3)
        INSERT INTO reads (workspace_id, conversation_id, user_id, seq)
        SELECT $1, $2, $3, greatest(least($4, last_seq), 0)
        FROM conversations
        WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (workspace_id, conversation_id, user_id) DO UPDATE SET seq = greatest(reads.seq, excluded.seq)
        RETURNING seq, seq IS DISTINCT FROM (SELECT seq FROM before)";
}

/// How far a person has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadUpTo {
    pub seq: i64,
    /// It is further than before.
    pub has_grown: bool,
}

impl Store {
    /// Remembers that a person has seen a conversation up to `seq`; answers how far they have now, or nothing when there is no such
    /// conversation.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_read(&self, sight: Sight, user: UserId, seq: i64) -> Result<Option<ReadUpTo>> {
        let row = self.query_opt(&SAVE, &[&sight.workspace().0, &sight.conversation().0, &user.0, &seq]).await?;
        Ok(row.map(|row| ReadUpTo { seq: row.get(0), has_grown: row.get(1) }))
    }
}
