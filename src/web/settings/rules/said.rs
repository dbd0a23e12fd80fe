//! What rules speak of by name, and what their conditions can be made of.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use crate::domain::conditions::rows::What;
use crate::domain::conditions::{Comparison, Kind, Leaf, Subject};
use crate::domain::details::{FieldOf, Vocabulary};
use crate::domain::names;
use crate::domain::routing::skills::Level;
use crate::domain::routing::{Priority, RuleSkills};
use crate::domain::setup::Setup;
use crate::domain::setup::value::EntryRule;
use crate::domain::workplace::Workplace;
use crate::web::layouts::conditions::Telling;
use crate::web::layouts::skills;
use crate::web::layouts::words::{known, plain};
use crate::web::locale::Locale;

/// What can be chosen from: the value, and what it is called.
pub type Choice = (String, String);

/// What everything is called that conditions speak of.
pub struct Names {
    pub locale: Locale,
    pub words: Vocabulary,
    /// Of queues, tags, numbers and people.
    all: HashMap<Uuid, String>,
    pub queues: Vec<Choice>,
    pub tags: Vec<Choice>,
    pub skills: Vec<Choice>,
    pub inboxes: Vec<Choice>,
    pub people: Vec<Choice>,
    /// What published flows ask: the name of the answer, and what agents read in front of it.
    answers: BTreeMap<String, String>,
}

impl Names {
    #[must_use]
    pub fn of(locale: Locale, setup: &Setup, workplace: &Workplace) -> Self {
        let by_name = |mut all: Vec<Choice>| {
            all.sort_by_cached_key(|(id, name)| (names::order(name), id.clone()));
            all
        };
        let mut queues: Vec<_> = setup.queues.iter().collect();
        queues.sort_by_key(|(id, queue)| (queue.position, **id));
        let tags = setup.tags.iter().filter(|(_, tag)| tag.merged_into.is_none() && !tag.archived);
        let published = workplace.published.iter().filter_map(|(flow, version)| workplace.definitions.get(&(*flow, *version)));
        let asks = published.flat_map(|definition| definition.nodes.values()).filter_map(|node| node.as_ask());
        Self {
            locale,
            words: setup.vocabulary(),
            all: setup.names(),
            queues: queues.into_iter().map(|(id, queue)| (id.to_string(), queue.name.clone())).collect(),
            tags: by_name(tags.map(|(id, tag)| (id.to_string(), tag.name.clone())).collect()),
            skills: by_name(setup.skills.iter().map(|(id, skill)| (id.to_string(), skill.name.clone())).collect()),
            inboxes: by_name(setup.inboxes.iter().map(|(id, inbox)| (id.to_string(), inbox.name.clone())).collect()),
            people: by_name(setup.members.iter().map(|(id, member)| (id.to_string(), member.name.clone())).collect()),
            answers: asks.map(|ask| (ask.field.clone(), ask.label.clone())).collect(),
        }
    }

    fn t(&self, key: &str) -> String {
        self.locale.t(key).into_owned()
    }

    /// How conditions are told.
    #[must_use]
    pub fn telling(&self) -> Telling<'_> {
        Telling { locale: self.locale, words: &self.words, names: &self.all, answers: &self.answers }
    }

    /// What a thing is called.
    #[must_use]
    pub fn name(&self, id: Uuid) -> String {
        self.telling().name(id)
    }

    fn subject(&self, word: &str) -> String {
        self.telling().subject(word)
    }

    /// What conditions can be about, by what it belongs to; with `own`, whatever that is.
    #[must_use]
    pub fn subjects(&self, own: &str) -> Vec<(String, Vec<Choice>)> {
        let of = |words: &[&str]| words.iter().map(|word| ((*word).to_owned(), self.subject(word))).collect::<Vec<Choice>>();
        let fields = |of: FieldOf, prefix: &str| {
            let all = self.words.fields.iter().filter(move |field| field.of == of);
            all.map(|field| (format!("{prefix}{}", field.key), field.label.clone())).collect::<Vec<Choice>>()
        };
        let mut customer = of(&["contact.language", "contact.name", "previous_agent"]);
        customer.extend(fields(FieldOf::Contact, "contact.fields."));
        let mut conversation = of(&["message.text", "inbox", "conversation.tags"]);
        conversation.extend(fields(FieldOf::Conversation, "conversation.fields."));
        let answers = self.answers.iter().map(|(name, label)| (format!("answers.{name}"), label.clone())).collect();
        let time = of(&["time.open", "time.weekday", "time.of_day"]);
        let groups = [("conversation", conversation), ("customer", customer), ("answers", answers), ("time", time)];
        let mut all: Vec<(String, Vec<Choice>)> = groups
            .into_iter()
            .filter(|(_, all)| !all.is_empty())
            .map(|(name, all)| (self.t(&format!("rules.about.{name}")), all))
            .collect();
        if !own.is_empty() && !all.iter().flat_map(|(_, all)| all).any(|(word, _)| word == own) {
            all.push((self.t("rules.about.other"), vec![(own.to_owned(), self.subject(own))]));
        }
        all
    }

    /// What is compared; a text where it is not known.
    #[must_use]
    pub fn kind(&self, subject: &str) -> Kind {
        self.telling().kind(subject)
    }

    /// What a field has to choose from.
    #[must_use]
    pub fn choices(&self, subject: &str) -> Vec<Choice> {
        let field = match Subject::read(subject) {
            Some(Subject::ContactField(key) | Subject::ConversationField(key)) => self.words.field(&key),
            _ => None,
        };
        field.iter().flat_map(|field| &field.choices).map(|choice| (choice.clone(), choice.clone())).collect()
    }

    /// How a subject can be compared.
    #[must_use]
    pub fn comparisons(&self, leaf: &Leaf) -> Vec<Choice> {
        let fitting = Subject::read(&leaf.subject).map_or_else(Vec::new, |subject| subject.comparisons(self.kind(&leaf.subject)));
        let fitting = if fitting.is_empty() { vec![leaf.comparison] } else { fitting };
        fitting.into_iter().map(|one| (one.as_str().to_owned(), self.comparison(one))).collect()
    }

    fn comparison(&self, comparison: Comparison) -> String {
        self.telling().comparison(comparison)
    }

    /// What a rule asks for, in words.
    #[must_use]
    pub fn conditions(&self, rule: &EntryRule) -> String {
        self.telling().stored(&rule.conditions)
    }

    /// What a rule does, in words.
    #[must_use]
    pub fn outcome(&self, rule: &EntryRule) -> String {
        let queue = rule.queue.map_or_else(|| self.t("rules.queue_none"), |queue| self.name(queue.0));
        let mut tags: Vec<String> = rule.tags.iter().map(|tag| self.name(tag.0)).collect();
        tags.sort_by_cached_key(|name| names::order(name));
        let priority = rule.priority.as_ref().map(|word| self.priority(word));
        let asked = self.asked(&rule.skills);
        [queue].into_iter().chain(priority).chain(asked).chain(tags).collect::<Vec<_>>().join(" · ")
    }

    /// What a rule asks for of whoever has it, in words.
    fn asked(&self, wanted: &RuleSkills) -> Option<String> {
        skills::asked(self.locale, &self.all, wanted)
    }

    /// What a level is called.
    #[must_use]
    pub fn level(&self, level: Level) -> String {
        plain(&self.locale, "skills.level", &[("level", &level.to_string())])
    }

    fn priority(&self, word: &str) -> String {
        known(&self.locale, &format!("priority.{word}")).unwrap_or_else(|| word.to_owned())
    }

    /// How urgent something can be, the most urgent first; with `own`, whatever that is.
    #[must_use]
    pub fn priorities(&self, own: Option<&str>) -> Vec<Choice> {
        let known = |word: &str| (word.to_owned(), self.priority(word));
        let strange = own.filter(|own| own.parse::<Priority>().is_err()).map(known);
        Priority::ALL.into_iter().rev().map(|priority| known(priority.as_str())).chain(strange).collect()
    }

    /// A row in words, for whoever cannot see where it stands.
    #[must_use]
    pub fn row(&self, what: &What) -> String {
        match what {
            What::Leaf(leaf) => self.telling().leaf(leaf),
            What::Group(group) => self.t(&format!("rules.group.{}", group.as_str())),
        }
    }
}
