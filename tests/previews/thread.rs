//! A conversation with everything in it.

use baton::domain::brief::{Answer, Brief, HandOffReason, Quote};
use baton::domain::channel::Formatting;
use baton::domain::conversation::{Controller, State};
use baton::domain::details::{Facts, ShownTag};
use baton::domain::event::{Actor, Destination, Event, QueuedBecause, Recorded};
use baton::domain::ids::{BotId, ContactId, ConversationId, InboxId, MediaId, MessageId, NoteId, SkillId};
use baton::domain::message::{Author, Choice, Content, Failure, MediaState, Status};
use baton::domain::overdue::Step;
use baton::domain::routing::skills::Told;
use baton::domain::routing::{AssignmentReason, Considered, Exclusion, Fit, Named, Priority, Rule};
use baton::domain::sla::Clock;
use baton::web::conversations::view::state::ConversationState;
use baton::web::layouts::sla::Due;
use baton::web::locale::Locale;
use baton::web::messages::view::{Bubble, Quoted};
use baton::web::notes::view::NoteItem;
use baton::web::threads::view::ThreadItem;
use baton::web::threads::view::line::SystemLine;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::people::{ago, ana, ben, now, queue};

pub const CONVERSATION: ConversationId = ConversationId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));

pub const BOT: BotId = BotId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_2000));

pub fn message_id(number: u128) -> MessageId {
    MessageId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_1000 + number))
}

pub fn brief() -> Brief {
    let answer = |field: &str, label: &str, shown: &str, message| Answer {
        field: field.to_owned(),
        label: label.to_owned(),
        value: shown.to_owned(),
        shown: shown.to_owned(),
        message: message_id(message),
        also: Vec::new(),
    };
    Brief {
        reason: HandOffReason::Completed,
        topic: Some("Order arrived damaged".to_owned()),
        queue: "orders".to_owned(),
        answers: vec![answer("order_number", "Order number", "4711-0932", 5), answer("item", "Which item", "Ceramic lamp, sand", 7)],
        missing: vec!["Photo of the damage".to_owned()],
        opening: vec![Quote { message: message_id(1), text: "Hola! my lamp came today and it is broken :(".to_owned() }],
        unclear: vec![Quote { message: message_id(6), text: "the sand one, I think".to_owned() }],
        language: Some("en".to_owned()),
        promised: Some("A person answers within 10 minutes.".to_owned()),
        waiting_since: ago(26),
        is_earlier: false,
    }
}

fn named(name: &str, level: i16, is_language: bool) -> Named {
    Named { skill: SkillId(Uuid::from_u128(70)), name: name.to_owned(), level, is_language }
}

pub fn reason() -> AssignmentReason {
    let considered = |person: baton::web::layouts::chrome::Person, load, excluded| Considered {
        user: person.id,
        name: person.name,
        load,
        capacity: 8,
        excluded,
    };
    let other =
        |name: &str, number: u128| baton::web::layouts::chrome::Person { id: Uuid::from_u128(number).into(), name: name.to_owned() };
    AssignmentReason {
        rule: Rule::LeastBusy { load: 3, capacity: 8 },
        considered: vec![
            considered(ana(), 3, None),
            considered(ben(), 5, None),
            considered(other("Eva Lund", 5), 1, Some(Exclusion::LacksSkill { name: "Spanish".to_owned(), level: 2, has: 1 })),
            considered(other("Chiara Ricci", 3), 8, Some(Exclusion::Full)),
            considered(other("Dmitri Volkov", 4), 2, Some(Exclusion::Away)),
        ],
        more: vec![(None, 18), (Some(Exclusion::Offline), 210)],
        fit: Some(Fit { required: vec![named("Spanish", 2, true)], preferred: vec![named("Refunds", 1, false)], is_only_one: false }),
    }
}

pub fn state(locale: Locale) -> ConversationState {
    ConversationState {
        locale,
        id: CONVERSATION,
        contact_name: "María José Fernández".to_owned(),
        inbox_name: "Shop +34 910 555 010".to_owned(),
        state: State::Open,
        controller: Controller::Agent { user: ana().id },
        agent: Some(ana()),
        queue: Some(queue(0)),
        priority: Priority::Urgent,
        promise_minutes: Some(10),
        overdue: Some(Step::Alarm),
        dues: vec![
            Due { clock: Clock::NextResponse, at: Some(ago(2)), is_late: true, is_soon: true },
            Due { clock: Clock::Resolution, at: Some(now() + SignedDuration::from_mins(90)), is_late: false, is_soon: false },
        ],
        waiting_since: Some(ago(4)),
        window_expires_at: Some(now() + SignedDuration::from_mins(23 * 60 + 56)),
        resolved_at: None,
        last_seq: 40,
        ticked: 0,
        brief: Some(brief()),
        brief_queue_name: None,
        reason: Some(reason()),
        answers: brief().answers,
        language: Some("en".to_owned()),
        wants: Told { required: vec![named("Spanish", 2, true)], preferred: Vec::new(), widened: vec![named("Refunds", 4, false)] },
        facts: Facts {
            tags: vec![ShownTag { name: "VIP".to_owned(), colour: "purple".to_owned() }],
            conversation: vec![("Reason".to_owned(), "Repair".to_owned())],
            contact: vec![("City".to_owned(), "Valencia".to_owned()), ("Customer since".to_owned(), "2021".to_owned())],
        },
    }
}

struct Story {
    locale: Locale,
    items: Vec<ThreadItem>,
}

impl Story {
    fn seq(&self) -> i64 {
        i64::try_from(self.items.len()).unwrap() + 1
    }

    fn says(&mut self, number: u128, minutes: i64, author: Author, content: Content, status: Status) -> &mut Bubble {
        let author_name = match author {
            Author::Contact => "María José Fernández".to_owned(),
            Author::Flow | Author::Bot { .. } => String::new(),
            Author::Agent { user } => {
                if user == ana().id {
                    ana().name
                } else {
                    ben().name
                }
            }
        };
        let bubble = Bubble {
            locale: self.locale,
            id: message_id(number),
            seq: self.seq(),
            at: ago(minutes),
            author,
            author_name,
            content,
            formatting: Formatting::Marks,
            status,
            failure: None,
            quote: None,
            raw: None,
        };
        self.items.push(ThreadItem::Message(Box::new(bubble)));
        let Some(ThreadItem::Message(bubble)) = self.items.last_mut() else { unreachable!() };
        bubble
    }

    fn text(&mut self, number: u128, minutes: i64, author: Author, body: &str, status: Status) -> &mut Bubble {
        self.says(number, minutes, author, Content::Text { body: body.to_owned() }, status)
    }

    fn happens(&mut self, at: Timestamp, event: Event) {
        let line = SystemLine::of(self.locale, None, &Recorded::new(self.seq(), at, event)).expect("an event with a line");
        self.items.push(ThreadItem::Line(line));
    }
}

fn choice(id: &str, description: Option<&str>) -> Choice {
    Choice { id: id.to_lowercase(), title: id.to_owned(), description: description.map(str::to_owned) }
}

/// The whole story, oldest first.
pub fn items(locale: Locale) -> Vec<ThreadItem> {
    let mut story = Story { locale, items: Vec::new() };
    yesterday(&mut story);
    flow(&mut story);
    handed_over(&mut story);
    answers(&mut story);
    troubles(&mut story);
    story.items
}

fn yesterday(story: &mut Story) {
    let me = Author::Agent { user: ben().id };
    story.text(90, 1500, Author::Contact, "Thanks, the first parcel is here ❤️", Status::Received);
    story.text(91, 1498, me, "Wonderful! Anything else, just write.", Status::Read);
    let by = Actor::Agent { user: ben().id, name: ben().name };
    story.happens(ago(1490), Event::ConversationResolved { by, before: None });
}

fn flow(story: &mut Story) {
    story.happens(ago(26), Event::ConversationReopened { by: Actor::Customer });
    story.text(1, 26, Author::Contact, "Hola! my lamp came today and it is broken :(", Status::Received);
    story.text(2, 26, Author::Flow, "Hello *María José*, thanks for writing. A person answers within 10 minutes.", Status::Read);
    let options = vec![
        choice("Orders", Some("Where it is, what is in it")),
        choice("Returns", Some("Broken, wrong, changed my mind")),
        choice("Billing", None),
    ];
    story.says(
        3,
        26,
        Author::Flow,
        Content::List { body: "What is it about?".to_owned(), button: "Choose a topic".to_owned(), options },
        Status::Read,
    );
    story.says(4, 25, Author::Contact, Content::Reply { choice: choice("Orders", None) }, Status::Received);
    story.happens(ago(25), Event::BotStarted { bot: BOT });
    story.text(50, 25, Author::Bot { bot: BOT }, "What is your order number?", Status::Read);
    story.text(5, 24, Author::Contact, "4711-0932", Status::Received);
    let options = vec![choice("Ceramic lamp", None), choice("Wool rug", None)];
    story.says(6, 24, Author::Flow, Content::Buttons { body: "Which item is it?".to_owned(), options }, Status::Read);
    story.says(7, 23, Author::Contact, Content::Reply { choice: choice("Ceramic lamp", None) }, Status::Received);
}

fn handed_over(story: &mut Story) {
    let contact = ContactId(Uuid::from_u128(9));
    let inbox = InboxId(Uuid::from_u128(8));
    story.happens(ago(23), Event::ConversationOpened { conversation: CONVERSATION, contact, inbox });
    story.happens(ago(23), Event::HandedOff { by: Actor::Bot { bot: BOT }, brief: brief() });
    story.happens(
        ago(23),
        Event::ConversationQueued {
            queue: queue(0).id,
            name: queue(0).name,
            because: QueuedBecause::HandedOff,
            sent: None,
            instead: None,
            rather: None,
        },
    );
    story.happens(ago(23), Event::ConversationAssigned { agent: ben().id, name: ben().name, reason: reason(), before: None });
}

fn answers(story: &mut Story) {
    let me = Author::Agent { user: ana().id };
    story.text(10, 20, Author::Agent { user: ben().id }, "Oh no, I am sorry about that. Could you send me a photo of it?", Status::Read);
    let picture = Content::Image {
        media: MediaId(Uuid::from_u128(77)),
        mime_type: "image/jpeg".to_owned(),
        caption: Some("it looks like this".to_owned()),
        size: Some((1200, 900)),
        state: MediaState::Stored,
    };
    story.says(11, 18, Author::Contact, picture, Status::Received);
    story.text(12, 18, Author::Contact, "it was wrapped in only one layer of paper…", Status::Received);
    let note = NoteItem {
        locale: story.locale,
        id: NoteId(Uuid::from_u128(70)),
        seq: story.seq(),
        at: ago(17),
        author: ben(),
        body: "Third broken lamp of this batch this week, see https://wiki.example/batch-12. *Replace without asking for it back.*"
            .to_owned(),
    };
    story.items.push(ThreadItem::Note(note));
    let by = Actor::Agent { user: ben().id, name: ben().name };
    let to = Destination::Agent { user: ana().id, name: ana().name };
    story.happens(
        ago(16),
        Event::ConversationTransferred {
            by,
            to,
            note: Some("She wants the same colour. You know the stock better.".to_owned()),
            before: None,
        },
    );
    let by_ben = Rule::GivenBy { user: ben().id, name: ben().name };
    story.happens(
        ago(16),
        Event::ConversationAssigned { agent: ana().id, name: ana().name, reason: AssignmentReason::plain(by_ben), before: None },
    );
    story.text(
        13,
        12,
        me,
        "Hi María José, this is Ana. I can send you a new lamp in *sand* tomorrow.\nIs the address still Calle de la Paz 4?",
        Status::Read,
    );
    let quote = Quoted {
        message: Some(message_id(13)),
        author_name: ana().name,
        content: Some(Content::Text { body: "Hi María José, this is Ana. I can send you a new lamp".to_owned() }),
    };
    story.text(14, 10, Author::Contact, "Yes, the same", Status::Received).quote = Some(quote);
    story.text(15, 9, me, "Done, it leaves tomorrow morning.", Status::Delivered);
    story.text(16, 9, me, "Here is the tracking: https://track.example/4711-0932?lang=es", Status::Sent);
}

fn troubles(story: &mut Story) {
    let me = Author::Agent { user: ana().id };
    let sticker = story.says(17, 8, Author::Contact, Content::Unsupported { of: "sticker".to_owned() }, Status::Received);
    sticker.raw = Some(serde_json::json!({"type": "sticker", "sticker": {"mime_type": "image/webp", "animated": false, "id": "1038"}}));
    let pending = Content::Image {
        media: MediaId(Uuid::from_u128(78)),
        mime_type: "image/png".to_owned(),
        caption: None,
        size: None,
        state: MediaState::Pending,
    };
    story.says(18, 7, Author::Contact, pending, Status::Received);
    story.text(19, 6, me, "And here is a voucher for the trouble.", Status::Failed).failure =
        Some(Failure { code: 131_026, title: "Message undeliverable".to_owned() });
    story.text(20, 5, me, "You can use it until the end of the year.", Status::Unknown).failure =
        Some(Failure { code: 0, title: "unanswered".to_owned() });
    story.text(21, 4, Author::Contact, "مرحبا, that is very kind <b>thank you</b>", Status::Received);
    story.text(22, 0, me, "With pleasure!", Status::Queued);
}
