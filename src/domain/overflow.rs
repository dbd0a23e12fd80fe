//! What becomes of whoever waits in a queue and is given to nobody: after a while, because nobody is there, because it is closed, or
//! because so many wait already. They go to another queue with their place in line, or are told once what to expect.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::announcing::Announced;
use super::conversation::{Controller, Conversation, State};
use super::decision::Decision;
use super::entering;
use super::event::{Event, QueuedBecause};
use super::flows::promise;
use super::flows::text::{self, Text};
use super::ids::QueueId;
use super::landing::Why;
use super::message::{Author, Content};
use super::queue::Queue;
use super::refusal::Refusal;
use super::snapshot::Snapshot;
use super::sticky::Rather;
use super::workplace::Workplace;

/// A text by language, such as `{"en": "…", "es": "…"}`.
pub type Texts = BTreeMap<String, String>;

/// What a text may name, in braces.
pub const PLACEHOLDERS: [&str; 4] = ["contact.name", "contact.first_name", "queue.name", "queue.promise"];

/// What a queue does with whoever is given to nobody; nothing, as long as it is not set up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overflow {
    /// The queue they go to; without one they are only told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<QueueId>,
    /// After so many seconds in this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<i32>,
    /// At once when nobody is here who could have them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub when_nobody: bool,
    /// At once while it is closed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub when_closed: bool,
    /// So many wait at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<i32>,
    /// What whoever waits for long is told, or whom nobody is there for.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub text: Texts,
    /// What is told while it is closed.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub closed_text: Texts,
    /// What whoever comes beyond the limit is told.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub full_text: Texts,
}

impl Overflow {
    /// Seconds, conversations, and characters of a text, at most; and in how many languages it is.
    pub const LONGEST: i32 = 24 * 60 * 60;
    pub const MOST: i32 = 10_000;
    pub const TEXT: usize = 1_000;
    pub const LANGUAGES: usize = 20;

    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Its texts, with the words by which they are known.
    #[must_use]
    pub fn texts(&self) -> [(&'static str, &Texts); 3] {
        [("text", &self.text), ("closed_text", &self.closed_text), ("full_text", &self.full_text)]
    }

    /// Whether this is a reason for it.
    fn has(&self, why: Why) -> bool {
        match why {
            Why::Late => self.after.is_some(),
            Why::NobodyHere => self.when_nobody,
            Why::Closed => self.when_closed,
            Why::Full => self.most.is_some(),
            Why::Draining | Why::Busy | Why::Strange => false,
        }
    }

    fn text(&self, why: Why) -> &Texts {
        match why {
            Why::Closed => &self.closed_text,
            Why::Full => &self.full_text,
            Why::Late | Why::NobodyHere | Why::Draining | Why::Busy | Why::Strange => &self.text,
        }
    }
}

/// How somebody waits, beside their place in line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wait {
    /// Since when they wait in this queue, where their place is an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Queues that overflow has taken them from and to: it takes them to none of these again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<QueueId>,
    /// What was done about them in this queue, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<Why>,
    /// Whom they are for rather than for anybody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rather: Option<Rather>,
    /// What they were told of their place in line, or of how long it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
    /// What they were told, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Why>,
}

impl Wait {
    /// They wait in a queue from now on.
    pub(super) fn begins(
        before: Option<Self>,
        rather: Option<Rather>,
        is_elsewhere: bool,
        queued_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let before = before.unwrap_or_default();
        let done = if is_elsewhere { Vec::new() } else { before.done };
        let announced = before.announced.filter(|_| !is_elsewhere);
        let done: Vec<Why> = done.into_iter().filter(|why| *why != Why::Busy).collect();
        Self { since: queued_at.is_some_and(|at| at != now).then_some(now), done, rather, announced, ..before }
    }

    /// As it is kept.
    pub(super) fn kept(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

/// Which texts are one and the same: whoever was told one is not told the other.
fn kind_of_text(why: Why) -> Why {
    if why == Why::NobodyHere { Why::Late } else { why }
}

/// Something that will become of a conversation that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pending {
    pub queue: QueueId,
    pub why: Why,
    pub due_at: Timestamp,
}

/// The conversation, where it waits, and what becomes of it there, if anything.
fn waiting(snapshot: &Snapshot) -> Option<(&Conversation, &Queue, Option<&Overflow>)> {
    let conversation = snapshot.conversation.as_ref()?;
    if conversation.state == State::Resolved || conversation.controller != Controller::Queue {
        return None;
    }
    let queue = snapshot.workplace.queue(conversation.queue?)?;
    Some((conversation, queue, snapshot.workplace.overflows.get(&queue.id).map(AsRef::as_ref)))
}

/// What will become of it next without anybody's doing.
pub(super) fn pending(snapshot: &Snapshot, now: Timestamp) -> Option<Pending> {
    let (conversation, queue, rules) = waiting(snapshot)?;
    let wait = conversation.wait.as_ref();
    let since = wait.and_then(|wait| wait.since).or(conversation.queued_at)?;
    let is_done = |why: Why| wait.is_some_and(|wait| wait.done.contains(&why));
    let turns = || if queue.hours.is_open(now) { queue.hours.closes_at(now) } else { Some(since) };
    let closed_at = rules.filter(|rules| rules.when_closed).and_then(|_| turns());
    let kept_until = wait.and_then(|wait| wait.rather.as_ref()?.until);
    let late_at = rules
        .and_then(|rules| rules.after)
        .map(|after| since.saturating_add(SignedDuration::from_secs(after.into())).unwrap_or(Timestamp::MAX));
    let has = |why: Why| why == Why::Busy || rules.is_some_and(|rules| rules.has(why));
    let all = [(Why::Late, late_at), (Why::Closed, closed_at), (Why::Busy, kept_until)];
    let next = all.into_iter().filter(|(why, _)| has(*why) && !is_done(*why)).filter_map(|(why, at)| Some((why, at?)));
    let (why, due_at) = next.min_by_key(|(_, at)| *at)?;
    // While nothing of it is given out nobody goes elsewhere either: whoever waits keeps their place.
    let held_until = match snapshot.workplace.rests.get(&queue.id).filter(|rest| rest.holds_back(now)) {
        Some(rest) => rest.until?,
        None => Timestamp::MIN,
    };
    Some(Pending { queue: queue.id, why, due_at: due_at.max(held_until) })
}

/// Routing saw that nobody is here who could have it, or that it came beyond the limit. Whoever was quicker to move it is not bothered.
pub(super) fn spill(it: &mut Decision, seen: (QueueId, Option<Timestamp>), why: Why) -> Result<(), Refusal> {
    waits_where_seen(it, seen)?;
    overflow(it, why)
}

/// The queue in which it still waits since then, of which something is given out.
pub(super) fn waits_where_seen(it: &Decision, seen: (QueueId, Option<Timestamp>)) -> Result<QueueId, Refusal> {
    let (conversation, queue, _) = waiting(&it.snapshot).ok_or(Refusal::Overtaken { name: None })?;
    let is_held_back = it.snapshot.workplace.rests.get(&queue.id).is_some_and(|rest| rest.holds_back(it.now));
    if is_held_back || (queue.id, conversation.queued_at) != seen {
        return Err(Refusal::Overtaken { name: None });
    }
    Ok(queue.id)
}

/// It goes to the other queue, or is told what to expect; each once in a queue.
pub(super) fn overflow(it: &mut Decision, why: Why) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let (conversation, queue, rules) = waiting(&it.snapshot).ok_or(Refusal::Duplicate)?;
    let wait = conversation.wait.clone().unwrap_or_default();
    if why == Why::Busy {
        return let_go(it, queue.id, &wait);
    }
    let rules = rules.ok_or(Refusal::Duplicate)?.clone();
    if !rules.has(why) || wait.done.contains(&why) {
        return Err(Refusal::Duplicate);
    }
    let since = wait.since.or(conversation.queued_at).unwrap_or(it.now);
    let seconds = it.now.duration_since(since).as_secs().max(0);
    let (from, from_name) = (queue.id, queue.name.clone());
    let target = other(it, &workplace, from, &rules, &wait);
    let promising = target.or_else(|| workplace.queue(from)).ok_or(Refusal::UnknownQueue)?;
    let is_told = !wait.told.contains(&kind_of_text(why)) && tell(it, rules.text(why), promising, |_, _| String::new());
    match target {
        Some(to) => {
            let because = QueuedBecause::Overflowed { from, name: from_name, why, seconds, is_told };
            it.emit(Event::ConversationQueued { queue: to.id, name: to.name.clone(), because, sent: None, instead: None, rather: None });
        }
        None => it.emit(Event::WaitNoted { queue: from, name: from_name, why, seconds, most: rules.most, is_told }),
    }
    Ok(())
}

/// It is for anybody from now on.
fn let_go(it: &mut Decision, queue: QueueId, wait: &Wait) -> Result<(), Refusal> {
    let Some(rather) = wait.rather.as_ref().filter(|_| !wait.done.contains(&Why::Busy)) else { return Err(Refusal::Duplicate) };
    let since = wait.since.or(it.conversation()?.queued_at).unwrap_or(it.now);
    let seconds = it.now.duration_since(since).as_secs().max(0);
    it.emit(Event::WaitNoted { queue, name: rather.name.clone(), why: Why::Busy, seconds, most: None, is_told: false });
    Ok(())
}

/// Where it goes: nowhere twice, and to none that takes nothing.
fn other<'a>(it: &Decision, workplace: &'a Workplace, from: QueueId, rules: &Overflow, wait: &Wait) -> Option<&'a Queue> {
    let to = workplace.queue(rules.to?)?;
    let (lands, _) = entering::landing(it, workplace).taken(to)?;
    (lands.id != from && !wait.passed.contains(&lands.id)).then_some(lands)
}

/// Tells the customer, where there are words and they may be written to.
pub(super) fn tell(it: &mut Decision, texts: &Texts, queue: &Queue, other: impl Fn(&str, &promise::Words) -> String) -> bool {
    let window = it.snapshot.conversation.as_ref().and_then(|conversation| conversation.window_expires_at);
    if texts.is_empty() || !it.snapshot.rules.may_write(window, it.now) {
        return false;
    }
    let contact = &it.snapshot.contact;
    let language = contact.language.clone().unwrap_or_else(|| "en".to_owned());
    let texts = Text::Languages(texts.clone());
    let (tag, template) = texts.chosen(&language, "en");
    // In the language of the text, which need not be the customer's.
    let words = tag.and_then(|tag| promise::built_in(text::primary(tag))).unwrap_or(&promise::ENGLISH);
    let body = text::expand(template, |name| match name {
        "contact.first_name" => text::first_name(&contact.name),
        "contact.name" => text::name(&contact.name),
        "queue.name" => queue.name.clone(),
        "queue.promise" => promise::promise(queue, it.now, words),
        name => other(name, words),
    });
    let body = text::truncate(&body, it.snapshot.rules.text);
    if body.is_empty() {
        return false;
    }
    let id = it.fresh_id();
    it.queue_message(id, Author::Flow, Content::Text { body }, None);
    true
}

/// What somebody went through in a queue that they leave by overflow, or stay in.
pub(super) fn note(wait: Option<Wait>, passed: &[QueueId], why: Why, is_told: bool, stays: bool) -> Wait {
    let mut wait = wait.unwrap_or_default();
    for queue in passed {
        if !wait.passed.contains(queue) {
            wait.passed.push(*queue);
        }
    }
    if stays {
        wait.done.push(why);
    }
    if is_told {
        wait.told.push(kind_of_text(why));
    }
    wait
}
