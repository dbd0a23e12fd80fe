//! Whatever is stored and whatever a customer does: the engine answers, and a flow that cannot go on gives the customer to people.

use super::*;

/// A small generator of its own, so that a failure can be played again by its number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const SAID: [&str; 14] =
    ["hi", "", "2", "my order", "agent", "204817", "late", "{answer.topic}", "\u{202e}\u{0}", "🔥", "today", "x", "٢٠٤٨١٧", "Ça va?"];
const TAPPED: [&str; 6] = ["orders", "billing", "support", "late", "refund", "nothing"];
const NODES: [&str; 8] = ["welcome", "topic", "by_topic", "order_number", "order_problem", "urgency", "goodbye", "gone"];

#[test]
fn no_definition_and_no_session_leave_a_customer_without_an_answer() {
    let mut played = 0;
    for number in 1..=1_000_u64 {
        let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64));
        let mut json: Value = serde_json::from_str(DEMO).unwrap();
        for _ in 0..dice.roll(4) {
            damage(&mut json, &mut dice);
        }
        if let Ok(definition) = serde_json::from_value::<Definition>(json) {
            wander(&definition, &mut dice);
            played += 1;
        }
    }
    assert!(played > 500, "only {played} definitions could be read at all");
}

/// Changes one place of a flow.
fn damage(json: &mut Value, dice: &mut Dice) {
    let node = dice.pick(&NODES);
    let other = dice.pick(&NODES);
    let patch = match dice.roll(9) {
        0 => json!({ "nodes": { node: null } }),
        1 => json!({ "nodes": { node: { "next": other } } }),
        2 => json!({ "nodes": { "by_topic": { "cases": [], "otherwise": other } } }),
        3 => json!({ "nodes": { "goodbye": { "queue": if dice.roll(2) == 0 { json!("gone") } else { json!({ "field": "topic" }) } } } }),
        4 => json!({ "nodes": { "topic": { "options": [], "attempts": dice.roll(3) } } }),
        5 => json!({ "start": other, "default_queue": dice.pick(&["support", "gone"]) }),
        6 => json!({ "settle_seconds": u32::MAX, "wait_minutes": u32::MAX, "hand_off_words": [""] }),
        7 => json!({ "nodes": { "order_number": { "accept": { "kind": "digits", "min": usize::MAX, "max": 0 }, "prompt": "{" } } }),
        _ => json!({ "nodes": { node: { "kind": "branch", "on": { "hours": "gone" }, "cases": [], "otherwise": other } } }),
    };
    if patch["nodes"][node]["kind"] == "branch" {
        json["nodes"][node] = Value::Null;
    }
    merge(json, &patch);
}

/// Plays until the flow is over.
fn wander(definition: &Definition, dice: &mut Dice) {
    let contact = Contact { language: Some("es".to_owned()), ..Contact::named(ContactId(Uuid::nil()), dice.pick(&SAID).to_owned()) };
    let queues = queues();
    let mut now: Timestamp = "2026-03-27T16:00:00Z".parse().unwrap();
    let mut session: Option<FlowSession> = None;
    for place in 0..40 {
        let turn = turn(dice);
        now += SignedDuration::from_secs((if dice.roll(3) == 0 { dice.roll(5_000) } else { dice.roll(6) }).try_into().unwrap());
        if let Some(session) = session.as_mut().filter(|_| dice.roll(8) == 0) {
            session.waiting_at = Some(dice.pick(&NODES).to_owned());
            session.attempts = u32::MAX;
        }
        let context = Context { contact: &contact, queues: &queues, rules: &WHATSAPP, now, may_speak: dice.roll(9) > 0, entry: None };
        let outcome = match session.take() {
            Some(session) if dice.roll(4) == 0 => paused(session, definition, &context),
            session => turn.play(place, session, definition, &context),
        };
        assert!(context.may_speak || !outcome.steps.iter().any(|step| matches!(step, Step::Say(_))), "it speaks although it may not");
        obeys_the_rules(&outcome, &queues);
        session = outcome.session;
        if session.is_none() {
            return;
        }
    }
    assert!(
        session.is_some_and(|session| session.opening.len() <= 50 && session.answers.len() <= 10 && session.unclear.len() <= 50),
        "a session grows without end"
    );
}

fn turn(dice: &mut Dice) -> Turn {
    let mut turn = Turn { after: None, text: None, tap: None, picture: None, unreadable: None, timer: None, change: None, session: None };
    match dice.roll(9) {
        0 => turn.tap = Some(dice.pick(&TAPPED).to_owned()),
        1 => turn.picture = Some(dice.pick(&SAID).to_owned()),
        2 => turn.timer = Some(true),
        3 => turn.unreadable = Some(true),
        4 | 5 => turn.tap = Some(dice.pick(&TAPPED[..4]).to_owned()),
        _ => turn.text = Some(dice.pick(&SAID).to_owned()),
    }
    turn
}
