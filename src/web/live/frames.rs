//! What travels over the socket, as JSON: the browser's wishes and the server's news. `static/scripts/live/` is the other side.

use bytestring::ByteString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::filter::View;
use crate::domain::ids::{ConversationId, TeamId};
use crate::live::people::Viewer;
use crate::store::drafts::DraftKind;

/// What a page says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromPage {
    /// The list it shows.
    List {
        view: View,
    },
    /// The conversation it has open, and the last sequence it has of it.
    Open {
        conversation: ConversationId,
        since: i64,
        /// The time of the last tick it has of it, in microseconds.
        #[serde(default)]
        ticked: i64,
    },
    /// No conversation is open.
    Close,
    Typing {
        conversation: ConversationId,
    },
    /// It shows the floor: of a team, or all that its person sees; on a big screen without anybody's name.
    Floor {
        #[serde(default)]
        team: Option<TeamId>,
        #[serde(default)]
        wall: bool,
    },
    /// It shows the floor no longer.
    LeaveFloor,
    Beat,
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToPage<'a> {
    /// One event of the open conversation.
    Event {
        conversation: ConversationId,
        seq: i64,
        html: &'a str,
    },
    /// Everything after what the page had. With `reload` it was too much: load the page again.
    CaughtUp {
        conversation: ConversationId,
        seq: i64,
        ticked: i64,
        html: &'a str,
        reload: bool,
    },
    /// How far messages of the open conversation got.
    Ticks {
        conversation: ConversationId,
        html: &'a str,
    },
    /// The state around the open conversation after its event of this sequence, where no event brings it.
    State {
        conversation: ConversationId,
        seq: i64,
        html: &'a str,
    },
    /// The open conversation is none that this person sees: it was given away, or never was.
    Gone {
        conversation: ConversationId,
    },
    /// A row as it is now in the list of this view; without one, it is not in that list any more.
    Row {
        view: View,
        conversation: ConversationId,
        #[serde(skip_serializing_if = "Option::is_none")]
        html: Option<&'a str>,
    },
    Counts {
        mine: i64,
        queues: i64,
        unassigned: i64,
    },
    /// Other numbers than before send nothing, or other queues rest: ask which.
    Paused,
    /// Others are there than before, or have other things to do: ask who, if it is shown.
    Team,
    /// What is another on the floor; with `is_whole` what is not named is not there.
    Floor {
        is_whole: bool,
        parts: &'a [FloorPart<'a>],
    },
    /// Something was set up.
    SetUp,
    /// Who is at a conversation that is open or in the list.
    People {
        conversation: ConversationId,
        viewers: &'a [Viewer],
        typing: &'a [Viewer],
    },
    /// How far this person has read, on whichever page.
    Read {
        conversation: ConversationId,
        seq: i64,
    },
    /// This person began or ended a draft, on the page that calls itself `writer`.
    Draft {
        conversation: ConversationId,
        kind: DraftKind,
        writer: Uuid,
        is_empty: bool,
    },
    /// The last sequence and the last tick of the open conversation; or just a sign of life.
    Beat {
        #[serde(skip_serializing_if = "Option::is_none")]
        conversation: Option<ConversationId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ticked: Option<i64>,
    },
}

/// An element of the floor, and the list it is in; without markup it is there no more.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct FloorPart<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<&'static str>,
    pub id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<&'a str>,
}

impl ToPage<'_> {
    /// The frame; encoded once, however many sockets it goes to.
    #[must_use]
    pub fn frame(&self) -> ByteString {
        serde_json::to_string(self).map(ByteString::from).unwrap_or_else(|error| {
            tracing::error!(%error, "a frame could not be written");
            ByteString::from_static(r#"{"type":"refresh"}"#)
        })
    }
}
