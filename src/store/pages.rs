//! What a page asks for at once, so that it costs one statement instead of five.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::access::Sight;
use super::contacts::{self, contact_columns};
use super::conversations::{WIDTH, columns, shown};
use super::drafts::{Draft, Drafts, draft};
use super::reading::if_known;
use super::ticks::last_tick;
use super::{Result, Store};
use crate::domain::contact::{Contact, Identity};
use crate::domain::conversation::Conversation;
use crate::domain::flows::session::FlowSession;
use crate::domain::ids::UserId;

crate::statements! {
    /// A conversation with its contact, and what the viewer ($3) wrote and read there.
    OPENED = concat!("
        SELECT ", columns!(), ", s.session, false AS another_under_way, ", contact_columns!("contact"), ",
            ARRAY(SELECT kind FROM contact_identities AS known
                  WHERE known.workspace_id = $1
                    AND (known.contact_id = c.contact_id OR (known.joined_from <> '{}' AND known.joined_from @> ARRAY[c.contact_id]))
                  ORDER BY kind, value LIMIT 20) AS kinds,
            ARRAY(SELECT value FROM contact_identities AS known
                  WHERE known.workspace_id = $1
                    AND (known.contact_id = c.contact_id OR (known.joined_from <> '{}' AND known.joined_from @> ARRAY[c.contact_id]))
                  ORDER BY kind, value LIMIT 20) AS values,
            reply.body, reply.version, reply.writer, reply.turn, reply.overwritten_writer, reply.overwritten_turn,
            note.body, note.version, note.writer, note.turn, note.overwritten_writer, note.overwritten_turn, read.seq, ", last_tick!("50"), "
        FROM conversations AS c
        JOIN contacts AS contact ON contact.workspace_id = c.workspace_id AND contact.id = c.contact_id
        LEFT JOIN flow_sessions AS s ON s.workspace_id = c.workspace_id AND s.conversation_id = c.id
        LEFT JOIN drafts AS reply
            ON reply.workspace_id = $1 AND reply.conversation_id = c.id AND reply.user_id = $3 AND reply.kind = 'reply'
        LEFT JOIN drafts AS note
            ON note.workspace_id = $1 AND note.conversation_id = c.id AND note.user_id = $3 AND note.kind = 'note'
        LEFT JOIN reads AS read ON read.workspace_id = $1 AND read.conversation_id = c.id AND read.user_id = $3
        WHERE c.workspace_id = $1 AND c.id = $2");
}

/// A conversation as its page shows it.
#[derive(Debug)]
pub struct Opened {
    pub conversation: Conversation,
    pub session: Option<FlowSession>,
    pub contact: Contact,
    pub identities: Vec<Identity>,
    /// What the viewer has begun to write.
    pub drafts: Drafts,
    /// How far the viewer has read.
    pub read_seq: Option<i64>,
    /// When the last tick was stored that is in it.
    pub ticked_at: Option<Timestamp>,
}

impl Opened {
    /// When the last tick was stored that is in it, in microseconds.
    #[must_use]
    pub fn ticked(&self) -> i64 {
        self.ticked_at.map(Timestamp::as_microsecond).unwrap_or_default()
    }
}

impl Store {
    /// A conversation as its page shows it; without a viewer, nothing of theirs.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn opened(&self, sight: Sight, viewer: Option<UserId>) -> Result<Option<Opened>> {
        let viewer = viewer.map(|viewer| viewer.0);
        Ok(self.query_opt(&OPENED, &[&sight.workspace().0, &sight.conversation().0, &viewer]).await?.map(|row| opened(&row)))
    }
}

fn opened(row: &Row) -> Opened {
    let first = WIDTH + 2;
    let more = first + contacts::WIDTH;
    let (kinds, values): (Vec<&str>, Vec<String>) = (row.get(more), row.get(more + 1));
    Opened {
        conversation: shown(row),
        session: if_known(row, WIDTH),
        contact: contacts::contact(row, first),
        identities: kinds.into_iter().zip(values).map(|(kind, value)| Identity::of(kind, value)).collect(),
        drafts: Drafts { reply: draft_there(row, more + 2), note: draft_there(row, more + 8) },
        read_seq: row.get(more + 14),
        ticked_at: row.get(more + 15),
    }
}

/// A draft, where there is any.
fn draft_there(row: &Row, column: usize) -> Draft {
    let body: Option<String> = row.get(column);
    if body.is_some() { draft(row, column) } else { Draft::default() }
}
