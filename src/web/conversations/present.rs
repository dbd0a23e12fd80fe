//! Stored values and changes as pages show them.

use jiff::Timestamp;

use super::view::context::PastConversation;
use super::view::state::ConversationState;
use super::view::{Target, TransferTargets};
use crate::domain::access::Permission;
use crate::domain::agent::{Agent, Availability, Presence};
use crate::domain::contact::Contact;
use crate::domain::conversation::Conversation;
use crate::domain::details::Facts;
use crate::domain::filter::View;
use crate::domain::ids::UserId;
use crate::domain::routing::skills::Told;
use crate::domain::workplace::Workplace;
use crate::live::change::ConversationChange;
use crate::store::allowances::Paused;
use crate::store::board::ViewCounts;
use crate::store::lists::{Cursor, Listed};
use crate::store::pages::Opened;
use crate::web::inbox::tabs::Counts;
use crate::web::inbox::view::row::Row;
use crate::web::inbox::view::{PausedNumber, Whom};
use crate::web::layouts::chrome::{Chrome, Person, QueueName, Viewer};
use crate::web::layouts::sla::Due;
use crate::web::locale::Locale;
use crate::web::sessions::signed::Signed;

/// A stored conversation as a row of `view`, for one viewer.
#[must_use]
pub fn row(locale: Locale, view: View, listed: &Listed, viewer: UserId) -> Row {
    let names = Names { agent: listed.agent_name.as_deref(), queue: listed.queue_name.as_deref() };
    let last = listed.conversation.last_message.as_ref();
    Row {
        promise_minutes: listed.promise_minutes,
        overdue: listed.answer.and_then(|answer| answer.reached(&listed.conversation, Timestamp::now())),
        cursor: Cursor::of(view, &listed.conversation).to_string(),
        // Who never opened it has read nothing; one's own words are no news.
        read_seq: Some(last.filter(|last| last.agent == Some(viewer)).map(|last| last.seq).or(listed.read_seq).unwrap_or(0)),
        drafts: Some(listed.drafts.clone()),
        view: Some(view),
        ..bare_row(locale, &listed.conversation, locale.phones().name(&listed.contact_name), names)
    }
}

/// A change as a row of any list, for any viewer.
#[must_use]
pub fn row_of_change(locale: Locale, change: &ConversationChange) -> Row {
    let names = Names { agent: change.agent_name.as_deref(), queue: change.queue_name.as_deref() };
    let bare = bare_row(locale, &change.conversation, change.contact.called(locale.phones()), names);
    Row { promise_minutes: change.promise_minutes, overdue: change.overdue, ..bare }
}

/// A number that sends nothing until somebody sees to it; who may, is told how.
#[must_use]
pub fn paused(signed: &Signed, number: Paused) -> PausedNumber {
    let whom = if signed.may(Permission::SeeAdmin) { Whom::Admins } else { Whom::Everybody };
    PausedNumber { locale: signed.locale, name: number.name, reason: number.reason, whom }
}

/// The names around a conversation.
#[derive(Clone, Copy)]
struct Names<'a> {
    agent: Option<&'a str>,
    queue: Option<&'a str>,
}

fn bare_row(locale: Locale, conversation: &Conversation, contact_name: String, names: Names<'_>) -> Row {
    Row {
        locale,
        id: conversation.id,
        contact_name,
        last: conversation.last_message.clone(),
        state: conversation.state,
        controller: conversation.controller,
        agent: agent(conversation, names.agent),
        queue: queue(conversation, names.queue),
        priority: conversation.priority,
        promise_minutes: None,
        overdue: None,
        due: Due::first(conversation, Timestamp::now()),
        queued_at: conversation.queued_at,
        waiting_since: conversation.waiting_since,
        window_expires_at: conversation.window_expires_at,
        last_message_at: conversation.last_message_at,
        cursor: Cursor::of(View::All, conversation).to_string(),
        read_seq: None,
        drafts: None,
        view: None,
    }
}

/// A stored conversation as its page shows it.
#[must_use]
pub fn state(locale: Locale, opened: &Opened, workplace: &Workplace, inbox_name: &str) -> ConversationState {
    let conversation = &opened.conversation;
    let agent_name = conversation.controller.agent().and_then(|agent| workplace.people.get(&agent));
    let queue = conversation.queue.and_then(|queue| workplace.queue(queue));
    let names = Names { agent: agent_name.map(String::as_str), queue: queue.map(|queue| queue.name.as_str()) };
    let promise_minutes = queue.map(|queue| queue.promise_minutes);
    let answers = match (&conversation.brief, &opened.session) {
        (Some(brief), _) => brief.answers.clone(),
        (None, Some(session)) => session.answers.clone(),
        (None, None) => Vec::new(),
    };
    let bare = bare_state(locale, conversation, &opened.contact, names);
    let brief_queue_name = workplace.queue_of(conversation.brief.as_ref()).map(|queue| queue.name.clone());
    let facts = workplace.vocabulary.facts(&opened.contact.fields, conversation.details.as_ref());
    let state = ConversationState {
        inbox_name: inbox_name.to_owned(),
        promise_minutes,
        overdue: workplace.answer.and_then(|answer| answer.reached(conversation, Timestamp::now())),
        answers,
        brief_queue_name,
        ticked: opened.ticked(),
        facts,
        wants: Told::of(conversation.skills.as_ref(), &workplace.skills),
        ..bare
    };
    noted(&opened.contact, state)
}

/// What a conversation is after a change.
#[must_use]
pub fn state_of_change(locale: Locale, change: &ConversationChange) -> ConversationState {
    let names = Names { agent: change.agent_name.as_deref(), queue: change.queue_name.as_deref() };
    let bare = bare_state(locale, &change.conversation, &change.contact, names);
    let state = ConversationState {
        inbox_name: change.inbox_name.clone(),
        promise_minutes: change.promise_minutes,
        overdue: change.overdue,
        brief_queue_name: change.brief_queue_name.clone(),
        answers: change.answers.clone(),
        facts: change.facts.clone(),
        wants: change.wants.clone(),
        ..bare
    };
    noted(&change.contact, state)
}

/// What was noted of the customer, as its reader may know it.
fn noted(contact: &Contact, mut state: ConversationState) -> ConversationState {
    let phones = state.locale.phones();
    let read = |text: &mut String| *text = phones.noted(text, contact.address.as_ref());
    let Facts { conversation, contact: of_contact, .. } = &mut state.facts;
    conversation.iter_mut().chain(of_contact).for_each(|(_, value)| read(value));
    let of_brief = state.brief.iter_mut().flat_map(|brief| brief.answers.iter_mut());
    for answer in state.answers.iter_mut().chain(of_brief) {
        read(&mut answer.value);
        read(&mut answer.shown);
    }
    state
}

fn bare_state(locale: Locale, conversation: &Conversation, contact: &Contact, names: Names<'_>) -> ConversationState {
    ConversationState {
        locale,
        id: conversation.id,
        contact_name: contact.called(locale.phones()),
        inbox_name: String::new(),
        state: conversation.state,
        controller: conversation.controller,
        agent: agent(conversation, names.agent),
        queue: queue(conversation, names.queue),
        priority: conversation.priority,
        promise_minutes: None,
        overdue: None,
        dues: Due::all(conversation, Timestamp::now()),
        waiting_since: conversation.waiting_since,
        window_expires_at: conversation.window_expires_at,
        resolved_at: conversation.resolved_at,
        last_seq: conversation.last_seq,
        ticked: 0,
        brief: conversation.brief.clone(),
        brief_queue_name: None,
        reason: conversation.assignment_reason.clone(),
        answers: Vec::new(),
        language: contact.language.clone(),
        facts: Facts::default(),
        wants: Told::default(),
    }
}

fn agent(conversation: &Conversation, name: Option<&str>) -> Option<Person> {
    let id = conversation.controller.agent()?;
    Some(Person { id, name: name.unwrap_or_default().to_owned() })
}

fn queue(conversation: &Conversation, name: Option<&str>) -> Option<QueueName> {
    Some(QueueName { id: conversation.queue?, name: name.unwrap_or_default().to_owned() })
}

/// An earlier conversation of the same contact.
#[must_use]
pub fn past(listed: Listed, workplace: &Workplace) -> PastConversation {
    let conversation = listed.conversation;
    let last_agent = conversation.last_agent.and_then(|agent| workplace.people.get(&agent).cloned());
    PastConversation {
        id: conversation.id,
        state: conversation.state,
        opened_at: conversation.opened_at,
        topic: conversation.brief.and_then(|brief| brief.topic),
        agent_name: listed.agent_name.or(last_agent),
        last_line: conversation.last_message.map(|last| last.text).filter(|text| !text.trim().is_empty()),
    }
}

/// To whom `viewer` can give a conversation: who is there first.
#[must_use]
pub fn targets(viewer: UserId, agents: &[Agent], workplace: &Workplace, is_connected: impl Fn(UserId) -> bool) -> TransferTargets {
    let mut people: Vec<Target> = agents
        .iter()
        .filter(|agent| agent.user != viewer && agent.may_reply)
        .map(|agent| Target {
            person: Person { id: agent.user, name: agent.name.clone() },
            presence: Presence::of(is_connected(agent.user), agent.availability),
            load: agent.load,
            capacity: agent.capacity,
        })
        .collect();
    // Stable: by name within each.
    people.sort_by_key(|target| match target.presence {
        Presence::Online => 0,
        Presence::Away => 1,
        Presence::Offline => 2,
    });
    let queues = workplace.queues.iter().map(|queue| QueueName { id: queue.id, name: queue.name.clone() }).collect();
    TransferTargets { people, queues, lease: workplace.lease }
}

/// What is around every page. `agents` are those of the workspace.
#[must_use]
pub fn chrome(signed: &Signed, availability: Availability, counts: ViewCounts, now: Timestamp) -> Chrome {
    Chrome {
        locale: signed.locale,
        csrf: signed.csrf.clone(),
        viewer: Viewer {
            id: signed.user,
            name: signed.name.clone(),
            role: signed.role.clone(),
            works_elsewhere: signed.works_elsewhere,
            is_owner: signed.is_owner,
            looks: signed.looks,
            picture: signed.picture,
            availability,
        },
        counts: Counts { mine: counts.mine, queues: counts.queues, unassigned: counts.unassigned },
        now,
    }
}
