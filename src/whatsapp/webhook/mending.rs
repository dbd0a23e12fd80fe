//! Reading JSON that PostgreSQL can keep: NUL characters, lone surrogates and bytes that are not UTF-8 become U+FFFD.

use serde_json::Value;

const REPLACEMENT: &str = "\\ufffd";

/// Reads `body`; mends it first where that is needed, which costs an ordinary body one search.
pub(super) fn read(body: &[u8]) -> serde_json::Result<Value> {
    if !may_hold_nul(body) {
        match serde_json::from_slice(body) {
            Ok(value) => return Ok(value),
            // What mending can help with: an escape or a byte of text, never the shape.
            Err(error) if error.is_eof() => return Err(error),
            Err(_) => {}
        }
    }
    serde_json::from_str(&mended(&String::from_utf8_lossy(body)))
}

fn may_hold_nul(body: &[u8]) -> bool {
    body.windows(6).any(|window| window == b"\\u0000")
}

/// The same JSON with every escape of a NUL or of half a character replaced. Escapes occur only inside strings.
fn mended(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (kept, length) = escape(rest);
        out.push_str(kept);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// What to write for the escape that `text` begins with, and how many bytes of `text` that is.
fn escape(text: &str) -> (&str, usize) {
    match code_unit(text) {
        None => {
            let length = 1 + text[1..].chars().next().map_or(0, char::len_utf8);
            (&text[..length], length)
        }
        Some(0) | Some(0xDC00..=0xDFFF) => (REPLACEMENT, 6),
        Some(0xD800..=0xDBFF) => match code_unit(&text[6..]) {
            Some(0xDC00..=0xDFFF) => (&text[..12], 12),
            _ => (REPLACEMENT, 6),
        },
        Some(_) => (&text[..6], 6),
    }
}

/// The UTF-16 code unit of a `\uXXXX` that `text` begins with.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(read(body.as_bytes()).unwrap(), Value::String(expected.to_owned()));
    }

    #[test]
    fn what_postgresql_cannot_keep_is_replaced() {
        check(r#""a\u0000b""#, "a\u{fffd}b");
        check(r#""a\ud83d""#, "a\u{fffd}");
        check(r#""\ude00a""#, "\u{fffd}a");
        check(r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀");
        check(r#""\ud83d\n""#, "\u{fffd}\n");
        assert_eq!(read(b"\"a\xffb\"").unwrap(), Value::String("a\u{fffd}b".to_owned()));
        assert_eq!(read(br#"{"k\u0000":1}"#).unwrap(), serde_json::json!({"k\u{fffd}": 1}));
    }

    #[test]
    fn everything_else_stays() {
        check(r#""\\u0000 \u0001 \ud83d\ude00 \" \/ é \u202E""#, "\\u0000 \u{1} 😀 \" / é \u{202E}");
        check(r#""\u00009""#, "\u{fffd}9");
    }

    #[test]
    fn what_is_no_json_stays_unreadable() {
        for body in ["", "{", r#"{"a":"\"#, r#""\u00"#, r#""\u00zz""#, "\\", "\"a\0b\"", "[1,]", "nul"] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
        assert!(read("[".repeat(10_000).as_bytes()).is_err());
        assert!(read(format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)).as_bytes()).is_err());
    }
}
