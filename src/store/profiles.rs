//! What somebody chose for themselves: how their pages look, and their picture. It goes with the account into every workspace.

use uuid::Uuid;

use super::{Result, Store};
use crate::domain::ids::{MediaId, UserId, WorkspaceId};
use crate::domain::looks::{Density, Looks, Theme};

crate::statements! {
    SAVE_LOOKS = "
        UPDATE accounts
        SET theme = $3, density = $4, sounds = $5
        WHERE id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)";
    /// Answers with the picture there was.
    SET_PICTURE = "
        UPDATE users AS person
        SET picture = $3
        FROM users AS before
        WHERE person.workspace_id = $1 AND person.id = $2 AND before.workspace_id = $1 AND before.id = $2
        RETURNING before.picture";
    PICTURE = "SELECT picture FROM users WHERE workspace_id = $1 AND id = $2";
}

/// Reads what stands in three columns from `column` on.
pub(super) fn looks(row: &tokio_postgres::Row, column: usize) -> Looks {
    Looks { theme: Theme::of(row.get(column)), density: Density::of(row.get(column + 1)), sounds: row.get(column + 2) }
}

impl Store {
    /// Keeps how a person's pages look, in every workspace of their account.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn save_looks(&self, workspace: WorkspaceId, user: UserId, looks: Looks) -> Result<()> {
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&workspace.0, &user.0, &looks.theme.as_str(), &looks.density.as_str(), &looks.sounds];
        self.execute(&SAVE_LOOKS, &parameters).await.map(drop)
    }

    /// Another picture of a person, or none; answers which one there was.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_picture(&self, workspace: WorkspaceId, user: UserId, picture: Option<MediaId>) -> Result<Option<MediaId>> {
        let picture = picture.map(|picture| picture.0);
        let row = self.query_opt(&SET_PICTURE, &[&workspace.0, &user.0, &picture]).await?;
        Ok(row.and_then(|row| row.get::<_, Option<Uuid>>(0)).map(MediaId))
    }

    /// The picture of a person, if they have one.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn picture(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<MediaId>> {
        let row = self.query_opt(&PICTURE, &[&workspace.0, &user.0]).await?;
        Ok(row.and_then(|row| row.get::<_, Option<Uuid>>(0)).map(MediaId))
    }
}
