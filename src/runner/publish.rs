//! After a commit: who has to look, and what everybody sees.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::{Error, Runner};
use crate::domain::conversation::Controller;
use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, MessageId, UserId};
use crate::domain::message::{Author, Content, MediaState, Message, Status};
use crate::domain::thread::ThreadMessage;
use crate::live::Live;
use crate::live::change::{Change, ConversationChange, Standing};
use crate::live::wakes::Wake;
use crate::store::access::Sight;

/// How long it may take to look up what changes point at; without it, pages look for themselves.
const LOOKING_UP: Duration = Duration::from_secs(1);

/// Look-ups under way at most: they must not take the connections that commands need. Beyond it, pages look for themselves.
const MOST_LOOK_UPS: usize = 4;

/// Changes that wait behind a look-up of their conversation, by conversation: what is published of one stays in its order.
#[derive(Debug, Default)]
pub(super) struct LookUps {
    under_way: Mutex<UnderWay>,
    ended: tokio::sync::Notify,
}

#[derive(Debug, Default)]
struct UnderWay {
    count: usize,
    behind: HashMap<ConversationId, Vec<ConversationChange>>,
}

impl LookUps {
    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes changes whose conversations are being looked up, or that are to be: the former wait, and the latter are a new look-up.
    /// What is left can be shown at once.
    fn take(self: &Arc<Self>, live: &Arc<Live>, changes: Vec<ConversationChange>) -> (Vec<ConversationChange>, Option<LookUp>) {
        let mut under_way = self.lock();
        let (mut at_once, mut started) = (Vec::new(), Vec::new());
        let has_room = under_way.count < MOST_LOOK_UPS;
        for change in changes {
            let conversation = change.conversation.id;
            match under_way.behind.entry(conversation) {
                Entry::Occupied(mut behind) => behind.get_mut().push(change),
                Entry::Vacant(place) if has_room && change.points_elsewhere() => {
                    place.insert(Vec::new());
                    started.push(change);
                }
                Entry::Vacant(_) => at_once.push(change),
            }
        }
        if started.is_empty() {
            return (at_once, None);
        }
        under_way.count += 1;
        let conversations = started.iter().map(|change| change.conversation.id).collect();
        (at_once, Some(LookUp { live: live.clone(), all: self.clone(), changes: started, conversations }))
    }
}

/// A look-up: whatever becomes of it, its changes are shown, and those that wait behind them.
struct LookUp {
    live: Arc<Live>,
    all: Arc<LookUps>,
    changes: Vec<ConversationChange>,
    conversations: Vec<ConversationId>,
}

impl LookUp {
    /// Shows its changes, and goes on with those that came behind them; false when there are none.
    fn show(&mut self) -> bool {
        self.changes.drain(..).for_each(|change| show(&self.live, change));
        let mut under_way = self.all.lock();
        for conversation in std::mem::take(&mut self.conversations) {
            match under_way.behind.get_mut(&conversation).map(std::mem::take) {
                Some(behind) if !behind.is_empty() => {
                    self.changes.extend(behind);
                    self.conversations.push(conversation);
                }
                _ => _ = under_way.behind.remove(&conversation),
            }
        }
        !self.changes.is_empty()
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        while self.show() {}
        self.all.lock().count -= 1;
        self.all.ended.notify_waiters();
    }
}

fn show(live: &Live, change: ConversationChange) {
    live.publish(Change::Conversation(Arc::new(change)));
}

impl Runner {
    /// Tells workers where to look and sockets what happened in one workspace, without waiting for anything: whoever asked for it may
    /// be gone. What has to be looked up first is shown when it was, unless too much is.
    pub(super) fn publish(&self, changes: Vec<ConversationChange>) {
        changes.iter().for_each(count);
        for wake in changes.iter().flat_map(wakes) {
            self.live.wake(wake);
        }
        let (at_once, look_up) = self.look_ups.take(&self.live, changes);
        at_once.into_iter().for_each(|change| show(&self.live, change));
        if let Some(look_up) = look_up {
            let runner = self.clone();
            tokio::spawn(async move { runner.see_through(look_up).await });
        }
    }

    async fn see_through(&self, mut look_up: LookUp) {
        loop {
            match tokio::time::timeout(LOOKING_UP, self.look_up(&mut look_up.changes)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "pages look for themselves"),
                Err(_) => tracing::debug!("pages look for themselves: the database takes long"),
            }
            if !look_up.show() {
                return;
            }
        }
    }

    /// Waits until everything is shown that was published before.
    pub async fn has_published(&self) {
        loop {
            let ended = self.look_ups.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if self.look_ups.lock().count == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Adds what the events of changes only point at, once for all pages on all nodes.
    async fn look_up(&self, changes: &mut [ConversationChange]) -> Result<(), Error> {
        let Some(workspace) = changes.iter().find(|change| change.points_elsewhere()).map(|change| change.workspace) else {
            return Ok(());
        };
        let events = changes.iter().flat_map(|change| &change.events).map(|recorded| &recorded.event);
        let ids: Vec<Uuid> = events.filter_map(Event::message_touched).map(|message| message.0).collect();
        let messages = self.store.standing_messages(workspace, &ids).await?;
        for change in changes.iter_mut().filter(|change| change.points_elsewhere()) {
            let touched: Vec<MessageId> = change.events.iter().filter_map(|recorded| recorded.event.message_touched()).collect();
            let of_it = |it: &&ThreadMessage| it.conversation == change.conversation.id && touched.contains(&it.message.id);
            let messages: Vec<ThreadMessage> = messages.iter().filter(of_it).cloned().collect();
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

/// What was met, and what was not.
fn count(change: &ConversationChange) {
    for clock in &change.met {
        metrics::counter!("baton_sla_total", "clock" => clock.as_str(), "outcome" => "met").increment(1);
    }
    for recorded in &change.events {
        if let Event::SlaBreached { clock, .. } = &recorded.event {
            metrics::counter!("baton_sla_total", "clock" => clock.as_str(), "outcome" => "breached").increment(1);
        }
    }
}

/// Where workers have to look after a change.
fn wakes(change: &ConversationChange) -> Vec<Wake> {
    let workspace = change.workspace;
    let conversation = &change.conversation;
    let mut wakes = Vec::new();
    for recorded in &change.events {
        match &recorded.event {
            Event::MessageQueued { .. } | Event::MessageResent { .. } if !change.is_on_its_way => {
                wakes.push(Wake::Outbox(workspace, conversation.inbox));
            }
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
