//! What the customer sees of us reading and typing. Meta marks as read and shows "typing…" with one call, for up to 25 seconds;
//! only who holds the conversation causes it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web::Data;

use super::state::State;
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};
use crate::whatsapp::payload::Typing;

/// "typing…" fades after 25 seconds (Meta, typing indicators); it is shown again before.
const AGAIN: Duration = Duration::from_secs(20);

/// Conversations remembered at most.
const KEPT: usize = 10_000;

/// When which conversation's customer was last told.
#[derive(Debug, Default)]
pub struct Receipts {
    told: Mutex<HashMap<(ConversationId, Told), Instant>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    Typing,
    /// The sequence up to which it was read.
    Read(i64),
}

impl Receipts {
    /// Whether it is time to tell (again).
    fn is_due(&self, conversation: ConversationId, told: Told) -> bool {
        let mut map = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= KEPT {
            map.clear();
        }
        let now = Instant::now();
        match map.get(&(conversation, told)) {
            Some(last) if told != Told::Typing || now.duration_since(*last) < AGAIN => false,
            _ => {
                map.insert((conversation, told), now);
                true
            }
        }
    }

    /// Our message ends "typing…" on the phone: whoever types on after it shows it anew.
    pub fn answered(&self, conversation: ConversationId) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).remove(&(conversation, Told::Typing));
    }
}

/// The holder of a conversation types: the customer sees it.
pub fn typing(state: &Data<State>, workspace: WorkspaceId, conversation: ConversationId, user: UserId) {
    if state.receipts.is_due(conversation, Told::Typing) {
        actix_web::rt::spawn(tell(state.clone(), workspace, conversation, user, Typing::Shown));
    }
}

/// The holder of a conversation has read it up to `seq`: the customer's ticks turn blue.
pub fn read(state: &Data<State>, workspace: WorkspaceId, conversation: ConversationId, user: UserId, seq: i64) {
    if state.receipts.is_due(conversation, Told::Read(seq)) {
        actix_web::rt::spawn(tell(state.clone(), workspace, conversation, user, Typing::Hidden));
    }
}

/// Best effort: a customer who does not see a tick loses nothing.
async fn tell(state: Data<State>, workspace: WorkspaceId, conversation: ConversationId, user: UserId, typing: Typing) {
    let told = async {
        let Some((inbox, wamid)) = state.store.last_heard(workspace, conversation, user).await? else { return Ok(()) };
        let Some(connection) = state.runner.workplaces().connection(workspace, inbox).await? else { return Ok(()) };
        if let Err(error) = state.client.mark_read(&connection.phone_number_id, &connection.access_token, &wamid, typing).await {
            tracing::debug!(%error, %conversation, "the customer could not be told");
        }
        Ok::<_, crate::store::Error>(())
    };
    if let Err(error) = told.await {
        tracing::debug!(%error, %conversation, "the customer could not be told");
    }
}
