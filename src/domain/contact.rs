//! Contacts: the people who write.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::ContactId;

/// A customer. The phone number may be unknown: identities are rows of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    /// The profile name as WhatsApp gave it; text from outside.
    pub name: String,
    pub language: Option<String>,
    /// What flows and people noted, by field name.
    pub fields: BTreeMap<String, String>,
    /// What the customer last wrote from: where an answer goes.
    #[serde(default)]
    pub address: Option<Identity>,
    /// Since when, by WhatsApp's clock: what was written before changes nothing.
    #[serde(default)]
    pub addressed_at: Option<Timestamp>,
    /// The name they chose on WhatsApp to be found by, without `@`; text from outside.
    #[serde(default)]
    pub username: Option<String>,
    /// The last line of their journal.
    #[serde(default)]
    pub last_seq: i64,
}

impl Contact {
    /// A contact of whom nothing but a name is known.
    #[must_use]
    pub fn named(id: ContactId, name: String) -> Self {
        Self { id, name, language: None, fields: BTreeMap::new(), address: None, addressed_at: None, username: None, last_seq: 0 }
    }

    /// Answers go there from now on.
    pub(super) fn is_at(&mut self, address: &Identity, at: Timestamp) {
        self.address = Some(address.clone());
        self.addressed_at = Some(at);
    }
}

/// What a channel calls a person by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Named", into = "Named")]
pub enum Identity {
    /// Digits without `+` (WhatsApp's `wa_id`).
    Phone(String),
    /// A business-scoped user id, e.g. `US.13491208655302741918`.
    UserId(String),
    /// Of a kind that only its channel knows.
    Other { kind: String, value: String },
}

/// An identity as it is written.
#[derive(Serialize, Deserialize)]
struct Named {
    kind: String,
    value: String,
}

impl From<Named> for Identity {
    fn from(named: Named) -> Self {
        Identity::of(&named.kind, named.value)
    }
}

impl From<Identity> for Named {
    fn from(identity: Identity) -> Self {
        Self { kind: identity.kind().to_owned(), value: identity.value().to_owned() }
    }
}

impl Identity {
    /// The identity of this kind.
    #[must_use]
    pub fn of(kind: &str, value: String) -> Self {
        match kind {
            "phone" => Identity::Phone(value),
            "user_id" => Identity::UserId(value),
            other => Identity::Other { kind: other.to_owned(), value },
        }
    }

    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Identity::Phone(_) => "phone",
            Identity::UserId(_) => "user_id",
            Identity::Other { kind, .. } => kind,
        }
    }

    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Identity::Phone(value) | Identity::UserId(value) | Identity::Other { value, .. } => value,
        }
    }
}

/// How much of a phone number somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Phones {
    /// Where it is from and its last two digits: enough to tell two customers apart, too little to call one.
    #[default]
    Masked,
    Shown,
}

/// Digits that make a phone number of a text; the shortest that one can be called by (ITU-T E.164 leaves it open, and none is shorter).
const SHORTEST: usize = 7;

impl Phones {
    #[must_use]
    pub fn of(may_see: bool) -> Self {
        if may_see { Phones::Shown } else { Phones::Masked }
    }

    /// A number, with or without `+`, as it is read.
    #[must_use]
    pub fn number(self, number: &str) -> String {
        let digits: Vec<char> = number.chars().filter(|c| c.is_numeric()).collect();
        match self {
            Phones::Shown => format!("+{}", number.trim_start_matches('+')),
            Phones::Masked if digits.len() < SHORTEST => "+•••".to_owned(),
            Phones::Masked => {
                let (first, last): (String, String) = (digits[..2].iter().collect(), digits[digits.len() - 2..].iter().collect());
                format!("+{first} ••• ••{last}")
            }
        }
    }

    /// A text that may be a phone number and nothing else, such as the name that somebody goes by.
    #[must_use]
    pub fn name(self, text: &str) -> String {
        if self == Phones::Masked && is_number(text) { self.number(text) } else { text.to_owned() }
    }

    /// What was noted about a customer who is reached at `address`: each time that their own number stands in it, it is masked, and so is
    /// what says of itself that it is one, by `+` or `00`. Other figures, such as that of an order, stay.
    #[must_use]
    pub fn noted(self, text: &str, address: Option<&Identity>) -> String {
        if self == Phones::Shown {
            return text.to_owned();
        }
        let own: Vec<char> = address.map(|address| address.value().chars().filter(char::is_ascii_digit).collect()).unwrap_or_default();
        let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(begin) = rest.find(|c: char| c.is_numeric() || c == '+') {
            let (before, from) = rest.split_at(begin);
            let (figures, after) = from.split_at(length_of_figures(from));
            masked.push_str(before);
            masked.push_str(&self.figures(figures, &own));
            rest = after;
        }
        masked + rest
    }

    /// Figures with what stands between those of a number.
    fn figures(self, figures: &str, own: &[char]) -> String {
        let digits: Vec<char> = figures.chars().filter(|c| c.is_numeric()).collect();
        let is_own =
            digits.len() >= SHORTEST && own.len() >= SHORTEST && (own.ends_with(&digits) || has(&digits, &own[own.len() - SHORTEST..]));
        let says_so = digits.len() >= SHORTEST && (figures.starts_with('+') || figures.starts_with("00"));
        if is_own || says_so { self.number(figures) } else { figures.to_owned() }
    }

    /// A text of whatever kind, such as one that nobody could understand: every run of digits as long as a number is masked.
    #[must_use]
    pub fn anywhere(self, text: &str) -> String {
        if self == Phones::Shown {
            return text.to_owned();
        }
        let (mut masked, mut run) = (String::with_capacity(text.len()), Vec::new());
        for c in text.chars().map(Some).chain([None]) {
            match c {
                Some(c) if c.is_numeric() => run.push(c),
                other => {
                    if run.len() >= SHORTEST {
                        masked.extend(run.drain(..).enumerate().map(|(place, digit)| if place < 2 { digit } else { '•' }));
                    } else {
                        masked.extend(run.drain(..));
                    }
                    masked.extend(other);
                }
            }
        }
        masked
    }
}

/// What stands between the digits of a phone number.
fn is_between(c: char) -> bool {
    c.is_whitespace() || "+-–.()/".contains(c) || ('\u{200e}'..='\u{202e}').contains(&c)
}

/// Up to the last digit of what a text begins with: digits, and what stands between those of a number.
fn length_of_figures(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_numeric() && !is_between(c)).unwrap_or(text.len());
    let last = text[..end].char_indices().rfind(|(_, c)| c.is_numeric());
    // A `+` alone is a character of its own.
    last.or_else(|| text.char_indices().next()).map_or(end, |(place, c)| place + c.len_utf8())
}

/// Whether some digits stand among others, one after the other.
fn has(digits: &[char], sought: &[char]) -> bool {
    digits.windows(sought.len()).any(|part| part == sought)
}

/// Whether a text is a phone number, however it is written.
fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_numeric() || is_between(c)) && text.chars().filter(|c| c.is_numeric()).count() >= SHORTEST
}

impl Contact {
    /// As somebody knows them who sees so much of phone numbers: what texts for them are filled in from, in front of that person.
    #[must_use]
    pub fn read_by(&self, phones: Phones) -> Self {
        let read = |(field, value): (&String, &String)| (field.clone(), phones.noted(value, self.address.as_ref()));
        Self { name: phones.name(&self.name), fields: self.fields.iter().map(read).collect(), ..self.clone() }
    }

    /// What people call them by: their name, or else what they write from.
    #[must_use]
    pub fn called(&self, phones: Phones) -> String {
        match &self.address {
            Some(address) if self.name.trim().is_empty() => address.read_by(phones),
            _ => phones.name(&self.name),
        }
    }
}

impl Identity {
    /// As people read it.
    #[must_use]
    pub fn read_by(&self, phones: Phones) -> String {
        match self {
            Identity::Phone(digits) => phones.number(digits),
            Identity::UserId(id) => id.clone(),
            Identity::Other { value, .. } => phones.name(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_tells_where_it_is_from_and_two_digits() {
        for number in ["4915112345612", "+49 151 12345612", "+49-151-123456-12"] {
            assert_eq!(Phones::Masked.number(number), "+49 ••• ••12", "{number}");
        }
        assert_eq!((Phones::Masked.number("12345"), Phones::Shown.number("4915112345612")), ("+•••".into(), "+4915112345612".into()));
    }

    #[test]
    fn a_name_that_is_a_number_is_masked_and_no_other() {
        for number in ["+34 600 000 001", "(600) 000-001", "٣٤٦٠٠٠٠٠٠٠١", "\u{202a}+34 600 000 001\u{202c}"] {
            assert!(Phones::Masked.name(number).contains("•••"), "{number}");
            assert_eq!(Phones::Shown.name(number), number);
        }
        for name in ["Zoe", "Agent 007", "Studio 54 2026", "123456"] {
            assert_eq!(Phones::Masked.name(name), name);
        }
        let mut contact = Contact::named(ContactId(uuid::Uuid::nil()), String::new());
        contact.address = Some(Identity::Phone("34600000001".into()));
        assert_eq!((contact.called(Phones::Masked), contact.called(Phones::Shown)), ("+34 ••• ••01".into(), "+34600000001".into()));
        contact.name = "Zoe".to_owned();
        assert_eq!(contact.called(Phones::Masked), "Zoe");
    }

    #[test]
    fn of_what_was_noted_the_own_number_is_masked_and_an_order_number_is_not() {
        let own = Identity::Phone("34600000001".into());
        for number in ["600000001", "+34 600-000-001", "0034600000001", "my number: 600 000 001", "+44 20 7946 0999"] {
            assert!(Phones::Masked.noted(number, Some(&own)).contains("•••"), "{number}");
        }
        for text in ["4711008150", "Madrid", "2026-11-28", ""] {
            assert_eq!(Phones::Masked.noted(text, Some(&own)), text);
        }
        for (text, shown) in [
            ("Call +34 600 000 001, it is about order 4711008150!", "Call +34 ••• ••01, it is about order 4711008150!"),
            ("600000001/34600000001", "+60 ••• ••01"),
            ("2 + 2, or +1", "2 + 2, or +1"),
            ("WhatsApp:34600000001;mail:a1@b.c", "WhatsApp:+34 ••• ••01;mail:a1@b.c"),
        ] {
            assert_eq!((Phones::Masked.noted(text, Some(&own)).as_str(), Phones::Shown.noted(text, Some(&own)).as_str()), (shown, text));
        }
        assert_eq!(Phones::Masked.anywhere(r#"{"wa_id":"34600000001","n":42}"#), r#"{"wa_id":"34•••••••••","n":42}"#);
    }

    #[test]
    fn identities_of_every_kind_are_read_as_they_were_written() {
        let written = [
            (Identity::Phone("41".to_owned()), r#"{"kind":"phone","value":"41"}"#),
            (Identity::UserId("US.1".to_owned()), r#"{"kind":"user_id","value":"US.1"}"#),
            (Identity::Other { kind: "address".to_owned(), value: "a@b.c".to_owned() }, r#"{"kind":"address","value":"a@b.c"}"#),
        ];
        for (identity, json) in written {
            assert_eq!(serde_json::to_string(&identity).unwrap(), json);
            assert_eq!(serde_json::from_str::<Identity>(json).unwrap(), identity);
        }
    }
}
