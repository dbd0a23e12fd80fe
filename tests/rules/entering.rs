//! Entry rules: where a conversation goes that comes in and that nobody sends anywhere.

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton::domain::conditions::{Known, compile, stored};
use baton::domain::conversation::Controller;
use baton::domain::details::{Field, FieldKind, FieldOf, Tag};
use baton::domain::event::{Event, QueuedBecause};
use baton::domain::hours::Hours;
use baton::domain::ids::{EntryRuleId, QueueId, TagId};
use baton::domain::message::{Author, Content};
use baton::domain::routing::{EntryRule, EntryRules, Priority, RuleSkills, SentBy};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bots::{BOT, Program};
use crate::customers::Phone;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

const VIP: TagId = TagId(Uuid::from_u128(0x70));
const GOLD: TagId = TagId(Uuid::from_u128(0x71));

/// A rule: its name, its conditions, its queue.
type Written<'a> = (&'a str, Value, Option<QueueId>);

impl Shop {
    /// The configuration is of version 7, and each rule puts the tag VIP.
    fn rules(&self, rules: &[Written<'_>]) {
        let mut tables = self.tables.borrow_mut();
        let mut workplace = (*tables.workplace).clone();
        let tag = |id, name: &str, merged_into| Tag { id, name: name.to_owned(), colour: "red".to_owned(), archived: false, merged_into };
        workplace.vocabulary.tags = vec![tag(VIP, "VIP", Some(GOLD)), tag(GOLD, "Gold", None)];
        let words = workplace.vocabulary.clone();
        let rule = |(number, (name, conditions, queue)): (usize, &Written<'_>)| EntryRule {
            id: EntryRuleId(Uuid::from_u128(0x80 + number as u128)),
            name: (*name).to_owned(),
            condition: compile(&stored::read(conditions).unwrap(), Known { words: &words, inboxes: None, people: None }).unwrap(),
            queue: *queue,
            priority: Some(Priority::High),
            tags: vec![VIP],
            skills: RuleSkills::default(),
        };
        workplace.version = 7;
        workplace.entry = Arc::new(EntryRules { zone: TimeZone::UTC, rules: rules.iter().enumerate().map(rule).collect() });
        tables.workplace = Arc::new(workplace);
    }
}

fn says(word: &str) -> Value {
    json!({"subject": "message.text", "contains": word})
}

/// Into which queue it came, and who said so.
fn sent(phone: &Phone<'_>) -> (QueueId, Option<SentBy>) {
    let kept = phone.kept();
    let queued = kept.journal.iter().rev().find_map(|line| match &line.event {
        Event::ConversationQueued { queue, sent, .. } => Some((*queue, sent.clone())),
        _ => None,
    });
    queued.expect("it is in a queue")
}

fn by_rule(number: u128, name: &str) -> Option<SentBy> {
    Some(SentBy::Rule { rule: EntryRuleId(Uuid::from_u128(0x80 + number)), name: name.to_owned(), version: 7 })
}

#[test]
fn without_a_flow_the_first_rule_that_is_met_says_where_it_goes() {
    let shop = Shop::without_a_flow();
    shop.rules(&[
        ("Refunds", says("refund"), Some(BILLING)),
        ("Shipping", json!({"any": [says("parcel"), says("refund")]}), Some(ORDERS)),
        ("Hot", says("burning"), None),
    ]);
    let write = |name: &str, text: &str| {
        let phone = shop.phone(name);
        phone.writes(text);
        (sent(&phone), phone.conversation())
    };
    let (mia, conversation) = write("Mia", "Where is my REFUND for the parcel?");
    assert_eq!(mia, (BILLING, by_rule(0, "Refunds")));
    assert_eq!(conversation.priority, Priority::High);
    assert_eq!(conversation.details.unwrap().tags, [GOLD], "a tag that was merged is the other");
    assert_eq!(write("Noa", "My parcel is late").0, (ORDERS, by_rule(1, "Shipping")));
    let (oli, conversation) = write("Oli", "hello");
    assert_eq!((oli, conversation.priority, conversation.details), ((SUPPORT, None), Priority::Normal, None));
    let keeping = SentBy::RuleKeeping { rule: EntryRuleId(Uuid::from_u128(0x82)), name: "Hot".to_owned(), version: 7 };
    assert_eq!(write("Pia", "It is burning!").0, (SUPPORT, Some(keeping)));
}

#[test]
fn a_flow_that_names_no_queue_asks_the_rules_and_promises_by_the_queue_they_say() {
    let shop = Shop::opens();
    let promise = |shop: &Shop| {
        let mut tables = shop.tables.borrow_mut();
        let mut workplace = (*tables.workplace).clone();
        workplace.queues.iter_mut().find(|queue| queue.id == BILLING).unwrap().promise_minutes = 3 * 60;
        tables.workplace = Arc::new(workplace);
    };
    promise(&shop);
    shop.rules(&[("Lawyers", says("lawyer"), Some(BILLING))]);
    let phone = shop.phone("Mia");
    phone.writes("My lawyer will hear of this");
    shop.passes(SignedDuration::from_secs(30));
    phone.writes("agent");
    assert_eq!(sent(&phone), (BILLING, by_rule(0, "Lawyers")));
    let conversation = phone.conversation();
    assert_eq!(conversation.brief.as_ref().unwrap().queue, "billing");
    let last = phone.received().into_iter().rfind(|message| message.author == Author::Flow).unwrap();
    let Content::Text { body } = last.content else { panic!("no farewell") };
    assert_eq!(conversation.brief.unwrap().promised.map(|promised| body.contains(&promised)), Some(true), "{body}");
    assert!(body.contains("3 hours"), "the promise is that of the queue it goes to: {body}");
}

#[test]
fn a_topic_names_its_queue_and_no_rule_is_asked() {
    let shop = Shop::opens();
    shop.rules(&[("Everything", json!({"all": []}), Some(BILLING))]);
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(30));
    phone.taps("orders");
    shop.passes(SignedDuration::from_secs(30));
    phone.writes("agent");
    assert_eq!(sent(&phone), (ORDERS, Some(SentBy::Name)));
    assert_eq!(phone.conversation().priority, Priority::Normal);
}

#[test]
fn whoever_is_sent_by_a_person_or_comes_back_meets_no_rule() {
    let shop = Shop::without_a_flow();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("hi");
    shop.rules(&[("Everything", json!({"all": []}), Some(BILLING))]);
    ana.puts(&phone, ORDERS).unwrap();
    assert_eq!(sent(&phone), (ORDERS, None));
    ana.takes(&phone).unwrap();
    ana.resolves(&phone).unwrap();
    phone.writes("One more thing: where is it?");
    assert_eq!(sent(&phone), (ORDERS, None));
    let because = phone.kept().journal.iter().rev().find_map(|line| match &line.event {
        Event::ConversationQueued { because, .. } => Some(because.clone()),
        _ => None,
    });
    assert_eq!(because, Some(QueuedBecause::Reopened));
    let noa = shop.phone("Noa");
    noa.writes("hi");
    assert_eq!(sent(&noa).0, BILLING);
}

#[test]
fn a_bot_that_names_no_queue_there_is_asks_the_rules() {
    let shop = Shop::opens();
    shop.rules(&[("Lamps", json!({"all": []}), Some(ORDERS))]);
    for (name, key, expected) in [("Mia", "nowhere", (ORDERS, by_rule(0, "Lamps"))), ("Noa", "billing", (BILLING, Some(SentBy::Name)))] {
        let (phone, bot) = (shop.phone(name), Program { shop: &shop, bot: BOT });
        phone.writes("hi");
        shop.passes(SignedDuration::from_secs(10));
        bot.starts(&phone).unwrap();
        bot.hands_off(&phone, key).unwrap();
        assert_eq!(sent(&phone), expected);
        let brief = phone.conversation().brief.unwrap().queue;
        assert_eq!(brief, if key == "billing" { "billing" } else { "orders" });
    }
}

#[test]
fn a_rule_whose_queue_is_gone_on_this_node_keeps_nobody_from_people() {
    let shop = Shop::without_a_flow();
    shop.rules(&[("Gone", json!({"all": []}), Some(QueueId(Uuid::from_u128(0x99))))]);
    let phone = shop.phone("Mia");
    phone.writes("hi");
    assert_eq!(sent(&phone).0, SUPPORT);
}

/// As many rules as there may be, each as long as one may be: of an older version, which bounded each alone.
#[test]
fn rules_of_any_size_and_texts_of_any_length_hold_nobody_up() {
    let condition = |rule: usize| {
        let leaves: Vec<Value> = (0..50).map(|leaf| says(&format!("nothing of this {rule} {leaf}"))).collect();
        json!({ "any": leaves })
    };
    let names: Vec<String> = (0..200).map(|rule| format!("Rule {rule}")).collect();
    let all: Vec<Written<'_>> = names.iter().enumerate().map(|(rule, name)| (name.as_str(), condition(rule), Some(BILLING))).collect();
    let long = "ñandú y más ".repeat(340);
    for shop in [Shop::without_a_flow(), Shop::opens()] {
        shop.rules(&all);
        let (phone, begun) = (shop.phone("Mia"), Instant::now());
        for _ in 0..4 {
            phone.writes(&long);
        }
        shop.passes(SignedDuration::from_secs(30));
        phone.writes("agent");
        assert_eq!(sent(&phone).0, SUPPORT);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

/// A flow that notes a field, from what a customer is called, and hands over.
fn noting(field: &str) -> Shop {
    let flow = json!({
        "format": 1, "name": "Notes", "default_queue": "support", "start": "note",
        "nodes": {
            "note": { "kind": "set_field", "field": field, "value": "{contact.first_name}", "next": "over" },
            "over": { "kind": "hand_off" },
        },
    });
    Shop::with(Some(serde_json::from_value(flow).unwrap()), Hours::always())
}

#[test]
fn what_a_flow_notes_counts_as_it_is_kept() {
    let shop = noting("member");
    {
        let mut tables = shop.tables.borrow_mut();
        let mut workplace = (*tables.workplace).clone();
        let (key, label, choices) = ("member".to_owned(), "Member".to_owned(), Vec::new());
        workplace.vocabulary.fields = vec![Field { key, label, of: FieldOf::Contact, kind: FieldKind::YesNo, choices, shown: true }];
        tables.workplace = Arc::new(workplace);
    }
    let member = |is: &str| json!({"subject": "contact.fields.member", "is": is});
    shop.rules(&[("Members", member("yes"), Some(BILLING)), ("Known", json!({"subject": "contact.fields.member", "present": true}), None)]);
    for (name, expected) in [("Sí", (BILLING, by_rule(0, "Members"))), ("Mia", (SUPPORT, None))] {
        let phone = shop.phone(name);
        phone.writes("hi");
        assert_eq!(sent(&phone), expected, "{name}");
    }
}

#[test]
fn whoever_held_the_conversation_before_is_known_of_the_next_one() {
    for shop in [Shop::without_a_flow(), Shop::opens()] {
        let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
        phone.writes("hi");
        shop.passes(SignedDuration::from_secs(30));
        phone.writes("agent");
        ana.takes(&phone).unwrap();
        let Controller::Agent { user } = phone.conversation().controller else { panic!("nobody has it") };
        ana.resolves(&phone).unwrap();
        shop.rules(&[("Of Ana", json!({"subject": "previous_agent", "is": user}), Some(BILLING))]);
        shop.passes(SignedDuration::from_hours(30));
        phone.writes("hello again");
        shop.passes(SignedDuration::from_secs(30));
        phone.writes("agent");
        assert_eq!(sent(&phone), (BILLING, by_rule(0, "Of Ana")));
        let noa = shop.phone("Noa");
        noa.writes("hi");
        shop.passes(SignedDuration::from_secs(30));
        noa.writes("agent");
        assert_eq!(sent(&noa), (SUPPORT, None), "nobody held one of hers");
    }
}
