//! The main job, end to end.

use baton::domain::brief::HandOffReason;
use baton::domain::conversation::{Controller, State};
use baton::domain::message::{Content, Status};
use baton::domain::routing::Rule;
use jiff::SignedDuration;

use crate::shop::{ORDERS, Shop};

#[test]
fn a_customer_is_acknowledged_qualified_assigned_answered_and_comes_back() {
    let shop = Shop::opens();
    let ana = shop.agent("Ana");
    let ben = shop.agent("Ben");
    let phone = shop.phone("Mia Wong");

    phone.writes("hi");
    let said = phone.received();
    assert!(said[0].content.text().contains("Mia"), "the acknowledgement has her name: {:?}", said[0].content);
    assert!(matches!(said[1].content, Content::List { .. }), "the topic is asked with a list");
    assert_eq!(said.len(), 2);
    assert_eq!(phone.conversation().controller, Controller::Flow);
    assert!(phone.conversation().window_expires_at.is_some());

    shop.passes(SignedDuration::from_secs(20));
    phone.taps("orders");
    phone.writes("it is 204817");
    phone.taps("late");
    let conversation = phone.conversation();
    assert_eq!((conversation.controller, conversation.queue), (Controller::Queue, Some(ORDERS)));
    let brief = conversation.brief.expect("the flow hands over a brief");
    assert_eq!(brief.reason, HandOffReason::Completed);
    let answers: Vec<(&str, &str)> = brief.answers.iter().map(|answer| (answer.label.as_str(), answer.value.as_str())).collect();
    assert_eq!(answers, [("Topic", "orders"), ("Order number", "204817"), ("What happened", "late")]);
    assert_eq!(brief.missing, Vec::<String>::new());
    assert_eq!(phone.known().fields["last_order"], "204817");

    shop.routes();
    assert!(ana.holds(&phone) ^ ben.holds(&phone), "exactly one of them holds it");
    let (holder, other) = if ana.holds(&phone) { (&ana, &ben) } else { (&ben, &ana) };
    assert!(matches!(phone.conversation().assignment_reason.unwrap().rule, Rule::EquallyBusy { .. }));

    let answer = holder.replies(&phone, "It arrives tomorrow.").unwrap();
    assert!(phone.conversation().waiting_since.is_some(), "it has not left yet");
    for (status, shown) in [(Status::Sent, Status::Sent), (Status::Read, Status::Read), (Status::Delivered, Status::Read)] {
        shop.reports(answer, status).ok();
        assert_eq!(shop.status(answer), shown);
        assert_eq!(phone.conversation().waiting_since, None, "nobody waits for us any more");
    }

    holder.gives(&phone, other, Some("please check the address")).unwrap();
    assert!(other.holds(&phone));
    other.resolves(&phone).unwrap();
    assert_eq!(phone.conversation().state, State::Resolved);
    assert_eq!((ana.row().load, ben.row().load), (0, 0));

    shop.passes(SignedDuration::from_hours(2));
    phone.writes("thank you, one more thing");
    assert_eq!(phone.conversations(), 1, "it is the same conversation");
    shop.routes();
    assert!(other.holds(&phone), "the customer meets whom they spoke with last");
}

#[test]
fn what_follows_the_first_message_within_seconds_is_not_answered_a_second_time() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let said = phone.received().len();
    shop.passes(SignedDuration::from_secs(1));
    phone.writes("my lamp is broken");
    phone.writes("since yesterday");
    assert_eq!(phone.received().len(), said);
    phone.writes("agent");
    let brief = phone.conversation().brief.expect("the hand-off has a brief");
    assert_eq!(brief.reason, HandOffReason::CustomerAsked);
    let opening: Vec<&str> = brief.opening.iter().map(|quote| quote.text.as_str()).collect();
    assert_eq!(opening, ["hi", "my lamp is broken", "since yesterday", "agent"]);
    assert_eq!(brief.missing, ["Topic"]);
}

#[test]
fn the_story_is_told_in_order() {
    let shop = Shop::opens();
    let ana = shop.agent("Ana");
    let phone = shop.phone("Mia");
    phone.asks_about_an_order();
    shop.routes();
    ana.replies(&phone, "Let me see.").unwrap();
    ana.resolves(&phone).unwrap();
    let story = phone.story();
    let began = ["conversation_opened", "message_received", "flow_started", "message_queued", "message_queued"];
    assert_eq!(story[..5], began);
    let ended = ["handed_off", "conversation_queued", "conversation_assigned", "message_queued", "conversation_resolved"];
    assert_eq!(story[story.len() - 5..], ended);
}
