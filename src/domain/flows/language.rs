//! Which language a customer speaks, learned from what they write and choose. Carefully: an option's own words say it, and so do
//! several small words of one language; a single word, and a tap on what we offered ourselves, say nothing.

use std::collections::BTreeSet;

use super::definition::Definition;
use super::engine::Incoming;
use super::text::{self, Text, normalise, primary};
use crate::domain::channel::Rules;

/// Small words of one language that must be in a message before a language is learned, and before a known one is changed.
const TO_LEARN: usize = 2;
const TO_CHANGE: usize = 3;

/// For each small word of the language they speak, so many of another one must stand against it.
const AGAINST_EACH: usize = 3;

/// Small words by language, normalised: pronouns, verbs, questions. Articles and the like stand in names and addresses, too, and say
/// nothing. Words of two languages count for neither in a flow that has both.
const SMALL_WORDS: [(&str, &str); 6] = [
    (
        "en",
        "and is are was were i my you your we it this that what when where why how with from have has had not does did can could would \
         will please sorry there here they been want need about because but hi hello thanks just still am",
    ),
    (
        "es",
        "yo es soy son estoy esta estan mi mis tu su que cuando donde como con por pero porque tengo tiene quiero necesito hace hay muy \
         mas nos he hola buenas buenos dias gracias favor ya aun todavia ser puedo puede sigue sin llegado",
    ),
    (
        "de",
        "und ist sind war ich sie wir mein meine ihr nicht mit haben habe hat kann bitte wo wann wie warum aber weil noch auf fur hallo \
         guten danke wurde mochte",
    ),
    (
        "fr",
        "et est sont je vous nous mon ma mes votre ce cette que quand ou comment avec pas ne ai avez bonjour merci bonsoir salut elle \
         dans mais parce toujours",
    ),
    (
        "pt",
        "e sao estou esta meu minha seu sua que quando onde como com por mas porque tenho tem quero preciso nao muito mais ola obrigado \
         obrigada ainda voce",
    ),
    ("it", "e sono mi mio mia che quando dove come con ma perche ho voglio non molto piu ciao buongiorno grazie ancora"),
];

/// Greetings that, alone, say which language somebody speaks of whom nothing is known yet.
const GREETINGS: [(&str, &str); 9] = [
    ("hello", "en"),
    ("good morning", "en"),
    ("hola", "es"),
    ("buenos dias", "es"),
    ("buenas tardes", "es"),
    ("hallo", "de"),
    ("guten tag", "de"),
    ("bonjour", "fr"),
    ("buongiorno", "it"),
];

/// The language that a message teaches, by its key in the definition; nothing when it teaches none. `known` is what is known of the
/// customer.
#[must_use]
pub fn learned<'a>(definition: &'a Definition, rules: &Rules, known: Option<&str>, incoming: &Incoming<'_>) -> Option<&'a str> {
    let languages = spoken(definition);
    if languages.len() < 2 {
        return None;
    }
    let is_known = |language: &&str| known.is_some_and(|known| primary(known) == primary(language));
    let taught = match incoming.choice {
        Some(choice) => titled(definition, rules, &choice.title, Some(&choice.id))
            // Whoever taps on what we offered has not said what they speak.
            .filter(|language| primary(language) != primary(known.unwrap_or(&definition.language))),
        None => {
            let said = incoming.text.unwrap_or("");
            titled(definition, rules, said, None).or_else(|| written(&languages, known, said))
        }
    };
    taught.filter(|language| !is_known(language))
}

/// The languages a flow has words in.
fn spoken(definition: &Definition) -> BTreeSet<&str> {
    let mut languages = BTreeSet::from([definition.language.as_str()]);
    for text in definition.texts() {
        if let Text::Languages(texts) = text {
            languages.extend(texts.keys().map(String::as_str));
        }
    }
    languages
}

/// The one language in which these are an option's words.
fn titled<'a>(definition: &'a Definition, rules: &Rules, said: &str, id: Option<&str>) -> Option<&'a str> {
    let said = normalise(said);
    if said.is_empty() {
        return None;
    }
    let options = definition.nodes.values().filter_map(|node| node.as_ask()).flat_map(|ask| &ask.options);
    // Whole, and as a button or a row shows them.
    let longest = [Some(usize::MAX), rules.buttons.map(|buttons| buttons.title), rules.list.map(|list| list.title)];
    let longest: Vec<usize> = longest.into_iter().flatten().collect();
    let mut found = BTreeSet::new();
    for option in options.filter(|option| id.is_none_or(|id| option.id == id)) {
        let Text::Languages(titles) = &option.title else { continue };
        let is_said = |title: &str| longest.iter().any(|longest| normalise(&text::truncate(title, *longest)) == said);
        found.extend(titles.iter().filter(|(_, title)| is_said(title)).map(|(key, _)| key.as_str()));
    }
    let mut found = found.into_iter();
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The language whose small words a text has, and no other's.
fn written<'a>(languages: &BTreeSet<&'a str>, known: Option<&str>, said: &str) -> Option<&'a str> {
    let said = normalise(said);
    let words: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
    let is_of = |word: &str, language: &str| small_words(language).any(|small| small == word);
    let hits = |language: &str| {
        let only = |word: &&&str| is_of(word, language) && !languages.iter().any(|other| *other != language && is_of(word, other));
        words.iter().filter(only).collect::<BTreeSet<_>>().len()
    };
    let mut counted: Vec<(usize, &str)> = languages.iter().map(|language| (hits(language), *language)).collect();
    counted.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    let ((most, language), second) = (*counted.first()?, counted.get(1).map_or(0, |(hits, _)| *hits));
    match known {
        None if most >= TO_LEARN && second == 0 => Some(language),
        None => {
            let greeted = GREETINGS.iter().find(|(greeting, _)| *greeting == said)?.1;
            languages.iter().find(|language| primary(language) == greeted).copied()
        }
        Some(_) => (most >= TO_CHANGE && most >= second * AGAINST_EACH).then_some(language),
    }
}

fn small_words(language: &str) -> impl Iterator<Item = &'static str> {
    let of = primary(language);
    let words = SMALL_WORDS.iter().find(|(known, _)| *known == of).map_or("", |(_, words)| words);
    words.split_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::WHATSAPP;
    use crate::domain::flows::engine::Kind;
    use crate::domain::ids::MessageId;
    use crate::domain::message::Choice;

    fn demo() -> Definition {
        serde_json::from_str(include_str!("../../demo/flow.json")).unwrap()
    }

    fn of_text(known: Option<&str>, said: &str) -> Option<String> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let incoming = Incoming { message: MessageId(uuid::Uuid::nil()), at, text: Some(said), choice: None, kind: Kind::Words };
        learned(&demo(), &WHATSAPP, known, &incoming).map(str::to_owned)
    }

    fn of_tap(known: Option<&str>, id: &str, title: &str) -> Option<String> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let choice = Choice { id: id.to_owned(), title: title.to_owned(), description: None };
        let incoming = Incoming { message: MessageId(uuid::Uuid::nil()), at, text: None, choice: Some(&choice), kind: Kind::Tap };
        learned(&demo(), &WHATSAPP, known, &incoming).map(str::to_owned)
    }

    #[test]
    fn a_sentence_says_it_and_a_word_does_not() {
        for (said, language) in [
            ("Hola, tengo un problema con mi pedido", Some("es")),
            ("hi, my order has not arrived", Some("en")),
            ("hola", Some("es")),
            ("Hello!", Some("en")),
            ("ok", None),
            ("no", None),
            ("204817", None),
            ("Calle de la Rosa 5, El Prat del Llobregat", None),
            ("Los Angeles", None),
            ("👋", None),
            ("my casa es tu casa", None),
            ("Ich habe ein Problem mit meiner Bestellung", None),
        ] {
            assert_eq!(of_text(None, said).as_deref(), language, "{said}");
        }
    }

    #[test]
    fn what_is_known_changes_only_by_a_whole_sentence_or_an_options_own_words() {
        for (known, said, language) in [
            ("en", "hola", None),
            ("en", "gracias, muy amable", None),
            ("en", "Hola, tengo un problema con mi pedido", Some("es")),
            ("es", "ok thanks", None),
            ("es", "sorry, I do not speak Spanish, can we do this in English please", Some("en")),
            ("es", "the reference is what you have", Some("en")),
            ("es-MX", "hola, tengo un problema con mi pedido", None),
            ("en", "Mi pedido", Some("es")),
            ("es", "billing", Some("en")),
            ("en", "mi pedido no", None),
        ] {
            assert_eq!(of_text(Some(known), said).as_deref(), language, "{known}: {said}");
        }
    }

    #[test]
    fn a_tap_on_what_we_offered_says_nothing() {
        assert_eq!(of_tap(None, "orders", "My order"), None);
        assert_eq!(of_tap(Some("es"), "orders", "Mi pedido"), None);
        assert_eq!(of_tap(Some("en"), "orders", "Mi pedido").as_deref(), Some("es"), "an old list in the language they had");
        assert_eq!(of_tap(None, "billing", "Facturación").as_deref(), Some("es"));
        assert_eq!(of_tap(None, "unsubscribe", "Mi pedido"), None, "somebody else’s button");
    }

    #[test]
    fn a_flow_of_one_language_teaches_nothing() {
        let mut flow = demo();
        flow.nodes.retain(|key, _| key == "goodbye");
        flow.hand_off_text = None;
        if let Some(crate::domain::flows::nodes::Node::HandOff(node)) = flow.nodes.get_mut("goodbye") {
            node.text = None;
        }
        let at = jiff::Timestamp::UNIX_EPOCH;
        let said = Some("Hola, tengo un problema con mi pedido");
        let incoming = Incoming { message: MessageId(uuid::Uuid::nil()), at, text: said, choice: None, kind: Kind::Words };
        assert_eq!(learned(&flow, &WHATSAPP, None, &incoming), None);
    }
}
