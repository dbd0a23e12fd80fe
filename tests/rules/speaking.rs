//! Who speaks to a customer.

use baton::domain::conversation::Controller;
use baton::domain::ids::QueueId;
use baton::domain::message::Author;
use baton::domain::workplace::Workplace;
use baton::domain::{Event, Snapshot};

/// Nobody speaks in a conversation that somebody else has.
pub fn only_the_controller_speaks(snapshot: &Snapshot, event: &Event) {
    let Event::MessageQueued { message } = event else { return };
    let conversation = snapshot.conversation.as_ref().expect("a message is about a conversation");
    let controller = conversation.controller;
    // A queue that says something speaks to whoever waits there, as long as nobody has them.
    let speaks = |queue: &QueueId| {
        let Workplace { overflows, announcements, .. } = snapshot.workplace.as_ref();
        overflows.contains_key(queue) || announcements.contains_key(queue)
    };
    let expected = match message.author {
        Author::Flow if controller == Controller::Queue && conversation.queue.as_ref().is_some_and(speaks) => Controller::Queue,
        Author::Flow => Controller::Flow,
        Author::Bot { bot } => Controller::Bot { bot },
        Author::Agent { user } => Controller::Agent { user },
        Author::Contact => panic!("a customer does not send for us"),
    };
    assert_eq!(controller, expected, "somebody else spoke");
}
