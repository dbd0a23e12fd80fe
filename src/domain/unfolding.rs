//! What events make of a conversation: who speaks, who waits and since when, and what its list shows.

use jiff::Timestamp;

use super::channel::Rules;
use super::conversation::{ControlBefore, Controller, Conversation, LastMessage, State};
use super::event::{Actor, Event, QueuedBecause};
use super::ids::{ContactId, ConversationId, InboxId, MessageId};
use super::message::{Author, Direction, Message, Speech, Status};
use super::overflow::{self, Wait};
use super::routing::{Asked, Named, Priority, Wants};

impl Conversation {
    pub(super) fn open(id: ConversationId, contact: ContactId, inbox: InboxId, now: Timestamp) -> Self {
        Self {
            id,
            contact,
            inbox,
            state: State::Open,
            controller: Controller::Nobody,
            queue: None,
            priority: Priority::Normal,
            last_agent: None,
            brief: None,
            assignment_reason: None,
            last_seq: 0,
            opened_at: now,
            queued_at: None,
            assigned_at: None,
            waiting_since: None,
            resolved_at: None,
            window_expires_at: None,
            last_message_at: now,
            last_message: None,
            details: None,
            skills: None,
            wait: None,
            clocks: None,
        }
    }

    pub(super) fn apply(&mut self, event: &Event, rules: &Rules, now: Timestamp) {
        match event {
            Event::MessageReceived { message } => self.hear(message, rules, now),
            Event::MessageStatusChanged { message, status, .. } => self.note_fate(*message, *status),
            Event::MessageAccepted { message, .. } => self.note_fate(*message, Status::Sending),
            Event::MessageResent { message, .. } => self.note_fate(*message, Status::Queued),
            // Who leaves it takes it for sent.
            Event::MessageLeft { message, .. } => self.note_fate(*message, Status::Sent),
            // It is an answer once it has left: until then they wait.
            Event::MessageQueued { message } => self.remember(message, now),
            Event::ConversationReopened { by } => {
                self.state = State::Open;
                self.resolved_at = None;
                // A colleague goes on with the same matter; a customer who comes back may have another one.
                if *by == Actor::Customer {
                    self.priority = Priority::Normal;
                    self.skills = None;
                    self.wait = None;
                    self.clocks = None;
                    if let Some(brief) = &mut self.brief {
                        brief.is_earlier = true;
                    }
                }
            }
            Event::WindowClosed => self.window_expires_at = Some(now),
            Event::CustomerMovedOn { .. } => self.waiting_since = None,
            Event::FlowStarted { .. } => self.controller = Controller::Flow,
            Event::BotStarted { bot } => {
                self.controller = Controller::Bot { bot: *bot };
                self.queued_at = None;
                self.assigned_at = None;
            }
            Event::HandedOff { brief, .. } => self.brief = Some(brief.clone()),
            Event::ConversationQueued { queue, because, rather, .. } => {
                self.controller = Controller::Queue;
                let is_elsewhere = self.queue.replace(*queue).is_some_and(|before| before != *queue);
                let keeps_place = matches!(because, QueuedBecause::QueueRemoved | QueuedBecause::Moved | QueuedBecause::Overflowed { .. });
                if let Some(wants) = &mut self.skills {
                    wants.waits(is_elsewhere, keeps_place, now);
                }
                let since = match because {
                    QueuedBecause::QueueRemoved | QueuedBecause::Moved | QueuedBecause::Overflowed { .. } => self.queued_at,
                    QueuedBecause::Returned
                    | QueuedBecause::SignedOff { .. }
                    | QueuedBecause::KeptUntil { .. }
                    | QueuedBecause::OwnerGone { .. }
                    | QueuedBecause::Unanswered { .. } => self.in_front(),
                    QueuedBecause::HandedOff | QueuedBecause::NoFlow | QueuedBecause::Reopened | QueuedBecause::Transferred => None,
                };
                self.queued_at = since.or(Some(now));
                let before = match because {
                    QueuedBecause::Overflowed { from, why, is_told, .. } => {
                        Some(overflow::note(self.wait.take(), &[*from, *queue], *why, *is_told, false))
                    }
                    _ => self.wait.take(),
                };
                self.wait = Wait::begins(before, rather.clone(), is_elsewhere, self.queued_at, now).kept();
                self.assigned_at = None;
                match because {
                    QueuedBecause::Transferred | QueuedBecause::Moved | QueuedBecause::Returned => self.last_agent = None,
                    // It was not for who holds it: whoever is chosen next is rather somebody else.
                    QueuedBecause::Unanswered { .. } => self.assignment_reason = None,
                    _ => {}
                }
            }
            Event::ConversationAssigned { agent, reason, queue, .. } => {
                self.queue = queue.or(self.queue);
                self.controller = Controller::Agent { user: *agent };
                self.last_agent = Some(*agent);
                self.assignment_reason = Some(reason.clone());
                self.assigned_at = Some(now);
                self.queued_at = None;
            }
            Event::ConversationResolved { .. } => {
                self.state = State::Resolved;
                self.controller = Controller::Nobody;
                self.resolved_at = Some(now);
                self.waiting_since = None;
                self.queued_at = None;
            }
            Event::PriorityChanged { to, .. } => self.priority = *to,
            Event::SkillsAsked { required, preferred, .. } => {
                let asked = asked(required, preferred);
                self.skills = (!asked.is_empty()).then(|| Wants::new(asked, now));
            }
            Event::SkillsWidened { required, preferred, .. } => {
                if let Some(wants) = &mut self.skills {
                    let before = std::mem::replace(&mut wants.asked, asked(required, preferred));
                    wants.first.get_or_insert(before);
                }
            }
            Event::WaitNoted { why, is_told, .. } => self.wait = overflow::note(self.wait.take(), &[], *why, *is_told, true).kept(),
            Event::WaitAnnounced { announced, .. } => self.wait.get_or_insert_default().announced = Some(*announced),
            Event::ClocksSet { clocks } => self.clocks = clocks.as_deref().cloned(),
            Event::ActUndone { before, .. } => self.restore(before),
            Event::TagAdded { tag, .. } => {
                let tags = &mut self.details.get_or_insert_default().tags;
                if !tags.contains(tag) {
                    tags.push(*tag);
                }
            }
            Event::DetailSet { field, value } => {
                self.details.get_or_insert_default().fields.insert(field.clone(), value.clone());
            }
            Event::ConversationOpened { .. }
            | Event::MediaChanged { .. }
            | Event::WindowOpened { .. }
            | Event::AnswerRecorded { .. }
            | Event::FieldSet { .. }
            | Event::ConversationTransferred { .. }
            | Event::AnswerOverdue { .. }
            | Event::SlaDueSoon { .. }
            | Event::SlaBreached { .. }
            | Event::ConversationKept { .. }
            | Event::NoteAdded { .. }
            | Event::ContactRenamed { .. }
            | Event::LanguageLearned { .. }
            | Event::AddressChanged { .. }
            | Event::NumberTakenOver { .. }
            | Event::ContactsJoined { .. }
            | Event::ContactsParted { .. }
            | Event::UsernameLearned { .. }
            | Event::DeliveryPostponed { .. }
            | Event::LeftOutbox { .. }
            | Event::InboxPaused { .. }
            | Event::FlowAdvanced { .. }
            | Event::TimerSet { .. }
            | Event::TimerCancelled { .. }
            | Event::Strange(_) => {}
        }
    }

    /// The place in line of what somebody held: since when it was theirs, or since when its customer waits if that is longer.
    fn in_front(&self) -> Option<Timestamp> {
        self.assigned_at.into_iter().chain(self.waiting_since).min()
    }

    /// Gives back what an act ended. Who waits now is for the thread to say: only a resolution ends a wait that nobody has answered.
    fn restore(&mut self, before: &ControlBefore) {
        if self.state == State::Resolved {
            let answer = self.last_message.as_ref().filter(|last| last.agent.is_some());
            self.waiting_since = answer.map_or(before.waiting_since, LastMessage::unanswered_since);
        } else if before.state == State::Resolved {
            self.waiting_since = None;
        }
        self.state = before.state;
        self.controller = before.controller;
        self.queue = before.queue;
        self.last_agent = before.last_agent;
        self.assignment_reason.clone_from(&before.assignment_reason);
        self.queued_at = before.queued_at;
        self.assigned_at = before.assigned_at;
        self.resolved_at = before.resolved_at;
        self.skills.clone_from(&before.skills);
        self.wait.clone_from(&before.wait);
    }

    /// The customer said something: the window is renewed, and somebody waits. What was not said changes neither, nor the last line.
    fn hear(&mut self, message: &Message, rules: &Rules, now: Timestamp) {
        if message.content.renews_window() {
            self.window_expires_at = self.window_expires_at.max(rules.window_after(message.at.min(now)));
        }
        match message.content.speech() {
            Speech::Said | Speech::Unreadable => {
                self.remember(message, now);
                // What does not reopen a resolved conversation asks for nothing.
                if self.state != State::Resolved {
                    self.waiting_since.get_or_insert(now);
                }
            }
            Speech::Unspoken => {}
        }
    }

    /// What became of a message of ours. An answer that did not arrive is none, nor is one of which nobody knows: the customer waits
    /// as before. One that arrives after all is.
    fn note_fate(&mut self, message: MessageId, status: Status) {
        let Some(last) = &mut self.last_message else { return };
        last.uncertain.retain(|uncertain| *uncertain != message);
        if status == Status::Unknown {
            last.uncertain.push(message);
            let surplus = last.uncertain.len().saturating_sub(LastMessage::UNCERTAIN);
            last.uncertain.drain(..surplus);
        }
        if last.message != Some(message) {
            return;
        }
        last.has_failed = status == Status::Failed;
        last.is_queued = status == Status::Queued;
        // Of answers in a row, the next one does not make them wait again.
        if last.agent.is_some() && !last.is_queued && self.state != State::Resolved {
            self.waiting_since = last.unanswered_since();
        }
    }

    fn remember(&mut self, message: &Message, now: Timestamp) {
        let agent = match message.author {
            Author::Agent { user } => Some(user),
            Author::Contact | Author::Flow | Author::Bot { .. } => None,
        };
        // Of answers in a row, the last one answers what none before it did.
        let before = self.last_message.as_ref().filter(|last| last.agent.is_some()).and_then(LastMessage::unanswered_since);
        let uncertain = self.last_message.take().map(|last| last.uncertain).unwrap_or_default();
        self.last_message_at = now;
        self.last_message = Some(LastMessage {
            direction: message.direction(),
            kind: message.content.kind().to_owned(),
            text: message.content.text().chars().take(LastMessage::LENGTH).collect(),
            seq: self.last_seq,
            message: Some(message.id),
            agent,
            has_failed: false,
            is_queued: message.direction() == Direction::Outbound,
            uncertain,
            answers_since: agent.and(self.waiting_since.or(before)),
        });
    }

    /// The sequence of the customer's latest message when it is the last one of the thread.
    #[must_use]
    pub fn unanswered_seq(&self) -> Option<i64> {
        self.last_message.as_ref().filter(|last| last.direction == Direction::Inbound).map(|last| last.seq)
    }
}

fn asked(required: &[Named], preferred: &[Named]) -> Asked {
    Asked { required: Named::levels(required), preferred: Named::levels(preferred) }
}
