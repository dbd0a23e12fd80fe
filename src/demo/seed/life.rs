//! One customer's life with the shop, told through the rules: whatever anybody does is a command, and what follows from it is kept.

use anyhow::{Result, anyhow};
use jiff::{SignedDuration, Timestamp};

use crate::domain::channel::WHATSAPP;
use crate::domain::command::{Command, Person, ReplyContent, TransferTarget};
use crate::domain::contact::{Contact, Identity};
use crate::domain::conversation::Controller;
use crate::domain::delivery::Outcome;
use crate::domain::event::{Event, Recorded};
use crate::domain::handle;
use crate::domain::ids::{ClaimId, Ids, MessageId, NoteId, QueueId};
use crate::domain::inbound::{InboundContent, InboundMessage, Sender, StatusReport};
use crate::domain::message::{Content, Direction, Status};
use crate::domain::routing::Assignment;
use crate::domain::snapshot::Snapshot;
use crate::domain::timer::Timer;
use crate::runner::effects::effects;
use crate::store::messages::Placed;
use crate::store::rows::Rows;

use super::chance::Chance;
use super::tables::PastContact;
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
    /// The contact before anything was said.
    met: Contact,
    rows: Rows,
}

impl<'a> Life<'a> {
    /// Begins at `since`, with nothing said yet.
    pub fn new(shop: &'a Shop, chance: &'a mut Chance, (contact, identity): (Contact, Identity), since: Timestamp) -> Self {
        let snapshot = Snapshot {
            workspace: shop.id,
            workplace: shop.workplace.clone(),
            inbox: shop.inbox.clone(),
            rules: &WHATSAPP,
            is_disconnected: false,
            contact: contact.clone(),
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
        Self { shop, chance, now: since, snapshot, identity, since, met: contact, rows: Rows::of(shop.id) }
    }

    /// Who it was, and what all of it came to.
    pub fn kept(self) -> (PastContact, Rows) {
        (PastContact { contact: self.met, identity: self.identity, since: self.since }, self.rows)
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
        let conversation = self.snapshot.conversation.as_ref()?.id;
        let ours = |placed: &&Placed| placed.conversation == conversation && placed.message.direction() == Direction::Outbound;
        self.rows.messages.iter().rev().find(ours).map(|placed| &placed.message.content)
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
        let change = effects(&mut self.rows, &mut self.snapshot, events, self.now)?;
        let said: Vec<MessageId> = change.events.iter().filter_map(queued).collect();
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
}

fn queued(recorded: &Recorded) -> Option<MessageId> {
    match &recorded.event {
        Event::MessageQueued { message } => Some(message.id),
        _ => None,
    }
}
