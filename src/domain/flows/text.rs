//! Texts: several languages, placeholders, and names that come from outside.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// How much of a name is said.
pub const MAX_NAME: usize = 40;

/// What a flow says: one text in the language of the definition, or one for each language,
/// e.g. `"Hello"` or `{"en": "Hello", "es": "Hola"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a text is written as \"…\", or by language as {\"en\": \"…\", \"es\": \"…\"}")]
pub enum Text {
    Plain(String),
    Languages(BTreeMap<String, String>),
}

impl Text {
    /// The text in a language (`es-MX` also takes `es`), or else in the language of the definition.
    #[must_use]
    pub fn in_language(&self, language: &str, default: &str) -> &str {
        self.chosen(language, default).1
    }

    /// As [`Self::in_language`], with the language that it is in, where it is said.
    #[must_use]
    pub fn chosen(&self, language: &str, default: &str) -> (Option<&str>, &str) {
        match self {
            Text::Plain(text) => (None, text),
            Text::Languages(texts) => {
                let found = [language, primary(language), default, primary(default)].into_iter().find_map(|tag| texts.get_key_value(tag));
                found.or_else(|| texts.iter().next()).map_or((None, ""), |(tag, text)| (Some(tag), text))
            }
        }
    }

    /// Every wording of it, with its language where it has several.
    pub fn by_language(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let texts: Vec<_> = match self {
            Text::Plain(text) => vec![(None, text.as_str())],
            Text::Languages(texts) => texts.iter().map(|(language, text)| (Some(language.as_str()), text.as_str())).collect(),
        };
        texts.into_iter()
    }

    /// Every wording of it.
    pub fn wordings(&self) -> impl Iterator<Item = &str> {
        let texts: Vec<&str> = match self {
            Text::Plain(text) => vec![text],
            Text::Languages(texts) => texts.values().map(String::as_str).collect(),
        };
        texts.into_iter()
    }
}

/// The first part of a language tag: `es` of `es-MX`.
#[must_use]
pub fn primary(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or(language)
}

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Words(&'a str),
    /// `{name}` or `{name|fallback}`.
    Placeholder {
        name: &'a str,
        fallback: &'a str,
    },
}

/// Takes a template apart. A `{` that is never closed stands for itself.
#[must_use]
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inside, tail)) = after.split_once('}') else {
            break;
        };
        let (name, fallback) = inside.split_once('|').unwrap_or((inside, ""));
        found.push(Piece::Words(before));
        found.push(Piece::Placeholder { name: name.trim(), fallback });
        rest = tail;
    }
    found.push(Piece::Words(rest));
    found
}

/// Fills in a template. What is filled in is never read for placeholders again. Where nothing is filled in, the space in front of it
/// goes too, so that `Hello {contact.first_name}, welcome` reads `Hello, welcome`.
pub fn expand(template: &str, mut value: impl FnMut(&str) -> String) -> String {
    let mut said = String::with_capacity(template.len());
    let mut is_gap = false;
    for piece in pieces(template) {
        match piece {
            Piece::Words(words) => {
                if is_gap && said.ends_with(' ') && !words.starts_with(char::is_alphanumeric) {
                    said.pop();
                }
                is_gap = false;
                said.push_str(words);
            }
            Piece::Placeholder { name, fallback } => {
                let value = value(name);
                let value = if value.is_empty() { fallback } else { &value };
                is_gap = value.is_empty();
                said.push_str(value);
            }
        }
    }
    said.trim().to_owned()
}

/// At most `limit` characters, the last an ellipsis where something was left off.
#[must_use]
pub fn truncate(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Text from outside on one line: no control characters, no characters that turn the direction of writing, single spaces.
#[must_use]
pub fn clean(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether there is nothing in it that anybody could see.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c) || matches!(c, '\u{200c}' | '\u{200d}'))
}

/// Bidirectional marks, zero-width spaces, separators and tags. The joiners U+200C and U+200D stay: names and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{e0000}'..='\u{e007f}')
}

/// A profile name fit to be said: cleaned, without emoji and WhatsApp's formatting marks around it, at most [`MAX_NAME`] characters.
/// Empty when there are no letters in it, or when it is markup or an address rather than a name.
#[must_use]
pub fn name(profile_name: &str) -> String {
    let name = clean(profile_name).replace(['*', '_', '~', '`'], "");
    let name =
        if name.contains(['<', '>', '{', '}', '[', ']', '@', '\\']) || name.contains("//") { "" } else { name.trim_matches(is_ornament) };
    if name.chars().any(char::is_alphabetic) { truncate(name, MAX_NAME) } else { String::new() }
}

/// Words in front of a name that are no part of it, normalised.
const TITLES: [&str; 24] = [
    "dr",
    "dra",
    "doctor",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "mister",
    "sir",
    "madam",
    "prof",
    "professor",
    "sr",
    "sra",
    "srta",
    "senor",
    "senora",
    "ing",
    "lic",
    "herr",
    "frau",
    "mme",
    "mlle",
];

/// What programs write where there is no name, normalised.
const NO_NAMES: [&str; 9] = ["null", "nil", "none", "undefined", "unknown", "nan", "n a", "anonymous", "no name"];

/// The word of a name that a person is called by; empty when it cannot be told: `Mr. Smith` has only a surname, and `null` is none.
#[must_use]
pub fn first_name(profile_name: &str) -> String {
    let name = name(profile_name);
    if NO_NAMES.contains(&normalise(&name).as_str()) || name.split(' ').all(|word| NO_NAMES.contains(&normalise(word).as_str())) {
        return String::new();
    }
    let is_title = |word: &str| TITLES.contains(&normalise(word).as_str());
    // `Torres, Ana`
    let given = match name.split_once(',') {
        Some((surname, given)) if !surname.contains(' ') && !is_title(surname) && given.chars().any(char::is_alphabetic) => given,
        Some(_) | None => name.as_str(),
    };
    let words: Vec<&str> = given.split(' ').filter(|word| word.chars().any(char::is_alphabetic)).collect();
    let titles = words.iter().take_while(|word| is_title(word)).count();
    match &words[titles..] {
        [] => String::new(),
        [_] if titles > 0 => String::new(),
        [first, ..] if is_initial(first) => String::new(),
        [first, ..] => self::name(first),
    }
}

/// `J.`: a surname follows.
fn is_initial(word: &str) -> bool {
    word.ends_with('.') && word.chars().count() == 2
}

fn is_ornament(c: char) -> bool {
    (c.is_ascii() && !c.is_ascii_alphanumeric())
        || matches!(c, '\u{200c}' | '\u{200d}' | '\u{2010}'..='\u{2bff}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

/// Text made comparable: lower case, no accents, no punctuation, single spaces. `¡Mi  Pedído!` becomes `mi pedido`.
#[must_use]
pub fn normalise(text: &str) -> String {
    comparable(text, |_| false)
}

/// As [`normalise`], with the signs that tell one thing from another: `A+` is not `A`, and `-5` not `5`.
#[must_use]
pub fn normalise_with_signs(text: &str) -> String {
    comparable(text, is_sign)
}

/// Whether signs tell it from something else. A dash within words does not.
#[must_use]
pub fn has_signs(text: &str) -> bool {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_minus = c == '-' && !before.is_alphanumeric() && chars.peek().is_some_and(|next| next.is_numeric());
        if is_minus || (c != '-' && is_sign(c)) {
            return true;
        }
        before = c;
    }
    false
}

fn is_sign(c: char) -> bool {
    matches!(c, '+' | '-' | '#' | '*' | '%' | '&' | '@' | '$' | '€' | '£' | '=' | '<' | '>' | '°' | '^')
}

fn comparable(text: &str, keeps: impl Fn(char) -> bool) -> String {
    let (mut words, mut is_gap) = (String::with_capacity(text.len()), false);
    // Taken apart (NFKD) an accent is a character of its own; put together again (NFC) everything else is one.
    for c in text.chars().flat_map(char::to_lowercase).nfkd().filter(|c| !is_combining(*c) && !is_invisible(*c)).nfc().map(fold) {
        if !c.is_alphanumeric() && !keeps(c) {
            is_gap = true;
            continue;
        }
        if std::mem::take(&mut is_gap) && !words.is_empty() {
            words.push(' ');
        }
        words.push(c);
    }
    words
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe0f}')
}

/// The bare letter of one that is not taken apart.
fn fold(c: char) -> char {
    match c {
        'đ' => 'd',
        'ı' => 'i',
        'ł' => 'l',
        'ø' => 'o',
        _ => ascii_digit(c),
    }
}

/// The ASCII digit of a decimal digit in the scripts WhatsApp is written in most.
#[must_use]
pub fn ascii_digit(c: char) -> char {
    const ZEROS: [char; 5] = ['\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{ff10}'];
    let digit = ZEROS.iter().find_map(|zero| (u32::from(c)).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10));
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_in_the_nearest_language() {
        let text: Text = serde_json::from_str(r#"{"en": "Hello", "es": "Hola", "pt-BR": "Oi"}"#).unwrap();
        for (language, said) in
            [("es", "Hola"), ("es-MX", "Hola"), ("es_MX", "Hola"), ("pt-BR", "Oi"), ("pt", "Hello"), ("fr", "Hello"), ("", "Hello")]
        {
            assert_eq!(text.in_language(language, "en"), said, "{language}");
        }
        assert_eq!(Text::Plain("Hi".to_owned()).in_language("es", "en"), "Hi");
        assert_eq!(Text::Languages(BTreeMap::new()).in_language("es", "en"), "");
    }

    #[test]
    fn placeholders_are_filled_in_once() {
        let value = |name: &str| if name == "a" { "{b}".to_owned() } else { String::new() };
        for (template, said) in [
            ("Hello {a}!", "Hello {b}!"),
            ("Hello {none|there}!", "Hello there!"),
            ("Hello {none}, welcome", "Hello, welcome"),
            ("Hello {none} and welcome", "Hello and welcome"),
            ("{none} Hello", "Hello"),
            ("Hello {none}", "Hello"),
            ("Hello { a }", "Hello {b}"),
            ("50 { 60", "50 { 60"),
            ("", ""),
        ] {
            assert_eq!(expand(template, value), said, "{template}");
        }
    }

    #[test]
    fn a_cut_text_keeps_to_its_limit_and_says_so() {
        assert_eq!(truncate("naïve", 5), "naïve");
        assert_eq!(truncate("naïve text", 7), "naïve…");
        assert_eq!(truncate("abc", 1), "…");
    }

    #[test]
    fn names_from_outside_are_fit_to_be_said() {
        for (profile, first) in [
            ("Ana Torres", "Ana"),
            ("  *Ana*  ", "Ana"),
            ("\u{202e}anA\u{202c}", "anA"),
            ("🌸 Ana 🌸", "Ana"),
            ("- Ana -", "Ana"),
            ("123 Ana", "Ana"),
            ("+49 151 234", ""),
            ("🔥", ""),
            ("<script>x</script>", ""),
            ("ana@example.com", ""),
            ("http://example.com", ""),
            ("O'Neil", "O'Neil"),
            ("प्रिया शर्मा", "प्रिया"),
            ("José-María", "José-María"),
            ("A\u{0}B\nC", "A"),
            ("Dr, Ana Torres", "Ana"),
            ("Dr. Ana Torres", "Ana"),
            ("mr,", ""),
            ("Mr. Smith", ""),
            ("Mrs Smith", ""),
            ("Prof. Dr. Ana Torres", "Ana"),
            ("null,", ""),
            ("null null", ""),
            ("undefined", ""),
            ("Torres, Ana", "Ana"),
            ("Ana, Torres", "Torres"),
            ("Sra. Ana", ""),
            ("D. Ana", ""),
            ("J. R. Ewing", ""),
            ("Unknown", ""),
            ("N/A", ""),
            ("Drew Barry", "Drew"),
            ("Sr Pedro Ruiz", "Pedro"),
            ("Don Draper", "Don"),
            ("A", "A"),
            ("Ana (work)", "Ana"),
            ("Ana,", "Ana"),
            ("Ltd", "Ltd"),
        ] {
            assert_eq!(first_name(profile), first, "{profile:?}");
        }
        assert_eq!(name(&"x".repeat(100)).chars().count(), MAX_NAME);
    }

    #[test]
    fn texts_compare_without_case_accents_and_punctuation() {
        for (one, other) in
            [("¡Mi  Pedído!", "mi pedido"), ("AGENT 🙏", "agent"), ("İstanbul", "istanbul"), ("e\u{301}", "é"), ("2️⃣", "2"), ("٣", "3")]
                .into_iter()
                .chain([
                    ("Tiếng Việt", "tieng viet"),
                    ("ΑΘΉΝΑ", "αθηνα"),
                    ("Ёлка", "елка"),
                    ("ﬁn", "fin"),
                    ("한국", "한국"),
                    ("ＡＢＣ", "abc"),
                ])
        {
            assert_eq!(normalise(one), normalise(other), "{one}");
        }
        assert_eq!(normalise("?!"), "");
        assert_ne!(normalise("one two"), normalise("onetwo"));
        assert_eq!(normalise("Đặng Łódź Søren"), "dang lodz soren");
        assert_eq!(normalise_with_signs("  -5 €!"), "-5 €");
        for (text, expected) in
            [("A+", true), ("-5", true), ("C#", true), ("e-mail", false), ("2026-11-28", false), ("Hi!", false), ("- a", false)]
        {
            assert_eq!(has_signs(text), expected, "{text}");
        }
    }
}
