//! JSON as Meta puts it on the wire: pure ASCII, `\uXXXX` in lower-case hexadecimal, `/` as `\/` (fact sheet 1.2).

use std::io;

use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

struct Escaped;

impl Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, character) in fragment.char_indices() {
            if character.is_ascii() && character != '/' {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            plain = at + character.len_utf8();
            if character == '/' {
                writer.write_all(b"\\/")?;
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }
}

/// The bytes of `value` as Meta would send and sign them.
pub fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    // Writing a `Value` to memory has no way to fail; an empty body would be refused by every receiver.
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, Escaped)) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn arabic_emoji_and_slashes_become_ascii() {
        let value = json!({"name": "ليلى 😀 a/b\n\"ä\""});
        let bytes = to_bytes(&value);
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(text, r#"{"name":"\u0644\u064a\u0644\u0649 \ud83d\ude00 a\/b\n\"\u00e4\""}"#);
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), value);
    }
}
