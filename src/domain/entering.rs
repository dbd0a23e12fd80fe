//! A conversation comes in: where it goes when nobody says so. The one place where entry rules are applied.

use super::brief::Brief;
use super::conditions::{Case, Facts, said};
use super::conversation::Controller;
use super::decision::Decision;
use super::event::{Actor, Event, QueuedBecause};
use super::ids::{QueueId, TagId};
use super::landing::{Instead, Landing};
use super::refusal::Refusal;
use super::routing::{Bound, EntryRule, Named, SentBy};
use super::sticky;
use super::workplace::Workplace;

/// What is known of the conversation, but for what was asked and said in it.
pub(super) fn facts<'a>(it: &'a Decision, workplace: &'a Workplace) -> Facts<'a> {
    let (snapshot, now) = (&it.snapshot, it.now);
    let session = snapshot.session.as_ref().and_then(|session| session.previous_agent);
    let conversation = snapshot.conversation.as_ref();
    Facts {
        name: &snapshot.contact.name,
        language: snapshot.contact.language.as_deref(),
        fields: &snapshot.contact.fields,
        details: conversation.and_then(|conversation| conversation.details.as_ref()),
        noted: None,
        tags: &[],
        answers: &[],
        said: &[],
        inbox: snapshot.inbox.id,
        previous_agent: conversation.and_then(|conversation| conversation.last_agent).or(it.previous_agent).or(session),
        is_open: workplace.queue(snapshot.inbox.default_queue).map(|queue| queue.hours.is_open(now)),
        now,
        zone: &workplace.entry.zone,
        words: &workplace.vocabulary,
    }
}

/// Without a flow: where a rule says, or where the inbox sends everything.
pub(super) fn enter(it: &mut Decision, text: Option<&str>, because: QueuedBecause) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let otherwise = it.snapshot.inbox.default_queue;
    let words: Vec<&str> = text.into_iter().collect();
    let facts = Facts { said: &words, ..facts(it, &workplace) };
    let rule = workplace.entry.first(&Case::of(facts));
    let target = rule.and_then(|rule| rule.queue).filter(|queue| workplace.queue(*queue).is_some()).unwrap_or(otherwise);
    put(it, &workplace, target, rule.map_or(Bound::Otherwise, |rule| Bound::ByRule(rule.id)), because)
}

/// A bot hands over: to the queue that its brief names; otherwise where a rule says, or where the inbox sends everything: people have the
/// customer in any case.
pub(super) fn hand_off_of_bot(it: &mut Decision, by: Actor, brief: Brief) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let named = workplace.queue_of(Some(&brief)).map(|queue| (queue.id, Bound::Named));
    let (target, bound) = named.unwrap_or_else(|| {
        let words = said(&brief.opening, &brief.unclear, &brief.answers);
        let facts = Facts { answers: &brief.answers, said: &words, ..facts(it, &workplace) };
        let rule = workplace.entry.first(&Case::of(facts));
        let queue = rule.and_then(|rule| rule.queue).filter(|queue| workplace.queue(*queue).is_some());
        (queue.unwrap_or(it.snapshot.inbox.default_queue), rule.map_or(Bound::Otherwise, |rule| Bound::ByRule(rule.id)))
    });
    let key = workplace.queue(target).ok_or(Refusal::UnknownQueue)?.key.clone();
    hand_off(it, by, target, bound, Brief { queue: key, ..brief })
}

/// Gives the conversation to people, with what was learned.
pub(super) fn hand_off(it: &mut Decision, by: Actor, target: QueueId, bound: Bound, brief: Brief) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    it.emit(Event::HandedOff { by, brief });
    put(it, &workplace, target, bound, QueuedBecause::HandedOff)
}

/// Puts it into a queue, with whatever else a rule says.
fn put(it: &mut Decision, workplace: &Workplace, target: QueueId, bound: Bound, because: QueuedBecause) -> Result<(), Refusal> {
    let target = workplace.queue(target).ok_or(Refusal::UnknownQueue)?;
    let rule = if let Bound::ByRule(id) = bound { workplace.entry.rule(id) } else { None };
    for tag in rule.iter().flat_map(|rule| &rule.tags) {
        add_tag(it, workplace, *tag);
    }
    if let Some(to) = rule.and_then(|rule| rule.priority) {
        let from = it.conversation()?.priority;
        if from != to {
            it.emit(Event::PriorityChanged { by: Actor::System, from, to });
        }
    }
    if let Some(skills) = rule.map(|rule| &rule.skills).filter(|skills| !skills.is_empty()) {
        let asked = skills.asked_for(it.snapshot.contact.language.as_deref(), &workplace.skills);
        let (required, preferred) = (Named::all(&asked.required, &workplace.skills), Named::all(&asked.preferred, &workplace.skills));
        if !(required.is_empty() && preferred.is_empty()) {
            it.emit(Event::SkillsAsked { by: Actor::System, required, preferred });
        }
    }
    let sent = match (bound, rule) {
        (Bound::Named, _) => Some(SentBy::Name),
        (_, Some(EntryRule { id, name, queue, .. })) => {
            let (rule, name, version) = (*id, name.clone(), workplace.version);
            let sends = queue.is_some_and(|queue| workplace.queue(queue).is_some_and(|queue| queue.id == target.id));
            Some(if sends { SentBy::Rule { rule, name, version } } else { SentBy::RuleKeeping { rule, name, version } })
        }
        (Bound::ByRule(_) | Bound::Otherwise, None) => None,
    };
    lands(it, target.id, because, sent)
}

/// It waits in the queue it is meant for; what is new there, in another one where nothing new comes in.
pub(super) fn lands(it: &mut Decision, meant: QueueId, because: QueuedBecause, sent: Option<SentBy>) -> Result<(), Refusal> {
    let workplace = it.snapshot.workplace.clone();
    let meant = workplace.queue(meant).ok_or(Refusal::UnknownQueue)?;
    let (queue, why) = if is_new(it, meant.id, &because)? { landing(it, &workplace).of(meant) } else { (meant, None) };
    // Whoever hands it on, or is relieved of it, is not whom it is kept for.
    let is_held = matches!(it.conversation()?.controller, Controller::Agent { .. });
    let rather = if is_new(it, meant.id, &because)? && !is_held { sticky::rather(it, queue.id) } else { None };
    let instead = why.map(|why| Instead { queue: meant.id, name: meant.name.clone(), why });
    it.emit(Event::ConversationQueued { queue: queue.id, name: queue.name.clone(), because, sent, instead, rather });
    Ok(())
}

/// Whether it comes in, and was not somebody's of that queue a moment ago. What is moved there by a supervisor is meant to be there.
fn is_new(it: &Decision, queue: QueueId, because: &QueuedBecause) -> Result<bool, Refusal> {
    let conversation = it.conversation()?;
    let was_of_it = conversation.queue == Some(queue) && matches!(conversation.controller, Controller::Agent { .. });
    let comes = match because {
        QueuedBecause::HandedOff | QueuedBecause::NoFlow | QueuedBecause::Reopened | QueuedBecause::Transferred => true,
        QueuedBecause::QueueRemoved
        | QueuedBecause::Moved
        | QueuedBecause::Overflowed { .. }
        | QueuedBecause::Returned
        | QueuedBecause::OwnerGone { .. }
        | QueuedBecause::SignedOff { .. }
        | QueuedBecause::KeptUntil { .. }
        | QueuedBecause::Unanswered { .. } => false,
    };
    Ok(comes && !was_of_it)
}

pub(super) fn landing<'a>(it: &Decision, workplace: &'a Workplace) -> Landing<'a> {
    Landing { workplace, default_queue: it.snapshot.inbox.default_queue, now: it.now }
}

/// One that is gone, or that nobody adds any more, is none; one that was merged is the other.
fn add_tag(it: &mut Decision, workplace: &Workplace, tag: TagId) {
    let Some(tag) = workplace.vocabulary.tag(tag).filter(|tag| !tag.archived) else { return };
    let details = it.snapshot.conversation.as_ref().and_then(|conversation| conversation.details.as_ref());
    if details.is_none_or(|details| !details.tags.contains(&tag.id)) {
        it.emit(Event::TagAdded { tag: tag.id, name: tag.name.clone() });
    }
}
