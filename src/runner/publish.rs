//! After a commit: who has to look, and what everybody sees.

use std::sync::Arc;

use super::Runner;
use crate::domain::conversation::Controller;
use crate::domain::event::Event;
use crate::domain::message::{Content, MediaState, Status};
use crate::live::change::{Change, ConversationChange};
use crate::live::wakes::Wake;

impl Runner {
    /// Tells workers where to look and sockets what happened. Nothing depends on it arriving.
    pub(super) fn publish(&self, change: ConversationChange) {
        for wake in wakes(&change) {
            self.live.wake(wake);
        }
        self.live.publish(Change::Conversation(Arc::new(change)));
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
