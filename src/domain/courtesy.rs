//! Courtesies: a short “thanks”, “ok” or 👍 asks for nothing, a “good morning” says nothing yet. Told by words, language by language,
//! and only when there is nothing else in the message: what we do not know is always taken for something.

use super::flows::text::normalise;

/// More than this is no short courtesy, whatever its words.
const LONGEST: usize = 80;

/// Words of thanks and assent, normalised; the longest phrase that fits is taken first.
const THANKS: [&str; 81] = [
    // English
    "thanks",
    "thank you",
    "thank u",
    "thanx",
    "thx",
    "tx",
    "ty",
    "tysm",
    "cheers",
    "much appreciated",
    "appreciated",
    "i appreciate it",
    "appreciate it",
    "ok",
    "okay",
    "oki",
    "okey",
    "k",
    "kk",
    "alright",
    "all right",
    "all good",
    "fine",
    "good",
    "great",
    "perfect",
    "super",
    "awesome",
    "excellent",
    "amazing",
    "wonderful",
    "lovely",
    "cool",
    "nice",
    "brilliant",
    "noted",
    "got it",
    "understood",
    "will do",
    "sounds good",
    "that s all",
    "thats all",
    "that is all",
    "no thanks",
    "no thank you",
    "nothing else",
    "have a nice day",
    "have a good day",
    "have a great day",
    "you too",
    "bye",
    "goodbye",
    // Spanish
    "gracias",
    "muchas gracias",
    "muchisimas gracias",
    "mil gracias",
    "muy amable",
    "vale",
    "de acuerdo",
    "perfecto",
    "genial",
    "estupendo",
    "excelente",
    "listo",
    "entendido",
    "todo bien",
    "muy bien",
    "no gracias",
    "nada mas",
    "eso es todo",
    "igualmente",
    "que tengas buen dia",
    "que tenga buen dia",
    "adios",
    "hasta luego",
    // Others, the thanks alone
    "danke",
    "vielen dank",
    "merci",
    "merci beaucoup",
    "obrigado",
    "obrigada",
];

/// Words that go with thanks, and alone are none: who writes “again” after their matter was resolved has it again.
const BESIDE: [&str; 14] = [
    "so much",
    "very much",
    "a lot",
    "lots",
    "many",
    "again",
    "for your help",
    "for the help",
    "for your time",
    "for your quick reply",
    "por todo",
    "por la ayuda",
    "por tu ayuda",
    "por su ayuda",
];

/// Words of greeting, normalised.
const GREETINGS: [&str; 20] = [
    "hi",
    "hello",
    "hey",
    "hi there",
    "hello there",
    "good morning",
    "good afternoon",
    "good evening",
    "how are you",
    "hola",
    "buenas",
    "buenos dias",
    "buenas tardes",
    "buenas noches",
    "que tal",
    "como estas",
    "hallo",
    "guten tag",
    "bonjour",
    "ola",
];

/// Signs that are friendly and ask for nothing; skin tones and joiners around them do not matter.
const FRIENDLY: [char; 45] = [
    '👍', '👌', '🙏', '🙌', '👏', '💪', '🤝', '🤗', '😀', '😃', '😄', '😁', '😆', '😊', '🙂', '😉', '😌', '😍', '🥰', '😘', '😎', '🤩',
    '😇', '☺', '❤', '♥', '🧡', '💛', '💚', '💙', '💜', '🤎', '🖤', '🤍', '💖', '💕', '💯', '✅', '✔', '🎉', '🥳', '✨', '🌟', '⭐', '🌸',
];

/// Signs written with letters of the keyboard.
const SMILEYS: [&str; 8] = [":-)", ":)", ";-)", ";)", ":-D", ":D", "<3", "^^"];

/// Whether a message is a thank-you or an assent and nothing else, so that nobody need answer it. `names` are those it may be
/// addressed to.
#[must_use]
pub fn asks_for_nothing<'a>(said: &str, names: impl Iterator<Item = &'a str>) -> bool {
    let names: Vec<String> = names.flat_map(|name| normalise(name).split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    Courtesy::of(said).is_some_and(|courtesy| courtesy.is_made_of(&[&THANKS], &names))
}

/// Whether a message is a greeting or a courtesy and nothing else, so that it is no answer to anything yet.
#[must_use]
pub fn is_small_talk(said: &str) -> bool {
    Courtesy::of(said).is_some_and(|courtesy| courtesy.is_made_of(&[&THANKS, &GREETINGS], &[]))
}

/// The words of a message that may be a courtesy.
struct Courtesy {
    words: Vec<String>,
    has_sign: bool,
}

impl Courtesy {
    /// Nothing when it asks, says something in figures, or has a sign that may mean anything.
    fn of(said: &str) -> Option<Self> {
        if said.chars().count() > LONGEST || said.contains(['?', '¿', '؟', '？']) {
            return None;
        }
        let mut rest = SMILEYS.iter().fold(said.to_owned(), |text, smiley| text.replace(smiley, " 🙂 "));
        let has_sign = rest.contains(FRIENDLY);
        rest = rest.replace(FRIENDLY, " ");
        let is_known =
            |c: char| c.is_alphabetic() || c.is_whitespace() || matches!(c, '!' | '¡' | '.' | ',' | '…' | '\'' | '’' | '-' | '~');
        let is_around_signs = |c: char| matches!(c, '\u{fe0f}' | '\u{200d}' | '\u{300}'..='\u{36f}' | '\u{1f3fb}'..='\u{1f3ff}');
        if !rest.chars().all(|c| is_known(c) || is_around_signs(c)) {
            return None;
        }
        let words = normalise(&rest);
        Some(Self { words: words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(), has_sign })
    }

    /// Whether it falls apart into phrases of these lists, and names. A name alone is no courtesy.
    fn is_made_of(&self, lists: &[&[&str]], names: &[String]) -> bool {
        let mut rest = self.words.as_slice();
        let mut has_phrase = self.has_sign;
        while let Some(first) = rest.first() {
            let fits = |phrase: &str| {
                let length = phrase.split(' ').count();
                (length <= rest.len() && phrase.split(' ').zip(rest).all(|(word, said)| word == said)).then_some(length)
            };
            let said = lists.iter().flat_map(|list| list.iter()).filter_map(|phrase| fits(phrase)).max();
            let beside = BESIDE.iter().filter_map(|phrase| fits(phrase)).max();
            match said.max(beside) {
                Some(length) => {
                    rest = &rest[length..];
                    has_phrase |= said == Some(length);
                }
                None if names.contains(first) => rest = &rest[1..],
                None => return false,
            }
        }
        has_phrase
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(said: &str) -> bool {
        !asks_for_nothing(said, ["Ana Torres"].into_iter())
    }

    #[test]
    fn a_thank_you_asks_for_nothing() {
        for said in [
            "Thanks!",
            "thank you so much Ana",
            "Ok",
            "ok, thanks 🙏",
            "OK!!!",
            "👍",
            "👍🏽👍🏽",
            "❤️",
            "Perfect, thanks a lot :)",
            "Great, thank you very much",
            "No, thanks",
            "that's all, thank you",
            "Gracias",
            "¡Muchas gracias!",
            "Perfecto, muchísimas gracias por todo",
            "vale",
            "No, gracias",
            "thx…",
            "merci",
            "Vielen Dank!",
        ] {
            assert!(!asks(said), "{said}");
        }
    }

    #[test]
    fn anything_more_than_a_thank_you_does() {
        for said in [
            "thanks, but it is still broken",
            "ok?",
            "ok but when",
            "👎",
            "🤔",
            "thanks 😡",
            "👍?",
            "no",
            "yes",
            "sí",
            "ok 2",
            "thank you for nothing",
            "thanks. still waiting",
            "gracias, pero no funciona",
            "¿vale?",
            "Ana",
            "please",
            "ok please call me",
            "thanks https://example.com",
            "",
            "   ",
            "...",
            "hello",
            "not good",
            "not ok",
            "great, another day without my order",
            "ok @support",
            "again",
            "Again!!",
            "many",
            "a lot",
            "so much",
            "for your help",
        ] {
            assert!(asks(said), "{said}");
        }
        assert!(asks(&"thanks ".repeat(20)), "a flood of thanks is no short one");
    }

    #[test]
    fn a_greeting_is_small_talk_and_no_thank_you() {
        for said in ["Hi!", "good morning 🙂", "hola, buenas tardes", "hi, thanks"] {
            assert!(is_small_talk(said), "{said}");
        }
        assert!(!is_small_talk("hi, my tent is torn") && !is_small_talk("") && asks("hi"));
    }
}
