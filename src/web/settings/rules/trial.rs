//! What a rule would have done with the conversations of the last days, as whoever asks sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::said::Names;
use crate::domain::Event;
use crate::domain::brief::{Answer, Brief, HandOffReason};
use crate::domain::conditions::{Facts, said};
use crate::domain::contact::Phones;
use crate::domain::details::Details;
use crate::domain::ids::{ConversationId, EntryRuleId, InboxId, QueueId, UserId};
use crate::domain::message::Content;
use crate::domain::routing::{Arrival, EntryRule, EntryRules, Outcome, RuleSkills, SentBy, trial};
use crate::domain::setup::rules::{Nameable, in_order};
use crate::domain::setup::{Setup, value};
use crate::domain::workplace::Workplace;
use crate::store::entry_rules::CameIn;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// How far back it goes, how many conversations are looked at, the newest first, and how many are shown.
const DAYS: i64 = 7;
const LOOKED_AT: usize = 2_000;
const SHOWN: usize = 20;

/// What a rule would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// How many conversations were looked at,
    pub seen: usize,
    /// and whether there are older ones within the time.
    pub is_cut: bool,
    pub named: usize,
    pub met: usize,
    pub decided: usize,
    pub moved: usize,
    pub examples: Vec<Example>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub conversation: ConversationId,
    /// Who wrote.
    pub name: String,
    pub at: Timestamp,
    pub went: String,
    pub goes: String,
    pub is_moved: bool,
}

/// A conversation with everything as whoever asks reads it: where numbers are masked for them, conditions are held against what is masked,
/// so that no condition tells what the pages do not.
struct Read {
    conversation: ConversationId,
    name: String,
    language: Option<String>,
    fields: BTreeMap<String, String>,
    details: Option<Details>,
    answers: Vec<Answer>,
    said: Vec<String>,
    inbox: InboxId,
    at: Timestamp,
    went: QueueId,
    otherwise: QueueId,
    is_named: bool,
    is_open: Option<bool>,
    previous_agent: Option<UserId>,
}

/// Holds the rules, with this one among them, against the conversations of the last days. Nothing, where the rule cannot be used.
pub(super) async fn run(
    state: &State,
    signed: &Signed,
    setup: &Arc<Setup>,
    names: &Names,
    id: Option<EntryRuleId>,
    typed: &value::EntryRule,
) -> Result<Option<Tried>> {
    let tried = id.unwrap_or(EntryRuleId(uuid::Uuid::nil()));
    let Some(rules) = rules_with(setup, tried, typed) else { return Ok(None) };
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let since = Timestamp::now().saturating_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN);
    // One more says whether there are more.
    let most = i64::try_from(LOOKED_AT).unwrap_or(i64::MAX).saturating_add(1);
    let came = state.store.came_in(signed.viewer(), since, most).await?;
    let (setup, phones) = (setup.clone(), signed.locale.phones());
    let held = web::block(move || Held::of(came, &rules, tried, phones, &setup, &workplace)).await.map_err(Error::fault)?;
    Ok(Some(held.told(names, phones)))
}

/// Conversations that were held against rules. It takes its time, and nobody else waits for it.
struct Held {
    is_cut: bool,
    read: Vec<Read>,
    outcome: Outcome,
}

impl Held {
    fn of(mut came: Vec<CameIn>, rules: &EntryRules, tried: EntryRuleId, phones: Phones, setup: &Setup, workplace: &Workplace) -> Self {
        let is_cut = came.len() > LOOKED_AT;
        came.truncate(LOOKED_AT);
        let read: Vec<Read> = came.into_iter().filter_map(|one| read(one, phones, setup, workplace)).collect();
        let words: Vec<Vec<&str>> = read.iter().map(|one| one.said.iter().map(String::as_str).collect()).collect();
        let arrivals: Vec<Arrival<'_>> = read.iter().zip(&words).map(|(one, words)| one.arrival(words, &rules.zone, workplace)).collect();
        let outcome = trial(rules, tried, &arrivals);
        Self { is_cut, read, outcome }
    }

    fn told(self, names: &Names, phones: Phones) -> Tried {
        let Self { is_cut, read, outcome } = self;
        let example = |(place, goes): &(usize, QueueId)| {
            let one = &read[*place];
            Example {
                conversation: one.conversation,
                name: phones.name(&one.name),
                at: one.at,
                went: names.name(one.went.0),
                goes: names.name(goes.0),
                is_moved: one.went != *goes,
            }
        };
        // Those that would go elsewhere first: they are what is asked about.
        let (moved, same): (Vec<_>, Vec<_>) = outcome.all.iter().partition(|(place, goes)| read[*place].went != *goes);
        let examples = moved.into_iter().chain(same).take(SHOWN).map(example).collect();
        let (named, met, decided, moved) = (outcome.named, outcome.met, outcome.decided, outcome.moved);
        Tried { seen: read.len(), is_cut, named, met, decided, moved, examples }
    }
}

/// The rules that are on, with this one in its place, or after them; it is on for this.
fn rules_with(setup: &Setup, id: EntryRuleId, typed: &value::EntryRule) -> Option<EntryRules> {
    let nameable = Nameable::of(setup);
    let ready = |id: EntryRuleId, rule: &value::EntryRule| {
        let condition = rule.compile(nameable.known()).ok()?;
        Some(EntryRule {
            id,
            name: rule.name.clone(),
            condition,
            queue: rule.queue,
            priority: None,
            tags: Vec::new(),
            skills: RuleSkills::default(),
        })
    };
    let tried = ready(id, typed)?;
    let mut rules: Vec<EntryRule> = Vec::new();
    let mut is_new = true;
    for (other, rule) in in_order(&setup.entry_rules) {
        if other == id {
            is_new = false;
            rules.push(tried.clone());
        } else if rule.enabled {
            rules.extend(ready(other, rule));
        }
    }
    if is_new {
        rules.push(tried);
    }
    let zone = setup.workspaces.values().next().and_then(|workspace| TimeZone::get(&workspace.time_zone).ok());
    Some(EntryRules { zone: zone.unwrap_or(TimeZone::UTC), rules })
}

fn read(one: CameIn, phones: Phones, setup: &Setup, workplace: &Workplace) -> Option<Read> {
    let Event::ConversationQueued { queue, sent, .. } = one.queued? else { return None };
    let default = setup.inboxes.get(&one.inbox)?.default_queue;
    let went = workplace.queue(queue).map_or(queue, |queue| queue.id);
    let otherwise = match &sent {
        Some(SentBy::Rule { .. }) => of_the_flow(one.brief.as_ref(), one.inbox, setup, workplace).unwrap_or(default),
        Some(_) | None => went,
    };
    // What came in before it was kept who said so: of a topic a flow named the queue, unless it could not go on.
    let is_topics = |brief: &Brief| brief.topic.is_some() && !matches!(brief.reason, HandOffReason::FlowFault { .. });
    let had_topic = one.brief.as_ref().is_some_and(is_topics);
    let is_named = sent.as_ref().map_or(had_topic, |sent| *sent == SentBy::Name);
    let masked = |text: &str| phones.noted(text, one.address.as_ref());
    let all = |texts: BTreeMap<String, String>| texts.into_iter().map(|(key, text)| (key, masked(&text))).collect();
    let answers = one.brief.iter().flat_map(|brief| &brief.answers).cloned();
    let answers: Vec<Answer> =
        answers.map(|answer| Answer { value: masked(&answer.value), shown: masked(&answer.shown), ..answer }).collect();
    let wrote = one.wrote.as_ref().and_then(words_of);
    let quoted = |brief: &Brief| said(&brief.opening, &brief.unclear, &brief.answers).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let words: Vec<String> = one.brief.as_ref().map(quoted).unwrap_or_default().into_iter().chain(wrote).collect();
    Some(Read {
        conversation: one.conversation,
        name: phones.name(&one.name),
        language: one.language,
        fields: all(one.fields),
        details: one.details.map(|details| Details { fields: all(details.fields), ..details }),
        answers,
        said: words.iter().map(|text| masked(text)).collect(),
        inbox: one.inbox,
        at: one.at,
        went,
        otherwise,
        is_named,
        is_open: workplace.queue(otherwise).map(|queue| queue.hours.is_open(one.at)),
        previous_agent: one.previous_agent,
    })
}

/// Where the flow that is published sends what it handed over and nobody names a queue for.
fn of_the_flow(brief: Option<&Brief>, inbox: InboxId, setup: &Setup, workplace: &Workplace) -> Option<QueueId> {
    let flow = brief.and(setup.inboxes.get(&inbox))?.flow?;
    let definition = workplace.definitions.get(&(flow, *workplace.published.get(&flow)?))?;
    workplace.queues.iter().find(|queue| queue.key == definition.default_queue).map(|queue| queue.id)
}

fn words_of(content: &Content) -> Option<String> {
    match content {
        Content::Text { body } => Some(body.clone()),
        Content::Reply { choice } => Some(choice.title.clone()),
        Content::Image { caption, .. } => caption.clone(),
        _ => None,
    }
}

impl Read {
    fn arrival<'a>(&'a self, said: &'a [&'a str], zone: &'a TimeZone, workplace: &'a Workplace) -> Arrival<'a> {
        let facts = Facts {
            name: &self.name,
            language: self.language.as_deref(),
            fields: &self.fields,
            details: self.details.as_ref(),
            noted: None,
            tags: &[],
            answers: &self.answers,
            said,
            inbox: self.inbox,
            previous_agent: self.previous_agent,
            is_open: self.is_open,
            now: self.at,
            zone,
            words: &workplace.vocabulary,
        };
        Arrival { facts, went: self.went, is_named: self.is_named, otherwise: self.otherwise }
    }
}
