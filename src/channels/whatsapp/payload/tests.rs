//! Bodies and limits.

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::domain::ids::{MediaId, MessageId};
use crate::domain::message::{Author, MediaState, Status};

fn message(content: Content) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(7)),
        author: Author::Flow,
        content,
        status: Status::Queued,
        failure: None,
        wamid: None,
        reply_to: None,
        at: Timestamp::UNIX_EPOCH,
        raw: None,
    }
}

fn text(body: &str) -> Content {
    Content::Text { body: body.to_owned() }
}

fn choice(id: &str, title: &str) -> Choice {
    Choice { id: id.to_owned(), title: title.to_owned(), description: None }
}

fn picture(caption: Option<&str>) -> Content {
    let media = MediaId(Uuid::from_u128(9));
    Content::Image { media, mime_type: "image/png".to_owned(), caption: caption.map(str::to_owned), size: None, state: MediaState::Stored }
}

/// The body for `content` says `part`, besides what every body says.
#[track_caller]
fn check(content: Content, part: Value) {
    let mut expected = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+41791112233",
        "biz_opaque_callback_data": "00000000-0000-0000-0000-000000000007",
    });
    for (key, value) in part.as_object().unwrap() {
        expected[key] = value.clone();
    }
    assert_eq!(build(&message(content), &Identity::Phone("41791112233".to_owned()), Some("900")), Ok(expected));
}

#[test]
fn each_kind_has_its_body() {
    check(text(" <b>ü</b>\n"), json!({ "type": "text", "text": { "body": " <b>ü</b>\n" } }));
    check(picture(Some("see")), json!({ "type": "image", "image": { "id": "900", "caption": "see" } }));
    check(picture(Some("")), json!({ "type": "image", "image": { "id": "900" } }));
    check(
        Content::Buttons { body: "Which?".to_owned(), options: vec![choice("a", "A"), choice("b", "B")] },
        json!({ "type": "interactive", "interactive": { "type": "button", "body": { "text": "Which?" }, "action": { "buttons": [
            { "type": "reply", "reply": { "id": "a", "title": "A" } }, { "type": "reply", "reply": { "id": "b", "title": "B" } },
        ] } } }),
    );
    let described = Choice { description: Some("more".to_owned()), ..choice("b", "B") };
    check(
        Content::List { body: "Which?".to_owned(), button: "Choose".to_owned(), options: vec![choice("a", "A"), described] },
        json!({ "type": "interactive", "interactive": { "type": "list", "body": { "text": "Which?" }, "action": { "button": "Choose", "sections": [
            { "rows": [{ "id": "a", "title": "A" }, { "id": "b", "title": "B", "description": "more" }] },
        ] } } }),
    );
}

#[test]
fn a_user_id_is_a_recipient_and_an_answer_names_its_question() {
    let answer = Message { reply_to: Some("wamid.Q".to_owned()), ..message(text("yes")) };
    let body = build(&answer, &Identity::UserId("US.1".to_owned()), None).unwrap();
    assert_eq!((body["recipient"].as_str(), body.get("to")), (Some("US.1"), None));
    assert_eq!(body["context"], json!({ "message_id": "wamid.Q" }));
}

#[test]
fn a_read_receipt_shows_typing_only_when_asked() {
    let receipt = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "w" });
    assert_eq!(read_receipt("w", Typing::Hidden), receipt);
    assert_eq!(read_receipt("w", Typing::Shown)["typing_indicator"], json!({ "type": "text" }));
}

#[test]
fn what_whatsapp_would_refuse_is_not_built() {
    let buttons = |options: Vec<Choice>| Content::Buttons { body: "?".to_owned(), options };
    let list = |button: &str, options: Vec<Choice>| Content::List { body: "?".to_owned(), button: button.to_owned(), options };
    let many = |count: usize| (0..count).map(|index| choice(&format!("{index}"), &format!("t{index}"))).collect::<Vec<_>>();
    let long = |length: usize| "ä".repeat(length);
    let too_long = |part, length, limit| Err(Unfit::TooLong { part, length, limit });
    let described = Choice { description: Some(long(73)), ..choice("a", "A") };
    let cases = [
        (text(&long(4_096)), Ok(())),
        (text(&long(4_097)), too_long(Part::Text, 4_097, 4_096)),
        (text(" \n"), Err(Unfit::Empty { part: Part::Text })),
        (picture(Some(&long(1_025))), too_long(Part::Caption, 1_025, 1_024)),
        (Content::Buttons { body: long(1_025), options: many(1) }, too_long(Part::Question, 1_025, 1_024)),
        (buttons(many(3)), Ok(())),
        (buttons(many(4)), too_long(Part::Choices, 4, 3)),
        (buttons(many(0)), Err(Unfit::Empty { part: Part::Choices })),
        (buttons(vec![choice("a", &long(21))]), too_long(Part::ChoiceTitle, 21, 20)),
        (buttons(vec![choice(&long(257), "A")]), too_long(Part::ChoiceId, 257, 256)),
        (buttons(vec![choice("", "A")]), Err(Unfit::Empty { part: Part::ChoiceId })),
        (buttons(vec![choice("a", "A"), choice("a", "B")]), Err(Unfit::Twice { part: Part::ChoiceId })),
        (buttons(vec![choice("a", "A"), choice("b", "A")]), Err(Unfit::Twice { part: Part::ChoiceTitle })),
        (list("Choose", many(10)), Ok(())),
        (list("Choose", many(11)), too_long(Part::Choices, 11, 10)),
        (list(&long(21), many(1)), too_long(Part::ListButton, 21, 20)),
        (list("Choose", vec![choice("a", "A"), choice("b", "A")]), Ok(())),
        (list("Choose", vec![choice("a", &long(25))]), too_long(Part::ChoiceTitle, 25, 24)),
        (list("Choose", vec![choice(&long(201), "A")]), too_long(Part::ChoiceId, 201, 200)),
        (list("Choose", vec![described]), too_long(Part::ChoiceDescription, 73, 72)),
        (Content::Reply { choice: choice("a", "A") }, Err(Unfit::NeverSent { kind: "reply" })),
        (Content::Unsupported { of: "video".to_owned() }, Err(Unfit::NeverSent { kind: "unsupported" })),
    ];
    for (content, expected) in cases {
        assert_eq!(fits(&content), expected, "{content:?}");
        let built = build(&message(content), &Identity::Phone("41".to_owned()), Some("900"));
        assert_eq!(built.map(|_| ()), expected);
    }
    assert_eq!(build(&message(picture(None)), &Identity::Phone("41".to_owned()), None), Err(Unfit::NotUploaded));
}
