//! The rows that decisions come to, gathered for one subject or for many, and written as sets: a statement for each table that every
//! message touches, and for the others one for each row.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use super::agents::{self, LoadShift};
use super::flight::{along, to_the_answer, to_the_end};
use super::floor::{self, Noted};
use super::inbound_items;
use super::media::{self, Pending, StoredMedia};
use super::messages::{self, Placed, Progress};
use super::notes::{self, NewNote};
use super::notices::{self, NewNotice};
use super::outbox::{self, Outgoing};
use super::quarantine::{self, NewQuarantined};
use super::queue_tallies::{self, QueueTally};
use super::routing_decisions::{self, NewDecision};
use super::statement::Step;
use super::tallies::{self, Tally};
use super::timers::{self, Deadline, Key};
use super::{Result, Transaction, allowances, contacts, conversations, events};
use crate::domain::contact::Contact;
use crate::domain::conversation::Conversation;
use crate::domain::event::Recorded;
use crate::domain::floor::history::quarter_of;
use crate::domain::flows::session::FlowSession;
use crate::domain::ids::{ClaimId, ContactId, ConversationId, InboxId, MediaId, MessageId, QueueId, UserId, WorkspaceId};
use crate::domain::inbound::InboundItem;
use crate::domain::journal::Subject;
use crate::domain::message::Failure;
use crate::domain::snapshot::InOutbox;

/// Rows of one workspace. What is said of a row twice is written as it was said last.
#[derive(Debug)]
pub struct Rows {
    workspace: WorkspaceId,
    /// As each was first, if it was there, and is now; in the order they came.
    conversations: Vec<(Option<Conversation>, Conversation)>,
    places: HashMap<ConversationId, usize>,
    contacts: BTreeMap<ContactId, (Contact, Contact)>,
    sessions: BTreeMap<ConversationId, Option<FlowSession>>,
    timers: BTreeMap<Key, Option<Deadline>>,
    loads: BTreeMap<UserId, LoadShift>,
    tallies: BTreeMap<(Timestamp, UserId), Tally>,
    queue_tallies: BTreeMap<(Timestamp, QueueId), QueueTally>,
    progress: Vec<Progress>,
    /// Messages that are in the outbox no more, with how they stood there.
    gone: Vec<(MessageId, InOutbox)>,
    pub events: Vec<(Subject, Recorded)>,
    pub messages: Vec<Placed>,
    pub outgoing: Vec<Outgoing>,
    pub postponed: Vec<(MessageId, ClaimId, Timestamp)>,
    /// Keys of messages' contents that changed.
    pub contents: Vec<(MessageId, Value)>,
    pub pictures: Vec<Pending>,
    pub pictures_stored: Vec<(MediaId, StoredMedia)>,
    pub pictures_failed: Vec<MediaId>,
    pub notes: Vec<NewNote>,
    pub notices: Vec<NewNotice>,
    pub pauses: Vec<(InboxId, Timestamp, Option<Failure>)>,
    /// Items for whatever else a contact has under way.
    pub items: Vec<(ContactId, InboxId, InboundItem, Timestamp)>,
    /// Contacts that give back what they took over from others.
    pub parted: Vec<(ContactId, ContactId)>,
    pub set_aside: Vec<NewQuarantined>,
    /// Items whose commands have run.
    pub done: Vec<(ContactId, InboxId, i64)>,
    /// What routing decided.
    pub decisions: Vec<NewDecision>,
    /// What it is part of that somebody does on the floor.
    pub floor: Option<Noted>,
}

impl Rows {
    #[must_use]
    pub fn of(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            conversations: Vec::new(),
            places: HashMap::new(),
            contacts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            timers: BTreeMap::new(),
            loads: BTreeMap::new(),
            tallies: BTreeMap::new(),
            queue_tallies: BTreeMap::new(),
            progress: Vec::new(),
            gone: Vec::new(),
            events: Vec::new(),
            messages: Vec::new(),
            outgoing: Vec::new(),
            postponed: Vec::new(),
            contents: Vec::new(),
            pictures: Vec::new(),
            pictures_stored: Vec::new(),
            pictures_failed: Vec::new(),
            notes: Vec::new(),
            notices: Vec::new(),
            pauses: Vec::new(),
            items: Vec::new(),
            parted: Vec::new(),
            set_aside: Vec::new(),
            done: Vec::new(),
            decisions: Vec::new(),
            floor: None,
        }
    }

    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// A conversation as it was, if it was there, and is now.
    pub fn conversation(&mut self, before: Option<&Conversation>, now: &Conversation) {
        if let Some(place) = self.places.get(&now.id) {
            self.conversations[*place].1 = now.clone();
        } else {
            self.places.insert(now.id, self.conversations.len());
            self.conversations.push((before.cloned(), now.clone()));
        }
    }

    /// A contact as it was and is now.
    pub fn contact(&mut self, before: &Contact, now: &Contact) {
        self.contacts.entry(now.id).or_insert_with(|| (before.clone(), now.clone())).1 = now.clone();
    }

    /// Where a conversation's flow stands; nothing when it is over.
    pub fn session(&mut self, conversation: ConversationId, session: Option<FlowSession>) {
        self.sessions.insert(conversation, session);
    }

    /// When a timer is due; nothing when it is cancelled.
    pub fn timer(&mut self, key: Key, due: Option<Deadline>) {
        self.timers.insert(key, due);
    }

    /// Somebody holds so many conversations more or less, and since `given_at`, if that is new work.
    pub fn load(&mut self, user: UserId, LoadShift { change, given_at, at }: LoadShift) {
        let known = self.loads.entry(user).or_default();
        known.change += change;
        known.given_at = known.given_at.max(given_at);
        known.at = known.at.max(at);
    }

    /// Somebody did that then.
    pub fn tally(&mut self, at: Timestamp, user: UserId, Tally { answered, resolved }: Tally) {
        let known = self.tallies.entry((quarter_of(at), user)).or_default();
        known.answered += answered;
        known.resolved += resolved;
    }

    /// That came to a queue then, or went from it.
    pub fn queue_tally(&mut self, at: Timestamp, queue: QueueId, tally: QueueTally) {
        self.queue_tallies.entry((quarter_of(at), queue)).or_default().add(tally);
    }

    /// How far a message got; one that comes with the same rows comes as far as that at once.
    pub fn progress(&mut self, progress: Progress) {
        if let Some(placed) = self.messages.iter_mut().rev().find(|placed| placed.message.id == progress.message) {
            placed.gets(progress);
            return;
        }
        match self.progress.iter_mut().find(|known| known.message == progress.message) {
            Some(known) => {
                let wamid = progress.wamid.clone().or_else(|| known.wamid.take());
                *known = Progress { wamid, told: known.told.or(progress.told), ..progress };
            }
            None => self.progress.push(progress),
        }
    }

    /// A message is in the outbox no more; one that was put there by the same rows never comes there.
    pub fn leaves_outbox(&mut self, message: MessageId, stood: InOutbox) {
        let before = self.outgoing.len();
        self.outgoing.retain(|outgoing| outgoing.message != message);
        if self.outgoing.len() == before {
            self.gone.push((message, stood));
        }
    }

    /// Conversations as they are now, and as they were first, if they were there.
    pub fn conversations(&self) -> impl Iterator<Item = (Option<&Conversation>, &Conversation)> {
        self.conversations.iter().map(|(before, now)| (before.as_ref(), now))
    }

    /// Contacts as they are now.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.contacts.values().map(|(_, now)| now)
    }

    /// Where flows stand; nothing for one that is over.
    pub fn sessions(&self) -> impl Iterator<Item = (ConversationId, Option<&FlowSession>)> {
        self.sessions.iter().map(|(conversation, session)| (*conversation, session.as_ref()))
    }

    /// When timers are due; nothing for one that is cancelled.
    pub fn timers(&self) -> impl Iterator<Item = (Key, Option<&Deadline>)> {
        self.timers.iter().map(|(key, due)| (*key, due.as_ref()))
    }

    /// How much people hold more or less.
    pub fn loads(&self) -> impl Iterator<Item = (UserId, LoadShift)> {
        self.loads.iter().map(|(user, shift)| (*user, *shift))
    }

    /// How far messages got that were there before.
    #[must_use]
    pub fn advanced(&self) -> &[Progress] {
        &self.progress
    }

    /// Messages that were in the outbox before, and are no more.
    pub fn left_outbox(&self) -> impl Iterator<Item = MessageId> {
        self.gone.iter().map(|(message, _)| *message)
    }

    /// Adds those of somebody else: they speak of other subjects.
    pub fn append(&mut self, theirs: Rows) {
        for (before, now) in &theirs.conversations {
            self.conversation(before.as_ref(), now);
        }
        for (user, shift) in theirs.loads {
            self.load(user, shift);
        }
        for ((at, user), tally) in theirs.tallies {
            self.tally(at, user, tally);
        }
        for ((at, queue), tally) in theirs.queue_tallies {
            self.queue_tally(at, queue, tally);
        }
        self.contacts.extend(theirs.contacts);
        self.sessions.extend(theirs.sessions);
        self.timers.extend(theirs.timers);
        self.progress.extend(theirs.progress);
        self.gone.extend(theirs.gone);
        self.events.extend(theirs.events);
        self.messages.extend(theirs.messages);
        self.outgoing.extend(theirs.outgoing);
        self.postponed.extend(theirs.postponed);
        self.contents.extend(theirs.contents);
        self.pictures.extend(theirs.pictures);
        self.pictures_stored.extend(theirs.pictures_stored);
        self.pictures_failed.extend(theirs.pictures_failed);
        self.notes.extend(theirs.notes);
        self.notices.extend(theirs.notices);
        self.pauses.extend(theirs.pauses);
        self.items.extend(theirs.items);
        self.parted.extend(theirs.parted);
        self.set_aside.extend(theirs.set_aside);
        self.done.extend(theirs.done);
        self.decisions.extend(theirs.decisions);
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn write(self, transaction: &Transaction<'_>) -> Result<()> {
        along(transaction, self.steps()?).await
    }

    /// Writes all of it, and commits.
    ///
    /// # Errors
    /// As PostgreSQL answers; then nothing was written, but where the commit itself was not answered.
    pub async fn commit(self, transaction: Transaction<'_>) -> Result<()> {
        to_the_end(transaction, self.steps()?).await
    }

    /// As [`Rows::commit`], and answers what a last step asks.
    pub(super) async fn commit_asking(self, transaction: Transaction<'_>, asking: Step) -> Result<Vec<Row>> {
        to_the_answer(transaction, self.steps()?, asking).await
    }

    /// What refers to a row comes behind it.
    fn steps(self) -> Result<Vec<Step>> {
        let workspace = self.workspace;
        let mut steps = Vec::with_capacity(8);
        let mut set = |is_wanted: bool, step: &dyn Fn() -> Result<Step>| -> Result<()> {
            if is_wanted {
                steps.push(step()?);
            }
            Ok(())
        };
        let (known, new): (Vec<_>, Vec<_>) = self.conversations.into_iter().partition(|(before, _)| before.is_some());
        let new: Vec<Conversation> = new.into_iter().map(|(_, now)| now).collect();
        // What begins with these rows left nothing behind that could end.
        let begun: HashSet<ConversationId> = new.iter().map(|conversation| conversation.id).collect();
        let known: Vec<(Conversation, Conversation)> = known.into_iter().filter_map(|(before, now)| Some((before?, now))).collect();
        // A contact has one under way in an inbox: the one before it ends first.
        set(!known.is_empty(), &|| conversations::update(workspace, &known))?;
        set(!new.is_empty(), &|| conversations::insert(workspace, &new))?;
        let contacts: Vec<(Contact, Contact)> = self.contacts.into_values().collect();
        set(!contacts.is_empty(), &|| contacts::update(workspace, &contacts))?;
        // Agents' rows come after what has one owner at a time.
        set(!self.loads.is_empty(), &|| Ok(agents::shift_loads(workspace, &self.loads)))?;
        set(!self.tallies.is_empty(), &|| Ok(tallies::add(workspace, &self.tallies)))?;
        set(!self.queue_tallies.is_empty(), &|| Ok(queue_tallies::add(workspace, &self.queue_tallies)))?;
        set(!self.events.is_empty(), &|| events::insert(workspace, &self.events))?;
        set(!self.decisions.is_empty(), &|| routing_decisions::insert(workspace, &self.decisions))?;
        set(!self.messages.is_empty(), &|| messages::insert(workspace, &self.messages))?;
        set(!self.progress.is_empty(), &|| messages::set_status(workspace, &self.progress))?;
        set(!self.gone.is_empty(), &|| Ok(outbox::remove(workspace, &self.gone)))?;
        set(!self.outgoing.is_empty(), &|| Ok(outbox::insert(workspace, &self.outgoing)))?;
        let (over, under_way): (Vec<_>, Vec<_>) = self.sessions.into_iter().partition(|(_, session)| session.is_none());
        let over = over.into_iter().map(|(conversation, _)| conversation);
        let over: Vec<ConversationId> = over.filter(|conversation| !begun.contains(conversation)).collect();
        let under_way: Vec<_> = under_way.into_iter().filter_map(|(conversation, session)| Some((conversation, session?))).collect();
        set(!over.is_empty(), &|| Ok(conversations::delete_sessions(workspace, &over)))?;
        set(!under_way.is_empty(), &|| conversations::save_sessions(workspace, &under_way))?;
        let (cancelled, due): (Vec<_>, Vec<_>) = self.timers.into_iter().partition(|(_, due)| due.is_none());
        let is_begun = |key: &Key| matches!(key.subject(), Subject::Conversation(conversation) if begun.contains(&conversation));
        let cancelled: Vec<Key> = cancelled.into_iter().map(|(key, _)| key).filter(|key| !is_begun(key)).collect();
        let due: Vec<(Key, Deadline)> = due.into_iter().filter_map(|(key, due)| Some((key, due?))).collect();
        set(!cancelled.is_empty(), &|| Ok(timers::cancel(workspace, &cancelled)))?;
        set(!due.is_empty(), &|| timers::set(workspace, &due))?;
        set(!self.notes.is_empty(), &|| Ok(notes::insert(workspace, &self.notes)))?;
        set(!self.notices.is_empty(), &|| Ok(notices::insert(&self.notices)))?;
        set(!self.set_aside.is_empty(), &|| Ok(quarantine::insert(&self.set_aside)))?;
        set(!self.done.is_empty(), &|| Ok(inbound_items::delete(workspace, &self.done)))?;
        steps.extend(self.floor.iter().map(|noted| floor::note(workspace, noted)));
        let postponed = self.postponed.into_iter().map(|(message, claim, until)| outbox::postpone(workspace, message, claim, until));
        steps.extend(postponed);
        steps.extend(self.contents.into_iter().map(|(message, keys)| messages::merge_content(workspace, message, keys)));
        steps.extend(self.pictures.into_iter().map(media::insert_pending));
        steps.extend(self.pictures_stored.into_iter().map(|(id, stored)| media::set_stored(workspace, id, stored)));
        steps.extend(self.pictures_failed.into_iter().map(|id| media::set_failed(workspace, id)));
        for (inbox, until, failure) in &self.pauses {
            steps.push(allowances::pause(workspace, *inbox, *until, failure.as_ref())?);
        }
        for (contact, inbox, item, at) in &self.items {
            steps.push(inbound_items::insert_under_way(workspace, *contact, *inbox, item, *at)?);
        }
        steps.extend(self.parted.into_iter().map(|(contact, other)| contacts::part(workspace, contact, other)));
        Ok(steps)
    }
}
