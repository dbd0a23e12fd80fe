//! The part of the form of a queue that says what becomes of those who wait.

use crate::domain::announcing::Announcements;
use crate::domain::ids::QueueId;
use crate::domain::overflow::{Overflow, Texts};
use crate::domain::setup::{SetupRefusal, Thing};
use crate::web::locale::Locale;

/// As it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedOverflow {
    /// The form asks for it.
    pub is_of_form: bool,
    /// The id of a queue; empty without one.
    pub to: String,
    pub after: String,
    pub when_nobody: bool,
    pub when_closed: bool,
    pub most: String,
    /// Each text by language; empty ones are none.
    pub text: Texts,
    pub closed_text: Texts,
    pub full_text: Texts,
    /// What is told of the place in line, and again after so many minutes.
    pub told: Texts,
    pub every: String,
}

impl TypedOverflow {
    pub(super) fn of(overflow: &Overflow, announcements: &Announcements) -> Self {
        let Overflow { to, after, when_nobody, when_closed, most, text, closed_text, full_text } = overflow.clone();
        let figure = |figure: Option<i32>| figure.map(|figure| figure.to_string()).unwrap_or_default();
        Self {
            is_of_form: false,
            to: to.map(|to| to.to_string()).unwrap_or_default(),
            after: figure(after),
            when_nobody,
            when_closed,
            most: figure(most),
            text,
            closed_text,
            full_text,
            told: announcements.text.clone(),
            every: figure(announcements.every),
        }
    }

    pub(super) fn read(fields: &[(String, String)]) -> Self {
        let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default();
        let texts = |name: &str| {
            let own = fields.iter().filter_map(|(key, value)| Some((key.strip_prefix(name)?.strip_prefix(':')?, value.trim())));
            own.filter(|(_, text)| !text.is_empty()).map(|(language, text)| (language.to_owned(), text.replace("\r\n", "\n"))).collect()
        };
        Self {
            is_of_form: fields.iter().any(|(key, _)| key == "overflow_after"),
            to: value("overflow_to"),
            after: value("overflow_after"),
            when_nobody: !value("overflow_nobody").is_empty(),
            when_closed: !value("overflow_closed").is_empty(),
            most: value("overflow_most"),
            text: texts("overflow_text"),
            closed_text: texts("overflow_closed_text"),
            full_text: texts("overflow_full_text"),
            told: texts("announced"),
            every: value("announced_every"),
        }
    }

    /// What it says.
    ///
    /// # Errors
    /// What is no queue or no figure.
    pub(super) fn overflow(&self) -> Result<Overflow, SetupRefusal> {
        let figure = |typed: &str, most: i32| match typed {
            "" => Ok(None),
            typed => typed.parse().map(Some).map_err(|_| SetupRefusal::OutOfRange { value: 0, least: 1, most }),
        };
        let to = match self.to.as_str() {
            "" => None,
            id => Some(id.parse().map(QueueId).map_err(|_| SetupRefusal::Unknown(Thing::Queue))?),
        };
        Ok(Overflow {
            to,
            after: figure(&self.after, Overflow::LONGEST)?,
            when_nobody: self.when_nobody,
            when_closed: self.when_closed,
            most: figure(&self.most, Overflow::MOST)?,
            text: self.text.clone(),
            closed_text: self.closed_text.clone(),
            full_text: self.full_text.clone(),
        })
    }

    /// What it says of what is told.
    ///
    /// # Errors
    /// What is no figure.
    pub(super) fn announcements(&self) -> Result<Announcements, SetupRefusal> {
        let (least, most) = (Announcements::LEAST, Announcements::LONGEST);
        let every = match self.every.as_str() {
            "" => None,
            typed => Some(typed.parse().map_err(|_| SetupRefusal::OutOfRange { value: 0, least, most })?),
        };
        Ok(Announcements { text: self.told.clone(), every })
    }

    /// What is told of the place in line.
    #[must_use]
    pub fn told(&self) -> TextField {
        TextField { name: "announced", label: "announcements.text", languages: languages(&self.told) }
    }

    /// The texts that a form asks for.
    #[must_use]
    pub fn texts(&self) -> [TextField; 3] {
        let all = [
            ("overflow_text", "overflow.text", &self.text),
            ("overflow_closed_text", "overflow.closed_text", &self.closed_text),
            ("overflow_full_text", "overflow.full_text", &self.full_text),
        ];
        all.map(|(name, label, texts)| TextField { name, label, languages: languages(texts) })
    }
}

/// A text that a form asks for in each language.
pub struct TextField {
    pub name: &'static str,
    /// The key of its label.
    pub label: &'static str,
    /// Each with its words.
    pub languages: Vec<(String, String)>,
}

/// Those of the interface, and whatever others there are.
fn languages(texts: &Texts) -> Vec<(String, String)> {
    let ours = Locale::ALL.iter().map(|locale| locale.as_str());
    let mut all: Vec<&str> = ours.chain(texts.keys().map(String::as_str)).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|language| (language.to_owned(), texts.get(language).cloned().unwrap_or_default())).collect()
}
