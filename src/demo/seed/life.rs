//! One customer's life with the shop, told through the rules: whatever anybody does is a command, and what follows from it is kept.

use anyhow::{Result, anyhow};
use jiff::{SignedDuration, Timestamp};

use crate::domain::channel::WHATSAPP;
use crate::domain::command::{Command, Person, ReplyContent, TransferTarget};
use crate::domain::contact::{Contact, Identity};
use crate::domain::conversation::Controller;
use crate::domain::delivery::Outcome;
use crate::domain::event::{Actor, Event, Recorded};
use crate::domain::handle;
use crate::domain::ids::{ClaimId, Ids, MessageId, NoteId, QueueId};
use crate::domain::inbound::{InboundContent, InboundMessage, Sender, StatusReport};
use crate::domain::message::{Content, Direction, Message, Status};
use crate::domain::routing::Assignment;
use crate::domain::snapshot::Snapshot;
use crate::domain::timer::Timer;
use crate::store::seed::{PastContact, PastConversation, PastMessage, PastNote};

use super::chance::Chance;
use super::workplace::Shop;

/// From our answer to the customer's phone.
const TRAVEL: SignedDuration = SignedDuration::from_millis(700);

pub(super) struct Life<'a> {
    pub shop: &'a Shop,
    pub chance: &'a mut Chance,
    pub now: Timestamp,
    pub snapshot: Snapshot,
    identity: Identity,
    since: Timestamp,
    told_of_them: Vec<Recorded>,
    /// The last is the one under way.
    conversations: Vec<PastConversation>,
}

impl<'a> Life<'a> {
    /// Begins at `since`, with nothing said yet.
    pub fn new(shop: &'a Shop, chance: &'a mut Chance, (contact, identity): (Contact, Identity), since: Timestamp) -> Self {
        let snapshot = Snapshot {
            workspace: shop.id,
            workplace: shop.workplace.clone(),
            inbox: shop.inbox.clone(),
            rules: &WHATSAPP,
            contact,
            conversation: None,
            another_under_way: false,
            session: None,
            acts: Vec::new(),
            used: None,
            is_joined: false,
            queues_of_viewer: Vec::new(),
            messages: Vec::new(),
            agents: shop.agents(),
            ids: Ids::new(chance.uuid()),
        };
        Self { shop, chance, now: since, snapshot, identity, since, told_of_them: Vec::new(), conversations: Vec::new() }
    }

    /// What the tables would hold now.
    pub fn rows(mut self) -> (PastContact, Vec<PastConversation>) {
        self.close_page();
        let contact =
            PastContact { contact: self.snapshot.contact, identities: vec![self.identity], since: self.since, events: self.told_of_them };
        (contact, self.conversations)
    }

    /// Lets time pass: at least and at most so many seconds.
    pub fn wait(&mut self, shortest: f64, longest: f64) {
        self.now += self.chance.seconds(shortest, longest);
    }

    pub fn controller(&self) -> Controller {
        self.snapshot.conversation.as_ref().map_or(Controller::Nobody, |conversation| conversation.controller)
    }

    pub fn queue(&self) -> Option<QueueId> {
        self.snapshot.conversation.as_ref().and_then(|conversation| conversation.queue)
    }

    /// Who holds the conversation.
    pub fn holder(&self) -> Result<Person> {
        let holder = self.controller().agent().and_then(|user| self.shop.colleague(user));
        Ok(holder.ok_or_else(|| anyhow!("nobody holds the conversation"))?.person.clone())
    }

    /// What we said last.
    pub fn last_words(&self) -> Option<&Content> {
        let messages = &self.conversations.last()?.messages;
        messages
            .iter()
            .rev()
            .map(|past| &past.message)
            .find(|message| message.direction() == Direction::Outbound)
            .map(|message| &message.content)
    }

    pub fn customer_says(&mut self, content: InboundContent) -> Result<()> {
        let message = InboundMessage {
            wamid: self.wamid(),
            at: Timestamp::from_second(self.now.as_second())?,
            sender: Sender {
                identities: vec![self.identity.clone()],
                name: Some(self.snapshot.contact.name.clone()),
                username: None,
                found: None,
            },
            content,
            reply_to: None,
            raw: serde_json::Value::Null,
        };
        self.tell(Command::Receive { message, received_at: self.now })
    }

    /// The text with the first name of who holds the conversation.
    pub fn with_agent(&self, text: &str) -> Result<String> {
        let by = self.holder()?;
        Ok(text.replace("{agent}", by.name.split(' ').next().unwrap_or_default()))
    }

    pub fn agent_says(&mut self, body: &str) -> Result<()> {
        let (by, body) = (self.holder()?, self.with_agent(body)?);
        let message = MessageId(self.chance.uuid());
        self.tell(Command::Reply { by, message, content: ReplyContent::Text { body }, reply_to: None, seen: None })
    }

    pub fn agent_notes(&mut self, body: &str) -> Result<()> {
        let (by, note) = (self.holder()?, NoteId(self.chance.uuid()));
        self.tell(Command::AddNote { by, note, body: body.to_owned() })
    }

    pub fn agent_hands_on(&mut self, to: QueueId, note: &str) -> Result<()> {
        let by = self.holder()?;
        self.tell(Command::Transfer { by, to: TransferTarget::Queue(to), note: Some(note.to_owned()) })
    }

    pub fn agent_resolves(&mut self) -> Result<()> {
        let by = self.holder()?;
        self.tell(Command::Resolve { by })
    }

    /// The customer has said it all for the moment: the flow reads it.
    pub fn customer_pauses(&mut self) -> Result<()> {
        let turn = self.snapshot.session.as_ref().and_then(|session| session.turn.as_ref());
        let Some(end) = turn.map(|turn| turn.ends_at) else { return Ok(()) };
        self.now = self.now.max(end);
        self.tell(Command::TimerDue { timer: Timer::FlowTurn })
    }

    pub fn flow_gives_up(&mut self) -> Result<()> {
        self.tell(Command::TimerDue { timer: Timer::FlowWait })
    }

    /// Whom routing chose has it.
    pub fn is_given(&mut self, assignment: &Assignment) -> Result<()> {
        self.tell(assignment.command())
    }

    fn tell(&mut self, command: Command) -> Result<()> {
        let events = handle(&self.snapshot, command, self.now)
            .map_err(|refusal| anyhow!("the rules refused a part of the demo's past: {refusal:?}"))?;
        // Ids drawn by the decision count as drawn.
        self.snapshot.ids = Ids::new(self.chance.uuid());
        let said: Vec<MessageId> = events.iter().filter_map(queued).collect();
        events.into_iter().for_each(|event| self.happens(event));
        said.into_iter().try_for_each(|message| self.is_delivered(message))
    }

    /// The message arrives, and most people read it.
    fn is_delivered(&mut self, message: MessageId) -> Result<()> {
        let wamid = self.wamid();
        self.now += TRAVEL;
        let outcome = Outcome::Accepted { wamid: wamid.clone(), recipient: vec![self.identity.clone()] };
        let claim = ClaimId(self.chance.uuid());
        self.tell(Command::RecordDelivery { message, claim, attempts: 1, outcome })?;
        self.now += TRAVEL;
        let status = if self.chance.percent(92) { Status::Read } else { Status::Delivered };
        let report = StatusReport {
            wamid,
            message: Some(message),
            status,
            at: self.now,
            failure: None,
            reaction: None,
            recipient: vec![self.identity.clone()],
        };
        self.tell(Command::RecordStatus(report))
    }

    fn wamid(&mut self) -> String {
        format!("wamid.{}", self.chance.uuid().simple())
    }

    fn happens(&mut self, event: Event) {
        if matches!(event, Event::ConversationOpened { .. }) {
            self.close_page();
        }
        self.snapshot.apply(&event, self.now);
        if event.is_of_contact() {
            self.told_of_them.push(Recorded::new(self.snapshot.contact.last_seq, self.now, event.clone()));
        }
        let Some(conversation) = &self.snapshot.conversation else { return };
        if self.conversations.last().is_none_or(|past| past.conversation.id != conversation.id) {
            let (messages, notes, events) = (Vec::new(), Vec::new(), Vec::new());
            self.conversations.push(PastConversation { conversation: conversation.clone(), messages, notes, events });
        }
        let seq = conversation.last_seq;
        if let Some(page) = self.conversations.last_mut() {
            write(page, Recorded::new(seq, self.now, event));
        }
    }

    /// The conversation under way is kept as it stands now.
    fn close_page(&mut self) {
        if let (Some(page), Some(conversation)) = (self.conversations.last_mut(), &self.snapshot.conversation) {
            page.conversation = conversation.clone();
        }
    }
}

fn queued(event: &Event) -> Option<MessageId> {
    match event {
        Event::MessageQueued { message } => Some(message.id),
        _ => None,
    }
}

/// The rows that an event leaves.
fn write(page: &mut PastConversation, mut recorded: Recorded) {
    let (seq, at) = (recorded.seq, recorded.at);
    match &mut recorded.event {
        Event::MessageReceived { message } | Event::MessageQueued { message } => {
            message.raw = None;
            page.messages.push(PastMessage { seq, message: message.clone() });
        }
        Event::MessageStatusChanged { message, status, failure, wamid, .. } => {
            if let Some(known) = page.messages.iter_mut().map(|past| &mut past.message).find(|known| known.id == *message) {
                let Message { status: known_status, failure: known_failure, wamid: known_wamid, .. } = known;
                *known_status = *status;
                known_failure.clone_from(failure);
                *known_wamid = wamid.clone().or_else(|| known_wamid.take());
            }
        }
        Event::NoteAdded { note, by: Actor::Agent { user, .. }, body } => {
            page.notes.push(PastNote { id: *note, seq, author: *user, body: body.clone(), at });
        }
        _ => {}
    }
    if recorded.event.is_journaled() {
        page.events.push(recorded);
    }
}
