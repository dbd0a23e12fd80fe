//! Which events stand in a thread, and what a bubble takes from a message.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;

use super::*;
use crate::domain::channel::Formatting;
use crate::domain::contact::Identity;
use crate::domain::conversation::{ControlBefore, Controller};
use crate::domain::event::{Act, Destination, QueuedBecause};
use crate::domain::ids::{BotId, ContactId, ConversationId, FlowId, InboxId, MediaId, MessageId, NoteId, QueueId, TagId, UserId};
use crate::domain::journal::Place;
use crate::domain::message::{Content, Failure, MediaState, Status};
use crate::domain::overdue::Step;
use crate::domain::routing::Priority;
use crate::domain::sla::Clock;
use crate::domain::thread::QuotedMessage;
use crate::store::access::Sight;
use crate::web::messages::view::Bubble;

fn at() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn message(content: Content) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(7)),
        author: Author::Contact,
        content,
        status: Status::Received,
        failure: None,
        wamid: None,
        reply_to: Some("wamid.1".to_owned()),
        at: at(),
        raw: None,
    }
}

fn text() -> Message {
    message(Content::Text { body: "Hi".to_owned() })
}

fn before() -> ControlBefore {
    ControlBefore {
        state: crate::domain::conversation::State::Open,
        controller: Controller::Queue,
        queue: None,
        last_agent: None,
        assignment_reason: None,
        queued_at: None,
        assigned_at: None,
        waiting_since: None,
        resolved_at: None,
        skills: None,
        wait: None,
        session: None,
    }
}

/// One event of every journaled kind.
fn one_of_each() -> Vec<Event> {
    let (id, user) = (MessageId(Uuid::from_u128(7)), UserId(Uuid::from_u128(1)));
    let by = || Actor::Agent { user, name: "Ana".to_owned() };
    let queue = QueueId(Uuid::from_u128(2));
    let answer = crate::domain::brief::Answer {
        field: "topic".to_owned(),
        label: "Topic".to_owned(),
        value: "orders".to_owned(),
        shown: "Orders".to_owned(),
        message: id,
        also: Vec::new(),
    };
    vec![
        Event::ConversationOpened {
            conversation: ConversationId(Uuid::nil()),
            contact: crate::domain::ids::ContactId(Uuid::nil()),
            inbox: InboxId(Uuid::nil()),
        },
        Event::ConversationReopened { by: by() },
        Event::MessageReceived { message: text() },
        Event::MessageQueued { message: text() },
        Event::MessageStatusChanged { message: id, status: Status::Sent, failure: None, wamid: None, told_at: None },
        Event::MessageResent { message: id, by: by() },
        Event::MessageLeft { message: id, by: by() },
        Event::MediaChanged { message: id, media: MediaId(Uuid::nil()), state: MediaState::Stored, size: None },
        Event::WindowOpened { expires_at: at() },
        Event::FlowStarted { flow: FlowId(Uuid::nil()), version: 1 },
        Event::BotStarted { bot: BotId(Uuid::nil()) },
        Event::AnswerRecorded { answer },
        Event::TagAdded { tag: TagId(Uuid::from_u128(7)), name: "VIP".to_owned() },
        Event::DetailSet { field: "reason".to_owned(), value: "repair".to_owned() },
        Event::FieldSet { field: "plan".to_owned(), value: "gold".to_owned() },
        Event::ConversationQueued {
            queue,
            name: "Support".to_owned(),
            because: QueuedBecause::NoFlow,
            sent: None,
            instead: None,
            rather: None,
        },
        Event::ConversationKept { agent: UserId(Uuid::nil()), name: "Ana".to_owned(), until: Timestamp::UNIX_EPOCH },
        Event::AnswerOverdue { step: Step::Nudge, agent: UserId(Uuid::nil()), name: "Ana".to_owned(), minutes: 5 },
        Event::SlaDueSoon { clock: Clock::FirstResponse, due_at: at() },
        Event::SlaBreached { clock: Clock::Resolution, due_at: at() },
        Event::ConversationTransferred { by: by(), to: Destination::Queue { queue, name: "Support".to_owned() }, note: None, before: None },
        Event::ConversationResolved { by: by(), before: None },
        Event::ActUndone { by: by(), act: Act::Resolved, before: Box::new(before()) },
        Event::PriorityChanged { by: by(), from: Priority::Normal, to: Priority::Urgent },
        Event::NoteAdded { note: NoteId(Uuid::nil()), by: by(), body: "careful".to_owned() },
        Event::ContactRenamed { name: "Zoe".to_owned() },
        Event::AddressChanged {
            from: Some(Identity::Phone("1".to_owned())),
            to: Identity::UserId("DE.1".to_owned()),
            at: Timestamp::UNIX_EPOCH,
        },
        Event::NumberTakenOver { number: None },
        Event::ContactsJoined { conversation: ConversationId(Uuid::nil()), other: ContactId(Uuid::nil()) },
        Event::CustomerMovedOn { to: ConversationId(Uuid::nil()) },
        Event::ContactsParted { other: ContactId(Uuid::nil()), by: by() },
        Event::Strange(serde_json::Value::Null),
    ]
}

#[test]
fn whatever_stands_in_a_thread_has_an_item() {
    for event in one_of_each().into_iter().filter(|event| event.place() == Place::Stands) {
        let is_bubble = event.message().is_some();
        let recorded = Recorded::new(3, at(), event);
        let item = line_or_note(Locale::default(), None, &recorded);
        assert_eq!(item.is_some(), !is_bubble, "{}", recorded.event.kind());
        assert!(item.is_none_or(|item| item.seq() == 3));
    }
}

#[test]
fn what_was_noted_tells_the_customers_own_number_to_nobody_who_may_not_see_it() {
    let address = Identity::Phone("34655219073".to_owned());
    for event in [
        Event::DetailSet { field: "call".to_owned(), value: "655 219 073, order 204817".to_owned() },
        Event::FieldSet { field: "call".to_owned(), value: "655-219-073, order 204817".to_owned() },
    ] {
        let recorded = Recorded::new(3, at(), event);
        let shown = |locale: Locale| line_or_note(locale, Some(&address), &recorded).iter().map(streams::upsert).collect::<String>();
        let masked = shown(Locale::default());
        assert!(!masked.contains("219") && masked.contains("••73") && masked.contains("order 204817"), "{masked}");
        assert!(shown(Locale::default().with(crate::domain::contact::Phones::Shown)).contains("219"));
    }
}

#[test]
fn only_what_changes_the_state_shows_it_again() {
    let quiet = ["message_status_changed", "message_resent", "message_left", "media_changed", "note_added"];
    for event in one_of_each() {
        let recorded = Recorded::new(3, at(), event);
        assert_eq!(changes_state(&recorded), !quiet.contains(&recorded.event.kind()), "{}", recorded.event.kind());
    }
    let strange = |place| Recorded { place, ..Recorded::new(3, at(), Event::Strange(serde_json::Value::Null)) };
    assert!(changes_state(&strange(Place::Around)) && !changes_state(&strange(Place::Touches)));
}

static ZOE: LazyLock<Contact> = LazyLock::new(|| Contact::named(ContactId(Uuid::nil()), "Zoe".to_owned()));

static NOBODY: LazyLock<HashMap<UserId, String>> = LazyLock::new(HashMap::new);

fn builder(quotes: HashMap<String, QuotedMessage>) -> Builder<'static> {
    let thread = Thread {
        locale: Locale::default(),
        sight: Sight::unbounded(WorkspaceId(Uuid::nil()), ConversationId(Uuid::nil())),
        inbox: InboxId(Uuid::nil()),
        contact: &ZOE,
    };
    Builder { thread, people: &NOBODY, formatting: Formatting::Marks, quotes }
}

fn bubble(message: Message) -> Bubble {
    match builder(HashMap::new()).item(ThreadMessage {
        conversation: ConversationId(Uuid::nil()),
        seq: 3,
        inbox: InboxId(Uuid::nil()),
        message,
    }) {
        ThreadItem::Message(bubble) => *bubble,
        other => panic!("{other:?} is no bubble"),
    }
}

#[test]
fn a_tap_quotes_nothing_and_an_unknown_quote_says_so() {
    let choice = crate::domain::message::Choice { id: "1".to_owned(), title: "Orders".to_owned(), description: None };
    assert!(bubble(message(Content::Reply { choice })).quote.is_none());
    let quote = bubble(text()).quote.expect("a quote");
    assert!(quote.message.is_none() && quote.content.is_none());
    assert_eq!(bubble(text()).author_name, "Zoe");
}

#[test]
fn nobody_is_asked_about_a_send_that_a_person_left_as_it_is() {
    let failure = |title: &str| Some(Failure { code: 0, title: title.to_owned() });
    let is_asked = |title| {
        let unknown = bubble(Message { status: Status::Unknown, failure: failure(title), ..text() });
        askama::Template::render(&unknown).unwrap().contains("/settlement")
    };
    assert!(!is_asked(Failure::LEFT));
    assert!(is_asked(Failure::UNANSWERED));
}

#[test]
fn a_new_name_is_text() {
    let html = renamed("<b>Zoe");
    assert!(html.contains("Zoe") && !html.contains("<b>"), "{html}");
}
