//! Reading JSON that PostgreSQL can keep and that can be read again: NUL characters, lone surrogates and bytes that are not UTF-8 become
//! U+FFFD; numbers at the end of what a machine can count become text.

use serde_json::Value;

const REPLACEMENT: &str = "\\ufffd";

/// Reads `body`; mends it first where that is needed, which costs an ordinary body one search.
pub(super) fn read(body: &[u8]) -> serde_json::Result<Value> {
    let mut value = read_mended(body)?;
    tame(&mut value);
    Ok(value)
}

fn read_mended(body: &[u8]) -> serde_json::Result<Value> {
    if !may_hold_nul(body) {
        match serde_json::from_slice(body) {
            Ok(value) => return Ok(value),
            // What mending can help with: an escape, a byte of text or a number, never the shape.
            Err(error) if error.is_eof() => return Err(error),
            Err(_) => {}
        }
    }
    let text = mended(&String::from_utf8_lossy(body));
    serde_json::from_str(&text).or_else(|_| serde_json::from_str(&with_quoted_numbers(&text)))
}

/// Beyond this PostgreSQL writes a number in digits that not every reader takes back.
const LARGEST_NUMBER: f64 = 1e300;

/// Turns numbers that might not be read back into text.
fn tame(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let is_wild = !number.is_i64() && !number.is_u64() && number.as_f64().is_none_or(|number| number.abs() > LARGEST_NUMBER);
            if is_wild {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(members) => members.iter_mut().for_each(tame),
        Value::Object(members) => members.values_mut().for_each(tame),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The same JSON with every number that is out of a machine's range as text.
fn with_quoted_numbers(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '-' | '0'..='9' => rest.find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9')).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let is_out_of_range = first != '"' && token.parse::<f64>().is_ok_and(f64::is_infinite);
        if is_out_of_range {
            out.extend(["\"", token, "\""]);
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    out
}

/// The length of the string that `json` begins with, quotes included.
fn string_length(json: &str) -> usize {
    let mut is_escaped = true;
    let end = json.char_indices().find(|(_, c)| {
        let ends = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.map_or(json.len(), |(at, _)| at + 1)
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
    fn numbers_at_the_end_of_counting_become_text() {
        let body = br#"{"a":[1.7976931348623157e308,-1e400,5e-324,1e15,18446744073709551615,-0.5],"b":"1e400 \"1e400"}"#;
        let read = read(body).unwrap();
        assert_eq!(
            read.to_string(),
            r#"{"a":["1.7976931348623157e+308","-1e400",5e-324,1000000000000000.0,18446744073709551615,-0.5],"b":"1e400 \"1e400"}"#
        );
        assert!(super::read(b"{\"a\":1e400").is_err());
        assert!(super::read(b"{\"a\":1e4e4}").is_err());
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
