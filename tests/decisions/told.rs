//! Events in a line each, and how a conversation stands after them. Times are told from the beginning of the morning.

use std::collections::HashMap;

use baton::domain::Event;
use baton::domain::brief::Brief;
use baton::domain::conversation::{Controller, Conversation};
use baton::domain::event::Actor;
use baton::domain::flows::FlowSession;
use baton::domain::ids::{ConversationId, MessageId};
use baton::domain::message::{Author, Choice, Content};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::shop::{Happened, Shop};

/// One event in a line; nothing for what only a clock needs.
pub fn line(shop: &Shop, began: Timestamp, happened: &Happened) -> Option<String> {
    let at = offset(began, happened.at);
    event(shop, began, &happened.event).map(|told| format!("{at} {}", told.replace('\n', " ")))
}

fn event(shop: &Shop, began: Timestamp, event: &Event) -> Option<String> {
    Some(match event {
        Event::ConversationOpened { .. } => "opened".to_owned(),
        Event::ConversationReopened { by } => format!("reopened by {}", actor(by)),
        Event::MessageReceived { message } => format!("{} comes in: {}", incoming(shop, message.id), content(&message.content)),
        Event::MessageQueued { message } => {
            let who = match message.author {
                Author::Agent { user } => shop.tables.borrow().workplace.people[&user].clone(),
                Author::Bot { .. } => "bot".to_owned(),
                Author::Flow | Author::Contact => "flow".to_owned(),
            };
            format!("{} {who} says {}", number(shop, message.id), content(&message.content))
        }
        Event::MessageStatusChanged { message, status, failure, .. } => {
            let failure = failure.as_ref().map(|failure| format!(" ({}, {})", failure.code, failure.title)).unwrap_or_default();
            format!("{} is {}{failure}", number(shop, *message), status.as_str())
        }
        Event::MessageAccepted { message, .. } => format!("{} is sending", number(shop, *message)),
        Event::MessageResent { message, .. } => format!("{} goes out again", number(shop, *message)),
        Event::MessageLeft { message, .. } => format!("{} is left as it is", number(shop, *message)),
        Event::AnswerRecorded { answer } => format!("answer {}: {} (“{}”)", answer.field, answer.value, answer.shown),
        Event::HandedOff { by: Actor::Bot { .. }, brief: it } => format!("handed off by a bot: {}", brief(it)),
        Event::HandedOff { brief: it, .. } => format!("handed off: {}", brief(it)),
        Event::ConversationQueued { name, because, .. } => format!("queued in {name}, {}", word(because)),
        Event::ConversationAssigned { name, .. } => format!("assigned to {name}"),
        Event::ConversationTransferred { by, to, .. } => format!("transferred by {} to {}", actor(by), plain(to)),
        Event::ConversationResolved { by, .. } => format!("resolved by {}", actor(by)),
        Event::FlowAdvanced { session: Some(session) } => return Some(waits(session)),
        Event::FlowAdvanced { session: None } => "the flow is over".to_owned(),
        Event::ActUndone { by, act, .. } => format!("{} takes back that it was {}", actor(by), word(act)),
        Event::LeftOutbox { .. } | Event::AddressChanged { from: None, .. } => return None,
        Event::AddressChanged { to, .. } => format!("answers go to {} from now on", to.value()),
        Event::TimerSet { timer, due_at } => format!("{} at {}", word(timer), offset(began, *due_at)),
        Event::TimerCancelled { timer } => format!("no {} any more", word(timer)),
        Event::DeliveryPostponed { message, until, .. } => {
            format!("{} is tried again at {}", number(shop, *message), offset(began, *until))
        }
        other => plain(other),
    })
}

fn waits(session: &FlowSession) -> String {
    let attempts = if session.attempts > 0 { format!(", {} failed", session.attempts) } else { String::new() };
    format!("the flow waits at {}{attempts}", session.waiting_at.as_deref().unwrap_or("nothing"))
}

fn content(content: &Content) -> String {
    let options = |options: &[Choice]| options.iter().map(|option| option.id.as_str()).collect::<Vec<_>>().join(" ");
    match content {
        Content::Text { body } => format!("“{body}”"),
        Content::Buttons { body, options: offered } | Content::List { body, options: offered, .. } => {
            format!("“{body}” [{}]", options(offered))
        }
        Content::Reply { choice } => format!("a tap on {}", choice.id),
        Content::Image { caption: None, .. } => "a picture".to_owned(),
        Content::Image { caption: Some(caption), .. } => format!("a picture “{caption}”"),
        other => plain(other),
    }
}

fn brief(it: &Brief) -> String {
    let quotes = |quotes: &[baton::domain::brief::Quote]| quotes.iter().map(|quote| quote.text.as_str()).collect::<Vec<_>>().join(" / ");
    let mut parts = vec![plain(&it.reason)];
    parts.extend(it.answers.iter().map(|answer| format!("{}: {}", answer.label, answer.shown)));
    let missing = (!it.missing.is_empty()).then(|| format!("missing {}", it.missing.join(", ")));
    let opening = (!it.opening.is_empty()).then(|| format!("opening “{}”", quotes(&it.opening)));
    let unclear = (!it.unclear.is_empty()).then(|| format!("unclear “{}”", quotes(&it.unclear)));
    let promised = it.promised.as_ref().map(|promised| format!("promised “{promised}”"));
    let language = it.language.as_ref().map(|language| format!("speaks {language}"));
    parts.extend([missing, opening, unclear, promised, language].into_iter().flatten());
    parts.join("; ")
}

fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Customer => "the customer".to_owned(),
        Actor::Flow => "the flow".to_owned(),
        Actor::Bot { .. } => "a bot".to_owned(),
        Actor::System => "itself".to_owned(),
        Actor::Agent { name, .. } => name.clone(),
    }
}

/// The word of a value that is one, or the one under `kind`.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap();
    value.as_str().or_else(|| value["kind"].as_str()).unwrap_or_default().to_owned()
}

/// Keys and values of a small value, without ids.
fn plain(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap();
    let Value::Object(fields) = &value else { return word(&value) };
    let is_id = |text: &str| text.len() == 36 && text.matches('-').count() == 4;
    let shown = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) if is_id(text) => None,
        Value::String(text) if text.starts_with("wamid.") && text != "wamid.before" => Some("ours".to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let first = ["event", "kind"].iter().find_map(|key| fields.get(*key)).map(|kind| shown(kind).unwrap_or_default());
    let rest = fields.iter().filter(|(key, _)| !["event", "kind"].contains(&key.as_str()));
    let rest = rest.filter_map(|(key, value)| shown(value).map(|value| format!("{key} {value}")));
    first.into_iter().chain(rest).collect::<Vec<_>>().join(", ")
}

/// `#2`: the second message of ours.
fn number(shop: &Shop, message: MessageId) -> String {
    let tables = shop.tables.borrow();
    let mut ours = tables.messages.iter().filter(|kept| kept.message.author != Author::Contact);
    ours.position(|kept| kept.known.id == message).map_or_else(|| "?".to_owned(), |place| format!("#{}", place + 1))
}

/// `Mia`: who wrote it.
fn incoming(shop: &Shop, message: MessageId) -> String {
    let tables = shop.tables.borrow();
    let kept = tables.messages.iter().find(|kept| kept.known.id == message).unwrap();
    let conversation = tables.conversations.iter().find(|known| known.conversation.id == kept.conversation).unwrap();
    tables.contacts[&conversation.conversation.contact].name.clone()
}

fn offset(began: Timestamp, at: Timestamp) -> String {
    let since: SignedDuration = at.duration_since(began);
    let (seconds, sign) = (since.as_secs().abs(), if since.is_negative() { '-' } else { '+' });
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{sign}{seconds}s"),
        (0, minutes, 0) => format!("{sign}{minutes}m"),
        (0, minutes, seconds) => format!("{sign}{minutes}m{seconds}s"),
        (hours, 0, 0) => format!("{sign}{hours}h"),
        (hours, minutes, 0) => format!("{sign}{hours}h{minutes}m"),
        (hours, minutes, seconds) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

/// How conversations stand: what lists, headers and routing show of them.
pub struct Standing(HashMap<ConversationId, Conversation>);

impl Standing {
    pub fn of_all(shop: &Shop) -> Self {
        let tables = shop.tables.borrow();
        Self(tables.conversations.iter().map(|kept| (kept.conversation.id, kept.conversation.clone())).collect())
    }

    /// A line for each conversation that stands otherwise than before.
    pub fn changes(shop: &Shop, began: Timestamp, before: &Self) -> Vec<String> {
        let tables = shop.tables.borrow();
        let told = |conversation: &Conversation| stands(shop, began, conversation);
        let now = tables.conversations.iter().map(|kept| &kept.conversation);
        let changed = now.filter(|conversation| before.0.get(&conversation.id).map(told) != Some(told(conversation)));
        changed.map(|conversation| format!("→ {}", told(conversation))).collect()
    }
}

fn stands(shop: &Shop, began: Timestamp, it: &Conversation) -> String {
    let tables = shop.tables.borrow();
    let queue = it.queue.and_then(|queue| tables.workplace.queue(queue)).map_or("no queue", |queue| queue.name.as_str());
    let held = match it.controller {
        Controller::Flow => "with the flow".to_owned(),
        Controller::Bot { .. } => "with a bot".to_owned(),
        Controller::Queue => format!("waits in {queue}"),
        Controller::Agent { user } => format!("with {}", tables.workplace.people[&user]),
        Controller::Nobody => "with nobody".to_owned(),
    };
    let waiting = it.waiting_since.map_or("nobody waits".to_owned(), |since| format!("waits since {}", offset(began, since)));
    let window = it.window_expires_at.map_or("never open".to_owned(), |end| format!("open until {}", offset(began, end)));
    let last = it.last_message.as_ref().map_or("nothing said".to_owned(), |last| {
        let failed = if last.has_failed { ", failed" } else { "" };
        let text: String = last.text.chars().take(30).map(|c| if c == '\n' { ' ' } else { c }).collect();
        format!("last “{text}” ({}{failed})", last.kind)
    });
    format!("{} {held}; {waiting}; {window}; {last}", it.state.as_str())
}
