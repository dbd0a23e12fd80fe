//! What of a body goes beside the lanes: notices, and what is set aside.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::ids::WorkspaceId;
use crate::domain::inbound::InboundItem;
use crate::store::inboxes::Connection;
use crate::store::notices::NewNotice;
use crate::store::payloads::Payload;
use crate::store::quarantine::{NewQuarantined, UNKNOWN_ADDRESS};
use crate::store::sorting::Sheet;

/// Notices and rejects of one body that get a row of their own; Meta's have one or two. The body itself is kept whole for two weeks.
const MOST: usize = 500;

/// The parts of one body.
pub(super) struct Remainder {
    payload_seq: i64,
    now: Timestamp,
    /// Digests of the notices that were put down, so that a body that says one thing a thousand times says it once to a workspace.
    put_down: HashSet<(WorkspaceId, Vec<u8>)>,
    rows: usize,
    /// Parts beyond [`MOST`].
    untold: usize,
}

impl Remainder {
    pub fn of(payload: &Payload, now: Timestamp) -> Self {
        Self { payload_seq: payload.seq, now, put_down: HashSet::new(), rows: 0, untold: 0 }
    }

    /// For a person to look at: of the workspace when it is clear whose it is, otherwise for whoever runs the installation.
    pub fn reject(&mut self, sheet: &mut Sheet<'_>, workspace: Option<WorkspaceId>, reason: String, raw: Vec<u8>) {
        if self.has_room() {
            self.set_aside(sheet, workspace, reason, raw);
        }
    }

    /// An item for an address that no inbox of this source has; `owners` have the account it belongs to.
    pub fn unknown_address(&mut self, sheet: &mut Sheet<'_>, owners: &[WorkspaceId], address: &str, item: &InboundItem) {
        if !self.has_room() {
            return;
        }
        let raw = serde_json::to_vec(item).unwrap_or_default();
        let reason = format!("{UNKNOWN_ADDRESS}{address}");
        self.set_aside(sheet, only(owners), reason, raw);
    }

    /// A notice about an inbox.
    pub fn notice_of(
        &mut self,
        sheet: &mut Sheet<'_>,
        connection: &Connection,
        kind: &'static str,
        field: String,
        value: Value,
        time: Option<i64>,
    ) {
        let inbox = Some(connection.inbox.id);
        let (id, at, workspace) = (Uuid::now_v7(), self.now, connection.workspace);
        self.put_down(sheet, NewNotice { workspace, id, inbox, kind, field, value, time, at });
    }

    /// A notice about an account, to every workspace that has inboxes of it.
    pub fn notice(
        &mut self,
        sheet: &mut Sheet<'_>,
        owners: &[WorkspaceId],
        kind: &'static str,
        field: String,
        value: Value,
        time: Option<i64>,
    ) {
        for workspace in owners {
            let (id, at) = (Uuid::now_v7(), self.now);
            let (field, value) = (field.clone(), value.clone());
            self.put_down(sheet, NewNotice { workspace: *workspace, id, inbox: None, kind, field, value, time, at });
        }
        if owners.is_empty() && self.has_room() {
            let reason = format!("no inbox here belongs to the account or address that `{field}` speaks of");
            self.set_aside(sheet, None, reason, value.to_string().into_bytes());
        }
    }

    /// Says how much was left out.
    pub fn finish(self, sheet: &mut Sheet<'_>) {
        if self.untold > 0 {
            let reason = format!("the body holds {} parts more that belong to nobody or say nothing; it is kept whole", self.untold);
            self.set_aside(sheet, None, reason, Vec::new());
        }
    }

    fn has_room(&mut self) -> bool {
        let has_room = self.rows < MOST;
        if has_room {
            self.rows += 1
        } else {
            self.untold += 1
        }
        has_room
    }

    fn put_down(&mut self, sheet: &mut Sheet<'_>, notice: NewNotice) {
        let told = (notice.workspace, notice.digest());
        if self.put_down.contains(&told) || !self.has_room() {
            return;
        }
        self.put_down.insert(told);
        sheet.notices.push(notice);
    }

    fn set_aside(&self, sheet: &mut Sheet<'_>, workspace: Option<WorkspaceId>, reason: String, item: Vec<u8>) {
        let (id, source, payload_seq, at) = (Uuid::now_v7(), sheet.source.to_owned(), self.payload_seq, self.now);
        sheet.quarantined.push(NewQuarantined { id, workspace, source, payload_seq, reason, item, at });
    }
}

/// The owner, when there is but one.
pub(super) fn only(owners: &[WorkspaceId]) -> Option<WorkspaceId> {
    match owners {
        [only] => Some(*only),
        _ => None,
    }
}
