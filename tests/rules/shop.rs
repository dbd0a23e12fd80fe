//! A shop in memory: the rules, what the runner makes of their events, and tables without a database.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use baton::domain::access::Role;
use baton::domain::agent::{Agent, Availability, Presence};
use baton::domain::channel::{Channel, Rulebook};
use baton::domain::command::Person;
use baton::domain::contact::Contact;
use baton::domain::conversation::{Controller, Conversation, Listing, State};
use baton::domain::event::Recorded;
use baton::domain::flows::Definition;
use baton::domain::flows::session::FlowSession;
use baton::domain::hours::Hours;
use baton::domain::ids::{ContactId, ConversationId, FlowId, Ids, InboxId, MessageId, QueueId, TeamId, UserId, WorkspaceId};
use baton::domain::inbox::Inbox;
use baton::domain::journal::Subject;
use baton::domain::message::{Failure, Message, Status};
use baton::domain::queue::Queue;
use baton::domain::routing::{Candidate, Levels, Round, Strategy, Waiting, decide};
use baton::domain::snapshot::{InOutbox, KnownMessage};
use baton::domain::timer::Timer;
use baton::domain::workplace::Workplace;
use baton::domain::{Command, Event, Refusal, Snapshot, handle};
use baton::runner::effects::effects;
use baton::store::messages::Placed;
use baton::store::rows::Rows;
use baton::store::timers::Key;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::speaking::only_the_controller_speaks;

pub const ORDERS: QueueId = QueueId(Uuid::from_u128(0x10));
pub const BILLING: QueueId = QueueId(Uuid::from_u128(0x11));
pub const SUPPORT: QueueId = QueueId(Uuid::from_u128(0x12));

/// A conversation as tables have it.
#[derive(Clone)]
pub struct Kept {
    pub conversation: Conversation,
    pub session: Option<FlowSession>,
    pub journal: Vec<Recorded>,
}

/// A message as its row has it.
#[derive(Clone)]
pub struct KeptMessage {
    pub conversation: ConversationId,
    pub message: Message,
    pub known: KnownMessage,
}

pub struct Tables {
    pub now: Timestamp,
    pub inbox: Inbox,
    pub is_disconnected: bool,
    pub workplace: Arc<Workplace>,
    pub contacts: HashMap<ContactId, Contact>,
    pub conversations: Vec<Kept>,
    pub messages: Vec<KeptMessage>,
    pub agents: HashMap<UserId, Agent>,
    pub away: Vec<UserId>,
    pub skills: HashMap<UserId, Levels>,
    pub timers: BTreeMap<Key, (Timer, Timestamp)>,
    /// Everything that happened, also what no journal keeps; whoever tells the story takes it.
    pub log: Vec<Happened>,
    pub drawn: u128,
}

/// An event with its time.
#[allow(dead_code, reason = "the rules look at what is kept")]
pub struct Happened {
    pub at: Timestamp,
    pub event: Event,
}

pub struct Shop {
    pub tables: RefCell<Tables>,
}

impl Shop {
    /// With the demo's flow and its three queues; a Tuesday morning.
    pub fn opens() -> Self {
        Self::with(Some(serde_json::from_str(include_str!("../../src/demo/flow.json")).unwrap()), Hours::always())
    }

    pub fn without_a_flow() -> Self {
        Self::with(None, Hours::always())
    }

    /// With this flow, and these hours of every queue.
    pub fn with(definition: Option<Definition>, hours: Hours) -> Self {
        let flow = definition.is_some().then_some(FlowId(Uuid::from_u128(0x20)));
        let queues = [(ORDERS, "orders", "Orders"), (BILLING, "billing", "Billing"), (SUPPORT, "support", "Advice")];
        let queue = |(id, key, name): (QueueId, &str, &str)| Queue {
            id,
            key: key.to_owned(),
            name: name.to_owned(),
            team: TeamId(Uuid::from_u128(0x30)),
            hours: hours.clone(),
            promise_minutes: 10,
        };
        let workplace = Workplace {
            queues: queues.map(queue).to_vec(),
            people: HashMap::new(),
            published: flow.into_iter().map(|flow| (flow, 1)).collect(),
            definitions: flow.zip(definition).into_iter().map(|(flow, definition)| ((flow, 1), Arc::new(definition))).collect(),
            ..Workplace::default()
        };
        let inbox = Inbox {
            id: InboxId(Uuid::from_u128(0x40)),
            name: "Shop".to_owned(),
            channel: Channel::WHATSAPP,
            flow,
            default_queue: SUPPORT,
            reopen_hours: 24,
        };
        Self {
            tables: RefCell::new(Tables {
                now: "2026-02-10T10:00:00Z".parse().unwrap(),
                inbox,
                is_disconnected: false,
                workplace: Arc::new(workplace),
                contacts: HashMap::new(),
                conversations: Vec::new(),
                messages: Vec::new(),
                agents: HashMap::new(),
                away: Vec::new(),
                skills: HashMap::new(),
                timers: BTreeMap::new(),
                log: Vec::new(),
                drawn: 0,
            }),
        }
    }

    pub fn fresh(&self) -> Uuid {
        let mut tables = self.tables.borrow_mut();
        tables.drawn += 1;
        Uuid::from_u128(0x7000 << 64 | tables.drawn)
    }

    pub fn phone(&self, name: &str) -> Phone<'_> {
        let contact = ContactId(self.fresh());
        let known = Contact::named(contact, name.to_owned());
        self.tables.borrow_mut().contacts.insert(contact, known);
        Phone { shop: self, contact }
    }

    pub fn agent(&self, name: &str) -> Colleague<'_> {
        self.hires(name, Role::Agent, 8)
    }

    pub fn supervisor(&self, name: &str) -> Colleague<'_> {
        self.hires(name, Role::Supervisor, 8)
    }

    pub fn hires(&self, name: &str, role: Role, capacity: i32) -> Colleague<'_> {
        let user = UserId(self.fresh());
        let mut tables = self.tables.borrow_mut();
        let (name, idle_since) = (name.to_owned(), tables.now);
        let agent = Agent {
            user,
            name: name.clone(),
            availability: Availability::Online,
            load: 0,
            capacity,
            idle_since,
            given_at: idle_since,
            here_at: idle_since,
            teams: Vec::new(),
            may_reply: true,
            signed_off: None,
        };
        tables.agents.insert(user, agent);
        let workplace = Arc::get_mut(&mut tables.workplace).expect("nobody else holds the set-up");
        workplace.people.insert(user, name.clone());
        Colleague { shop: self, person: Person { user, name, rights: role.rights().unwrap() } }
    }

    pub fn now(&self) -> Timestamp {
        self.tables.borrow().now
    }

    /// The clock goes on; deadlines on the way ring when they are due.
    pub fn passes(&self, time: SignedDuration) {
        let end = self.now() + time;
        loop {
            let due = self.tables.borrow().timers.values().map(|(_, at)| *at).filter(|at| *at <= end).min();
            let Some(at) = due else { break };
            let now = self.now().max(at);
            self.tables.borrow_mut().now = now;
            self.rings();
        }
        self.tables.borrow_mut().now = end;
    }

    pub fn rings(&self) {
        let now = self.now();
        let due: Vec<_> =
            self.tables.borrow().timers.iter().filter(|(_, (_, at))| *at <= now).map(|(key, (timer, _))| (*key, *timer)).collect();
        for (key, timer) in due {
            self.tables.borrow_mut().timers.remove(&key);
            let Subject::Conversation(conversation) = key.subject() else { panic!("{key:?} is of no conversation") };
            // A timer that no longer matters is dropped.
            self.about(conversation, Command::TimerDue { timer }).ok();
        }
    }

    /// Somebody looks at the queues: who waits longest goes to who has room.
    pub fn routes(&self) {
        for queue in [ORDERS, BILLING, SUPPORT] {
            let (waiting, candidates, now) = self.queue(queue);
            if self.tables.borrow().workplace.rests.get(&queue).is_some_and(|rest| rest.holds_back(now)) {
                continue;
            }
            let skills = self.tables.borrow().workplace.skills.clone();
            for assignment in decide(&waiting, Round::new(candidates, Strategy::LeastBusy, now).knowing(skills.clone())) {
                self.about(assignment.waiting.conversation, assignment.command()).unwrap();
            }
        }
    }

    fn queue(&self, queue: QueueId) -> (Vec<Waiting>, Vec<Candidate>, Timestamp) {
        let tables = self.tables.borrow();
        let mut waiting: Vec<&Conversation> = tables.conversations.iter().map(|kept| &kept.conversation).collect();
        waiting.retain(|conversation| conversation.controller == Controller::Queue && conversation.queue == Some(queue));
        waiting.sort_by_key(|conversation| (conversation.queued_at, conversation.id));
        let waiting = waiting.into_iter().filter_map(Waiting::of).collect();
        let presence = |user| Presence::of(true, if tables.away.contains(&user) { Availability::Away } else { Availability::Online });
        let mut agents: Vec<Agent> = tables.agents.values().cloned().collect();
        agents.sort_by_key(|agent| agent.user);
        let skills = |user| tables.skills.get(&user).cloned().unwrap_or_default();
        let candidate = |agent: Agent| Candidate { presence: presence(agent.user), skills: skills(agent.user), agent };
        (waiting, agents.into_iter().map(candidate).collect(), tables.now)
    }

    /// A command about a conversation.
    pub fn about(&self, conversation: ConversationId, command: Command) -> Result<Vec<Event>, Refusal> {
        self.decide(self.snapshot_of(conversation), command)
    }

    /// A command about a contact, as their lane runs it.
    pub fn lane(&self, contact: ContactId, command: Command) -> Result<Vec<Event>, Refusal> {
        let latest = self.latest(contact);
        let snapshot = match latest {
            Some(conversation) => Snapshot { another_under_way: false, ..self.snapshot_of(conversation) },
            None => self.snapshot(contact, None),
        };
        self.decide(snapshot, command)
    }

    /// The one under way, or the latest.
    pub fn latest(&self, contact: ContactId) -> Option<ConversationId> {
        let tables = self.tables.borrow();
        let of_contact = tables.conversations.iter().map(|kept| &kept.conversation).filter(|conversation| conversation.contact == contact);
        of_contact
            .max_by_key(|conversation| (conversation.state != State::Resolved, conversation.opened_at))
            .map(|conversation| conversation.id)
    }

    fn decide(&self, mut snapshot: Snapshot, command: Command) -> Result<Vec<Event>, Refusal> {
        if let Command::Undo { seq, .. } = &command {
            snapshot.acts = self.acts(&snapshot, *seq);
        }
        let now = self.now();
        let events = handle(&snapshot, command.clone(), now)?;
        assert_eq!(handle(&snapshot, command, now).as_ref(), Ok(&events), "the same snapshot was decided in two ways");
        let opens = |event: &Event| matches!(event, Event::ConversationOpened { .. });
        assert_eq!(events.iter().rposition(opens).unwrap_or(0), 0, "an event stands before the conversation it belongs to: {events:?}");
        self.fold(&mut snapshot, events.clone());
        self.check();
        Ok(events)
    }

    /// What the journal says from there on of who controlled the conversation.
    fn acts(&self, snapshot: &Snapshot, from: i64) -> Vec<Recorded> {
        let id = snapshot.conversation.as_ref().expect("an act is about a conversation").id;
        let is_meant = |recorded: &Recorded| recorded.seq >= from && Event::OF_CONTROL.contains(&recorded.event.kind());
        self.kept(id).journal.into_iter().filter(is_meant).take(4).collect()
    }

    fn snapshot_of(&self, id: ConversationId) -> Snapshot {
        let kept = self.kept(id);
        self.snapshot(kept.conversation.contact, Some(kept))
    }

    fn snapshot(&self, contact: ContactId, kept: Option<Kept>) -> Snapshot {
        let ids = Ids::new(self.fresh());
        let tables = self.tables.borrow();
        let own = kept.as_ref().map(|kept| kept.conversation.id);
        let is_another = |other: &Kept| {
            other.conversation.contact == contact && Some(other.conversation.id) != own && other.conversation.state != State::Resolved
        };
        Snapshot {
            workspace: WorkspaceId(Uuid::from_u128(0x50)),
            workplace: tables.workplace.clone(),
            inbox: tables.inbox.clone(),
            rules: Rulebook::WHATSAPP.of(&tables.inbox.channel),
            is_disconnected: tables.is_disconnected,
            contact: tables.contacts[&contact].clone(),
            another_under_way: tables.conversations.iter().any(is_another),
            session: kept.as_ref().and_then(|kept| kept.session.clone()),
            conversation: kept.map(|kept| kept.conversation),
            acts: Vec::new(),
            used: None,
            is_joined: true,
            queues_of_viewer: Vec::new(),
            messages: tables.messages.iter().map(|message| message.known.clone()).collect(),
            agents: tables.agents.clone(),
            ids,
        }
    }

    pub fn kept(&self, id: ConversationId) -> Kept {
        self.tables.borrow().conversations.iter().find(|kept| kept.conversation.id == id).expect("the conversation is kept").clone()
    }

    /// Writes the rows that the runner would.
    fn fold(&self, snapshot: &mut Snapshot, events: Vec<Event>) {
        let mut tables = self.tables.borrow_mut();
        let now = tables.now;
        let mut watched = snapshot.clone();
        for event in &events {
            only_the_controller_speaks(&watched, event);
            let before = watched.conversation.as_ref().map(Listing::of);
            watched.apply(event, now);
            let after = watched.conversation.as_ref().map(Listing::of);
            let tells_of_control = Event::OF_CONTROL.contains(&event.kind()) || event.kind() == "conversation_opened";
            assert!(before == after || tells_of_control, "{} changes who controls a conversation", event.kind());
            tables.log.push(Happened { at: now, event: event.clone() });
        }
        let mut rows = Rows::of(snapshot.workspace);
        effects(&mut rows, snapshot, events.clone(), now).expect("events are about a conversation");
        tables.write(rows);
        only_an_undo_overfills(&tables.agents, snapshot, &events);
        assert_eq!(tables.agents, snapshot.agents, "rows and rules differ about who holds how much");
    }

    /// What must hold at any time.
    fn check(&self) {
        let tables = self.tables.borrow();
        for kept in &tables.conversations {
            let Conversation { id, controller, queue, state, last_seq, .. } = &kept.conversation;
            assert!(
                kept.session.is_none() || *controller == Controller::Flow,
                "{id}: a flow's session is left although {controller:?} speaks"
            );
            assert!(*controller != Controller::Queue || queue.is_some(), "{id} waits in no queue");
            assert_eq!(*state == State::Resolved, *controller == Controller::Nobody, "{id}: {state:?} with {controller:?}");
            let seqs: Vec<i64> = kept.journal.iter().map(|recorded| recorded.seq).collect();
            assert_eq!(seqs, (1..=*last_seq).collect::<Vec<_>>(), "{id}: the journal has a gap");
        }
        for KeptMessage { known, .. } in &tables.messages {
            assert_eq!(known.status == Status::Queued, known.outbox.is_some(), "{known:?} is queued and not in the outbox, or the reverse");
        }
        for agent in tables.agents.values() {
            let held = tables.conversations.iter().filter(|kept| kept.conversation.controller.agent() == Some(agent.user)).count();
            assert_eq!(usize::try_from(agent.load), Ok(held), "{} is said to hold another number of conversations", agent.name);
        }
        for contact in tables.contacts.keys() {
            let is_under_way = |kept: &&Kept| kept.conversation.contact == *contact && kept.conversation.state != State::Resolved;
            assert!(tables.conversations.iter().filter(is_under_way).count() <= 1, "a contact has two conversations under way");
        }
    }
}

/// Nobody comes to hold more than they may, but by an undo, which gives back one that they held before.
fn only_an_undo_overfills(before: &HashMap<UserId, Agent>, after: &Snapshot, events: &[Event]) {
    for agent in after.agents.values().filter(|agent| agent.load > agent.capacity) {
        let is_given_back = events
            .iter()
            .any(|event| matches!(event, Event::ActUndone { before, .. } if before.controller == Controller::Agent { user: agent.user }));
        let most = before[&agent.user].load + i32::from(is_given_back);
        assert!(agent.load <= most, "{} holds {} and may hold {}", agent.name, agent.load, agent.capacity);
    }
}

impl Tables {
    /// As the store does.
    fn write(&mut self, rows: Rows) {
        for (before, now) in rows.conversations() {
            match self.conversations.iter_mut().find(|kept| kept.conversation.id == now.id) {
                Some(kept) => kept.conversation = now.clone(),
                None => {
                    assert!(before.is_none(), "a conversation that is not there is written over");
                    self.conversations.push(Kept { conversation: now.clone(), session: None, journal: Vec::new() });
                }
            }
        }
        self.contacts.extend(rows.contacts().map(|contact| (contact.id, contact.clone())));
        for (conversation, session) in rows.sessions() {
            self.of(conversation).session = session.cloned();
        }
        for (key, due) in rows.timers() {
            match due {
                Some(deadline) => _ = self.timers.insert(key, (deadline.timer, deadline.due_at)),
                None => _ = self.timers.remove(&key),
            }
        }
        for (user, shift) in rows.loads() {
            let Some(agent) = self.agents.get_mut(&user) else { continue };
            agent.load += shift.change;
            agent.idle_since = shift.at.unwrap_or(agent.idle_since);
            agent.given_at = shift.given_at.unwrap_or(agent.given_at);
        }
        for (subject, recorded) in &rows.events {
            if let Subject::Conversation(conversation) = subject {
                self.of(*conversation).journal.push(recorded.clone());
            }
        }
        self.write_messages(rows);
    }

    fn write_messages(&mut self, rows: Rows) {
        for progress in rows.advanced() {
            let known = self.known(progress.message);
            known.status = progress.status;
            known.is_asked = progress.failure.as_ref().is_some_and(|failure| failure.title == Failure::UNANSWERED);
            known.wamid = progress.wamid.clone().or_else(|| known.wamid.take());
        }
        let left: Vec<MessageId> = rows.left_outbox().collect();
        left.into_iter().for_each(|message| self.known(message).outbox = None);
        rows.postponed.iter().for_each(|(message, ..)| self.known(*message).outbox = Some(InOutbox::Queued));
        let queued: Vec<MessageId> = rows.outgoing.iter().map(|outgoing| outgoing.message).collect();
        for Placed { conversation, message, .. } in rows.messages {
            assert!(!self.messages.iter().any(|kept| kept.known.id == message.id), "two messages have one id");
            self.messages.push(KeptMessage { conversation, known: KnownMessage::of(&message, None), message });
        }
        queued.into_iter().for_each(|message| self.known(message).outbox = Some(InOutbox::Queued));
    }

    fn of(&mut self, conversation: ConversationId) -> &mut Kept {
        self.conversations.iter_mut().find(|kept| kept.conversation.id == conversation).expect("it was opened")
    }

    fn known(&mut self, message: MessageId) -> &mut KnownMessage {
        &mut self.messages.iter_mut().find(|kept| kept.known.id == message).expect("it was written").known
    }
}
