//! Journals: who keeps one, and what an event of it is to a thread.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::Event;
use super::ids::{ContactId, ConversationId, WorkspaceId};

/// What has a lock, a journal and a sequence of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    Conversation(ConversationId),
    Contact(ContactId),
    /// What is set up of the workspace.
    Setup,
}

impl Subject {
    /// As it is stored.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Subject::Conversation(_) => "conversation",
            Subject::Contact(_) => "contact",
            Subject::Setup => "setup",
        }
    }

    /// What it is known by in its workspace; the set-up, by the workspace itself.
    #[must_use]
    pub fn id(self, workspace: WorkspaceId) -> Uuid {
        match self {
            Subject::Conversation(conversation) => conversation.0,
            Subject::Contact(contact) => contact.0,
            Subject::Setup => workspace.0,
        }
    }

    /// As it was stored; nothing for a kind of which only a newer version knows.
    #[must_use]
    pub fn read(kind: &str, id: Uuid) -> Option<Self> {
        match kind {
            "conversation" => Some(Subject::Conversation(ConversationId(id))),
            "contact" => Some(Subject::Contact(ContactId(id))),
            "setup" => Some(Subject::Setup),
            _ => None,
        }
    }
}

/// What an event is to the thread of its conversation. Stored with it, so that whoever does not know its kind knows this much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// An item of its own.
    Stands,
    /// Something that stands there looks different after it.
    Touches,
    /// What is shown around the thread may look different after it.
    Around,
    #[serde(other)]
    Nothing,
}

impl Place {
    pub const ALL: [Place; 4] = [Place::Stands, Place::Touches, Place::Around, Place::Nothing];

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Place::Stands => "stands",
            Place::Touches => "touches",
            Place::Around => "around",
            Place::Nothing => "nothing",
        }
    }

    /// A place of which only a newer version knows has none here.
    #[must_use]
    pub fn read(stored: &str) -> Self {
        Place::ALL.into_iter().find(|place| place.as_str() == stored).unwrap_or(Place::Nothing)
    }
}

impl Event {
    /// What it is to the thread of its conversation.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Event::MessageReceived { .. }
            | Event::MessageQueued { .. }
            | Event::NoteAdded { .. }
            | Event::PriorityChanged { .. }
            | Event::SkillsAsked { .. }
            | Event::SkillsWidened { .. }
            | Event::WaitNoted { .. }
            | Event::WaitAnnounced { .. }
            | Event::ConversationOpened { .. }
            | Event::ConversationReopened { .. }
            | Event::WindowOpened { .. }
            | Event::WindowClosed
            | Event::TagAdded { .. }
            | Event::DetailSet { .. }
            | Event::FieldSet { .. }
            | Event::BotStarted { .. }
            | Event::HandedOff { .. }
            | Event::ConversationQueued { .. }
            | Event::ConversationAssigned { .. }
            | Event::ConversationTransferred { .. }
            | Event::AnswerOverdue { .. }
            | Event::SlaDueSoon { .. }
            | Event::SlaBreached { .. }
            | Event::ConversationKept { .. }
            | Event::ConversationResolved { .. }
            | Event::ActUndone { .. }
            | Event::AddressChanged { .. }
            | Event::NumberTakenOver { .. }
            | Event::ContactsJoined { .. }
            | Event::CustomerMovedOn { .. }
            | Event::ContactsParted { .. }
            | Event::ContactRenamed { .. }
            | Event::Strange(_) => Place::Stands,
            Event::MessageStatusChanged { .. } | Event::MessageResent { .. } | Event::MessageLeft { .. } | Event::MediaChanged { .. } => {
                Place::Touches
            }
            Event::FlowStarted { .. } | Event::AnswerRecorded { .. } | Event::LanguageLearned { .. } => Place::Around,
            Event::UsernameLearned { .. }
            | Event::FlowAdvanced { .. }
            | Event::DeliveryPostponed { .. }
            | Event::MessageAccepted { .. }
            | Event::LeftOutbox { .. }
            | Event::InboxPaused { .. }
            | Event::ClocksSet { .. }
            | Event::TimerSet { .. }
            | Event::TimerCancelled { .. } => Place::Nothing,
        }
    }

    /// Whether it tells of the person, whatever conversation it was learned in: the contact's journal has it too.
    #[must_use]
    pub fn is_of_contact(&self) -> bool {
        matches!(
            self,
            Event::FieldSet { .. }
                | Event::ContactRenamed { .. }
                | Event::LanguageLearned { .. }
                | Event::UsernameLearned { .. }
                | Event::AddressChanged { .. }
                | Event::NumberTakenOver { .. }
                | Event::ContactsJoined { .. }
                | Event::ContactsParted { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_from_its_own_word_and_another_word_is_none() {
        for place in Place::ALL {
            assert_eq!(Place::read(place.as_str()), place);
        }
        assert_eq!(Place::read("between"), Place::Nothing);
    }
}
