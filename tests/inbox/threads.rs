//! A page that followed live, one that caught up and one freshly loaded show the same.

use baton::domain::access::Role;
use baton::domain::command::Command;
use baton::domain::event::Event;
use baton::domain::ids::{ConversationId, MediaId, MessageId, UserId};
use baton::domain::inbound::InboundContent;
use baton::domain::message::{Choice, Content, MediaState, Status};
use baton::domain::unspoken::Unspoken;
use baton::live::change::ConversationChange;
use baton::store::access::Sight;
use baton::web::locale::Locale;
use baton::web::threads::{Seen, live_html, since_html};
use uuid::Uuid;

use crate::html::{Thread, seen_of_page, streams};
use crate::shop::{Agent, Shop};
use crate::viewers::sees_all;

/// A life of one conversation with everything that a thread can show.
async fn live_through(shop: &Shop, ana: &mut Agent<'_>, ben: &mut Agent<'_>, id: ConversationId) {
    const PHONE: &str = "34600000001";
    ana.does(id, "assignment", &[]).await;
    let first = ana.replies(id, "Hello *Zoe*").await;
    for status in [Status::Sent, Status::Delivered, Status::Read] {
        shop.is_told(first, status).await;
    }
    let quoted = Some(format!("wamid.of.{first}"));
    shop.hears_from(PHONE, "Zoe", InboundContent::Text { body: "About that".to_owned() }, quoted.clone()).await;
    let choice = Choice { id: "1".to_owned(), title: "Orders".to_owned(), description: None };
    shop.hears_from(PHONE, "Zoe", InboundContent::Reply { choice }, quoted).await;
    shop.hears_from(PHONE, "Zoe", InboundContent::Text { body: "And that".to_owned() }, Some("wamid.elsewhere".to_owned())).await;
    shop.hears(PHONE, InboundContent::Unsupported { of: "sticker".to_owned() }).await;
    let reaction = Unspoken::Reaction { emoji: Some("👍".to_owned()), to: Some(format!("wamid.of.{first}")) };
    shop.hears(PHONE, InboundContent::Unspoken(reaction)).await;
    shop.hears(PHONE, InboundContent::Unspoken(Unspoken::Edit { of: None, text: Some("the blue one".to_owned()) })).await;
    shop.hears(PHONE, InboundContent::Unreadable { of: None }).await;
    shop.hears(PHONE, picture()).await;
    has_fetched(shop, id).await;
    ana.does(id, "notes", &[("note_id", &Uuid::now_v7().to_string()), ("body", "careful <b>")]).await;
    let to = format!("agent:{}", ben.user);
    ana.does(id, "transfer", &[("to", &to), ("note", "please")]).await;
    let second = ben.replies(id, "Ben here").await;
    nobody_knows(shop, id, second).await;
    let settle = format!("/messages/{second}/settlement");
    assert_eq!(ben.browser.post(&settle, &[("choice", "leave")]).await.status, 303);
    ben.does(id, "resolution", &[]).await;
    shop.hears_from(PHONE, "Zoe Smith", InboundContent::Text { body: "Still there?".to_owned() }, None).await;
}

fn picture() -> InboundContent {
    InboundContent::Image { whatsapp_id: "7".to_owned(), mime_type: "image/jpeg".to_owned(), caption: Some("broken".to_owned()) }
}

/// The worker has fetched the latest picture.
async fn has_fetched(shop: &Shop, id: ConversationId) {
    let state = &shop.house.state;
    let events = state.store.events_since(Sight::unbounded(shop.house.workspace, id), 0, 500).await.unwrap();
    let found = events.iter().rev().find_map(|recorded| match &recorded.event {
        Event::MessageReceived { message } => match &message.content {
            Content::Image { media, .. } => Some((message.id, *media)),
            _ => None,
        },
        _ => None,
    });
    let (message, media): (MessageId, MediaId) = found.expect("a picture");
    let command = Command::RecordMedia { message, media, state: MediaState::Stored, size: Some((640, 480)) };
    state.runner.run(shop.house.workspace, id, command).await.unwrap();
}

/// A send whose answer was lost, until a person is asked.
async fn nobody_knows(shop: &Shop, id: ConversationId, message: MessageId) {
    use baton::domain::delivery::Outcome;
    use baton::domain::timer::Timer;
    use baton::store::dispatches::Claim;
    let runner = &shop.house.state.runner;
    let client = shop.house.state.store.client().await.unwrap();
    client.execute("DELETE FROM outbox WHERE message_id <> $1", &[&message.0]).await.unwrap();
    let inbox: uuid::Uuid = client.query_one("SELECT inbox_id FROM outbox WHERE message_id = $1", &[&message.0]).await.unwrap().get(0);
    client.execute("UPDATE allowances SET tokens = 9", &[]).await.unwrap();
    let (claim, _) = runner.claim_outbox(shop.house.workspace, inbox.into(), 1).await.unwrap();
    let Claim::Taken { dispatches, .. } = claim else { panic!("{claim:?}") };
    assert_eq!(dispatches[0].id, message);
    runner.record_delivery(&dispatches[0], Outcome::Unknown { reason: "lost".to_owned() }).await.unwrap();
    runner.run(shop.house.workspace, id, Command::TimerDue { timer: Timer::UnknownSend { message } }).await.unwrap();
}

fn follow(thread: &mut Thread, change: &ConversationChange) {
    for recorded in &change.events {
        let html = live_html(Locale::default(), change, recorded).unwrap();
        streams(&html).iter().for_each(|stream| thread.apply(stream));
    }
}

#[actix_web::test]
async fn a_thread_is_the_same_live_caught_up_and_freshly_loaded() {
    let shop = Shop::open().await;
    let (mut ana, mut ben) = (shop.hires("ana@example.com", Role::Agent).await, shop.hires("ben@example.com", Role::Agent).await);
    let id = shop.hears_text("34600000001", "Hi").await;
    let before = ana.opens(id).await;
    let since = seen_of_page(&before);
    let (mut live, mut caught_up) = (Thread::of_page(&before), Thread::of_page(&before));
    shop.watch().await;
    live_through(&shop, &mut ana, &mut ben, id).await;
    for change in shop.changes().await {
        follow(&mut live, &change);
    }
    let missed = since_html(&shop.house.state, Locale::default(), sees_all(shop.house.workspace, UserId(Uuid::nil())), id, since)
        .await
        .unwrap()
        .expect("it is there");
    streams(&missed.html).iter().for_each(|stream| caught_up.apply(stream));
    let page = ana.opens(id).await;
    let fresh = Thread::of_page(&page);
    assert_eq!((missed.reload, missed.seen.seq), (false, seen_of_page(&page).seq));
    for words in ["<strong>Zoe</strong>", "sticker", "reacted", "the blue one", "careful", "/thumbnail", "Ben here", "Still there?"] {
        assert!(fresh.says(words), "{words} is missing");
    }
    for (thread, how) in [(&live, "live"), (&caught_up, "caught up")] {
        assert_eq!(thread.len(), fresh.len(), "{how}");
        assert!(thread.differences(&fresh).is_empty(), "{how}: {:#?}", thread.differences(&fresh));
    }
}

#[actix_web::test]
async fn nothing_was_missed_and_another_workspace_is_told_nothing() {
    let shop = Shop::open().await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let state = &shop.house.state;
    let last = since_html(state, Locale::default(), sees_all(shop.house.workspace, UserId(Uuid::nil())), id, Seen::default())
        .await
        .unwrap()
        .unwrap();
    let again =
        since_html(state, Locale::default(), sees_all(shop.house.workspace, UserId(Uuid::nil())), id, last.seen).await.unwrap().unwrap();
    assert_eq!((again.html.as_str(), again.seen, again.reload), ("", last.seen, false));
    let ahead = Seen { seq: last.seen.seq + 1, ..last.seen };
    let ahead =
        since_html(state, Locale::default(), sees_all(shop.house.workspace, UserId(Uuid::nil())), id, ahead).await.unwrap().unwrap();
    assert!(ahead.reload, "a page that shows what the server forgot as it fell loads itself again");
    let other = Uuid::now_v7().into();
    assert!(since_html(state, Locale::default(), sees_all(other, UserId(Uuid::nil())), id, Seen::default()).await.unwrap().is_none());
}

#[actix_web::test]
async fn a_page_that_missed_very_much_loads_itself_again() {
    let shop = Shop::open().await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let client = shop.house.state.store.client().await.unwrap();
    let many = "INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
                SELECT workspace_id, subject_kind, subject_id, seq + 10 * g, at, kind, place, event
                FROM events, generate_series(1, 300) AS g
                WHERE subject_kind = 'conversation'";
    client.batch_execute(many).await.unwrap();
    let missed = since_html(
        &shop.house.state,
        Locale::default(),
        sees_all(shop.house.workspace, UserId(Uuid::nil())),
        id,
        Seen { seq: 1, ticked: 0 },
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!((missed.html.as_str(), missed.reload), ("", true));
}

#[actix_web::test]
async fn what_does_not_change_the_state_leaves_header_and_composer_alone() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let message = ana.replies(id, "Hello").await;
    shop.is_told(message, Status::Sent).await;
    shop.watch().await;
    shop.is_told(message, Status::Delivered).await;
    ana.does(id, "resolution", &[]).await;
    let mut told = Vec::new();
    for change in shop.changes().await {
        for recorded in &change.events {
            told.push(live_html(Locale::default(), &change, recorded).unwrap());
        }
    }
    let (ticks, resolved) = (&told[0], told.last().unwrap());
    assert!(ticks.contains(&format!("ticks-{message}")) && !ticks.contains("conversation-header"), "{ticks}");
    assert!(resolved.contains("conversation-header") && resolved.contains("standing"), "{resolved}");
}

#[test]
fn a_page_climbs_the_ladder_that_the_server_climbs() {
    let script = include_str!("../../static/scripts/thread/ticks.js");
    let (_, list) = script.split_once("const LADDER = ").unwrap();
    let rungs: Vec<Status> = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    assert_eq!(rungs, Status::LADDER);
}

#[actix_web::test]
async fn how_urgent_it_is_is_said_beside_the_thread_and_shown_in_the_list() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "my shop is on fire").await;
    let page = format!("/conversations/{id}?view=all");
    let shown = ana.sees(&page).await;
    assert!(shown.contains(&format!(r#"formaction="/conversations/{id}/priority""#)) && !shown.contains("row__mark--urgent"), "{shown}");
    ana.does(id, "priority", &[("priority", "urgent")]).await;
    let shown = ana.sees(&page).await;
    for words in ["row__mark--urgent", "<bdi>Ana</bdi> set the priority: <bdi>Urgent</bdi>"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let pressed = shown.split(r#"value="urgent""#).nth(1).unwrap();
    assert!(pressed.trim_start().starts_with(r#"aria-pressed="true""#), "{pressed}");
    assert_eq!(ana.browser.post(&format!("/conversations/{id}/priority"), &[("priority", "higher")]).await.status, 400);
}
