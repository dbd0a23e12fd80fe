//! Typed answers: what counts as a number, a date, an order number, and the form it is kept in.

use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::ascii_digit;

/// How long a free text may be when the author does not say.
pub const MAX_TEXT: usize = 1000;
const MAX_DIGITS: usize = 30;
const MAX_PATTERN: usize = 60;
const MAX_EMAIL: usize = 254;
/// Numbers with more digits are not told apart from one another.
const MAX_NUMBER_DIGITS: usize = 15;

/// What is accepted as the answer to a question in free text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Accept {
    /// Anything of a certain length, in characters.
    Text {
        #[serde(default = "one")]
        min: usize,
        #[serde(default = "max_text")]
        max: usize,
    },
    /// `12`, `-3.5`, `3,5`; kept with a dot.
    Number {
        #[serde(default)]
        min: Option<i64>,
        #[serde(default)]
        max: Option<i64>,
    },
    /// `2026-03-09`, `9.3.2026`, `09/03/26` (day first unless only month first is possible), `today`, `yesterday`; kept as `2026-03-09`.
    Date,
    /// Kept in lower case.
    Email,
    /// Seven to fifteen digits; kept as digits, after a `+` where the customer wrote one.
    Phone,
    /// A row of digits of a certain length, e.g. an order number; spaces, dashes, a `#` and words around it do not matter.
    Digits { min: usize, max: usize },
    /// A form such as `AA-#####`: `A` is a letter, `#` a digit, `*` a letter or digit, `\` takes the next character as it is.
    /// Case, spaces and punctuation do not matter; kept as the form has it.
    Pattern { pattern: String },
}

fn one() -> usize {
    1
}

fn max_text() -> usize {
    MAX_TEXT
}

impl Accept {
    /// What is accepted when the author says nothing.
    pub const ANY_TEXT: Accept = Accept::Text { min: 1, max: MAX_TEXT };

    /// The value of an answer on one line, or `None` when it is none. `today` is the date where the queue is.
    #[must_use]
    pub fn read(&self, said: &str, today: Date) -> Option<String> {
        let said: String = said.trim().chars().map(ascii_digit).collect();
        match self {
            Accept::Text { min, max } => (*min..=*max).contains(&said.chars().count()).then_some(said),
            Accept::Number { min, max } => number(&said, *min, *max),
            Accept::Date => date(&said, today),
            Accept::Email => only(said.split_whitespace(), email),
            Accept::Phone => phone(&said).or_else(|| only(number_like(&said), phone)),
            Accept::Digits { min, max } => {
                let fits = |text: &str| digits(text, *min, *max);
                let in_words = || only(said.split(|c: char| c.is_whitespace() || c == ','), fits);
                fits(&said).or_else(in_words).or_else(|| only(number_like(&said), fits))
            }
            Accept::Pattern { pattern } => {
                let form = form(pattern);
                let fits = |text: &str| matching(&form, text);
                fits(&said).or_else(|| only(said.split_whitespace(), fits))
            }
        }
    }
}

impl Accept {
    /// What several messages say together, not longer than a text may be.
    #[must_use]
    pub fn shortened(&self, said: &str) -> String {
        match self {
            Accept::Text { max, .. } => super::text::truncate(said, *max),
            _ => said.to_owned(),
        }
    }

    /// What is wrong with it, if anything, where a message has at most `longest` characters.
    #[must_use]
    pub fn fault(&self, longest: usize) -> Option<String> {
        Some(match self {
            Accept::Text { min, max } if min > max || *max > longest || *max == 0 => format!("needs min ≤ max ≤ {longest}"),
            Accept::Number { min: Some(min), max: Some(max) } if min > max => "needs min ≤ max".to_owned(),
            Accept::Digits { min, max } if min > max || *max > MAX_DIGITS || *min == 0 => format!("needs 1 ≤ min ≤ max ≤ {MAX_DIGITS}"),
            Accept::Pattern { pattern } if pattern.chars().count() > MAX_PATTERN => {
                format!("has a pattern of more than {MAX_PATTERN} characters")
            }
            Accept::Pattern { pattern } if !has_places(pattern) => {
                format!("the pattern “{pattern}” has no A, # or *, so there is nothing to fill in")
            }
            Accept::Text { .. } | Accept::Number { .. } | Accept::Date | Accept::Email | Accept::Phone => return None,
            Accept::Digits { .. } | Accept::Pattern { .. } => return None,
        })
    }
}

/// The one value among the words of an answer; two different ones are none.
fn only<'a>(words: impl Iterator<Item = &'a str>, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut found = words.filter_map(read);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// The stretches of an answer that are written like one number: digits with spaces, dashes and the like between them.
fn number_like(said: &str) -> impl Iterator<Item = &str> {
    let stretches = said.split(|c: char| !c.is_ascii_digit() && !matches!(c, ' ' | '-' | '.' | '+' | '(' | ')' | '/'));
    stretches.map(|stretch| stretch.trim_matches(|c: char| !c.is_ascii_digit() && c != '+' && c != '('))
}

/// A separator before exactly three digits may mean thousands or a fraction: better asked again than guessed.
fn number(said: &str, min: Option<i64>, max: Option<i64>) -> Option<String> {
    let (sign, unsigned) = said.strip_prefix('-').map_or(("", said), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once(['.', ',']).unwrap_or((unsigned, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || fraction.len() == 3 || whole.len() + fraction.len() > MAX_NUMBER_DIGITS {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let number = if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
    let number = if number == "-0" { "0".to_owned() } else { number };
    let value: f64 = number.parse().ok()?;
    let is_within = min.is_none_or(|min| value >= min as f64) && max.is_none_or(|max| value <= max as f64);
    is_within.then_some(number)
}

fn date(said: &str, today: Date) -> Option<String> {
    let date = match said.to_lowercase().trim_end_matches(['.', '!']) {
        "today" | "hoy" => Some(today),
        "yesterday" | "ayer" => today.checked_sub(1.day()).ok(),
        "tomorrow" | "mañana" | "manana" => today.checked_add(1.day()).ok(),
        written => written_date(written),
    };
    date.map(|date| date.to_string())
}

fn written_date(said: &str) -> Option<Date> {
    let parts: Vec<&str> = said.split(['-', '.', '/', ' ']).filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts.as_slice() else {
        return None;
    };
    let read = |part: &str| part.parse::<i16>().ok().filter(|_| part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let (first_value, second_value, third_value) = (read(first)?, read(second)?, read(third)?);
    if first.len() == 4 {
        return day(first_value, second_value, third_value);
    }
    let year = match third.len() {
        2 => 2000 + third_value,
        4 => third_value,
        _ => return None,
    };
    day(year, second_value, first_value).or_else(|| day(year, first_value, second_value))
}

fn day(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn email(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '_'));
    let (local, domain) = word.split_once('@')?;
    let is_domain =
        domain.contains('.') && domain.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    let is_local = !local.is_empty() && !local.contains(['@', ',', ';', ':', '<', '>', '"', '(', ')']);
    (is_domain && is_local && word.len() <= MAX_EMAIL).then(|| word.to_lowercase())
}

fn phone(said: &str) -> Option<String> {
    let bare: String = said.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
    let (plus, number) = match bare.strip_prefix('+').or_else(|| bare.strip_prefix("00")) {
        Some(rest) => ("+", rest),
        None => ("", bare.as_str()),
    };
    let is_number = (7..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{plus}{number}"))
}

fn digits(said: &str, min: usize, max: usize) -> Option<String> {
    let bare: String = said.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '#' | ':' | '!' | '?' | '(' | ')')).collect();
    ((min..=max).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit())).then_some(bare)
}

/// One place of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Letter,
    Digit,
    Either,
    Literal(char),
}

fn form(pattern: &str) -> Vec<Place> {
    let mut places = Vec::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        places.push(match c {
            'A' => Place::Letter,
            '#' => Place::Digit,
            '*' => Place::Either,
            '\\' => Place::Literal(characters.next().unwrap_or('\\')),
            other => Place::Literal(other),
        });
    }
    places
}

/// Whether a pattern leaves something to the customer.
fn has_places(pattern: &str) -> bool {
    form(pattern).iter().any(|place| !matches!(place, Place::Literal(_)))
}

/// The answer in the form, compared by letters and digits alone.
fn matching(form: &[Place], said: &str) -> Option<String> {
    let mut given = said.chars().filter(|c| c.is_alphanumeric());
    let mut value = String::new();
    for place in form {
        match place {
            Place::Literal(c) if !c.is_alphanumeric() => value.push(*c),
            Place::Literal(c) => value.push(given.next().filter(|g| g.to_uppercase().eq(c.to_uppercase())).map(|_| *c)?),
            Place::Letter => value.push(given.next().filter(char::is_ascii_alphabetic)?.to_ascii_uppercase()),
            Place::Digit => value.push(given.next().filter(char::is_ascii_digit)?),
            Place::Either => value.push(given.next().filter(char::is_ascii_alphanumeric)?.to_ascii_uppercase()),
        }
    }
    given.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each answer with the value it is kept as; `""` for those that are asked again.
    fn check(accept: &Accept, answers: &[(&str, &str)]) {
        let today = jiff::civil::date(2026, 3, 1);
        for (said, value) in answers {
            assert_eq!(accept.read(said, today).unwrap_or_default(), *value, "{accept:?} of “{said}”");
        }
    }

    #[test]
    fn texts_have_a_length_in_characters() {
        check(&Accept::Text { min: 2, max: 4 }, &[("a", ""), ("ab", "ab"), (" äöüß ", "äöüß"), ("abcde", ""), ("", "")]);
        check(&Accept::Text { min: 4, max: 2 }, &[("abc", "")]);
    }

    #[test]
    fn numbers_are_kept_in_one_form_and_never_guessed() {
        let any = Accept::Number { min: None, max: None };
        check(&any, &[("12", "12"), ("007", "7"), ("-3,50", "-3.5"), ("1.0", "1"), ("-0", "0"), ("٣", "3"), ("0.5", "0.5")]);
        check(
            &any,
            &[("1,500", ""), ("1.500", ""), ("1,2,3", ""), ("12 pairs", ""), ("--1", ""), (".5", ""), ("5.", ""), ("", ""), ("1e9", "")],
        );
        check(&any, &[("9999999999999999999", ""), ("NaN", ""), ("inf", "")]);
        check(&Accept::Number { min: Some(1), max: Some(10) }, &[("1", "1"), ("10", "10"), ("0.99", ""), ("10,1", "")]);
    }

    #[test]
    fn dates_are_read_day_first_unless_that_is_no_date() {
        let same = "2026-03-09";
        check(
            &Accept::Date,
            &[(same, same), ("9.3.2026", same), ("09/03/26", same), ("9-3-2026", same), ("2026/3/9", same), ("12/25/2026", "2026-12-25")],
        );
        check(&Accept::Date, &[("today", "2026-03-01"), ("Yesterday!", "2026-02-28"), ("mañana", "2026-03-02"), ("AYER", "2026-02-28")]);
        check(
            &Accept::Date,
            &[("31.2.2026", ""), ("3.2026", ""), ("1.2.3.4", ""), ("1/2/123", ""), ("99999-1-1", ""), ("soon", ""), ("+1.2.2026", "")],
        );
        check(&Accept::Date, &[("29.2.2026", ""), ("29.2.2028", "2028-02-29")]);
    }

    #[test]
    fn an_address_is_found_among_words() {
        check(
            &Accept::Email,
            &[("Ana@Example.com", "ana@example.com"), ("it is <a.b+c@mail.example.co>, thanks", "a.b+c@mail.example.co")],
        );
        check(&Accept::Email, &[("a@b", ""), ("@b.co", ""), ("a@b..co", ""), ("a@@b.co", ""), ("a@b.co or c@d.co", ""), ("a b.co", "")]);
    }

    #[test]
    fn phone_numbers_lose_their_dress() {
        check(
            &Accept::Phone,
            &[("+49 (151) 234-5678", "+491512345678"), ("0049 151 2345678", "+491512345678"), ("0151/2345678", "01512345678")],
        );
        check(&Accept::Phone, &[("call 0151 2345678 please", "01512345678"), ("my number: +34 600 123 456.", "+34600123456")]);
        check(&Accept::Phone, &[("123456", ""), ("1234567890123456", ""), ("0151 2345678 or 0160 1111111", ""), ("none", "")]);
    }

    #[test]
    fn a_row_of_digits_is_found_in_a_sentence_when_there_is_just_one() {
        let order = Accept::Digits { min: 4, max: 10 };
        check(&order, &[("204817", "204817"), ("#204-817", "204817"), ("it is 204 817, I think", "204817"), ("(204817)", "204817")]);
        check(&order, &[("2 tents, order 204817!", "204817"), ("204817 and again 204817", "204817"), ("٢٠٤٨", "2048")]);
        check(&order, &[("123", ""), ("12345678901", ""), ("2048 or 2049", ""), ("A2048B", "2048"), ("", ""), ("none", "")]);
    }

    #[test]
    fn a_pattern_is_kept_as_its_form_has_it() {
        let member = Accept::Pattern { pattern: "AA-#####".to_owned() };
        check(
            &member,
            &[("gm-12345", "GM-12345"), ("GM 12345", "GM-12345"), ("gm12345.", "GM-12345"), ("it is gm-12345, I think", "GM-12345")],
        );
        check(&member, &[("g-12345", ""), ("gm-1234", ""), ("gm-123456", ""), ("12-12345", ""), ("ab-12345 cd-12345", ""), ("", "")]);
        let invoice = Accept::Pattern { pattern: "INV\\A/**".to_owned() };
        check(&invoice, &[("inva/x1", "INVA/X1"), ("INVA7z", "INVA/7Z"), ("invb/x1", "")]);
    }
}
