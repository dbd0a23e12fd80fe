//! What people have begun to write.

use super::{Result, Store};
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};

crate::statements! {
    SAVE = "
        INSERT INTO drafts (workspace_id, conversation_id, user_id, body, updated_at)
        SELECT $1, $2, $3, $4, now()
        WHERE EXISTS (SELECT FROM conversations WHERE workspace_id = $1 AND id = $2)
        ON CONFLICT (workspace_id, conversation_id, user_id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at";
    DELETE = "DELETE FROM drafts WHERE workspace_id = $1 AND conversation_id = $2 AND user_id = $3";
    FIND = "SELECT body FROM drafts WHERE workspace_id = $1 AND conversation_id = $2 AND user_id = $3";
}

impl Store {
    /// Keeps a draft; an empty one is forgotten.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_draft(&self, workspace: WorkspaceId, conversation: ConversationId, user: UserId, body: &str) -> Result<()> {
        if body.is_empty() {
            self.execute(&DELETE, &[&workspace.0, &conversation.0, &user.0]).await?;
        } else {
            self.execute(&SAVE, &[&workspace.0, &conversation.0, &user.0, &body]).await?;
        }
        Ok(())
    }

    /// A person's draft, or an empty one.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn draft(&self, workspace: WorkspaceId, conversation: ConversationId, user: UserId) -> Result<String> {
        let row = self.query_opt(&FIND, &[&workspace.0, &conversation.0, &user.0]).await?;
        Ok(row.map_or_else(String::new, |row| row.get(0)))
    }
}
