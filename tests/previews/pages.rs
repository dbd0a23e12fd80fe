//! Every page of the product with sample content.

use askama::Template;
use baton::domain::access::Role;
use baton::domain::channel::WHATSAPP;
use baton::domain::contact::{Contact, Identity};
use baton::domain::conversation::{Controller, LastMessage, State};
use baton::domain::event::Act;
use baton::domain::filter::View;
use baton::domain::ids::{ContactId, ConversationId, MessageId};
use baton::domain::message::{Direction, Failure};
use baton::domain::overdue::Step;
use baton::domain::refusal::Refusal;
use baton::domain::routing::Priority;
use baton::domain::sla::Clock;
use baton::store::drafts::{Draft, DraftKind};
use baton::web::admin::view::{Notice, NoticesPage, QuarantinePage, Quarantined};
use baton::web::conversations::view::context::{Context, PastConversation};
use baton::web::conversations::view::state::ConversationState;
use baton::web::conversations::view::{ConversationPage, ConversationView, NumberState};
use baton::web::edge::view::{Changed, ErrorPage, RefusalPage, ThreadMovedOn, refusal_words};
use baton::web::inbox::tabs::Counts;
use baton::web::inbox::view::row::Row;
use baton::web::inbox::view::{InboxPage, List, Own, OwnStrip, PausedNumber, PausedNumbers, RowsFrame, Whom};
use baton::web::layouts::sla::Due;
use baton::web::layouts::toast::{Offered, Toast};
use baton::web::locale::Locale;
use baton::web::messages::view::composer::Composer;
use baton::web::sign_in::view::SignInPage;
use baton::web::threads::view::EarlierFrame;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::people::{ago, ana, ben, chrome, now, queue, targets};
use crate::thread::{self, BOT, CONVERSATION};

/// Name and markup of every page.
pub fn all(locale: Locale) -> Vec<(&'static str, String)> {
    let mut pages = vec![
        ("sign-in", SignInPage { locale, email: String::new(), next: "/inbox".to_owned(), problem: None }.render()),
        ("sign-in-wrong", wrong_sign_in(locale).render()),
        ("inbox", InboxPage { chrome: chrome(locale, Role::Agent), list: list(locale, None) }.render()),
        (
            "inbox-paused",
            InboxPage {
                chrome: chrome(locale, Role::Admin),
                list: List { paused: PausedNumbers { locale, numbers: vec![paused(locale)] }, ..list(locale, None) },
            }
            .render(),
        ),
        ("inbox-empty", InboxPage { chrome: chrome(locale, Role::Agent), list: empty_list(locale) }.render()),
        ("rows", RowsFrame { list: list(locale, None) }.render()),
        ("earlier", EarlierFrame { locale, conversation: CONVERSATION, items: thread::items(locale), earlier: Some(3) }.render()),
        ("quarantine", quarantine(locale, 3).render()),
        ("quarantine-empty", quarantine(locale, 0).render()),
        ("notices", notices(locale).render()),
        ("refusal", refusal(locale, None).render()),
        ("moved-on", refusal(locale, Some(guard(locale))).render()),
        ("not-found", ErrorPage { locale, status: 404, case: "404", request_id: None }.render()),
        ("broken", ErrorPage { locale, status: 500, case: "500", request_id: Some("0190a1b2-7c3d".to_owned()) }.render()),
    ];
    for (name, state) in states(locale) {
        pages.push((name, conversation(locale, state).render()));
    }
    pages.into_iter().map(|(name, page)| (name, page.unwrap_or_else(|error| panic!("{name}: {error}")))).collect()
}

fn paused(locale: Locale) -> PausedNumber {
    let reason = Failure { code: 190, title: "Error validating access token: Session has expired".to_owned() };
    PausedNumber { locale, name: "Fell & Ridge".to_owned(), reason, whom: Whom::Admins }
}

/// A conversation whose customer tries to be markup.
pub fn hostile(locale: Locale) -> String {
    let mut state = thread::state(locale);
    state.contact_name = "<img src=x onerror=alert(1)>\u{202e}".to_owned();
    conversation(locale, state).render().unwrap()
}

fn states(locale: Locale) -> Vec<(&'static str, ConversationState)> {
    let mine = thread::state(locale);
    let queued = ConversationState { controller: Controller::Queue, agent: None, reason: None, ..mine.clone() };
    let flow = ConversationState {
        controller: Controller::Flow,
        agent: None,
        queue: None,
        reason: None,
        brief: None,
        brief_queue_name: None,
        answers: Vec::new(),
        ..mine.clone()
    };
    let bot = ConversationState { controller: Controller::Bot { bot: BOT }, ..flow.clone() };
    let other = ConversationState { controller: Controller::Agent { user: ben().id }, agent: Some(ben()), ..mine.clone() };
    let closed = ConversationState { window_expires_at: Some(ago(95)), waiting_since: Some(ago(2000)), ..mine.clone() };
    let resolved = ConversationState {
        state: State::Resolved,
        controller: Controller::Nobody,
        agent: None,
        resolved_at: Some(ago(2)),
        waiting_since: None,
        ..mine.clone()
    };
    vec![
        ("conversation", mine),
        ("conversation-queue", queued),
        ("conversation-flow", flow),
        ("conversation-bot", bot),
        ("conversation-other", other),
        ("conversation-closed", closed),
        ("conversation-resolved", resolved),
    ]
}

fn conversation(locale: Locale, state: ConversationState) -> ConversationPage {
    let conversation = ConversationView {
        locale,
        csrf: "token".to_owned(),
        viewer: ana().id,
        now: now(),
        view: View::Mine,
        state,
        rules: &WHATSAPP,
        number: NumberState::default(),
        items: thread::items(locale),
        earlier: Some(1),
        composer: composer(locale),
        targets: targets(),
        context: context(),
    };
    let offered = Offered { csrf: "token".to_owned(), conversation: CONVERSATION, act: Act::Transferred, seq: 41 };
    let contact = Contact::named(ContactId(Uuid::nil()), "María José <b>Fernández</b>".to_owned());
    let toast = Some(Toast::offer(locale, &contact, offered, SignedDuration::from_secs(2)));
    ConversationPage { chrome: chrome(locale, Role::Admin), list: list(locale, Some(CONVERSATION)), conversation, toast }
}

fn composer(locale: Locale) -> Composer {
    Composer {
        locale,
        csrf: "token".to_owned(),
        conversation: CONVERSATION,
        contact_name: "María José Fernández".to_owned(),
        reply: Draft::default(),
        note: Draft { body: "Ask her for the size\n<b>".to_owned(), ..Draft::default() },
        pictures: WHATSAPP.pictures,
        seen: 40,
        message_id: Uuid::from_u128(0xaaaa),
        note_id: Uuid::from_u128(0xbbbb),
        refusal: None,
    }
}

fn context() -> Context {
    let past = |number: u128, topic: Option<&str>, days: i64| PastConversation {
        id: ConversationId(Uuid::from_u128(900 + number)),
        state: State::Resolved,
        opened_at: ago(days * 1440),
        topic: topic.map(str::to_owned),
        agent_name: Some("Ben Okafor".to_owned()),
        last_line: Some("Thank you!".to_owned()),
    };
    Context {
        username: None,
        identities: vec![Identity::Phone("34612555019".to_owned()), Identity::UserId("ES.13491208655302741918".to_owned())],
        past: vec![past(1, Some("Where is my parcel"), 12), past(2, None, 48), past(3, Some("Invoice for my company"), 200)],
    }
}

fn empty_list(locale: Locale) -> List {
    List { rows: Vec::new(), next: None, counts: Counts::default(), ..list(locale, None) }
}

fn list(locale: Locale, current: Option<ConversationId>) -> List {
    List {
        locale,
        view: View::Mine,
        counts: Counts { mine: 4, queues: 11, unassigned: 3 },
        rows: rows(locale),
        next: Some("2026-11-20T10:00:00Z,x=".to_owned()),
        current,
        viewer: ana().id,
        later: false,
        own: OwnStrip { figures: Some(Own { locale, load: 7, capacity: 8, oldest: Some(ago(12)), due: Some(ago(2)), is_late: true }) },
        paused: PausedNumbers { locale, numbers: Vec::new() },
    }
}

/// Nobody knows whether it reached the customer.
const UNCERTAIN: MessageId = MessageId(Uuid::from_u128(5));

fn rows(locale: Locale) -> Vec<Row> {
    let line = |text: &str, direction, kind: &str, seq| {
        Some(LastMessage {
            direction,
            kind: kind.to_owned(),
            text: text.to_owned(),
            seq,
            message: None,
            agent: None,
            has_failed: false,
            is_queued: false,
            uncertain: Vec::new(),
            answers_since: None,
        })
    };
    let row = |number: u128, name: &str, last, minutes: i64| Row {
        locale,
        id: ConversationId(Uuid::from_u128(CONVERSATION.0.as_u128() + number)),
        contact_name: name.to_owned(),
        last,
        state: State::Open,
        controller: Controller::Agent { user: ana().id },
        agent: Some(ana()),
        queue: Some(queue(number)),
        priority: Priority::of(number as i16 % 4),
        promise_minutes: Some(10),
        overdue: None,
        due: (number == 1).then(|| Due { clock: Clock::FirstResponse, at: Some(ago(3)), is_late: true, is_soon: true }),
        queued_at: Some(ago(minutes + 5)),
        waiting_since: Some(ago(minutes)),
        window_expires_at: Some(now() + SignedDuration::from_mins(1440 - minutes)),
        last_message_at: ago(minutes),
        cursor: format!("c{number}"),
        read_seq: Some(40),
        drafts: Some(Vec::new()),
        view: Some(View::Mine),
    };
    vec![
        Row {
            waiting_since: Some(ago(4)),
            overdue: Some(Step::Nudge),
            ..row(0, "María José Fernández", line("مرحبا, that is very kind <b>thank you</b>", Direction::Inbound, "text", 39), 4)
        },
        Row {
            agent: Some(ben()),
            controller: Controller::Agent { user: ben().id },
            ..row(1, "Tom Hughes", line("", Direction::Inbound, "image", 52), 7)
        },
        Row {
            agent: None,
            controller: Controller::Queue,
            ..row(
                2,
                "Aiyana Nakai-Whitehorse of the Long Name Society",
                line("I have been waiting for an answer since this morning, could somebody please look", Direction::Inbound, "text", 41),
                31,
            )
        },
        Row {
            agent: None,
            queue: None,
            controller: Controller::Flow,
            waiting_since: None,
            ..row(3, "沈 美玲", line("What is your order number?", Direction::Outbound, "text", 6), 9)
        },
        Row {
            drafts: Some(vec![DraftKind::Reply]),
            last: line("Perfect, I have sent it to your address.", Direction::Outbound, "text", 12).map(|last| LastMessage {
                message: Some(UNCERTAIN),
                uncertain: vec![UNCERTAIN],
                ..last
            }),
            ..row(4, "Lucas Moreau", None, 64)
        },
        Row {
            last: line("see my <b>offer</b>", Direction::Inbound, "text", 80)
                .map(|last| LastMessage { uncertain: vec![UNCERTAIN], ..last }),
            ..row(5, "\u{202e}gnihsihp<script>", None, 22 * 60)
        },
        Row {
            waiting_since: None,
            window_expires_at: Some(ago(10)),
            ..row(6, "Priya Raman", line("", Direction::Inbound, "location", 12), 1600)
        },
        Row {
            state: State::Resolved,
            agent: None,
            controller: Controller::Nobody,
            waiting_since: None,
            ..row(7, "Jonas Weber", line("You are welcome. Have a lovely day!", Direction::Outbound, "text", 12), 3000)
        },
    ]
}

fn wrong_sign_in(locale: Locale) -> SignInPage {
    let problem = Some(locale.t("sign_in.wrong").into_owned());
    SignInPage { locale, email: "ana@example.com".to_owned(), next: "/inbox".to_owned(), problem }
}

fn quarantine(locale: Locale, count: u128) -> QuarantinePage {
    let items = (0..count).map(|number| Quarantined {
        id: Uuid::from_u128(number),
        at: ago(number as i64 * 700),
        source: "whatsapp:1029384756".to_owned(),
        payload_seq: 4711 + number as i64,
        reason: [
            "the body is not JSON: EOF while parsing a string at line 1 column 212",
            "unknown phone number id 555",
            "messages[0].timestamp is not a number",
        ][number as usize % 3]
            .to_owned(),
        item: "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"0\",\"changes\":[{\"value\":{\"messag".to_owned(),
    });
    QuarantinePage { chrome: chrome(locale, Role::Admin), items: items.collect(), next: None }
}

fn notices(locale: Locale) -> NoticesPage {
    let notice = |number: u128, kind: &str, field: &str, value| Notice {
        id: Uuid::from_u128(number),
        at: ago(number as i64 * 90),
        inbox_name: (number != 2).then(|| "Shop +34 910 555 010".to_owned()),
        kind: kind.to_owned(),
        field: field.to_owned(),
        value,
    };
    let notices = vec![
        notice(1, "account", "phone_number_quality_update", serde_json::json!({"event": "UPGRADE", "current_limit": "TIER_10K"})),
        notice(2, "unknown", "smb_app_state_sync", serde_json::json!({"state": [1, 2, 3]})),
        notice(3, "status", "messages", serde_json::json!({"id": "wamid.X", "status": "delivered"})),
    ];
    NoticesPage { chrome: chrome(locale, Role::Admin), notices, next: Some("/admin/notices?after=x".to_owned()) }
}

fn refusal(locale: Locale, moved_on: Option<ThreadMovedOn>) -> RefusalPage {
    let words = refusal_words(locale, &Refusal::HeldByAnother { name: "Ben Okafor".to_owned() });
    RefusalPage {
        locale,
        words,
        back: format!("/conversations/{CONVERSATION}"),
        text: Some("Done, it leaves tomorrow morning.".to_owned()),
        moved_on,
    }
}

fn guard(locale: Locale) -> ThreadMovedOn {
    ThreadMovedOn {
        locale,
        csrf: "token".to_owned(),
        conversation: CONVERSATION,
        message_id: Uuid::from_u128(0xcccc),
        text: "Done, it leaves tomorrow morning.".to_owned(),
        longest: WHATSAPP.text,
        resolve: true,
        seen: 41,
        draft_version: 3,
        changed: thread::items(locale).iter().rev().take(3).filter_map(Changed::of).collect(),
    }
}
