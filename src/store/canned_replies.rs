//! Canned replies: for whoever answers, and for whoever keeps them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::setups::canned_reply;
use super::statement::literal;
use super::{Result, Store};
use crate::domain::ids::{CannedReplyId, TeamId, UserId, WorkspaceId};
use crate::domain::setup::value::CannedReply;

/// Rows of a page, and what an answering person is offered at once.
pub const OF_PAGE: i64 = 50;
pub const OFFERED: i64 = 50;

/// Everything that a file holds.
const MOST: i64 = 20_000;

/// What somebody may use: everybody's, their teams', their own; whoever keeps what everybody has, every team's too. `$1` is the workspace,
/// `$2` the person, and `all` whether they keep it.
macro_rules! usable {
    ($all:literal) => {
        concat!(
            "reply.workspace_id = $1 AND (reply.owner_id = $2 OR reply.owner_id IS NULL AND (",
            $all,
            " OR reply.team_id IS NULL OR reply.team_id IN (
            SELECT team_id FROM team_members WHERE workspace_id = $1 AND user_id = $2)))"
        )
    };
}

macro_rules! columns {
    () => {
        "reply.id, reply.shortcut, reply.body, reply.folder, reply.team_id, reply.owner_id, team.name, coalesce(used.uses, 0), used.last_used_at"
    };
}

macro_rules! tables {
    () => {
        "
        FROM canned_replies AS reply
        LEFT JOIN teams AS team ON team.workspace_id = reply.workspace_id AND team.id = reply.team_id
        LEFT JOIN canned_reply_uses AS used ON used.workspace_id = reply.workspace_id AND used.reply_id = reply.id
        WHERE "
    };
}

crate::statements! {
    /// Those that begin like the word come first, then one's own, then what is used most.
    OFFERED_TO = concat!("SELECT reply.id, reply.shortcut, reply.body, reply.owner_id IS NOT NULL
        FROM canned_replies AS reply
        LEFT JOIN canned_reply_uses AS used ON used.workspace_id = reply.workspace_id AND used.reply_id = reply.id
        WHERE ", usable!("false"), "
          AND ($3 = '' OR reply.shortcut ILIKE $3 || '%' OR reply.body ILIKE '%' || $3 || '%' OR reply.folder ILIKE $3 || '%')
        ORDER BY (reply.shortcut ILIKE $3 || '%') DESC, reply.owner_id NULLS LAST, coalesce(used.uses, 0) DESC, reply.shortcut, reply.id
        LIMIT $4");
    /// `$3`: everybody's and every team's. `$4`: words in it. `$5`: a folder. `$6`: `own`, `shared`, a team's id, or nothing.
    PAGE = concat!("SELECT ", columns!(), ", count(*) OVER ()", tables!(), usable!("$3"), "
          AND ($4 = '' OR reply.shortcut ILIKE '%' || $4 || '%' OR reply.body ILIKE '%' || $4 || '%')
          AND ($5 = '' OR reply.folder = $5)
          AND ($6 = '' OR ($6 = 'own' AND reply.owner_id IS NOT NULL)
              OR ($6 = 'shared' AND reply.owner_id IS NULL AND reply.team_id IS NULL) OR reply.team_id::text = $6)
        ORDER BY reply.shortcut COLLATE names, reply.owner_id NULLS FIRST, reply.id
        LIMIT $7
        OFFSET $8");
    ONE = concat!("SELECT ", columns!(), tables!(), usable!("$4"), " AND reply.id = $3");
    /// The folders of those that somebody keeps or may use, and the teams there are.
    CHOICES = concat!("
        (SELECT NULL::uuid, reply.folder
         FROM canned_replies AS reply
         WHERE ", usable!("$3"), " AND reply.folder <> ''
         GROUP BY reply.folder
         ORDER BY reply.folder COLLATE names
         LIMIT 500)
        UNION ALL
        (SELECT id, name FROM teams WHERE workspace_id = $1 ORDER BY name COLLATE names, id LIMIT 500)");
    SHARED = "
        SELECT id, shortcut, body, folder, team_id, owner_id
        FROM canned_replies
        WHERE workspace_id = $1 AND owner_id IS NULL
        ORDER BY shortcut, id
        LIMIT $2";
    COUNT_USE = concat!("
        INSERT INTO canned_reply_uses (workspace_id, reply_id, uses, last_used_at)
        SELECT reply.workspace_id, reply.id, 1, now()
        FROM canned_replies AS reply
        WHERE ", usable!("false"), " AND reply.id = $3
        ON CONFLICT (workspace_id, reply_id)
        DO UPDATE SET uses = canned_reply_uses.uses + 1, last_used_at = excluded.last_used_at");
}

/// Folders that somebody may know of, and every team.
#[derive(Debug, Default)]
pub struct Choices {
    pub folders: Vec<String>,
    pub teams: Vec<(TeamId, String)>,
}

/// What an answering person is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub id: CannedReplyId,
    pub shortcut: String,
    pub body: String,
    /// Theirs alone.
    pub is_own: bool,
}

/// A canned reply as those see it who keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: CannedReplyId,
    pub reply: CannedReply,
    pub team_name: Option<String>,
    /// Answers that began from it.
    pub uses: i64,
    pub last_used_at: Option<Timestamp>,
}

/// Who looks at what is kept.
#[derive(Debug, Clone, Copy)]
pub struct Keeper {
    pub workspace: WorkspaceId,
    pub user: UserId,
    /// They keep what everybody and every team has.
    pub keeps_all: bool,
}

/// Which of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub words: String,
    pub folder: String,
    /// `own`, `shared`, a team's id; empty for all.
    pub audience: String,
    /// Pages that come before.
    pub page: i64,
}

impl Store {
    /// What somebody who writes `word` after a `/` may mean, the likeliest first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn offered_replies(&self, workspace: WorkspaceId, user: UserId, word: &str) -> Result<Vec<Offered>> {
        let offered = |row: &Row| Offered { id: CannedReplyId(row.get(0)), shortcut: row.get(1), body: row.get(2), is_own: row.get(3) };
        let rows = self.query(&OFFERED_TO, &[&workspace.0, &user.0, &literal(word.trim()), &OFFERED]).await?;
        Ok(rows.iter().map(offered).collect())
    }

    /// A page of those that somebody keeps or may use, by shortcut, and how many there are on all pages.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn kept_replies(&self, keeper: Keeper, filter: &Filter) -> Result<(Vec<Kept>, i64)> {
        let Keeper { workspace, user, keeps_all } = keeper;
        let Filter { words, folder, audience, page } = filter;
        let (words, offset) = (literal(words.trim()), page.saturating_mul(OF_PAGE));
        let parameters: [&(dyn ToSql + Sync); 8] = [&workspace.0, &user.0, &keeps_all, &words, folder, audience, &OF_PAGE, &offset];
        let rows = self.query(&PAGE, &parameters).await?;
        Ok((rows.iter().map(kept).collect(), rows.first().map_or(0, |row| row.get(9))))
    }

    /// One of them; nothing when there is none, or it is somebody else's own.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn kept_reply(&self, keeper: Keeper, id: CannedReplyId) -> Result<Option<Kept>> {
        let row = self.query_opt(&ONE, &[&keeper.workspace.0, &keeper.user.0, &id.0, &keeper.keeps_all]).await?;
        Ok(row.as_ref().map(kept))
    }

    /// What a form for a canned reply offers.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn choices_for_replies(&self, keeper: Keeper) -> Result<Choices> {
        let mut choices = Choices::default();
        for row in self.query(&CHOICES, &[&keeper.workspace.0, &keeper.user.0, &keeper.keeps_all]).await? {
            match row.get::<_, Option<Uuid>>(0) {
                Some(id) => choices.teams.push((TeamId(id), row.get(1))),
                None => choices.folders.push(row.get(1)),
            }
        }
        Ok(choices)
    }

    /// Everything that everybody or a team has, and the names of teams.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn shared_replies(&self, workspace: WorkspaceId) -> Result<(BTreeMap<CannedReplyId, CannedReply>, BTreeMap<TeamId, String>)> {
        let teams = async { Ok(self.teams(workspace).await?.into_iter().map(|team| (team.id, team.name)).collect()) };
        let parameters: [&(dyn ToSql + Sync); 2] = [&workspace.0, &MOST];
        let (rows, teams) = tokio::try_join!(self.query(&SHARED, &parameters), teams)?;
        Ok((rows.iter().map(canned_reply).collect(), teams))
    }

    /// An answer of somebody began from one; of one that is not there, or is another's own, nothing is counted.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn count_use_of_reply(&self, workspace: WorkspaceId, id: CannedReplyId, user: UserId) -> Result<()> {
        self.execute(&COUNT_USE, &[&workspace.0, &user.0, &id.0]).await?;
        Ok(())
    }
}

fn kept(row: &Row) -> Kept {
    let (id, reply) = canned_reply(row);
    Kept { id, reply, team_name: row.get(6), uses: row.get(7), last_used_at: row.get(8) }
}
