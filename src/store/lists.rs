//! The lists of conversations: keyset pages, as fast at the thousandth page as at the first.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::access::{Viewer, admits};
use super::contacts::called;
use super::conversations::{WIDTH, columns, shown};
use super::drafts::DraftKind;
use super::{Result, Store};
use crate::domain::access::Visibility;
use crate::domain::conversation::Conversation;
use crate::domain::filter::{Order, View};
use crate::domain::ids::ContactId;
use crate::domain::overdue::AnswerWithin;

/// A page around its inner select of conversations `c`: adds the names, how far the viewer ($2) has read, and what they began to write.
macro_rules! page {
    ($inner:expr, $order:expr) => {
        concat!(
            "SELECT ",
            columns!(),
            ", ",
            called!(),
            ", agent.name, queue.name, queue.promise_minutes, read.seq,
                ARRAY(SELECT draft.kind FROM drafts AS draft
                      WHERE draft.workspace_id = $1 AND draft.conversation_id = c.id AND draft.user_id = $2 AND draft.body <> ''
                      ORDER BY draft.kind DESC LIMIT 2) AS drafts,
                (SELECT answer_minutes FROM workspaces WHERE id = $1) AS answer_minutes
            FROM (",
            $inner,
            ") AS c
            JOIN contacts AS contact ON contact.workspace_id = $1 AND contact.id = c.contact_id
            LEFT JOIN users AS agent ON agent.workspace_id = $1 AND agent.id = c.agent_id
            LEFT JOIN queues AS queue ON queue.workspace_id = $1 AND queue.id = c.queue_id
            LEFT JOIN reads AS read ON read.workspace_id = $1 AND read.conversation_id = c.id AND read.user_id = $2
            ORDER BY ",
            $order
        )
    };
}

/// What the viewer holds, or held last: of the column $own.
macro_rules! held {
    ($own:literal, $which:expr) => {
        concat!(
            "SELECT * FROM conversations
            WHERE workspace_id = $1 AND ",
            $own,
            " = $2 AND ",
            $which,
            " AND (last_message_at, id) < ($3, $4)
            ORDER BY last_message_at DESC, id DESC
            LIMIT $5"
        )
    };
}

/// What is in the queues of the viewer's teams.
macro_rules! of_queues {
    ($which:expr) => {
        concat!(
            "SELECT conversation.*
            FROM (SELECT DISTINCT queue.id
                  FROM team_members AS member
                  JOIN queues AS queue ON queue.workspace_id = member.workspace_id AND queue.team_id = member.team_id
                  WHERE member.workspace_id = $1 AND member.user_id = $2) AS mine
            CROSS JOIN LATERAL (
                SELECT * FROM conversations
                WHERE workspace_id = $1 AND queue_id = mine.id AND ",
            $which,
            " AND (last_message_at, id) < ($3, $4)
                ORDER BY last_message_at DESC, id DESC
                LIMIT $5) AS conversation
            ORDER BY conversation.last_message_at DESC, conversation.id DESC
            LIMIT $5"
        )
    };
}

/// Whether its queue is one of the viewer's teams.
macro_rules! in_own_queues {
    () => {
        "queue_id IN (
            SELECT queue.id
            FROM team_members AS member
            JOIN queues AS queue ON queue.workspace_id = member.workspace_id AND queue.team_id = member.team_id
            WHERE member.workspace_id = $1 AND member.user_id = $2)"
    };
}

/// Two parts of a list that have nothing in common.
macro_rules! both {
    ($one:expr, $other:expr) => {
        concat!("SELECT * FROM ((", $one, ") UNION ALL (", $other, ")) AS seen ORDER BY last_message_at DESC, id DESC LIMIT $5")
    };
}

/// Who has waited longest, in the queues of which this is so.
macro_rules! waiting {
    ($queues:expr) => {
        page!(
            concat!(
                "SELECT conversation.*
                FROM queues AS queue
                CROSS JOIN LATERAL (
                    SELECT * FROM conversations
                    WHERE workspace_id = $1 AND queue_id = queue.id AND controller = 'queue' AND state <> 'resolved'
                      AND (queued_at, id) > ($3, $4)
                    ORDER BY queued_at, id
                    LIMIT $5) AS conversation
                WHERE queue.workspace_id = $1",
                $queues,
                " ORDER BY conversation.queued_at, conversation.id
                LIMIT $5"
            ),
            "c.queued_at, c.id"
        )
    };
}

/// The order of most lists.
macro_rules! latest {
    ($inner:expr) => {
        page!($inner, "c.last_message_at DESC, c.id DESC")
    };
}

crate::statements! {
    ALL = latest!("
        SELECT * FROM conversations
        WHERE workspace_id = $1 AND state <> 'resolved' AND (last_message_at, id) < ($3, $4)
        ORDER BY last_message_at DESC, id DESC
        LIMIT $5");
    RESOLVED = latest!("
        SELECT * FROM conversations
        WHERE workspace_id = $1 AND state = 'resolved' AND (last_message_at, id) < ($3, $4)
        ORDER BY last_message_at DESC, id DESC
        LIMIT $5");
    MINE = latest!(held!("agent_id", "state <> 'resolved'"));
    QUEUES = latest!(of_queues!("state <> 'resolved'"));
    UNASSIGNED = waiting!("");
    /// What follows is of those who do not see everything: a statement for each visibility, so that none looks at what it must not show.
    SEEN_BY_TEAM = latest!(both!(
        held!("agent_id", "state <> 'resolved'"),
        of_queues!("state <> 'resolved' AND agent_id IS DISTINCT FROM $2")
    ));
    RESOLVED_BY_TEAM = latest!(both!(
        held!("last_agent_id", "state = 'resolved'"),
        of_queues!("state = 'resolved' AND last_agent_id IS DISTINCT FROM $2")
    ));
    RESOLVED_BY_SELF = latest!(held!("last_agent_id", "state = 'resolved'"));
    MINE_OR_WAITING = latest!(both!(
        held!("agent_id", "state <> 'resolved'"),
        of_queues!("controller = 'queue' AND state <> 'resolved'")
    ));
    MINE_IN_QUEUES = latest!(held!("agent_id", concat!("state <> 'resolved' AND ", in_own_queues!())));
    MINE_OR_WAITING_IN_QUEUES = latest!(both!(
        held!("agent_id", concat!("state <> 'resolved' AND ", in_own_queues!())),
        of_queues!("controller = 'queue' AND state <> 'resolved'")
    ));
    UNASSIGNED_OF_TEAMS = waiting!(" AND queue.team_id IN (SELECT team_id FROM team_members WHERE workspace_id = $1 AND user_id = $2)");
    PAST = page!(concat!("
        SELECT * FROM conversations AS c
        WHERE workspace_id = $1 AND contact_id IN (
            SELECT $3
            UNION
            SELECT unnest(joined_from) FROM contact_identities WHERE workspace_id = $1 AND contact_id = $3)
          AND ", admits!("$1", "$2", "$5"), "
        ORDER BY opened_at DESC
        LIMIT $4"), "c.opened_at DESC");
}

/// A conversation with the names a row shows.
#[derive(Debug, Clone)]
pub struct Listed {
    pub conversation: Conversation,
    pub contact_name: String,
    pub agent_name: Option<String>,
    pub queue_name: Option<String>,
    pub promise_minutes: Option<u32>,
    pub read_seq: Option<i64>,
    /// What the viewer has begun to write there.
    pub drafts: Vec<DraftKind>,
    /// Within how long whoever holds it answers.
    pub answer: Option<AnswerWithin>,
}

/// Where a page ends and the next begins: the time it is ordered by, and the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub at: Timestamp,
    pub id: Uuid,
}

impl Cursor {
    /// Before every row of a list with the latest first, or after none of one with the earliest first.
    #[must_use]
    fn start(view: View) -> Self {
        match view.order() {
            Order::LongestInQueue => Self { at: Timestamp::UNIX_EPOCH, id: Uuid::nil() },
            // PostgreSQL's last year is later than this; jiff's last instant is not beyond it.
            Order::LatestMessage => Self { at: FAR_FUTURE, id: Uuid::max() },
        }
    }

    /// The cursor of a row in a view.
    #[must_use]
    pub fn of(view: View, conversation: &Conversation) -> Self {
        let at = match view.order() {
            Order::LongestInQueue => conversation.queued_at.unwrap_or(conversation.last_message_at),
            Order::LatestMessage => conversation.last_message_at,
        };
        Self { at, id: conversation.id.0 }
    }
}

/// The year 2262: later than any message.
pub(super) const FAR_FUTURE: Timestamp = Timestamp::constant(9_214_646_400, 0);

/// A moment that an address names, if it is one that something of ours may have happened at: PostgreSQL does not know all the years that
/// may be written.
#[must_use]
pub fn if_ours(at: Timestamp) -> Option<Timestamp> {
    (Timestamp::UNIX_EPOCH..=FAR_FUTURE).contains(&at).then_some(at)
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.at.as_microsecond(), self.id)
    }
}

impl std::str::FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('_').ok_or(())?;
        let at = Timestamp::from_microsecond(at.parse().map_err(drop)?).ok().and_then(if_ours).ok_or(())?;
        Ok(Self { at, id: id.parse().map_err(drop)? })
    }
}

impl Store {
    /// One page of a list.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn list(&self, viewer: Viewer, view: View, after: Option<Cursor>, limit: i64) -> Result<Vec<Listed>> {
        let Viewer { workspace, user, visibility } = viewer;
        let Cursor { at, id } = after.unwrap_or_else(|| Cursor::start(view));
        let statement = match (view, visibility) {
            (View::All, Visibility::All) => &ALL,
            (View::All, Visibility::OwnTeams) => &SEEN_BY_TEAM,
            (View::All, Visibility::MineAndUnassigned) => &MINE_OR_WAITING,
            (View::All, Visibility::Mine) | (View::Mine, _) => &MINE,
            (View::Resolved, Visibility::All) => &RESOLVED,
            (View::Resolved, Visibility::OwnTeams) => &RESOLVED_BY_TEAM,
            (View::Resolved, Visibility::MineAndUnassigned | Visibility::Mine) => &RESOLVED_BY_SELF,
            (View::Queues, Visibility::All | Visibility::OwnTeams) => &QUEUES,
            (View::Queues, Visibility::MineAndUnassigned) => &MINE_OR_WAITING_IN_QUEUES,
            (View::Queues, Visibility::Mine) => &MINE_IN_QUEUES,
            (View::Unassigned, Visibility::All) => &UNASSIGNED,
            (View::Unassigned, Visibility::OwnTeams | Visibility::MineAndUnassigned) => &UNASSIGNED_OF_TEAMS,
            (View::Unassigned, Visibility::Mine) => return Ok(Vec::new()),
        };
        self.listed(statement, &[&workspace.0, &user.0, &at, &id, &limit]).await
    }

    /// A contact's conversations, as far as the viewer sees them, latest first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn conversations_of(&self, viewer: Viewer, contact: ContactId, limit: i64) -> Result<Vec<Listed>> {
        let Viewer { workspace, user, visibility } = viewer;
        self.listed(&PAST, &[&workspace.0, &user.0, &contact.0, &limit, &visibility.as_str()]).await
    }

    async fn listed(&self, statement: &super::Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Listed>> {
        Ok(self.query(statement, parameters).await?.iter().map(listed).collect())
    }
}

fn listed(row: &Row) -> Listed {
    Listed {
        conversation: shown(row),
        contact_name: row.get(WIDTH),
        agent_name: row.get(WIDTH + 1),
        queue_name: row.get(WIDTH + 2),
        promise_minutes: row.get::<_, Option<i32>>(WIDTH + 3).and_then(|minutes| u32::try_from(minutes).ok()),
        read_seq: row.get(WIDTH + 4),
        drafts: row.get::<_, Vec<&str>>(WIDTH + 5).into_iter().filter_map(DraftKind::of).collect(),
        answer: row.get::<_, Option<i32>>(WIDTH + 6).map(|minutes| AnswerWithin { minutes }),
    }
}
