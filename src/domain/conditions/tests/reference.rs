//! Somebody by chance, and what a condition says of them, read word by word.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::{Chance, OLD, VALUES, VIP, words};
use crate::domain::brief::Answer;
use crate::domain::conditions::{Comparison, Condition, Facts, Group, Leaf};
use crate::domain::details::{Details, Vocabulary};
use crate::domain::flows::text::normalise;
use crate::domain::ids::{InboxId, MessageId, TagId, UserId};

/// An answer that was given as it is kept.
pub fn answered(field: &str, value: &str) -> Answer {
    let (field, label) = (field.to_owned(), field.to_owned());
    Answer { field, label, value: value.to_owned(), shown: value.to_owned(), message: MessageId(Uuid::nil()), also: Vec::new() }
}

/// A customer by chance.
pub struct Somebody {
    pub words: Vocabulary,
    pub fields: BTreeMap<String, String>,
    pub details: Details,
    pub answers: Vec<Answer>,
    pub said: Vec<&'static str>,
    pub language: Option<&'static str>,
    pub previous: Option<UserId>,
    pub is_open: Option<bool>,
    pub now: Timestamp,
    pub zone: TimeZone,
}

impl Somebody {
    pub fn by(chance: &mut Chance) -> Self {
        let pick = |chance: &mut Chance| (*chance.of(&VALUES)).to_owned();
        let mut fields = BTreeMap::new();
        let mut details = Details::default();
        for key in ["plan", "size"] {
            if chance.below(2) == 0 {
                fields.insert(key.to_owned(), pick(chance));
            }
        }
        if chance.below(2) == 0 {
            details.fields.insert("due".to_owned(), pick(chance));
        }
        for tag in [VIP, OLD] {
            if chance.below(3) == 0 {
                details.tags.push(TagId(tag));
            }
        }
        let answer = Answer { shown: pick(chance), ..answered("order", &pick(chance)) };
        Self {
            words: words(),
            fields,
            details,
            answers: if chance.below(2) == 0 { vec![answer] } else { Vec::new() },
            said: (0..chance.below(3)).map(|_| *chance.of(&["I want a REFUND!", "mi pedido", "es", "", "3"])).collect(),
            language: *chance.of(&[None, Some("es"), Some("gold")]),
            previous: *chance.of(&[None, Some(UserId(VIP))]),
            is_open: *chance.of(&[None, Some(true), Some(false)]),
            now: Timestamp::from_second(1_764_000_000 + i64::try_from(chance.below(1_000_000)).unwrap()).unwrap(),
            zone: TimeZone::get(["Europe/Madrid", "UTC"][chance.below(2)]).unwrap(),
        }
    }

    pub fn facts(&self) -> Facts<'_> {
        Facts {
            name: "Gold Ñandú",
            language: self.language,
            fields: &self.fields,
            details: Some(&self.details),
            noted: None,
            tags: &[],
            answers: &self.answers,
            said: &self.said,
            inbox: InboxId(VIP),
            previous_agent: self.previous,
            is_open: self.is_open,
            now: self.now,
            zone: &self.zone,
            words: &self.words,
        }
    }

    /// Every value of a subject, as a text.
    fn values(&self, subject: &str) -> Vec<String> {
        let some = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned().into_iter().collect::<Vec<_>>();
        match subject {
            "message.text" => self.said.iter().filter(|text| !text.is_empty()).map(|text| (*text).to_owned()).collect(),
            "inbox" => vec![VIP.to_string()],
            "contact.language" => self.language.iter().map(|text| (*text).to_owned()).collect(),
            "contact.name" => vec!["Gold Ñandú".to_owned()],
            "contact.fields.plan" => some(self.fields.get("plan")),
            "contact.fields.size" => some(self.fields.get("size")),
            "conversation.fields.due" => some(self.details.fields.get("due")),
            // The old one counts as the other.
            "conversation.tags" => self.details.tags.iter().map(|_| VIP.to_string()).collect(),
            "answers.order" => self.answers.iter().flat_map(|answer| [answer.value.clone(), answer.shown.clone()]).collect(),
            "previous_agent" => self.previous.iter().map(ToString::to_string).collect(),
            "time.open" => self.is_open.iter().map(|is_open| if *is_open { "yes" } else { "no" }.to_owned()).collect(),
            "time.of_day" => vec![self.now.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string()],
            other => panic!("{other}"),
        }
    }
}

/// What a tree says, read word by word.
pub fn naive(condition: &Condition, known: &Somebody) -> bool {
    match condition {
        Condition::Group(Group::All, inner) => !inner.iter().any(|one| !naive(one, known)),
        Condition::Group(Group::Any, inner) => inner.iter().any(|one| naive(one, known)),
        Condition::Group(Group::Not, inner) => !inner.iter().any(|one| naive(one, known)),
        Condition::Leaf(Leaf { subject, comparison, values }) => {
            let is = known.values(subject);
            let is_id = matches!(subject.as_str(), "inbox" | "conversation.tags" | "previous_agent");
            let fold = |text: &str| if is_id { text.trim().to_owned() } else { normalise(text) };
            let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
            let date = |text: &str| text.trim().parse::<Date>().ok();
            let typed = subject.as_str();
            let met = |is: &String, wanted: &String| match comparison {
                Comparison::Is if typed == "contact.fields.size" => number(is).is_some() && number(is) == number(wanted),
                Comparison::Is if typed == "conversation.fields.due" => date(is).is_some() && date(is) == date(wanted),
                Comparison::Is | Comparison::OneOf | Comparison::Has => fold(is) == fold(wanted),
                Comparison::Contains => fold(is).contains(&fold(wanted)),
                Comparison::StartsWith => fold(is).starts_with(&fold(wanted)),
                Comparison::AtLeast => number(is).is_some_and(|is| is >= number(wanted).unwrap()),
                Comparison::AtMost => number(is).is_some_and(|is| is <= number(wanted).unwrap()),
                Comparison::MoreThan => number(is).is_some_and(|is| is > number(wanted).unwrap()),
                Comparison::LessThan => number(is).is_some_and(|is| is < number(wanted).unwrap()),
                Comparison::Before if typed == "time.of_day" => is.as_str() < format!("{wanted}:00").as_str(),
                Comparison::After if typed == "time.of_day" => is.as_str() >= format!("{wanted}:00").as_str(),
                Comparison::Before => date(is).is_some_and(|is| is < date(wanted).unwrap()),
                Comparison::After => date(is).is_some_and(|is| is > date(wanted).unwrap()),
                Comparison::Between | Comparison::Present | Comparison::Absent => unreachable!(),
            };
            match comparison {
                Comparison::Present => is.iter().any(|one| !one.is_empty()),
                Comparison::Absent => !is.iter().any(|one| !one.is_empty()),
                Comparison::Between => {
                    let (from, to) = (format!("{}:00", values[0]), format!("{}:00", values[1]));
                    let (after, before) = (is[0] >= from, is[0] < to);
                    if from < to { after && before } else { after || before }
                }
                _ => is.iter().any(|is| values.iter().any(|wanted| met(is, wanted))),
            }
        }
    }
}
