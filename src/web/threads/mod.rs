//! The one builder of threads: journal events and stored messages become what stands in a thread. Fresh pages, older pages, what a
//! page missed and what happens now all come from here, so that they are equal.

mod bubbles;
pub mod thread;
pub mod view;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use self::bubbles::{Builder, by_wamid, quotes};
use self::thread::Thread;
use self::view::ThreadItem;
use self::view::line::SystemLine;
use super::conversations::present;
use super::conversations::view::context::ContactNames;
use super::conversations::view::state::ConversationState;
use super::layouts::chrome::Person;
use super::live::streams;
use super::locale::Locale;
use super::messages::view::ticks::Ticks;
use super::notes::view::NoteItem;
use super::state::State;
use crate::domain::channel::Rules;
use crate::domain::contact::{Contact, Identity};
use crate::domain::conversation::{Conversation, Listing};
use crate::domain::event::{Actor, Event, Recorded};
use crate::domain::ids::{ContactId, ConversationId, InboxId, UserId, WorkspaceId};
use crate::domain::journal::Place;
use crate::domain::message::{Author, Message};
use crate::domain::thread::ThreadMessage;
use crate::domain::tick::Climbed;
use crate::domain::workplace::Workplace;
use crate::live::change::ConversationChange;
use crate::store::access::{Sight, Viewer};
use crate::store::lists::if_ours;
use crate::store::pages::Opened;
use crate::store::{Result, Store};

/// Events that a page may have missed at most; beyond it, loading it afresh is cheaper.
const MISSED: i64 = 500;

/// Where the contact's name stands in what is not rendered again with the state.
const NAMED_BY_CONTACT: &str = "#items [data-author=contact] .message__author bdi, #items .line__who, #context .context__name bdi";

/// Up to where a page shows a conversation; by default, nothing of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub seq: i64,
    /// When the last tick was stored that it shows, in microseconds.
    pub ticked: i64,
}

/// What a page missed.
#[derive(Debug, PartialEq, Eq)]
pub struct CaughtUp {
    pub html: String,
    /// What the page then shows.
    pub seen: Seen,
    /// It missed too much: it is to load itself again.
    pub reload: bool,
    /// In which lists the conversation is.
    pub listing: Listing,
}

/// The items of events, in the order of their sequence. Messages stand as they are now, also those that events only touched.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn items(state: &State, thread: Thread<'_>, events: &[Recorded]) -> Result<Vec<ThreadItem>> {
    let store = &state.store;
    let ids: Vec<Uuid> = events.iter().filter_map(|recorded| recorded.event.message()).map(|id| id.0).collect();
    let messages = store.thread_messages(thread.sight, &ids).await?;
    let quotes = quotes(store, thread, messages.iter().map(|it| &it.message)).await?;
    let authors = messages.iter().map(|it| it.message.author).chain(quotes.values().map(|quote| quote.author));
    let workplace = workplace(state, thread.workspace(), authors).await?;
    let formatting = rules(state, thread.workspace(), thread.inbox).await?.formatting;
    let builder = Builder { thread, people: &workplace.people, formatting, quotes };
    let mut items: Vec<ThreadItem> = messages.into_iter().map(|it| builder.item(it)).collect();
    items.extend(
        events
            .iter()
            .filter(|recorded| recorded.place == Place::Stands)
            .filter_map(|recorded| line_or_note(thread.locale, thread.contact.address.as_ref(), recorded)),
    );
    offer_to_part(store, thread.workspace(), &mut items).await?;
    items.sort_by_key(ThreadItem::seq);
    Ok(items)
}

/// Only what is joined still can be parted.
async fn offer_to_part(store: &Store, workspace: WorkspaceId, items: &mut [ThreadItem]) -> Result<()> {
    let mut joined: Vec<&mut Option<(ConversationId, ContactId)>> = items.iter_mut().filter_map(ThreadItem::joined).collect();
    let others: Vec<Uuid> = joined.iter().filter_map(|joined| Some(joined.as_ref()?.1.0)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let still = store.joined_still(workspace, &others).await?;
    for joined in &mut joined {
        joined.take_if(|(_, other)| !still.contains(&other.0));
    }
    Ok(())
}

/// What everybody who has the conversation open is shown of one event of a change. `None` when what the event points at did not come
/// with the change; then pages catch up by themselves, because they see a gap.
#[must_use]
pub fn live_html(locale: Locale, change: &ConversationChange, recorded: &Recorded) -> Option<String> {
    let live = LiveThread {
        change,
        thread: Thread {
            locale,
            sight: Sight::unbounded(change.workspace, change.conversation.id),
            inbox: change.conversation.inbox,
            contact: &change.contact,
        },
    };
    let mut html = match &recorded.event {
        Event::MessageReceived { message } | Event::MessageQueued { message } => {
            let inbox = change.conversation.inbox;
            let conversation = change.conversation.id;
            streams::upsert(&live.item(ThreadMessage { conversation, inbox, seq: recorded.seq, message: message.clone() })?)
        }
        // Shown by a frame of its own, which lets no message fall back.
        Event::MessageStatusChanged { message, .. } if change.has_climbed(*message) => String::new(),
        Event::MessageStatusChanged { message, .. } | Event::MessageResent { message, .. } | Event::MessageLeft { message, .. } => {
            change.standing.as_ref()?.message(*message).map(|found| ticks_of(locale, &found.message)).unwrap_or_default()
        }
        Event::MediaChanged { message, .. } => match change.standing.as_ref()?.message(*message) {
            Some(found) => streams::upsert(&live.item(found.clone())?),
            None => String::new(),
        },
        _ if recorded.place == Place::Stands => {
            line_or_note(locale, change.contact.address.as_ref(), recorded).iter().map(streams::upsert).collect()
        }
        _ => String::new(),
    };
    match &recorded.event {
        Event::ContactRenamed { .. } => html.push_str(&renamed(&live.thread.contact_name())),
        Event::ContactsParted { other, .. } => html.push_str(&streams::parted(*other)),
        _ => {}
    }
    let is_last = change.events.last().is_some_and(|last| last.seq == recorded.seq);
    if is_last && change.events.iter().any(|recorded| recorded.event.changes_names()) {
        html.push_str(&names_html(locale, &change.contact, change.standing.as_ref()?.identities.clone()));
    }
    if is_last && (change.is_wait_changed() || change.events.iter().any(changes_state)) {
        html.push_str(&streams::conversation_state(&present::state_of_change(locale, change)));
    }
    Some(html)
}

/// A thread as a change shows it.
struct LiveThread<'a> {
    change: &'a ConversationChange,
    thread: Thread<'a>,
}

impl LiveThread<'_> {
    /// A message with what it quotes.
    fn item(&self, it: ThreadMessage) -> Option<ThreadItem> {
        let quotes = match &self.change.standing {
            Some(standing) => by_wamid(standing.quotes.iter().cloned()),
            None if it.message.quoted().is_some() => return None,
            None => HashMap::new(),
        };
        let builder = Builder { thread: self.thread, people: &self.change.people, formatting: self.change.formatting, quotes };
        Some(builder.item(it))
    }
}

/// What a page that shows everything up to `since` has missed. `None` when there is no such conversation, or the viewer does not see it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn since_html(
    state: &State,
    locale: Locale,
    viewer: Viewer,
    conversation: ConversationId,
    since: Seen,
) -> Result<Option<CaughtUp>> {
    let Some(sight) = state.store.sight(viewer, conversation).await? else { return Ok(None) };
    let workspace = viewer.workspace;
    let events = state.store.events_since(sight, since.seq, MISSED).await?;
    // Read after the events, so that it is not older than they are.
    let Some(opened) = state.store.opened(sight, None).await? else { return Ok(None) };
    let listing = Listing::of(&opened.conversation);
    // More than there is: the server fell, and what was shown comes again.
    let is_ahead = since.seq > opened.conversation.last_seq;
    if is_ahead || i64::try_from(events.len()).is_ok_and(|count| count >= MISSED) {
        return Ok(Some(CaughtUp { html: String::new(), seen: since, reload: true, listing }));
    }
    let seen = Seen { seq: events.last().map_or(since.seq, |last| last.seq), ticked: opened.ticked().max(since.ticked) };
    let ticked_since = Timestamp::from_microsecond(since.ticked).ok().and_then(if_ours).unwrap_or_default();
    if events.is_empty() {
        let ticks = state.store.ticks_since(sight, ticked_since).await?;
        let mut html: String = ticks.iter().map(|climbed| ticks_html(locale, climbed)).collect();
        // That an answer has left stops the customer's clock, and is in no journal.
        if !ticks.is_empty() {
            html.push_str(&streams::conversation_state(&state_now(state, locale, workspace, &opened).await?));
        }
        return Ok(Some(CaughtUp { html, seen, reload: false, listing }));
    }
    let thread = Thread { locale, sight, inbox: opened.conversation.inbox, contact: &opened.contact };
    let mut html: String = items(state, thread, &events).await?.iter().map(streams::upsert).collect();
    if events.iter().any(|recorded| matches!(recorded.event, Event::ContactRenamed { .. })) {
        html.push_str(&renamed(&thread.contact_name()));
    }
    for recorded in &events {
        if let Event::ContactsParted { other, .. } = &recorded.event {
            html.push_str(&streams::parted(*other));
        }
    }
    if events.iter().any(|recorded| recorded.event.changes_names()) {
        html.push_str(&contact_names(state, locale, workspace, &opened.contact).await?);
    }
    if events.iter().any(|recorded| changes_state(recorded) || may_change_wait(&recorded.event)) {
        html.push_str(&streams::conversation_state(&state_now(state, locale, workspace, &opened).await?));
    }
    // Read after the messages, so that nothing older is shown over them.
    let ticks = state.store.ticks_since(sight, ticked_since).await?;
    html.extend(ticks.iter().map(|climbed| ticks_html(locale, climbed)));
    Ok(Some(CaughtUp { html, seen, reload: false, listing }))
}

/// The state around a thread, as it is stored.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn state_now(state: &State, locale: Locale, workspace: WorkspaceId, opened: &Opened) -> Result<ConversationState> {
    let workplaces = state.runner.workplaces();
    let workplace = workplace(state, workspace, holder(&opened.conversation)).await?;
    let connection = workplaces.connection(workspace, opened.conversation.inbox).await?;
    let inbox_name = connection.map(|connection| connection.inbox.name).unwrap_or_default();
    Ok(present::state(locale, opened, &workplace, &inbox_name))
}

fn holder(conversation: &Conversation) -> impl Iterator<Item = Author> {
    conversation.controller.agent().into_iter().map(|user| Author::Agent { user })
}

/// Whether header, composer or brief may look different after it.
fn changes_state(recorded: &Recorded) -> bool {
    match recorded.place {
        Place::Stands => !matches!(recorded.event, Event::NoteAdded { .. }),
        Place::Around => true,
        Place::Touches | Place::Nothing => false,
    }
}

async fn contact_names(state: &State, locale: Locale, workspace: WorkspaceId, contact: &Contact) -> Result<String> {
    Ok(names_html(locale, contact, state.store.identities(workspace, contact.id).await?))
}

fn names_html(locale: Locale, contact: &Contact, identities: Vec<Identity>) -> String {
    streams::contact_names(&ContactNames { locale, identities, username: contact.username.clone() })
}

/// Whether the customer's clock may begin or stop with it, although nothing else of the state changes.
fn may_change_wait(event: &Event) -> bool {
    matches!(event, Event::MessageStatusChanged { .. } | Event::MessageResent { .. } | Event::MessageLeft { .. })
}

/// `address`: where the customer is reached. Whoever sees no numbers does not read it in what was noted either.
fn line_or_note(locale: Locale, address: Option<&Identity>, recorded: &Recorded) -> Option<ThreadItem> {
    match &recorded.event {
        Event::NoteAdded { note, by: Actor::Agent { user, name }, body } => Some(ThreadItem::Note(NoteItem {
            locale,
            id: *note,
            seq: recorded.seq,
            at: recorded.at,
            author: Person { id: *user, name: name.clone() },
            body: body.clone(),
        })),
        _ => SystemLine::of(locale, address, recorded).map(ThreadItem::Line),
    }
}

fn ticks_of(locale: Locale, message: &Message) -> String {
    streams::ticks(&Ticks { locale, message: message.id, at: message.at, status: message.status, failure: message.failure.clone() })
}

/// How far a message got that WhatsApp took.
#[must_use]
pub fn ticks_html(locale: Locale, climbed: &Climbed) -> String {
    let Climbed { message, at, status, .. } = *climbed;
    streams::ticks(&Ticks { locale, message, at, status, failure: None })
}

/// A contact's new name on the bubbles that stand there.
fn renamed(name: &str) -> String {
    let name = askama::filters::escape(name, askama::filters::Html).map(|name| name.to_string()).unwrap_or_default();
    format!(r#"<turbo-stream action="update" targets="{NAMED_BY_CONTACT}"><template>{name}</template></turbo-stream>"#)
}

/// What the channel of an inbox allows.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn rules(state: &State, workspace: WorkspaceId, inbox: InboxId) -> Result<&'static Rules> {
    state.runner.workplaces().rules(workspace, inbox).await
}

/// The set-up of the workspace; read again when somebody is not in it yet.
async fn workplace(state: &State, workspace: WorkspaceId, authors: impl Iterator<Item = Author>) -> Result<Arc<Workplace>> {
    let workplaces = state.runner.workplaces();
    let known = workplaces.get(workspace).await?;
    let users: Vec<UserId> = authors.filter_map(agent_of).collect();
    if users.iter().all(|user| known.people.contains_key(user)) { Ok(known) } else { workplaces.refresh(workspace).await }
}

fn agent_of(author: Author) -> Option<UserId> {
    match author {
        Author::Agent { user } => Some(user),
        Author::Contact | Author::Flow | Author::Bot { .. } => None,
    }
}

#[cfg(test)]
mod tests;
