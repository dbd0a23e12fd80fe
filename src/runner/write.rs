//! Writing: what the events of one command mean for the tables.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::Error;
use crate::domain::conversation::Conversation;
use crate::domain::event::{Actor, Event, Recorded};
use crate::domain::ids::{InboxId, MessageId, WorkspaceId};
use crate::domain::inbound::InboundItem;
use crate::domain::message::{Content, Failure, MediaState, Message, Status};
use crate::domain::snapshot::InOutbox;
use crate::domain::{Refusal, Snapshot};
use crate::live::change::Change;
use crate::store::conversations::Write;
use crate::store::media::{MediaPlace, StoredMedia};
use crate::store::messages::Placed;
use crate::store::notes::NewNote;
use crate::store::notices::NewNotice;
use crate::store::{self, Transaction};

type Writes<'a> = Vec<Pin<Box<dyn Future<Output = store::Result<()>> + Send + 'a>>>;

/// Applies events to the snapshot, writes what they changed, and answers what to publish.
pub(super) async fn write(
    transaction: &Transaction<'_>,
    snapshot: &mut Snapshot,
    events: Vec<Event>,
    now: Timestamp,
) -> Result<Change, Error> {
    let before = snapshot.conversation.clone();
    let contact_before = snapshot.contact.clone();
    let outbox_before: HashMap<MessageId, InOutbox> =
        snapshot.messages.iter().filter_map(|message| Some((message.id, message.outbox?))).collect();
    let mut recorded = Vec::with_capacity(events.len());
    let mut unjournaled = Vec::new();
    let mut is_new = false;
    for event in events {
        is_new |= matches!(event, Event::ConversationOpened { .. });
        snapshot.apply(&event, now);
        if event.is_journaled() {
            let seq = snapshot.conversation.as_ref().map_or(0, |conversation| conversation.last_seq);
            recorded.push(Recorded { seq, at: now, event });
        } else {
            unjournaled.push(event);
        }
    }
    let snapshot = &*snapshot;
    let conversation = snapshot.conversation.as_ref().ok_or(Error::NotFound)?;
    let gain = if recorded.iter().any(|recorded| matches!(recorded.event, Event::ActUndone { .. })) { Gain::GivenBack } else { Gain::New };
    let before = before.as_ref().filter(|_| !is_new);
    store::conversations::save(transaction, snapshot.workspace, conversation, before.map_or(Write::New, Write::Known)).await?;
    let agent_before = before.and_then(|before| before.controller.agent());
    shift_loads(transaction, snapshot, conversation, agent_before, gain, now).await?;

    let journal: Vec<Recorded> = recorded.iter().map(for_journal).collect();
    let mut writes: Writes<'_> = Vec::new();
    if !journal.is_empty() {
        writes.push(Box::pin(store::events::insert(transaction, snapshot.workspace, conversation.id, now, &journal)));
    }
    if snapshot.contact != contact_before {
        writes.push(Box::pin(store::contacts::update(transaction, snapshot.workspace, &contact_before, &snapshot.contact)));
    }
    write_messages(transaction, snapshot, conversation, &recorded, now, &mut writes);
    for event in recorded.iter().map(|recorded| &recorded.event).chain(&unjournaled) {
        write_event(transaction, snapshot, conversation, event, now, &mut writes);
        write_outbox(transaction, snapshot.workspace, &outbox_before, event, &mut writes);
    }
    write_notes(transaction, snapshot, conversation, &recorded, now, &mut writes);
    try_join_all(writes).await?;
    Change::new(snapshot, before, recorded).ok_or(Error::NotFound)
}

/// The journal keeps what the thread shows; a message's raw item stays with the message.
fn for_journal(recorded: &Recorded) -> Recorded {
    let mut copy = recorded.clone();
    if let Event::MessageReceived { message } | Event::MessageQueued { message } = &mut copy.event {
        message.raw = None;
    }
    copy
}

/// How a conversation comes to an agent.
#[derive(Clone, Copy)]
enum Gain {
    /// Only where there is room.
    New,
    /// An act was undone: whoever held it before holds it again, room or not.
    GivenBack,
}

/// Who holds it changed: one more here, one less there. Capacity is checked by the statement.
async fn shift_loads(
    transaction: &Transaction<'_>,
    snapshot: &Snapshot,
    conversation: &Conversation,
    before: Option<crate::domain::ids::UserId>,
    gain: Gain,
    now: Timestamp,
) -> Result<(), Error> {
    let after = conversation.controller.agent();
    if before == after {
        return Ok(());
    }
    if let Some(agent) = before {
        store::agents::lose(transaction, snapshot.workspace, agent).await?;
    }
    let Some(agent) = after else { return Ok(()) };
    let is_taken_on = match gain {
        Gain::New => store::agents::gain(transaction, snapshot.workspace, agent, now).await?,
        Gain::GivenBack => {
            store::agents::give_back(transaction, snapshot.workspace, agent).await?;
            true
        }
    };
    if !is_taken_on {
        let known = snapshot.agents.get(&agent);
        let (name, load, capacity) = known.map_or((String::new(), 0, 0), |agent| (agent.name.clone(), agent.load, agent.capacity));
        return Err(Refusal::NoRoom { name, load, capacity }.into());
    }
    Ok(())
}

fn messages(recorded: &[Recorded]) -> impl Iterator<Item = (i64, &Message)> {
    recorded.iter().filter_map(|recorded| match &recorded.event {
        Event::MessageReceived { message } | Event::MessageQueued { message } => Some((recorded.seq, message)),
        _ => None,
    })
}

fn write_messages<'a>(
    transaction: &'a Transaction<'a>,
    snapshot: &'a Snapshot,
    conversation: &'a Conversation,
    recorded: &'a [Recorded],
    now: Timestamp,
    writes: &mut Writes<'a>,
) {
    let workspace = snapshot.workspace;
    let placed: Vec<Placed<'a>> = messages(recorded).map(|(seq, message)| Placed { seq, message }).collect();
    let outgoing: Vec<Uuid> =
        placed.iter().filter(|placed| placed.message.status == Status::Queued).map(|placed| placed.message.id.0).collect();
    if !placed.is_empty() {
        writes.push(Box::pin(async move {
            store::messages::insert(transaction, workspace, conversation.id, conversation.inbox, &placed).await
        }));
    }
    if !outgoing.is_empty() {
        writes.push(Box::pin(async move {
            store::outbox::insert(transaction, workspace, conversation.id, conversation.contact, conversation.inbox, now, &outgoing).await
        }));
    }
    for (_, message) in messages(recorded) {
        let Content::Image { media, mime_type, state: MediaState::Pending, .. } = &message.content else { continue };
        let Some(whatsapp_id) = message.raw.as_ref().and_then(|raw| raw.pointer("/image/id")).and_then(|id| id.as_str()) else { continue };
        let place = MediaPlace { workspace, conversation: conversation.id, inbox: conversation.inbox, message: message.id };
        writes.push(Box::pin(store::media::insert_pending(transaction, place, *media, whatsapp_id, mime_type, now)));
    }
}

fn write_notes<'a>(
    transaction: &'a Transaction<'a>,
    snapshot: &'a Snapshot,
    conversation: &'a Conversation,
    recorded: &'a [Recorded],
    now: Timestamp,
    writes: &mut Writes<'a>,
) {
    for recorded in recorded {
        let Event::NoteAdded { note, by: Actor::Agent { user, .. }, body } = &recorded.event else { continue };
        writes.push(Box::pin(async move {
            let note = NewNote { id: *note, conversation: conversation.id, seq: recorded.seq, author: *user, body, at: now };
            store::notes::insert(transaction, snapshot.workspace, &note).await
        }));
    }
}

/// The rows of one event beside the conversation, messages and notes.
fn write_event<'a>(
    transaction: &'a Transaction<'a>,
    snapshot: &'a Snapshot,
    conversation: &'a Conversation,
    event: &'a Event,
    now: Timestamp,
    writes: &mut Writes<'a>,
) {
    let workspace = snapshot.workspace;
    match event {
        Event::MessageStatusChanged { message, status, failure, wamid } => {
            writes.push(Box::pin(store::messages::set_status(
                transaction,
                workspace,
                *message,
                *status,
                failure.as_ref(),
                wamid.as_deref(),
            )));
        }
        Event::MessageResent { message, .. } => {
            writes.push(Box::pin(store::messages::set_status(transaction, workspace, *message, Status::Queued, None, None)));
            writes.push(Box::pin(async move {
                let ids = [message.0];
                store::outbox::insert(transaction, workspace, conversation.id, conversation.contact, conversation.inbox, now, &ids).await
            }));
        }
        Event::MessageLeft { message, .. } => writes.push(Box::pin(leave(transaction, snapshot, *message))),
        Event::MediaChanged { message, media, state, size } => {
            let keys = serde_json::json!({ "state": state, "size": size });
            writes.push(Box::pin(store::messages::merge_content(transaction, workspace, *message, keys)));
            if *state == MediaState::Failed {
                writes.push(Box::pin(store::media::set_failed(transaction, workspace, *media)));
            }
        }
        Event::FlowAdvanced { session } => {
            writes.push(Box::pin(store::conversations::save_session(transaction, workspace, conversation.id, session.as_ref())));
        }
        Event::InboxPaused { until, failure } => {
            let inbox = conversation.inbox;
            writes.push(Box::pin(store::allowances::pause(transaction, workspace, inbox, *until, failure.as_ref())));
            if let Some(failure) = failure {
                writes.push(Box::pin(note_pause(transaction, workspace, inbox, failure.clone(), now)));
            }
        }
        Event::TimerSet { timer, due_at } => {
            writes.push(Box::pin(store::timers::set(transaction, workspace, conversation.id, conversation.contact, *timer, *due_at)));
        }
        Event::TimerCancelled { timer } => {
            writes.push(Box::pin(store::timers::cancel(transaction, workspace, conversation.id, *timer)));
        }
        Event::ContactsJoined { conversation: to, other } => {
            writes.push(Box::pin(async move {
                let item = InboundItem::MovedOn { to: *to };
                store::inbound_items::insert_under_way(transaction, workspace, *other, conversation.inbox, &item, now).await
            }));
        }
        Event::ContactsParted { other, .. } => {
            writes.push(Box::pin(store::contacts::part(transaction, workspace, snapshot.contact.id, *other)));
        }
        Event::ConversationOpened { .. }
        | Event::ConversationReopened { .. }
        | Event::MessageReceived { .. }
        | Event::MessageQueued { .. }
        | Event::WindowOpened { .. }
        | Event::WindowClosed
        | Event::FlowStarted { .. }
        | Event::AnswerRecorded { .. }
        | Event::FieldSet { .. }
        | Event::HandedOff { .. }
        | Event::ConversationQueued { .. }
        | Event::ConversationAssigned { .. }
        | Event::ConversationTransferred { .. }
        | Event::ConversationResolved { .. }
        | Event::ActUndone { .. }
        | Event::NoteAdded { .. }
        | Event::ContactRenamed { .. }
        | Event::LanguageLearned { .. }
        | Event::AddressChanged { .. }
        | Event::NumberTakenOver { .. }
        | Event::CustomerMovedOn { .. }
        | Event::UsernameLearned { .. }
        | Event::DeliveryPostponed { .. }
        | Event::LeftOutbox { .. }
        | Event::Strange(_) => {}
    }
}

/// Where a message on its way out stands now. Each statement names how it stood before: what another node did meanwhile is that node's.
fn write_outbox<'a>(
    transaction: &'a Transaction<'a>,
    workspace: WorkspaceId,
    before: &HashMap<MessageId, InOutbox>,
    event: &'a Event,
    writes: &mut Writes<'a>,
) {
    match event {
        Event::LeftOutbox { message } => {
            if let Some(stood) = before.get(message) {
                writes.push(Box::pin(store::outbox::remove(transaction, workspace, *message, *stood)));
            }
        }
        Event::DeliveryPostponed { message, until } => {
            if let Some(InOutbox::Claimed { claim, .. }) = before.get(message) {
                writes.push(Box::pin(store::outbox::postpone(transaction, workspace, *message, *claim, *until)));
            }
        }
        _ => {}
    }
}

async fn leave(transaction: &Transaction<'_>, snapshot: &Snapshot, message: MessageId) -> store::Result<()> {
    let failure = crate::domain::message::Failure { code: 0, title: crate::domain::message::Failure::LEFT.to_owned() };
    store::messages::set_status(transaction, snapshot.workspace, message, Status::Unknown, Some(&failure), None).await
}

/// Writes what is known of a fetched picture; part of the same transaction as its [`Event::MediaChanged`].
pub(super) async fn store_media(
    transaction: &Transaction<'_>,
    snapshot: &Snapshot,
    media: crate::domain::ids::MediaId,
    stored: &StoredMedia,
) -> store::Result<()> {
    store::media::set_stored(transaction, snapshot.workspace, media, stored).await
}

/// Tells admins that a number sends nothing until somebody sees to it: once a day for one reason, however often it is tried again.
async fn note_pause(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    inbox: InboxId,
    failure: Failure,
    now: Timestamp,
) -> store::Result<()> {
    let value = json!({ "code": failure.code, "title": failure.title });
    let (id, day) = (Uuid::now_v7(), now.as_second().div_euclid(86_400));
    let field = "number_paused".to_owned();
    let notice = NewNotice { workspace, id, inbox: Some(inbox), kind: "paused", field, value, time: Some(day), at: now };
    store::notices::insert(transaction, &[notice]).await
}
