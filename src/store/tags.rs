//! Tags as administrators see them.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{Result, Store};
use crate::domain::details::Tag;
use crate::domain::ids::{TagId, WorkspaceId};

/// Tags that a page shows.
const MOST: i64 = 2_000;

crate::statements! {
    /// Those that are in use first; of one that was merged, also under which name it counts. A conversation counts once for a tag and all
    /// that were merged into it.
    LIST = "
        WITH counted AS (
            SELECT tag_id, array_agg(id::text) AS ids
            FROM (
                SELECT id AS tag_id, id FROM tags WHERE workspace_id = $1
                UNION ALL
                SELECT merged_into, id FROM tags WHERE workspace_id = $1 AND merged_into IS NOT NULL
            ) AS each
            GROUP BY tag_id
        )
        SELECT tag.id, tag.name, tag.colour, tag.archived, tag.merged_into, other.name,
            (SELECT count(*) FROM conversations AS conversation
             WHERE conversation.workspace_id = $1 AND conversation.details IS NOT NULL
                AND conversation.details -> 'tags' ?| counted.ids)
        FROM tags AS tag
        JOIN counted ON counted.tag_id = tag.id
        LEFT JOIN tags AS other ON other.workspace_id = $1 AND other.id = tag.merged_into
        WHERE tag.workspace_id = $1
        ORDER BY tag.merged_into IS NOT NULL, tag.archived, tag.name COLLATE names, tag.id
        LIMIT $2";
}

/// A tag in the list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagSummary {
    pub tag: Tag,
    /// The name of the one that counts in its place.
    pub merged_into_name: Option<String>,
    /// That have it, or one that was merged into it.
    pub conversations: i64,
}

impl Store {
    /// The tags of a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn tags(&self, workspace: WorkspaceId) -> Result<Vec<TagSummary>> {
        Ok(self.query(&LIST, &[&workspace.0, &MOST]).await?.iter().map(summary).collect())
    }
}

fn summary(row: &Row) -> TagSummary {
    TagSummary { tag: tag(row), merged_into_name: row.get(5), conversations: row.get(6) }
}

/// Reads id, name, colour, archived, merged_into.
pub(super) fn tag(row: &Row) -> Tag {
    Tag {
        id: TagId(row.get(0)),
        name: row.get(1),
        colour: row.get(2),
        archived: row.get(3),
        merged_into: row.get::<_, Option<Uuid>>(4).map(TagId),
    }
}
