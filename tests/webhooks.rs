//! Webhook bodies and what they say. Each file of `tests/webhooks/` is one case: `about`, `body`, and what must be understood
//! of it, `says`. After a wanted change, `BATON_UPDATE=1 cargo test --test webhooks` writes `says` anew, for the diff to be read.

#[path = "support/strangers.rs"]
mod strangers;

use std::fs;
use std::path::Path;

use baton::channels::whatsapp::webhook::{Item, NoticeKind, Parsed, parse};
use baton::domain::inbound::{InboundContent, InboundItem, InboundMessage};
use serde_json::{Value, json};
use strangers::{Chance, cases, miss_a_part, spoil_a_node};

const MUTATIONS: u32 = 20_000;

#[test]
fn every_body_says_what_its_case_tells() {
    let mut wrong = Vec::new();
    for (path, case) in cases() {
        let says = said(&case["body"]);
        if std::env::var_os("BATON_UPDATE").is_some() {
            write(&path, &case, &says);
        } else if says != case["says"] {
            wrong.push(format!("{}: {says:#}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_all_understood_is_kept_raw() {
    let mut plain = 0;
    for (path, case) in cases() {
        let (body, parsed) = (case["body"].to_string(), understood(&case["body"]));
        for item in &parsed.items {
            let kept = match item {
                Item::ForInbox {
                    item: InboundItem::Message(InboundMessage { content: InboundContent::Text { body }, raw: Value::Null, .. }),
                    ..
                } => {
                    plain += 1;
                    Value::from(body.as_str()).to_string()
                }
                Item::ForInbox { item: InboundItem::Message(message), .. } => message.raw.to_string(),
                Item::Rejected { raw, .. } => String::from_utf8(raw.clone()).unwrap(),
                Item::ForInbox { .. } | Item::Notice { .. } => continue,
            };
            assert!(body.contains(&kept), "{}: {kept}", path.display());
        }
    }
    assert!(plain > 0);
}

#[test]
fn text_is_kept_to_the_last_byte_but_for_nul() {
    let text = |escaped: &str| {
        let body = format!(
            r#"{{"entry":[{{"changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"1"}},"messages":[
            {{"from":"41790000000","id":"w","timestamp":"1","type":"text","text":{{"body":"{escaped}"}}}}]}}}}]}}]}}"#
        );
        match parse(body.as_bytes()).unwrap().items.remove(0) {
            Item::ForInbox { item: InboundItem::Message(message), .. } => {
                assert_eq!(message.raw, Value::Null, "it is said twice");
                match message.content {
                    InboundContent::Text { body } => body,
                    other => panic!("{other:?}"),
                }
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(text(r"a\u0000b"), "a\u{fffd}b");
    assert_eq!(
        text(r"  \u202Eabc\u202C\u200f\ufeff \n\t\/ \u003Cb\u003E \ud83c\udf3b "),
        "  \u{202E}abc\u{202C}\u{200f}\u{feff} \n\t/ <b> 🌻 "
    );
    let long = "ü".repeat(4_096);
    assert_eq!(text(&long), long);
}

#[test]
fn what_is_not_json_is_unreadable() {
    let deep = format!(r#"{{"entry":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for body in ["", " ", "{", "[", "entry", r#"{"entry":[{"id":"1","changes":[{"field":"mess"#, "{\"entry\":[]}x", "{\"a\":1e9e9}", &deep]
    {
        assert!(parse(body.as_bytes()).is_err(), "{body}");
    }
    assert!(parse(b"\xff\xfe").is_err());
}

#[test]
fn json_without_an_envelope_is_kept() {
    for body in ["null", "7", "\"text\"", "[]", "[[1]]", "{}", r#"{"entry":[]}"#, r#"{"object":"page","entry":[{}]}"#] {
        let items = parse(body.as_bytes()).unwrap().items;
        assert!(matches!(items.as_slice(), [Item::Notice { kind: NoticeKind::Unknown, .. }]), "{body}: {items:?}");
    }
    for body in [r#"{"entry":{}}"#, r#"{"entry":"x"}"#, r#"{"entry":null}"#] {
        let items = parse(body.as_bytes()).unwrap().items;
        assert!(matches!(items.as_slice(), [Item::Rejected { pointer, .. }] if pointer == "/entry"), "{body}: {items:?}");
    }
}

#[test]
fn no_body_breaks_the_parser() {
    let bodies: Vec<Value> = cases().into_iter().map(|(_, mut case)| case["body"].take()).collect();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    for round in 0..MUTATIONS {
        let mut body = bodies[chance.below(bodies.len())].clone();
        match round % 4 {
            0 => miss_a_part(&mut body, &mut chance),
            2 => spoil_a_node(&mut body, &mut chance),
            _ => {}
        }
        let must_be_read = round % 2 == 0;
        let bytes = body.to_string().into_bytes();
        let mutant = if must_be_read { bytes } else { spoiled_bytes(bytes, &mut chance) };
        match parse(&mutant) {
            Ok(parsed) => assert_is_storable(&parsed, &mutant),
            Err(unreadable) => assert!(!must_be_read, "{unreadable}: {}", String::from_utf8_lossy(&mutant)),
        }
    }
}

/// In one step, because the other tests read the same files.
fn write(path: &Path, case: &Value, says: &Value) {
    let (about, body) = (&case["about"], format!("{:#}", case["body"]).replace('\n', "\n  "));
    let says: Vec<String> = says.as_array().unwrap().iter().map(|line| format!("    {line}")).collect();
    let fresh = path.with_extension("fresh");
    fs::write(&fresh, format!("{{\n  \"about\": {about},\n  \"body\": {body},\n  \"says\": [\n{}\n  ]\n}}\n", says.join(",\n"))).unwrap();
    fs::rename(fresh, path).unwrap();
}

fn understood(body: &Value) -> Parsed {
    parse(body.to_string().as_bytes()).unwrap()
}

fn said(body: &Value) -> Value {
    understood(body).items.iter().map(line).collect()
}

/// One item, without what is kept raw.
fn line(item: &Item) -> Value {
    match item {
        Item::ForInbox { phone_number_id, waba_id, item } => {
            let mut item = serde_json::to_value(item).unwrap();
            item.as_object_mut().unwrap().remove("raw");
            json!({ "of": [waba_id, phone_number_id], "item": item })
        }
        Item::Notice { waba_id, phone_number_id, kind, field, value: _, time } => {
            json!({ "of": [waba_id, phone_number_id], "notice": kind.as_str(), "field": field, "time": time })
        }
        Item::Rejected { pointer, reason, .. } => json!({ "rejected": pointer, "because": reason }),
    }
}

fn assert_is_storable(parsed: &Parsed, mutant: &[u8]) {
    let words = format!("{}", parsed.items.iter().map(line).collect::<Value>());
    assert!(!parsed.items.is_empty() && !words.contains("\\u0000"), "{}", String::from_utf8_lossy(mutant));
}

fn spoiled_bytes(mut bytes: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    let tokens: [&[u8]; 8] = [b"\\u0000", b"\\ud83d", b"\\", b"\"", b"{", b"]", b"\xff", b"1e400"];
    for _ in 0..=chance.below(3) {
        let (at, until) = (chance.below(bytes.len()), chance.below(bytes.len()));
        match chance.below(4) {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => drop(bytes.drain(at.min(until)..at.max(until))),
            2 => drop(bytes.splice(at..at, tokens[chance.below(tokens.len())].iter().copied())),
            _ => bytes.truncate(at),
        }
        bytes.push(b' ');
    }
    bytes
}
