use super::*;
use serde_json::json;

fn refused(body: Value) -> GraphError {
    read(body.to_string().as_bytes()).unwrap_err()
}

fn accepted(body: Value) -> Outgoing {
    match read(body.to_string().as_bytes()) {
        Ok(Posted::Message(outgoing)) => outgoing,
        other => panic!("{other:?}"),
    }
}

fn interactive(interactive: Value) -> Value {
    json!({"messaging_product": "whatsapp", "to": "+49151", "type": "interactive", "interactive": interactive})
}

#[test]
fn a_text_may_have_4096_characters_and_no_more() {
    let body = |length| json!({"messaging_product": "whatsapp", "to": "+49 151 (23)-4", "text": {"body": "ä".repeat(length)}});
    assert_eq!(accepted(body(TEXT_LIMIT)).recipient, Recipient::Phone(String::from("49151234")));
    assert_eq!(refused(body(TEXT_LIMIT + 1)).code, 100);
    assert_eq!(refused(body(0)).code, 131_008);
}

#[test]
fn the_product_the_recipient_and_a_known_type_are_needed() {
    assert_eq!(refused(json!({"to": "49151", "text": {"body": "hi"}})).code, 100);
    assert_eq!(refused(json!({"messaging_product": "whatsapp", "text": {"body": "hi"}})).code, 100);
    assert_eq!(refused(json!({"messaging_product": "whatsapp", "to": "49151", "type": "poll"})).code, 100);
    assert_eq!(refused(json!([])).code, 100);
    assert_eq!(read(b"{oops").unwrap_err().code, 100);
}

#[test]
fn buttons_keep_their_limits() {
    let buttons = |titles: &[&str]| {
        let reply = |title: &&str| json!({"type": "reply", "reply": {"id": title, "title": title}});
        let buttons: Vec<Value> = titles.iter().map(reply).collect();
        interactive(json!({"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}))
    };
    accepted(buttons(&["a", "b", "c"]));
    assert_eq!(refused(buttons(&["a", "b", "c", "d"])).code, 131_009);
    assert_eq!(refused(buttons(&[])).code, 131_009);
    assert_eq!(refused(buttons(&["a", "a"])).code, 131_009);
    assert_eq!(refused(buttons(&["more than twenty characters"])).code, 131_009);
}

#[test]
fn lists_keep_their_limits() {
    let list = |rows: usize| {
        let row = |number| json!({"id": format!("r{number}"), "title": "row"});
        let rows: Vec<Value> = (0..rows).map(row).collect();
        interactive(json!({"type": "list", "body": {"text": "?"}, "action": {"button": "Open", "sections": [{"rows": rows}]}}))
    };
    accepted(list(10));
    assert_eq!(refused(list(11)).code, 131_009);
    assert_eq!(refused(list(0)).code, 131_009);
}

#[test]
fn a_receipt_may_show_typing() {
    let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x", "typing_indicator": {"type": "text"}});
    assert!(matches!(read(body.to_string().as_bytes()), Ok(Posted::Receipt { is_typing: true, .. })));
}

#[test]
fn media_has_an_id_or_a_link() {
    let image = |image| json!({"messaging_product": "whatsapp", "to": "49151", "type": "image", "image": image});
    accepted(image(json!({"id": "1"})));
    assert_eq!(refused(image(json!({}))).code, 131_009);
    assert_eq!(refused(image(json!({"id": "1", "link": "https://x"}))).code, 131_009);
    assert_eq!(refused(image(json!({"link": "file:///etc/passwd"}))).code, 131_009);
}
