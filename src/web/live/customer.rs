//! What the customer sees of us reading and typing. Meta marks as read and shows "typing…" with one call, for up to 25 seconds;
//! only who holds the conversation causes it.

use actix_web::web::Data;

use crate::channels::{Line, Typing};
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};
use crate::web::state::State;

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
    let _call = state.receipts.begins_call()?;
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
