//! What events mean for rows, stated once: for a command, for a lane's items, for many of either, for a past that is made up, and for
//! the tests of the rules. Pure but for the id of a notice; [`Rows`] are written by whoever asked.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Error;
use crate::domain::conversation::{Controller, Conversation};
use crate::domain::delivery::Priority;
use crate::domain::event::{Act, Actor, Event, Recorded};
use crate::domain::ids::{ConversationId, InboxId, MessageId, UserId, WorkspaceId};
use crate::domain::inbound::InboundItem;
use crate::domain::journal::Subject;
use crate::domain::message::{Author, Content, Direction, Failure, MediaState, Message, Status};
use crate::domain::routing::Rule;
use crate::domain::snapshot::{InOutbox, Snapshot};
use crate::domain::tick::Climbed;
use crate::live::change::ConversationChange;
use crate::store::agents::LoadShift;
use crate::store::media::{MediaPlace, Pending};
use crate::store::messages::{Placed, Progress};
use crate::store::notes::NewNote;
use crate::store::notices::NewNotice;
use crate::store::outbox::Outgoing;
use crate::store::queue_tallies::QueueTally;
use crate::store::rows::Rows;
use crate::store::tallies::Tally;
use crate::store::ticks::Times;
use crate::store::timers::{Deadline, Key};

/// Applies events to the snapshot, and adds the rows they mean; answers what to publish.
///
/// # Errors
/// When the events are about no conversation.
pub fn effects(rows: &mut Rows, snapshot: &mut Snapshot, events: Vec<Event>, now: Timestamp) -> Result<ConversationChange, Error> {
    let before = snapshot.conversation.clone();
    let contact_before = snapshot.contact.clone();
    let stood: Vec<(MessageId, InOutbox)> = snapshot.messages.iter().filter_map(|message| Some((message.id, message.outbox?))).collect();
    let mut recorded = Vec::with_capacity(events.len());
    let mut unjournaled = Vec::new();
    let mut is_new = false;
    for event in events {
        is_new |= matches!(event, Event::ConversationOpened { .. });
        snapshot.apply(&event, now);
        if event.is_of_contact() {
            let told = Recorded::new(snapshot.contact.last_seq, now, event.clone());
            rows.events.push((Subject::Contact(snapshot.contact.id), told));
        }
        if event.is_journaled() {
            let seq = snapshot.conversation.as_ref().map_or(0, |conversation| conversation.last_seq);
            recorded.push(Recorded::new(seq, now, event));
        } else {
            unjournaled.push(event);
        }
    }
    let snapshot = &*snapshot;
    let conversation = snapshot.conversation.as_ref().ok_or(Error::NotFound)?;
    let before = before.as_ref().filter(|_| !is_new);
    rows.conversation(before, conversation);
    if snapshot.contact != contact_before {
        rows.contact(&contact_before, &snapshot.contact);
    }
    for recorded in &recorded {
        rows.events.push((Subject::Conversation(conversation.id), for_journal(recorded)));
        add_said(rows, conversation, recorded, now);
    }
    for event in recorded.iter().map(|recorded| &recorded.event).chain(&unjournaled) {
        add_rows(rows, snapshot, conversation, event, now);
        add_outbox(rows, &stood, event);
    }
    let left = unjournaled.iter().filter_map(|event| if let Event::LeftOutbox { message } = event { Some(*message) } else { None });
    let next_may_go = left.filter_map(|message| snapshot.message(message)).any(|message| message.is_followed);
    for recorded in &recorded {
        add_tally(rows, before, recorded);
    }
    add_queue_tally(rows, before, conversation, now);
    let asks_for_no_room = recorded.iter().any(|recorded| asks_for_no_room(&recorded.event));
    add_shift(
        rows,
        before.and_then(|before| before.controller.agent()),
        conversation.controller.agent(),
        (!asks_for_no_room).then_some(now),
        now,
    );
    let change = ConversationChange::new(snapshot, before, recorded).ok_or(Error::NotFound)?;
    let accepted = unjournaled.iter().filter_map(|event| accepted(snapshot, conversation.id, event, now));
    Ok(ConversationChange { next_may_go, climbed: change.climbed.into_iter().chain(accepted).collect(), ..change })
}

/// A message that was taken.
fn accepted(snapshot: &Snapshot, conversation: ConversationId, event: &Event, now: Timestamp) -> Option<Climbed> {
    let Event::MessageAccepted { message, .. } = *event else { return None };
    let at = snapshot.message(message)?.at;
    Some(Climbed { conversation, message, status: Status::Sending, at, ticked_at: now })
}

/// Whether what it gives somebody is no new work: an act that is undone gives back what they held before, and what an administrator left to
/// them is theirs however much they hold.
fn asks_for_no_room(event: &Event) -> bool {
    match event {
        Event::ActUndone { .. } => true,
        Event::ConversationAssigned { reason, .. } => matches!(reason.rule, Rule::Inherited { .. }),
        _ => false,
    }
}

/// What somebody did of what is counted: they answered a customer who had written last, they resolved, or took that back.
fn add_tally(rows: &mut Rows, before: Option<&Conversation>, recorded: &Recorded) {
    let was_heard_last = || before.and_then(|before| before.last_message.as_ref()).is_some_and(|last| last.direction == Direction::Inbound);
    let (user, tally) = match &recorded.event {
        Event::MessageQueued { message: Message { author: Author::Agent { user }, .. } } if was_heard_last() => {
            (*user, Tally { answered: 1, resolved: 0 })
        }
        Event::ConversationResolved { by: Actor::Agent { user, .. }, .. } => (*user, Tally { answered: 0, resolved: 1 }),
        Event::ActUndone { by: Actor::Agent { user, .. }, act: Act::Resolved, .. } => (*user, Tally { answered: 0, resolved: -1 }),
        _ => return,
    };
    rows.tally(recorded.at, user, tally);
}

/// Whether it came to a queue, or went from one.
fn add_queue_tally(rows: &mut Rows, before: Option<&Conversation>, now: &Conversation, at: Timestamp) {
    let waits_in = |conversation: &Conversation| conversation.queue.filter(|_| conversation.controller == Controller::Queue);
    let (from, to) = (before.and_then(|before| Some((before, waits_in(before)?))), waits_in(now));
    if from.map(|(_, queue)| queue) == to {
        return;
    }
    if let Some((before, queue)) = from {
        let since = before.waiting_since.or(before.queued_at).unwrap_or(at);
        let longest_ms = i64::try_from(at.duration_since(since).as_millis()).unwrap_or(i64::MAX).max(0);
        let taken = i32::from(now.controller.agent().is_some());
        rows.queue_tally(at, queue, QueueTally { came: 0, gone: 1, taken, longest_ms });
    }
    if let Some(queue) = to {
        rows.queue_tally(at, queue, QueueTally { came: 1, ..QueueTally::default() });
    }
}

/// Who holds a conversation changed: one more here, one less there.
fn add_shift(rows: &mut Rows, from: Option<UserId>, to: Option<UserId>, given_at: Option<Timestamp>, at: Timestamp) {
    if from == to {
        return;
    }
    if let Some(user) = from {
        rows.load(user, LoadShift { change: -1, given_at: None, at: Some(at) });
    }
    if let Some(user) = to {
        rows.load(user, LoadShift { change: 1, given_at, at: Some(at) });
    }
}

/// The journal keeps what the thread shows; a message's raw item stays with the message.
fn for_journal(recorded: &Recorded) -> Recorded {
    let mut copy = recorded.clone();
    if let Event::MessageReceived { message } | Event::MessageQueued { message } = &mut copy.event {
        message.raw = None;
    }
    copy
}

/// The row of a message or a note, which has its place in the conversation.
fn add_said(rows: &mut Rows, conversation: &Conversation, recorded: &Recorded, now: Timestamp) {
    match &recorded.event {
        Event::MessageReceived { message } | Event::MessageQueued { message } => {
            if message.status == Status::Queued {
                rows.outgoing.push(outgoing(conversation, message.id, Priority::of(message.author), now));
            }
            let Conversation { id: conversation, inbox, .. } = *conversation;
            rows.pictures.extend(picture(rows.workspace(), conversation, inbox, message, now));
            rows.messages.push(Placed { conversation, inbox, seq: recorded.seq, message: message.clone(), told: Times::default() });
        }
        Event::NoteAdded { note, by: Actor::Agent { user, .. }, body } => {
            let (conversation, author, body) = (conversation.id, *user, body.clone());
            rows.notes.push(NewNote { id: *note, conversation, seq: recorded.seq, author, body, at: now });
        }
        _ => {}
    }
}

fn outgoing(conversation: &Conversation, message: MessageId, priority: Priority, now: Timestamp) -> Outgoing {
    let Conversation { id, inbox, contact, .. } = *conversation;
    Outgoing { message, subject: Subject::Conversation(id), contact, inbox, priority, at: now }
}

/// A picture that WhatsApp has.
fn picture(workspace: WorkspaceId, conversation: ConversationId, inbox: InboxId, message: &Message, at: Timestamp) -> Option<Pending> {
    let Content::Image { media, mime_type, state: MediaState::Pending, .. } = &message.content else { return None };
    let whatsapp_id = message.raw.as_ref()?.pointer("/image/id")?.as_str()?.to_owned();
    let place = MediaPlace { workspace, conversation, inbox, message: message.id };
    Some(Pending { id: *media, place, whatsapp_id, mime_type: mime_type.clone(), at })
}

/// The rows of one event beside the conversation, messages and notes.
fn add_rows(rows: &mut Rows, snapshot: &Snapshot, conversation: &Conversation, event: &Event, now: Timestamp) {
    match event {
        Event::MessageStatusChanged { message, status, failure, wamid, told_at } => {
            let told = Times::of(*status, *told_at);
            rows.progress(Progress { message: *message, status: *status, failure: failure.clone(), wamid: wamid.clone(), told });
        }
        Event::MessageAccepted { message, wamid } => {
            let (wamid, told) = (Some(wamid.clone()), Times::default());
            rows.progress(Progress { message: *message, status: Status::Sending, failure: None, wamid, told });
        }
        Event::MessageResent { message, .. } => {
            rows.progress(Progress { message: *message, status: Status::Queued, failure: None, wamid: None, told: Times::default() });
            // A person says so, and waits for it.
            rows.outgoing.push(outgoing(conversation, *message, Priority::Agent, now));
        }
        Event::MessageLeft { message, .. } => {
            let failure = Some(Failure { code: 0, title: Failure::LEFT.to_owned() });
            rows.progress(Progress { message: *message, status: Status::Unknown, failure, wamid: None, told: Times::default() });
        }
        Event::MediaChanged { message, media, state, size } => {
            rows.contents.push((*message, json!({ "state": state, "size": size })));
            if *state == MediaState::Failed {
                rows.pictures_failed.push(*media);
            }
        }
        Event::FlowAdvanced { session } => rows.session(conversation.id, session.clone()),
        Event::InboxPaused { until, failure } => {
            rows.pauses.push((conversation.inbox, *until, failure.clone()));
            rows.notices.extend(failure.as_ref().map(|failure| pause_notice(snapshot.workspace, conversation.inbox, failure, now)));
        }
        Event::TimerSet { timer, due_at } => {
            let deadline = Deadline { due_at: *due_at, timer: *timer };
            rows.timer(Key::of(*timer, conversation.id), Some(deadline));
        }
        Event::TimerCancelled { timer } => rows.timer(Key::of(*timer, conversation.id), None),
        Event::ContactsJoined { conversation: to, other } => {
            rows.items.push((*other, conversation.inbox, InboundItem::MovedOn { to: *to }, now));
        }
        Event::ContactsParted { other, .. } => rows.parted.push((snapshot.contact.id, *other)),
        Event::ConversationOpened { .. }
        | Event::ConversationReopened { .. }
        | Event::MessageReceived { .. }
        | Event::MessageQueued { .. }
        | Event::WindowOpened { .. }
        | Event::WindowClosed
        | Event::FlowStarted { .. }
        | Event::BotStarted { .. }
        | Event::AnswerRecorded { .. }
        | Event::TagAdded { .. }
        | Event::DetailSet { .. }
        | Event::FieldSet { .. }
        | Event::HandedOff { .. }
        | Event::ConversationQueued { .. }
        | Event::ConversationAssigned { .. }
        | Event::ConversationTransferred { .. }
        | Event::AnswerOverdue { .. }
        | Event::SlaDueSoon { .. }
        | Event::SlaBreached { .. }
        | Event::ConversationKept { .. }
        | Event::ConversationResolved { .. }
        | Event::ActUndone { .. }
        | Event::NoteAdded { .. }
        | Event::PriorityChanged { .. }
        | Event::SkillsAsked { .. }
        | Event::SkillsWidened { .. }
        | Event::ContactRenamed { .. }
        | Event::LanguageLearned { .. }
        | Event::AddressChanged { .. }
        | Event::NumberTakenOver { .. }
        | Event::CustomerMovedOn { .. }
        | Event::UsernameLearned { .. }
        | Event::ClocksSet { .. }
        | Event::DeliveryPostponed { .. }
        | Event::LeftOutbox { .. }
        | Event::Strange(_) => {}
    }
}

/// Where a message on its way out stands now. Each row is named as it stood before: what another node did meanwhile is that node's.
fn add_outbox(rows: &mut Rows, stood: &[(MessageId, InOutbox)], event: &Event) {
    let (Event::LeftOutbox { message } | Event::DeliveryPostponed { message, .. }) = event else { return };
    let Some((_, before)) = stood.iter().find(|(id, _)| id == message) else { return };
    match (event, before) {
        (Event::DeliveryPostponed { until, .. }, InOutbox::Claimed { claim, .. }) => rows.postponed.push((*message, *claim, *until)),
        (Event::DeliveryPostponed { .. }, InOutbox::Queued) => {}
        _ => rows.leaves_outbox(*message, *before),
    }
}

/// Tells admins that a number sends nothing until somebody sees to it: once a day for one reason, however often it is tried again.
fn pause_notice(workspace: WorkspaceId, inbox: InboxId, failure: &Failure, now: Timestamp) -> NewNotice {
    let value: Value = json!({ "code": failure.code, "title": failure.title });
    let (id, day) = (Uuid::now_v7(), now.as_second().div_euclid(86_400));
    let field = "number_paused".to_owned();
    NewNotice { workspace, id, inbox: Some(inbox), kind: "paused", field, value, time: Some(day), at: now }
}
