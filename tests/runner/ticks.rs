//! Ticks at the door: bodies of nothing else are done with as they come, and whatever there is to decide about waits its turn.

use std::pin::pin;
use std::time::{Duration, Instant};

use baton::channels::whatsapp::understand;
use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::command::{Command, ReplyContent};
use baton::domain::delivery::Outcome;
use baton::domain::ids::{ConversationId, MessageId};
use baton::domain::inbound::Said;
use baton::domain::message::Status;
use baton::domain::tick::Climbed;
use baton::live::change::Change;
use baton::runner::intake::{Accepted, Intake};
use baton::runner::sorting::Understand;
use baton::runner::{Error, now};
use baton::store::Transaction;
use baton::store::access::Sight;
use baton::store::dispatches::{Claim, Dispatch};
use baton::store::messages;
use baton::store::payloads::NewPayload;
use futures_util::poll;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::shop::{NUMBER, Node, SOURCE, Shop};

/// A message of ours on its way.
struct Sent {
    shop: Shop,
    node: Node,
    intake: Intake,
    conversation: ConversationId,
    message: MessageId,
    dispatch: Dispatch,
}

const WAMID: &str = "wamid.of-ours";

impl Sent {
    /// A message that a node has in hand.
    async fn in_hand() -> Self {
        let shop = Shop::opens().await;
        let mut node = shop.node(4);
        let ana = shop.hires("Ana", Role::Agent, 8).await;
        node.is_visited_by(shop.workspace, ana.user);
        let conversation = shop.customers_wait(shop.support, 1).await[0];
        node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
        let message = MessageId(Uuid::now_v7());
        let content = ReplyContent::Text { body: "hello".to_owned() };
        let reply = Command::Reply { by: ana, message, content, reply_to: None, seen: None };
        node.runner.run(shop.workspace, conversation, reply).await.unwrap();
        let Claim::Taken { dispatches: mut claimed, .. } = node.runner.claim_outbox(shop.workspace, shop.inbox, 1).await.unwrap().0 else {
            panic!("it may be sent");
        };
        let intake = Intake::start(&shop.store, &node.live, understand);
        Self { dispatch: claimed.remove(0), shop, node, intake, conversation, message }
    }

    /// A message that WhatsApp took.
    async fn accepted() -> Self {
        let mut sent = Self::in_hand().await;
        sent.is_accepted().await;
        while sent.node.changes.try_recv().is_ok() {}
        sent
    }

    async fn is_accepted(&mut self) {
        let outcome = Outcome::Accepted { wamid: WAMID.to_owned(), recipient: Vec::new() };
        self.node.runner.record_delivery(&self.dispatch, outcome).await.unwrap();
    }

    async fn hears(&self, body: &Value) -> Accepted {
        let body = body.to_string().into_bytes().into();
        self.intake.take(NewPayload { source: SOURCE.to_owned(), received_at: now(), body }).await.unwrap()
    }

    /// Works off what was stored.
    async fn works(&self) {
        for lane in self.node.runner.sort(SOURCE, understand).await.unwrap().lanes {
            self.node.runner.run_lane(lane).await.unwrap();
        }
    }

    /// Status, and which of its times are known.
    async fn stands(&self) -> (String, [bool; 3]) {
        let sql = "SELECT status, sent_at IS NOT NULL, delivered_at IS NOT NULL, read_at IS NOT NULL FROM messages WHERE id = $1";
        let row = self.shop.rows(sql, &[&self.message.0]).await.remove(0);
        (row.get(0), [row.get(1), row.get(2), row.get(3)])
    }

    /// What pages were shown of it.
    fn shown(&mut self) -> Vec<Climbed> {
        let changes = std::iter::from_fn(|| self.node.changes.try_recv().ok());
        let ticks = changes.filter_map(|change| if let Change::Ticks(ticks) = change { Some(ticks.climbed.clone()) } else { None });
        ticks.flatten().collect()
    }

    async fn bodies_stored(&self) -> i64 {
        self.shop.count("SELECT count(*) FROM payloads").await
    }
}

/// Until a lock is waited for; not asked in a transaction, whose view of others stands still.
async fn somebody_waits(shop: &Shop) {
    let until = Instant::now() + Duration::from_secs(20);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while shop.count(waiting).await == 0 {
        assert!(Instant::now() < until, "nobody waits for a lock");
    }
}

fn status(wamid: &str, status: &str) -> Value {
    json!({ "id": wamid, "status": status, "timestamp": "1763600801", "recipient_id": "447700900001" })
}

fn body(statuses: &[Value]) -> Value {
    let value = json!({ "messaging_product": "whatsapp", "metadata": { "phone_number_id": NUMBER }, "statuses": statuses });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "3001", "changes": [{ "field": "messages", "value": value }] }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_is_shown_with_its_time_and_leaves_neither_a_body_nor_an_event() {
    let mut sent = Sent::accepted().await;
    let events = "SELECT count(*) FROM events";
    let before = sent.shop.count(events).await;
    for (told, times) in [("sent", [true, false, false]), ("delivered", [true, true, false]), ("read", [true, true, true])] {
        assert_eq!(sent.hears(&body(&[status(WAMID, told)])).await, Accepted::Settled);
        assert_eq!(sent.stands().await, (told.to_owned(), times));
        let shown: Vec<_> = sent.shown().into_iter().map(|it| (it.conversation, it.message, it.status.as_str())).collect();
        assert_eq!(shown, [(sent.conversation, sent.message, told)]);
    }
    assert_eq!((sent.bodies_stored().await, sent.shop.count(events).await), (0, before));
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_in_any_order_and_again_never_fall_back() {
    let mut sent = Sent::accepted().await;
    assert_eq!(sent.hears(&body(&[status(WAMID, "read"), status(WAMID, "sent")])).await, Accepted::Settled);
    assert_eq!(sent.stands().await, ("read".to_owned(), [true, false, true]));
    assert_eq!(sent.hears(&body(&[status(WAMID, "delivered")])).await, Accepted::Settled);
    assert_eq!(sent.stands().await, ("read".to_owned(), [true, true, true]));
    let shown: Vec<Status> = sent.shown().into_iter().map(|climbed| climbed.status).collect();
    assert_eq!(shown, [Status::Read, Status::Read], "once as it is, once because another time is known");
    assert_eq!(sent.hears(&body(&[status(WAMID, "delivered")])).await, Accepted::Settled);
    assert!(sent.shown().is_empty(), "it was known");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_that_is_quicker_than_the_answer_to_the_send_waits_its_turn() {
    let sent = Sent::in_hand().await;
    let mut told = status("wamid.not-known-yet", "sent");
    told["biz_opaque_callback_data"] = json!(sent.message.to_string());
    assert_eq!(sent.hears(&body(&[told])).await, Accepted::Stored);
    assert_eq!(sent.stands().await.0, "queued");
    assert_eq!(sent.bodies_stored().await, 1);
    sent.works().await;
    assert_eq!(sent.stands().await.0, "sent");
    let answer = sent.node.runner.record_delivery(&sent.dispatch, Outcome::Accepted { wamid: WAMID.to_owned(), recipient: Vec::new() });
    assert!(matches!(answer.await, Ok(_) | Err(Error::Refused(Refusal::Duplicate))));
    assert_eq!(sent.stands().await.0, "sent", "what is told late changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_with_an_id_that_is_not_ours_is_known_by_what_whatsapp_calls_the_message() {
    let sent = Sent::accepted().await;
    let mut told = status(WAMID, "delivered");
    told["biz_opaque_callback_data"] = json!(Uuid::now_v7().to_string());
    assert_eq!(sent.hears(&body(&[told])).await, Accepted::Stored);
    sent.works().await;
    assert_eq!(sent.stands().await, ("delivered".to_owned(), [false, true, false]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_more_than_ticks_or_of_more_than_can_be_had_is_stored_whole() {
    let sent = Sent::accepted().await;
    let failed = json!({ "id": WAMID, "status": "failed", "timestamp": "1763600801", "errors": [{ "code": 131026, "title": "no" }] });
    let message = json!({ "from": "447700900001", "id": "wamid.1", "timestamp": "1763600801", "type": "text", "text": { "body": "Hi" } });
    let mut with_message = body(&[status(WAMID, "sent")]);
    with_message["entry"][0]["changes"][0]["value"]["messages"] = json!([message]);
    let mut of_another_number = body(&[status(WAMID, "sent")]);
    of_another_number["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("2999");
    let bodies = [
        body(std::slice::from_ref(&failed)),
        body(&[status(WAMID, "sent"), failed]),
        body(&[status("wamid.of-nobody", "sent")]),
        body(&[json!("sent")]),
        with_message,
        of_another_number,
    ];
    for (number, body) in (1..).zip(&bodies) {
        assert_eq!(sent.hears(body).await, Accepted::Stored, "{body}");
        assert_eq!(sent.bodies_stored().await, number, "{body}");
        assert_eq!(sent.stands().await.0, "sending", "{body}");
    }
    assert_eq!(sent.hears(&body(&[status(WAMID, "sent"), status("wamid.of-nobody", "sent")])).await, Accepted::Stored);
    assert_eq!(sent.stands().await.0, "sent", "what can be told is told at once, and once more in its turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_somebody_has_in_hand_is_not_waited_for() {
    let sent = Sent::accepted().await;
    let mut client = sent.shop.store.client().await.unwrap();
    let holding = client.transaction().await.unwrap();
    holding.execute("SELECT FROM messages WHERE id = $1 FOR UPDATE", &[&sent.message.0]).await.unwrap();
    assert_eq!(sent.hears(&body(&[status(WAMID, "delivered")])).await, Accepted::Stored);
    assert_eq!(sent.stands().await.0, "sending");
    holding.rollback().await.unwrap();
    assert_eq!(sent.hears(&body(&[status(WAMID, "delivered")])).await, Accepted::Settled);
}

/// As WhatsApp's adapter tells bodies of ticks from others.
#[derive(Clone)]
struct AtAGlance;

impl Understand for AtAGlance {
    fn understand(&self, _: &str, body: &[u8]) -> Vec<Said> {
        understand(body)
    }

    fn may_be_ticks(&self, _: &str, body: &[u8]) -> bool {
        String::from_utf8_lossy(body).contains("statuses")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_in_however_long_ticks_take() {
    let sent = Sent::accepted().await;
    let intake = Intake::start(&sent.shop.store, &sent.node.live, AtAGlance);
    let take = |body: Vec<u8>| {
        let intake = intake.clone();
        async move { intake.take(NewPayload { source: SOURCE.to_owned(), received_at: now(), body: body.into() }).await }
    };
    let mut client = sent.shop.store.client().await.unwrap();
    let holding = client.transaction().await.unwrap();
    holding.batch_execute("LOCK TABLE messages").await.unwrap();
    let tick = |told| take(body(&[status(WAMID, told)]).to_string().into_bytes());
    let first = tokio::spawn(tick("sent"));
    somebody_waits(&sent.shop).await;
    let mut second = pin!(tick("delivered"));
    assert!(poll!(&mut second).is_pending(), "in the queue before the message");
    assert_eq!(take(b"{}".to_vec()).await, Ok(Accepted::Stored));
    holding.rollback().await.unwrap();
    assert_eq!((first.await.unwrap(), second.await), (Ok(Accepted::Settled), Ok(Accepted::Settled)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_climbs_while_it_is_decided_what_a_failure_means() {
    let sent = Sent::accepted().await;
    let mut client = sent.shop.store.client().await.unwrap();
    let deciding = Transaction::begin(&mut client);
    let known = messages::known(&deciding, sent.shop.workspace, sent.shop.inbox, &[WAMID], &[]).await.unwrap();
    assert_eq!(known[0].message.status, Status::Sending);
    assert_eq!(sent.hears(&body(&[status(WAMID, "delivered")])).await, Accepted::Stored);
    deciding.commit().await.unwrap();
    assert_eq!(sent.stands().await.0, "sending");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_does_not_speak_for_a_number_tells_nothing_of_its_messages() {
    let sent = Sent::accepted().await;
    let body = body(&[status(WAMID, "read")]).to_string().into_bytes().into();
    sent.shop.execute("INSERT INTO apps (app_id, app_secret, verify_token) VALUES ('1999', 's', 't')", &[]).await;
    let taken = sent.intake.take(NewPayload { source: "whatsapp:1999".to_owned(), received_at: now(), body }).await.unwrap();
    assert_eq!((taken, sent.stands().await.0.as_str()), (Accepted::Stored, "sending"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_back_is_told_the_ticks_it_missed() {
    let sent = Sent::accepted().await;
    let begin = now();
    sent.hears(&body(&[status(WAMID, "delivered")])).await;
    let missed = sent.shop.store.ticks_since(Sight::unbounded(sent.shop.workspace, sent.conversation), begin).await.unwrap();
    assert_eq!(missed.iter().map(|climbed| (climbed.message, climbed.status)).collect::<Vec<_>>(), [(sent.message, Status::Delivered)]);
    let later = now().checked_add(jiff::SignedDuration::from_secs(60)).unwrap();
    assert!(sent.shop.store.ticks_since(Sight::unbounded(sent.shop.workspace, sent.conversation), later).await.unwrap().is_empty());
    let latest = sent.shop.store.latest(sent.shop.workspace, &[sent.conversation.0]).await.unwrap();
    assert_eq!(latest[0].2, Some(missed[0].ticked_at));
}

/// How a conversation and its last message stand: status and name, whether the customer waits, whether the list shows it as not gone, how
/// many wait to be sent, and how many events there are.
async fn standing(sent: &Sent) -> (String, Option<String>, bool, bool, i64, i64) {
    let sql = "
        SELECT status, wamid, conversation.waiting_since IS NOT NULL, last_message ? 'is_queued', (SELECT count(*) FROM outbox),
            (SELECT count(*) FROM events)
        FROM messages AS message
        JOIN conversations AS conversation ON conversation.id = message.conversation_id
        WHERE message.id = $1";
    let row = sent.shop.rows(sql, &[&sent.message.0]).await.remove(0);
    (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5))
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_message_was_taken_is_no_event_and_ends_the_wait_at_once_or_when_somebody_had_it_in_hand() {
    let (mut at_once, mut decided) = (Sent::in_hand().await, Sent::in_hand().await);
    let before = standing(&at_once).await;
    assert_eq!((before.0.as_str(), before.2, before.3, before.4), ("queued", true, true, 1));
    at_once.is_accepted().await;

    let mut client = decided.shop.store.client().await.unwrap();
    let holding = client.transaction().await.unwrap();
    holding.execute("SELECT FROM messages WHERE id = $1 FOR SHARE", &[&decided.message.0]).await.unwrap();
    let lets_go = async {
        somebody_waits(&decided.shop).await;
        holding.rollback().await.unwrap();
    };
    let (runner, dispatch) = (decided.node.runner.clone(), &decided.dispatch);
    let outcome = Outcome::Accepted { wamid: WAMID.to_owned(), recipient: Vec::new() };
    let (recorded, ()) = tokio::join!(runner.record_delivery(dispatch, outcome), lets_go);
    recorded.unwrap();

    for sent in [&mut at_once, &mut decided] {
        let expected = ("sending".to_owned(), Some(WAMID.to_owned()), false, false, 0, before.5);
        assert_eq!(standing(sent).await, expected);
        let changes = std::iter::from_fn(|| sent.node.changes.try_recv().ok());
        let of_it =
            changes.filter_map(|change| if let Change::Conversation(change) = change { Some(change) } else { None }).last().unwrap();
        assert_eq!(of_it.climbed.iter().map(|it| (it.message, it.status)).collect::<Vec<_>>(), [(sent.message, Status::Sending)]);
        assert!(of_it.events.is_empty() && of_it.is_wait_changed());
        let missed = sent.shop.store.ticks_since(Sight::unbounded(sent.shop.workspace, sent.conversation), of_it.climbed[0].at).await;
        assert_eq!(missed.unwrap().iter().map(|it| it.status).collect::<Vec<_>>(), [Status::Sending], "who missed it asks for ticks");
        sent.shop.is_consistent().await;
    }
}
