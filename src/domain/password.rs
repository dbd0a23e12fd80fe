//! Which passwords are good enough: long, and none that others try first.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Characters of a password at least; a workspace may ask for more.
pub const LEAST: usize = 12;

/// Characters of a password at most: nobody types more.
pub const MOST: usize = 256;

/// Characters that are to be left of a password without its owner's names.
const BESIDE_NAMES: usize = 8;

/// Letters of a name that count as one; shorter ones stand in too many words.
const SHORTEST_NAME: usize = 3;

/// Different characters of a password at least.
const DIFFERENT: usize = 5;

/// Neighbours on keyboards.
const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjklñ", "zxcvbnm"];

/// What people choose most, without digits and signs around it (from the lists of zxcvbn; MIT, Copyright (c) 2016 Daniel Wolf and
/// 2012-2016 Dan Wheeler and Dropbox, Inc.).
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("password/common.txt").split_whitespace().collect());

/// What is asked of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRule {
    /// Characters at least.
    pub least: usize,
}

impl Default for PasswordRule {
    fn default() -> Self {
        Self { least: LEAST }
    }
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("the password is too short; give it at least {least} characters")]
    TooShort { least: usize },
    #[error("the password is too long; give it at most {MOST} characters")]
    TooLong,
    #[error("that password is among the first that others try; several words that nobody expects together are better")]
    Common,
    #[error("the password is little more than the own name or e-mail address")]
    OwnName,
}

impl WeakPassword {
    /// The key of its words.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            WeakPassword::TooShort { .. } => "password.too_short",
            WeakPassword::TooLong => "password.too_long",
            WeakPassword::Common => "password.common",
            WeakPassword::OwnName => "password.own_name",
        }
    }
}

impl PasswordRule {
    /// A rule that asks for so many characters, and never for fewer than [`LEAST`].
    #[must_use]
    pub fn at_least(least: usize) -> Self {
        Self { least: least.clamp(LEAST, MOST) }
    }

    /// Whether somebody may take this password. `own` is what they are called by: their name, their e-mail address.
    ///
    /// # Errors
    /// Why not.
    pub fn check(self, password: &str, own: &[&str]) -> Result<(), WeakPassword> {
        let length = password.chars().count();
        if length > MOST {
            return Err(WeakPassword::TooLong);
        }
        if length < self.least {
            return Err(WeakPassword::TooShort { least: self.least });
        }
        let plain = password.to_lowercase();
        if is_common(&plain) {
            return Err(WeakPassword::Common);
        }
        if without(&plain, own).chars().count() < BESIDE_NAMES {
            return Err(WeakPassword::OwnName);
        }
        Ok(())
    }
}

fn is_common(plain: &str) -> bool {
    let characters: Vec<char> = plain.chars().collect();
    let unit: String = characters[..period(&characters)].iter().collect();
    let is_repeated = unit.len() < plain.len();
    is_repeated || is_known(plain) || is_run(&characters) || characters.iter().collect::<HashSet<_>>().len() < DIFFERENT
}

/// Whether it is a word that many choose, whatever stands around it and however its letters are written.
fn is_known(plain: &str) -> bool {
    let bare = plain.trim_matches(|c: char| !c.is_alphabetic());
    let spelt: String = bare.chars().map(letter).collect();
    [plain, bare, &spelt].into_iter().any(|word| COMMON.contains(word))
}

/// The letter that a digit or a sign is often written for.
fn letter(written: char) -> char {
    match written {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}

/// The length of the part that the whole repeats; all of it, if it repeats none.
fn period(characters: &[char]) -> usize {
    let length = characters.len();
    (1..=length / 2).find(|period| (*period..length).all(|place| characters[place] == characters[place - period])).unwrap_or(length)
}

/// Whether most of it goes along an alphabet, the numbers or a keyboard.
fn is_run(characters: &[char]) -> bool {
    let steps = characters.windows(2).filter(|pair| is_step(pair[0], pair[1])).count();
    steps * 4 >= characters.len().saturating_sub(1) * 3
}

fn is_step(from: char, to: char) -> bool {
    let beside = |row: &&str| {
        let place = |wanted: char| row.chars().position(|c| c == wanted);
        place(from).zip(place(to)).is_some_and(|(from, to)| from.abs_diff(to) <= 1)
    };
    (u32::from(from).abs_diff(u32::from(to)) <= 1) || ROWS.iter().any(beside)
}

/// The password without its owner's names: each word of them, and what stands before the @.
fn without(plain: &str, own: &[&str]) -> String {
    let lower: Vec<String> = own.iter().map(|name| name.to_lowercase()).collect();
    let parts = lower.iter().flat_map(|name| name.split(|c: char| c.is_whitespace() || matches!(c, '@' | '.' | '-' | '_' | '+')));
    let mut names: Vec<&str> = lower.iter().map(String::as_str).chain(parts).collect();
    names.retain(|name| name.chars().count() >= SHORTEST_NAME);
    // The longer ones first: what is part of another is gone with it.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.iter().fold(plain.to_owned(), |left, name| left.replace(name, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: [&str; 2] = ["Ana María López", "ana.lopez@example.com"];

    fn of_ana(password: &str) -> Result<(), WeakPassword> {
        PasswordRule::default().check(password, &ANA)
    }

    #[test]
    fn words_that_nobody_expects_together_are_taken() {
        for good in [
            "correct horse battery",
            "tres tristes tigres",
            "k7mw2pq9rz4x",
            "Лодка на закате!",
            "mi perro come sandía",
            "🙂 umbrella 77 mesa",
        ] {
            assert_eq!(of_ana(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_and_a_workspace_may_ask_for_more_but_not_for_less() {
        assert_eq!(of_ana("k7mw2pq9rz4"), Err(WeakPassword::TooShort { least: 12 }));
        assert_eq!(of_ana("ñandú ñoño🙂k"), Ok(()), "12 characters, 19 bytes");
        assert_eq!(of_ana(&"k7mw2pq9rz".repeat(26)), Err(WeakPassword::TooLong));
        let strict = PasswordRule::at_least(16);
        assert_eq!(strict.check("k7mw2pq9rz4xy", &ANA), Err(WeakPassword::TooShort { least: 16 }));
        assert_eq!(PasswordRule::at_least(4), PasswordRule::default());
    }

    #[test]
    fn what_others_try_first_is_refused_however_it_is_dressed_up() {
        let first = [
            "password12345",
            "P@ssw0rd!!2026",
            "!!!Chocolate99",
            "iloveyou123456",
            "passwordpassword",
            "passwordPASSWORD",
            "1qaz2wsx3edc",
            "qwertyuiop123",
            "123456789012",
            "abcdefghijklm",
            "aaaaaaaaaaaaaaa",
            "abababababab",
            "xyzxyzxyzxyzx",
        ];
        for common in first {
            assert_eq!(of_ana(common), Err(WeakPassword::Common), "{common}");
        }
    }

    #[test]
    fn the_own_name_and_address_with_a_little_more_are_refused() {
        for own in ["ana.lopez@example.com", "analopez2026", "AnaMaríaLópez", "López-Ana-123"] {
            assert_eq!(of_ana(own), Err(WeakPassword::OwnName), "{own}");
        }
        assert_eq!(of_ana("ana pide tortilla"), Ok(()), "enough is left without it");
        assert_eq!(PasswordRule::default().check("bo likes umbrellas", &["Bo", "bo@example.com"]), Ok(()));
    }

    #[test]
    fn the_list_is_whole() {
        assert!(COMMON.len() > 9_000, "{}", COMMON.len());
        assert!(COMMON.iter().all(|word| word.chars().all(|c| !c.is_uppercase())));
    }
}
