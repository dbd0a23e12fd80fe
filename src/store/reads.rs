//! How far people have read.

use super::{Result, Store};
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};

crate::statements! {
    /// Only ever forward, and no further than there is something to read.
    SAVE = "
        INSERT INTO reads (workspace_id, conversation_id, user_id, seq)
        SELECT $1, $2, $3, least($4, last_seq)
        FROM conversations
        WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (workspace_id, conversation_id, user_id) DO UPDATE SET seq = excluded.seq WHERE reads.seq < excluded.seq
        RETURNING seq";
}

impl Store {
    /// Remembers that a person has seen a conversation up to `seq`; answers how far that is, when it is further than before.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_read(&self, workspace: WorkspaceId, conversation: ConversationId, user: UserId, seq: i64) -> Result<Option<i64>> {
        let row = self.query_opt(&SAVE, &[&workspace.0, &conversation.0, &user.0, &seq]).await?;
        Ok(row.map(|row| row.get(0)))
    }
}
