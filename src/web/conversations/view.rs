//! A conversation as one person sees it: thread, composer, transfer dialog, context; and the page around it.

pub mod brief;
pub mod context;
pub mod state;

use askama::Template;
use askama::filters::HtmlSafe;
use askama_web::WebTemplate;
use jiff::Timestamp;

use self::context::Context;
use self::state::ConversationState;
use crate::domain::agent::Presence;
use crate::domain::channel::Rules;
use crate::domain::conversation::{Controller, State};
use crate::domain::filter::View;
use crate::domain::ids::UserId;
use crate::domain::lease::Lease;
use crate::store::inboxes::Connection;
use crate::web::inbox::tabs::Tab;
use crate::web::inbox::view::List;
use crate::web::layouts::chrome::{Chrome, Person, QueueName};
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::toast::Toast;
use crate::web::layouts::ui;
use crate::web::layouts::words;
use crate::web::locale::Locale;
use crate::web::messages::view::composer::Composer;
use crate::web::threads::view::{self as thread, ThreadItem};

/// How a viewer stands to a conversation; decides what they may do. Scripts compute the same (`scripts/conversation/stance.js`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    Mine,
    /// A colleague holds it.
    Other,
    Queue,
    Flow,
    Bot,
    Resolved,
}

impl Stance {
    /// Of `viewer` to a conversation in this state.
    #[must_use]
    pub fn of(state: State, controller: Controller, viewer: UserId) -> Self {
        match (state, controller) {
            (State::Resolved, _) => Stance::Resolved,
            (_, Controller::Agent { user }) if user == viewer => Stance::Mine,
            (_, Controller::Agent { .. }) => Stance::Other,
            (_, Controller::Flow) => Stance::Flow,
            (_, Controller::Bot { .. }) => Stance::Bot,
            (_, Controller::Queue | Controller::Nobody) => Stance::Queue,
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Stance::Mine => "mine",
            Stance::Other => "other",
            Stance::Queue => "queue",
            Stance::Flow => "flow",
            Stance::Bot => "bot",
            Stance::Resolved => "resolved",
        }
    }
}

/// Whether what is written leaves the number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NumberState {
    #[default]
    Speaks,
    /// It waits until the number speaks again.
    Paused,
    /// It cannot be sent.
    Disconnected,
}

impl NumberState {
    #[must_use]
    pub fn of(connection: Option<&Connection>) -> Self {
        match connection {
            Some(connection) if connection.is_disconnected() => NumberState::Disconnected,
            Some(connection) if connection.is_paused() => NumberState::Paused,
            Some(_) | None => NumberState::Speaks,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            NumberState::Speaks => "speaks",
            NumberState::Paused => "paused",
            NumberState::Disconnected => "disconnected",
        }
    }

    /// The icon and the key of what is said above what one writes.
    fn told(self) -> Option<(&'static str, &'static str)> {
        match self {
            NumberState::Speaks => None,
            NumberState::Paused => Some(("hand", "standing.paused")),
            NumberState::Disconnected => Some(("cloud-off", "standing.disconnected")),
        }
    }
}

/// A person to whom a conversation can be given.
#[derive(Debug, Clone)]
pub struct Target {
    pub person: Person,
    pub presence: Presence,
    pub load: i32,
    pub capacity: i32,
}

impl Target {
    fn presence_key(&self) -> &'static str {
        match self.presence {
            Presence::Online => "presence.online",
            Presence::Away => "presence.away",
            Presence::Offline => "presence.offline",
        }
    }

    fn presence_word(&self) -> &'static str {
        match self.presence {
            Presence::Online => "online",
            Presence::Away => "away",
            Presence::Offline => "offline",
        }
    }

    fn is_gone(&self) -> bool {
        self.presence == Presence::Offline
    }

    fn is_full(&self) -> bool {
        self.load >= self.capacity
    }
}

/// To whom a conversation can be given.
#[derive(Debug, Clone, Default)]
pub struct TransferTargets {
    pub people: Vec<Target>,
    pub queues: Vec<QueueName>,
    /// How long somebody keeps it who is not here.
    pub lease: Lease,
}

/// One conversation for one viewer.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/conversation.html")]
pub struct ConversationView {
    pub locale: Locale,
    pub csrf: String,
    pub viewer: UserId,
    pub now: Timestamp,
    /// The list it was opened from, for the way back.
    pub view: View,
    pub state: ConversationState,
    /// What its channel allows.
    pub rules: &'static Rules,
    pub number: NumberState,
    /// In the order of their sequence.
    pub items: Vec<ThreadItem>,
    /// There is more before this sequence.
    pub earlier: Option<i64>,
    pub composer: Composer,
    pub targets: TransferTargets,
    pub context: Context,
}

impl HtmlSafe for ConversationView {}

impl ConversationView {
    fn stance(&self) -> Stance {
        Stance::of(self.state.state, self.state.controller, self.viewer)
    }

    fn window(&self) -> &'static str {
        match self.rules.window {
            None => "none",
            Some(_) if self.rules.may_write(self.state.window_expires_at, self.now) => "open",
            Some(_) => "closed",
        }
    }

    /// What is said of somebody who is not here.
    fn not_here(&self, target: &Target) -> Option<Html> {
        let span = words::span(self.locale, i64::from(self.targets.lease.minutes));
        let said = || words::sentence(&self.locale, "transfer.not_here", &[("name", &target.person.name), ("span", &span)]);
        target.is_gone().then(said)
    }

    /// The queue that is offered in the stead of somebody who is not here: its own, or else the first one.
    fn queue_instead(&self) -> Option<&QueueName> {
        self.targets.queues.iter().find(|queue| self.is_current_queue(queue)).or(self.targets.queues.first())
    }

    fn instead(&self, queue: &QueueName) -> Html {
        words::sentence(&self.locale, "transfer.instead", &[("queue", &queue.name)])
    }

    fn is_queue_instead(&self, queue: &QueueName) -> bool {
        self.queue_instead().is_some_and(|instead| instead.id == queue.id)
    }

    fn is_current_queue(&self, queue: &QueueName) -> bool {
        self.state.queue.as_ref().is_some_and(|current| current.id == queue.id)
    }
}

/// `GET /conversations/{id}`: rail, list, thread, context.
#[derive(Template, WebTemplate)]
#[template(path = "conversations/page.html")]
pub struct ConversationPage {
    pub chrome: Chrome,
    pub list: List,
    pub conversation: ConversationView,
    /// What the viewer did a moment ago, and can take back.
    pub toast: Option<Toast>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::BotId;
    use uuid::Uuid;

    #[test]
    fn a_stance_is_mine_only_while_i_hold_it() {
        let me = UserId(Uuid::from_u128(1));
        let held = |user| Controller::Agent { user };
        assert_eq!(Stance::of(State::Open, held(me), me), Stance::Mine);
        assert_eq!(Stance::of(State::Open, held(UserId(Uuid::from_u128(2))), me), Stance::Other);
        assert_eq!(Stance::of(State::Open, Controller::Flow, me), Stance::Flow);
        assert_eq!(Stance::of(State::Open, Controller::Bot { bot: BotId(Uuid::from_u128(1)) }, me), Stance::Bot);
        assert_eq!(Stance::of(State::Resolved, held(me), me), Stance::Resolved);
    }
}
