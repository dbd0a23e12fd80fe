//! After a commit: who has to look, and what everybody sees.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::{Error, Runner};
use crate::domain::conversation::Controller;
use crate::domain::event::Event;
use crate::domain::ids::UserId;
use crate::domain::message::{Author, Content, MediaState, Message, Status};
use crate::domain::thread::ThreadMessage;
use crate::live::change::{Change, ConversationChange, Standing};
use crate::live::wakes::Wake;
use crate::store::access::Sight;

/// How long it may take to look up what changes point at; without it, pages look for themselves.
const LOOKING_UP: Duration = Duration::from_secs(1);

impl Runner {
    /// Tells workers where to look and sockets what happened in one workspace. Nothing depends on it arriving.
    pub(super) async fn publish(&self, mut changes: Vec<ConversationChange>) {
        for wake in changes.iter().flat_map(wakes) {
            self.live.wake(wake);
        }
        match tokio::time::timeout(LOOKING_UP, self.look_up(&mut changes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "pages look for themselves"),
            Err(_) => tracing::debug!("pages look for themselves: the database takes long"),
        }
        for change in changes {
            self.live.publish(Change::Conversation(Arc::new(change)));
        }
    }

    /// Adds what the events of changes only point at, once for all pages on all nodes.
    async fn look_up(&self, changes: &mut [ConversationChange]) -> Result<(), Error> {
        let Some(workspace) = changes.iter().find(|change| change.points_elsewhere()).map(|change| change.workspace) else {
            return Ok(());
        };
        let events = changes.iter().flat_map(|change| &change.events).map(|recorded| &recorded.event);
        let ids: Vec<Uuid> = events.filter_map(Event::message_touched).map(|message| message.0).collect();
        let mut messages = self.store.standing_messages(workspace, &ids).await?;
        for change in changes.iter_mut().filter(|change| change.points_elsewhere()) {
            let of_it = |it: &mut ThreadMessage| it.conversation == change.conversation.id;
            let messages: Vec<ThreadMessage> = messages.extract_if(.., of_it).collect();
            change.standing = Some(self.standing(change, messages).await?);
            self.name_authors(change).await?;
        }
        Ok(())
    }

    async fn standing(&self, change: &ConversationChange, messages: Vec<ThreadMessage>) -> Result<Standing, Error> {
        let brought = change.events.iter().filter_map(|recorded| recorded.event.message_brought());
        let shown = brought.chain(messages.iter().map(|it| &it.message));
        let wamids: Vec<&str> = shown.filter_map(Message::quoted).map(String::as_str).collect();
        let quotes =
            self.store.quoted(Sight::unbounded(change.workspace, change.conversation.id), change.conversation.inbox, &wamids).await?;
        let identities = if change.events.iter().any(|recorded| recorded.event.changes_names()) {
            self.store.identities(change.workspace, change.contact.id).await?
        } else {
            Vec::new()
        };
        Ok(Standing { messages, quotes, identities })
    }

    /// Adds the names of the agents who wrote what a change points at.
    async fn name_authors(&self, change: &mut ConversationChange) -> Result<(), Error> {
        let Some(standing) = &change.standing else { return Ok(()) };
        let authors = standing.messages.iter().map(|it| it.message.author).chain(standing.quotes.iter().map(|quote| quote.author));
        let brought = change.events.iter().filter_map(|recorded| recorded.event.message_brought()).map(|message| message.author);
        let agents = authors.chain(brought).filter_map(|author| if let Author::Agent { user } = author { Some(user) } else { None });
        let unnamed: Vec<UserId> = agents.filter(|user| !change.people.contains_key(user)).collect();
        if unnamed.is_empty() {
            return Ok(());
        }
        let known = self.workplaces.get(change.workspace).await?;
        let is_complete = unnamed.iter().all(|user| known.people.contains_key(user));
        let known = if is_complete { known } else { self.workplaces.refresh(change.workspace).await? };
        change.people.extend(unnamed.into_iter().filter_map(|user| Some((user, known.people.get(&user)?.clone()))));
        Ok(())
    }
}

/// Where workers have to look after a change.
fn wakes(change: &ConversationChange) -> Vec<Wake> {
    let workspace = change.workspace;
    let conversation = &change.conversation;
    let mut wakes = Vec::new();
    for recorded in &change.events {
        match &recorded.event {
            Event::MessageQueued { .. } | Event::MessageResent { .. } => wakes.push(Wake::Outbox(workspace, conversation.inbox)),
            Event::MessageStatusChanged { status: Status::Unknown, .. } => wakes.push(Wake::Timers),
            Event::MessageReceived { message } if matches!(message.content, Content::Image { state: MediaState::Pending, .. }) => {
                wakes.push(Wake::Media);
            }
            _ => {}
        }
    }
    if change.next_may_go {
        wakes.push(Wake::Outbox(workspace, conversation.inbox));
    }
    // Also when it waited before: routing may have passed it over while this change held it.
    if let (Controller::Queue, Some(queue)) = (conversation.controller, conversation.queue) {
        wakes.push(Wake::Queue(workspace, queue));
    }
    let freed = change.before.and_then(|before| before.controller.agent()).filter(|agent| conversation.controller.agent() != Some(*agent));
    wakes.extend(freed.map(|agent| Wake::Agent(workspace, agent)));
    wakes.dedup();
    wakes
}
