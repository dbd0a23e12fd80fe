//! A run: one step of a session while it happens. What nodes may do stands here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use super::definition::Definition;
use super::engine::{self, Context, Incoming, Outcome, Step};
use super::missing;
use super::nodes::{Ask, Next};
use super::promise;
use super::session::{FlowSession, When};
use super::text::{self, Text};
use super::turn::{Bubble, Turn};
use crate::domain::brief::{Brief, HandOffReason};
use crate::domain::conditions::{Case, Facts, said};
use crate::domain::ids::TagId;
use crate::domain::message::Content;
use crate::domain::queue::Queue;
use crate::domain::routing::{Bound, Entry};

/// How many nodes may follow one message; more is a definition that runs in circles.
pub const MAX_NODES_PER_STEP: usize = 250;
/// How many messages a flow may send in answer to one.
pub const MAX_MESSAGES_PER_STEP: usize = 10;
/// How often entry rules are asked while a step speaks; after that their last answer counts, until it hands off.
const MAX_ASKED_PER_STEP: usize = 10;

/// A session on its way from one wait to the next.
pub struct Run<'a> {
    pub definition: &'a Definition,
    pub context: &'a Context<'a>,
    pub session: FlowSession,
    pub steps: Vec<Step>,
    rules: RefCell<Answered>,
}

/// What entry rules answered last, and of what.
#[derive(Debug, Default)]
struct Answered {
    times: usize,
    of: u64,
    bound: Option<(String, Bound)>,
}

impl<'a> Run<'a> {
    pub fn new(session: FlowSession, definition: &'a Definition, context: &'a Context<'a>) -> Self {
        Self { definition, context, session, steps: Vec::new(), rules: RefCell::default() }
    }

    /// The question that waits, or why there is none.
    pub fn question(&self) -> Result<(&'a str, &'a Ask), String> {
        let key = self.session.waiting_at.as_deref().ok_or("the session waits for nothing")?;
        let (key, node) = self.definition.nodes.get_key_value(key).ok_or_else(|| format!("there is no node “{key}”"))?;
        let ask = node.as_ask().ok_or_else(|| format!("node “{key}” asks nothing"))?;
        Ok((key, ask))
    }

    /// Walks from a node until a question waits or the flow ends.
    pub fn go(mut self, first: &'a str) -> Outcome {
        let mut key = first;
        for _ in 0..MAX_NODES_PER_STEP {
            let Some(node) = self.definition.nodes.get(key) else {
                return self.fault(format!("there is no node “{key}”"));
            };
            match node.enter(&mut self) {
                Next::Node(next) => key = next,
                Next::Wait => return self.wait_at(key),
                Next::HandOff(queue) => return self.complete(key, queue),
                Next::LetGo => return self.hand_off_early(HandOffReason::WindowClosed),
                Next::Fault(reason) => return self.fault(format!("node “{key}”: {reason}")),
            }
            if self.messages() > MAX_MESSAGES_PER_STEP {
                self.steps.pop();
                return self.fault(format!("more than {MAX_MESSAGES_PER_STEP} messages in a row, the last at node “{key}”"));
            }
        }
        self.fault(format!("more than {MAX_NODES_PER_STEP} nodes without a question, the last “{key}”"))
    }

    /// Waits for the answer to a question that was just asked. What comes in right after it was begun before it was read.
    pub fn wait_at(mut self, key: &str) -> Outcome {
        if self.session.waiting_at.as_deref() != Some(key) {
            self.session.attempts = 0;
            self.session.has_asked_for_words = false;
        }
        self.session.waiting_at = Some(key.to_owned());
        let settling = self.settling();
        self.session.turn_ends_at = (!settling.is_zero()).then(|| self.context.now.saturating_add(settling).ok()).flatten();
        self.session.gives_up_at = self.context.now.checked_add(i64::from(self.definition.wait_minutes).minutes()).ok();
        self.steps.extend(self.session.gives_up_at.map(Step::WaitUntil));
        self.keep()
    }

    /// How long a silence ends a turn.
    fn settling(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.definition.settle_seconds))
    }

    /// Keeps what they say until they pause.
    pub fn hear(mut self, incoming: &Incoming<'_>, is_early: bool) -> Outcome {
        let (now, settling) = (self.context.now, self.settling());
        let turn = self.session.turn.get_or_insert_with(|| Box::new(Turn::new(now, is_early)));
        turn.add(Bubble::of(incoming), now, settling);
        let ends_at = turn.ends_at;
        if ends_at <= now {
            return self.settle();
        }
        self.steps.push(Step::PauseAt(ends_at));
        self.keep()
    }

    /// Reads the turn that is over.
    pub fn settle(mut self) -> Outcome {
        let Some(turn) = self.session.turn.clone() else { return self.keep() };
        let (key, ask) = match self.question() {
            Ok(question) => question,
            Err(reason) => return self.fault(reason),
        };
        if engine::is_hand_off_word(self.definition, &turn.words()) {
            return self.hand_off_early(HandOffReason::CustomerAsked);
        }
        if let Some(reading) = ask.read_turn(&self, &turn) {
            return ask.accept(self, reading);
        }
        self.session.release(&[]);
        if turn.is_early {
            return self.keep();
        }
        ask.fail(key, self, &turn)
    }

    /// Stops waiting for an answer.
    pub fn give_up(self) -> Outcome {
        match self.question() {
            Ok((_, ask)) => self.hand_off_early(HandOffReason::TimedOut { question: ask.label.clone() }),
            Err(reason) => self.fault(reason),
        }
    }

    /// Ends the step with the session as it is.
    pub fn keep(self) -> Outcome {
        Outcome { session: Some(self.session), steps: self.steps }
    }

    /// Hands off at the end of the questions.
    fn complete(self, node: &str, queue: Option<String>) -> Outcome {
        let Some(key) = queue else {
            let (key, bound) = self.bound(usize::MAX);
            return self.hand_off(&key, bound, HandOffReason::Completed);
        };
        match self.queue(&key) {
            Some(_) => self.hand_off(&key, Bound::Named, HandOffReason::Completed),
            None => self.fault(format!("node “{node}”: there is no queue “{key}”")),
        }
    }

    /// Hands off before the questions are through: to the topic's queue when it is known, otherwise the default one.
    pub fn hand_off_early(mut self, reason: HandOffReason) -> Outcome {
        let definition = self.definition;
        let farewell = match reason {
            HandOffReason::TimedOut { .. } => definition.timed_out_text.as_ref(),
            HandOffReason::Completed
            | HandOffReason::CustomerAsked
            | HandOffReason::NotUnderstood { .. }
            | HandOffReason::FlowFault { .. } => definition.hand_off_text.as_ref(),
            HandOffReason::NotDelivered | HandOffReason::Uncertain | HandOffReason::WindowClosed => None,
        };
        let (key, bound) = self.bound(usize::MAX);
        if let Some(farewell) = farewell {
            self.say_text(farewell, Some(&key));
        }
        self.hand_off(&key, bound, reason)
    }

    /// Ends where nothing names a queue: the definition cannot be followed.
    pub fn fault(mut self, reason: String) -> Outcome {
        let (key, bound) = self.unnamed(usize::MAX);
        let definition = self.definition;
        if let Some(farewell) = &definition.hand_off_text {
            self.say_text(farewell, Some(&key));
        }
        self.hand_off(&key, bound, HandOffReason::FlowFault { reason })
    }

    fn hand_off(mut self, key: &str, bound: Bound, reason: HandOffReason) -> Outcome {
        let Some(queue) = self.queue_or_default(key) else {
            return Outcome { session: None, steps: self.steps };
        };
        let missing = match reason {
            HandOffReason::Completed => Vec::new(),
            HandOffReason::CustomerAsked
            | HandOffReason::NotUnderstood { .. }
            | HandOffReason::TimedOut { .. }
            | HandOffReason::FlowFault { .. }
            | HandOffReason::NotDelivered
            | HandOffReason::Uncertain
            | HandOffReason::WindowClosed => missing::questions(&self),
        };
        self.session.release(&[]);
        if let Some(given) = self.session.given.take() {
            self.session.quote(given.tap, When::Opening);
        }
        let brief = Brief {
            reason,
            topic: self.session.topic.map(|topic| topic.title),
            queue: queue.key.clone(),
            answers: self.session.answers,
            missing,
            opening: self.session.opening,
            unclear: self.session.unclear,
            language: self.context.contact.language.clone(),
            promised: self.session.promised,
            waiting_since: self.session.waiting_since,
            is_earlier: false,
        };
        self.steps.push(Step::HandOff { queue: queue.id, brief, bound });
        Outcome { session: None, steps: self.steps }
    }

    /// Says a text; its promise is that of `queue`, or of the queue the conversation is bound for.
    pub fn say_text(&mut self, words: &Text, queue: Option<&str>) {
        if !self.context.may_speak {
            return;
        }
        let body = self.expand(words, queue);
        let body = text::truncate(&body, self.context.rules.text);
        if !body.is_empty() {
            self.steps.push(Step::Say(Content::Text { body }));
        }
    }

    /// Fills in a text in the customer's language, and remembers a promise that was made.
    pub fn expand(&mut self, words: &Text, queue: Option<&str>) -> String {
        let mut promised = None;
        let template = words.in_language(self.language(), &self.definition.language);
        let body = text::expand(template, |name| self.value(name, queue, &mut promised));
        if promised.is_some() {
            self.session.promised = promised;
        }
        body
    }

    /// Fills in a text that is kept and not said: in the flow's own language, with answers as they are kept.
    pub fn expand_for_the_record(&self, words: &Text) -> String {
        let template = words.in_language(&self.definition.language, &self.definition.language);
        text::expand(template, |name| match name.strip_prefix("answer.") {
            Some(field) => self.session.answer(field).map(|answer| answer.value.clone()).unwrap_or_default(),
            None => self.value(name, None, &mut None),
        })
    }

    /// The value of a placeholder; empty when it is not known.
    fn value(&self, name: &str, queue: Option<&str>, promised: &mut Option<String>) -> String {
        let contact = self.context.contact;
        match name {
            "contact.first_name" => return text::first_name(&contact.name),
            "contact.name" => return text::name(&contact.name),
            "queue.name" => return self.bound_for(queue).map(|queue| queue.name.clone()).unwrap_or_default(),
            "queue.promise" => {
                let words = self.definition.words(self.language());
                *promised = self.bound_for(queue).map(|queue| promise::promise(queue, self.context.now, words));
                return promised.clone().unwrap_or_default();
            }
            _ => {}
        }
        match name.split_once('.') {
            Some(("answer", field)) => self.session.answer(field).map(|answer| answer.shown.clone()).unwrap_or_default(),
            Some(("contact", field)) => self.noted(field).map(text::clean).unwrap_or_default(),
            Some(_) | None => String::new(),
        }
    }

    /// What is known under a field's name: an answer first, then what was noted on the contact.
    pub fn field(&self, field: &str) -> Option<&str> {
        self.session.answer(field).map(|answer| answer.value.as_str()).or_else(|| self.noted(field))
    }

    fn noted(&self, field: &str) -> Option<&str> {
        self.session.fields.get(field).or_else(|| self.context.contact.fields.get(field)).map(String::as_str)
    }

    /// The language to speak.
    pub fn language(&self) -> &'a str {
        self.context.contact.language.as_deref().unwrap_or(&self.definition.language)
    }

    /// The date where the topic's queue is, or the default one: no rule is asked for it.
    pub fn today(&self) -> Date {
        let key = self.session.topic.as_ref().map_or(&self.definition.default_queue, |topic| &topic.queue);
        let time_zone = self.queue_or_default(key).map_or(TimeZone::UTC, |queue| queue.hours.time_zone().clone());
        self.context.now.to_zoned(time_zone).date()
    }

    pub fn queue(&self, key: &str) -> Option<&'a Queue> {
        self.context.queues.iter().find(|queue| queue.key == key)
    }

    fn queue_or_default(&self, key: &str) -> Option<&'a Queue> {
        self.queue(key).or_else(|| self.queue(&self.definition.default_queue)).or_else(|| self.context.queues.first())
    }

    /// The queue that the conversation will wait in.
    fn bound_for(&self, queue: Option<&str>) -> Option<&'a Queue> {
        let meant = match queue {
            Some(key) => self.queue_or_default(key),
            None => self.queue_or_default(&self.bound(MAX_ASKED_PER_STEP).0),
        }?;
        Some(self.context.entry.as_ref().map_or(meant, |entry| entry.landing.of(meant).0))
    }

    /// The key of the topic's queue; where no topic names one, as [`Self::unnamed`].
    fn bound(&self, most: usize) -> (String, Bound) {
        match &self.session.topic {
            Some(topic) => (topic.queue.clone(), Bound::Named),
            None => self.unnamed(most),
        }
    }

    /// The key of the queue that an entry rule says, or of the default one. Rules are asked again when something they may ask for has
    /// changed, unless they were asked `most` times.
    fn unnamed(&self, most: usize) -> (String, Bound) {
        let otherwise = &self.definition.default_queue;
        let Some(entry) = &self.context.entry else { return (otherwise.clone(), Bound::Otherwise) };
        let mut said = said(&self.session.opening, &self.session.unclear, &self.session.answers);
        let turn = self.session.turn.iter().flat_map(|turn| &turn.bubbles);
        let given = self.session.given.iter().map(|given| &given.tap);
        said.extend(turn.chain(given).map(|bubble| bubble.text.as_str()));
        let tag = |step: &Step| if let Step::AddTag { tag } = step { entry.facts.words.tag_named(tag).map(|tag| tag.id) } else { None };
        let tags: Vec<TagId> = self.steps.iter().filter_map(tag).collect();
        let answers = self.session.answers.iter().map(|answer| (&answer.field, &answer.value, &answer.shown));
        let mut of = DefaultHasher::new();
        (&said, &self.session.fields, answers.collect::<Vec<_>>(), &tags).hash(&mut of);
        let of = of.finish();
        let mut answered = self.rules.borrow_mut();
        if let Some(bound) = answered.bound.clone().filter(|_| answered.of == of || answered.times >= most) {
            return bound;
        }
        let noted = self.as_kept(entry);
        let facts = Facts {
            noted: Some(&noted),
            tags: &tags,
            answers: &self.session.answers,
            said: &said,
            is_open: self.queue_or_default(otherwise).map(|queue| queue.hours.is_open(self.context.now)),
            ..entry.facts
        };
        let rule = entry.rules.first(&Case::of(facts));
        let queue = rule.and_then(|rule| rule.queue).and_then(|id| self.context.queues.iter().find(|queue| queue.id == id));
        let key = queue.map_or_else(|| otherwise.clone(), |queue| queue.key.clone());
        let bound = (key, rule.map_or(Bound::Otherwise, |rule| Bound::ByRule(rule.id)));
        *answered = Answered { times: answered.times + 1, of, bound: Some(bound.clone()) };
        bound
    }

    /// What was noted on the way, as its fields keep it; what is no value for its field is not kept.
    fn as_kept(&self, entry: &Entry<'_>) -> BTreeMap<String, String> {
        let kept = |key: &str, value: &str| match entry.facts.words.field(key) {
            Some(field) => field.value(value, entry.today),
            None => Some(value.to_owned()),
        };
        self.session.fields.iter().filter_map(|(key, value)| Some((key.clone(), kept(key, value)?))).collect()
    }

    fn messages(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Say(_))).count()
    }
}
