//! Names and texts that cannot be kept, or cannot be seen.

use super::*;

/// Wherever it stands, also where nothing else looks at the words.
#[test]
fn what_cannot_be_kept_or_seen_is_refused() {
    let shop = shop();
    for unseen in ["\u{200b}", "\u{feff}\u{ad} ", "\u{202e}\u{202c}", "\u{200d}"] {
        assert_eq!(refused(&shop, named(SUPPORT, unseen)), SetupRefusal::TextMissing, "{unseen:?}");
    }
    for unfit in ["a\0b", "Support\nClick here", "a\rb", "a\u{1b}[31mb", "a\tb", "a\u{2028}b"] {
        assert!(matches!(refused(&shop, named(SUPPORT, unfit)), SetupRefusal::TextUnfit { .. }), "{unfit:?}");
    }
    for fit in ["لمبات", "Ana 👩\u{200d}🔧", "a\u{202e}b\u{202c}"] {
        assert_eq!(after(&shop, named(SUPPORT, fit)).queues[&SUPPORT].name, fit);
    }
    let reply = |shortcut: &str, body: &str| SetupCommand::ChangeCannedReply {
        reply: HELLO,
        change: CannedReplyChange { shortcut: Some(shortcut.to_owned()), body: Some(body.to_owned()), ..CannedReplyChange::default() },
    };
    assert!(matches!(refused(&shop, reply("hello", "a\0b")), SetupRefusal::TextUnfit { .. }));
    assert_eq!(after(&shop, reply("hello", "two\n\tlines")).canned_replies[&HELLO].body, "two\n\tlines");
    assert!(matches!(refused(&shop, reply("\u{200b}", "Hello!")), SetupRefusal::ShortcutUnfit { .. }));
    let hours = json!({ "time_zone": "UTC", "weekly": {}, "days": { "2026-12-24": { "name": "a\0b", "open": [] } } });
    let hours = QueueChange { hours: serde_json::from_value(hours).unwrap(), ..QueueChange::default() };
    let hours = refused(&shop, SetupCommand::ChangeQueue { queue: SUPPORT, change: hours });
    assert!(matches!(hours, SetupRefusal::TextUnfit { .. }), "{hours:?}");
    let mut flow = definition("support");
    flow["about\0"] = json!("x");
    flow["name"] = json!("a\0b");
    let flow = refused(&shop, SetupCommand::PublishFlow { flow: WELCOME, definition: flow });
    assert!(matches!(flow, SetupRefusal::TextUnfit { .. } | SetupRefusal::FlowFaulty { .. }), "{flow:?}");
}
