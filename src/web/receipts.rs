//! What the customer sees of us reading and typing. Meta marks as read and shows "typing…" with one call, for up to 25 seconds;
//! only who holds the conversation causes it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web::Data;
use tokio::sync::Semaphore;

use super::state::State;
use crate::channels::{Line, Typing};
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};

/// "typing…" fades after 25 seconds (Meta, typing indicators); it is shown again before.
const AGAIN: Duration = Duration::from_secs(20);

/// Conversations remembered at most; of those beyond it a customer may be told the same twice.
const KEPT: usize = 10_000;

/// Calls under way at most; a tick that is not told is missed by nobody.
const CALLS: usize = 32;

/// What customers were told, and are being told.
pub struct Receipts {
    typing: Mutex<HashMap<ConversationId, Instant>>,
    /// By reader: what somebody reads who does not hold the conversation is not told.
    reading: Mutex<HashMap<Reader, Reading>>,
    calls: Semaphore,
}

type Reader = (ConversationId, UserId);

/// How far the customer knows that they were read.
#[derive(Debug, Default)]
struct Reading {
    /// The sequence up to which we have read.
    read: i64,
    /// The message that WhatsApp was told of last.
    told: Option<String>,
    /// A call is under way; it looks again when it is done.
    is_being_told: bool,
}

impl Default for Receipts {
    fn default() -> Self {
        Self { typing: Mutex::default(), reading: Mutex::default(), calls: Semaphore::new(CALLS) }
    }
}

impl Receipts {
    /// Whether it is time to show "typing…" (again).
    fn shows_typing(&self, conversation: ConversationId) -> bool {
        let mut shown = self.typing();
        if shown.len() >= KEPT {
            shown.retain(|_, since| since.elapsed() < AGAIN);
        }
        let is_due = shown.get(&conversation).is_none_or(|since| since.elapsed() >= AGAIN);
        if is_due && shown.len() < KEPT {
            shown.insert(conversation, Instant::now());
        }
        is_due
    }

    /// Our message ends "typing…" on the phone: whoever types on after it shows it anew.
    pub fn answered(&self, conversation: ConversationId) {
        self.typing().remove(&conversation);
    }

    /// Notes how far we have read; true when the caller is to tell.
    fn begins_telling(&self, reader: Reader, seq: i64) -> bool {
        let mut reading = self.reading();
        if reading.len() >= KEPT && !reading.contains_key(&reader) {
            reading.retain(|_, reading| reading.is_being_told);
        }
        let reading = reading.entry(reader).or_default();
        let begins = seq > reading.read && !reading.is_being_told;
        reading.read = reading.read.max(seq);
        reading.is_being_told |= begins;
        begins
    }

    /// How far we have read, and what was told last.
    fn to_tell(&self, reader: Reader) -> (i64, Option<String>) {
        self.reading().get(&reader).map_or((0, None), |reading| (reading.read, reading.told.clone()))
    }

    /// Notes what was told up to `seq`; true when more was read meanwhile.
    fn told(&self, reader: Reader, seq: i64, message: Option<String>) -> bool {
        let mut reading = self.reading();
        let Some(reading) = reading.get_mut(&reader) else { return false };
        reading.told = message.or(reading.told.take());
        reading.is_being_told = reading.read > seq;
        reading.is_being_told
    }

    fn typing(&self) -> MutexGuard<'_, HashMap<ConversationId, Instant>> {
        self.typing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self) -> MutexGuard<'_, HashMap<Reader, Reading>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One customer, and who deals with them.
#[derive(Clone, Copy)]
struct Customer {
    workspace: WorkspaceId,
    conversation: ConversationId,
    user: UserId,
}

/// The holder of a conversation types: the customer sees it.
pub fn typing(state: &Data<State>, workspace: WorkspaceId, conversation: ConversationId, user: UserId) {
    if state.receipts.shows_typing(conversation) {
        let (state, customer) = (state.clone(), Customer { workspace, conversation, user });
        actix_web::rt::spawn(async move { tell(&state, customer, i64::MAX, None, Typing::Shown).await });
    }
}

/// The holder of a conversation has read it up to `seq`, which exists: the customer's ticks turn blue. One call at a time for each
/// conversation; what is read meanwhile is told by the next.
pub fn read(state: &Data<State>, workspace: WorkspaceId, conversation: ConversationId, user: UserId, seq: i64) {
    let reader = (conversation, user);
    if state.receipts.begins_telling(reader, seq) {
        let (state, customer) = (state.clone(), Customer { workspace, conversation, user });
        actix_web::rt::spawn(async move {
            loop {
                let (seq, told) = state.receipts.to_tell(reader);
                let told = tell(&state, customer, seq, told, Typing::Hidden).await;
                if !state.receipts.told(reader, seq, told) {
                    return;
                }
            }
        });
    }
}

/// Tells of the customer's latest message up to `seq`, unless that is `known` already; answers which it was. Best effort: a customer
/// who does not see a tick loses nothing.
async fn tell(state: &State, customer: Customer, seq: i64, known: Option<String>, typing: Typing) -> Option<String> {
    let _call = state.receipts.calls.try_acquire().ok()?;
    let Customer { workspace, conversation, user } = customer;
    let told = async {
        let heard = state.store.last_heard(workspace, conversation, user, seq).await?;
        let Some((inbox, message)) = heard.filter(|(_, message)| known.as_deref() != Some(message)) else { return Ok(None) };
        let Some(connection) = state.runner.workplaces().connection(workspace, inbox).await? else { return Ok(None) };
        let receipts = state.adapters.of(&connection.inbox.channel).and_then(|adapter| adapter.receipts());
        let Some(receipts) = receipts else { return Ok(Some(message)) };
        let line = Line { address: &connection.address, secret: connection.secret()? };
        if let Err(error) = receipts.mark_read(line, &message, typing).await {
            tracing::debug!(%error, %conversation, "the customer could not be told");
        }
        Ok::<_, crate::store::Error>(Some(message))
    };
    told.await.unwrap_or_else(|error| {
        tracing::debug!(%error, %conversation, "the customer could not be told");
        None
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn conversation(number: usize) -> ConversationId {
        ConversationId(Uuid::from_u128(number as u128))
    }

    fn reader(number: usize) -> Reader {
        (conversation(number), UserId(Uuid::nil()))
    }

    #[test]
    fn only_what_grows_is_told_and_one_call_at_a_time() {
        let (receipts, id) = (Receipts::default(), reader(1));
        assert!(!receipts.begins_telling(id, 0));
        assert!(receipts.begins_telling(id, 3));
        assert!(!receipts.begins_telling(id, 5), "a second call while one is under way");
        assert!(receipts.told(id, 3, Some("third".to_owned())), "what was read meanwhile is forgotten");
        assert_eq!(receipts.to_tell(id), (5, Some("third".to_owned())));
        assert!(!receipts.told(id, 5, None));
        assert!(!receipts.begins_telling(id, 5) && !receipts.begins_telling(id, 4));
        assert_eq!(receipts.to_tell(id), (5, Some("third".to_owned())));
        assert!(receipts.begins_telling(id, 6));
        let colleague = (id.0, UserId(Uuid::from_u128(2)));
        assert!(receipts.begins_telling(colleague, 6), "one reader stands for another");
    }

    #[test]
    fn conversations_do_not_fill_the_memory() {
        let receipts = Receipts::default();
        for number in 0..KEPT + 10 {
            assert!(receipts.begins_telling(reader(number), 1));
            receipts.told(reader(number), 1, None);
            assert!(receipts.shows_typing(conversation(number)));
        }
        assert!(receipts.reading().len() <= KEPT && receipts.typing().len() <= KEPT);
    }

    #[test]
    fn typing_is_shown_again_after_an_answer_and_not_before() {
        let (receipts, id) = (Receipts::default(), conversation(1));
        assert!(receipts.shows_typing(id) && !receipts.shows_typing(id));
        receipts.answered(id);
        assert!(receipts.shows_typing(id));
    }
}
