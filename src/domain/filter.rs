//! Which conversations a list shows, and in which order: the one definition that statements, sockets and pages are held to.

use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::access::Access;
use super::conversation::{Controller, Listing, State};
use super::ids::{QueueId, UserId};

/// The lists of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Held by the viewer and not resolved.
    #[default]
    Mine,
    /// In a queue of the viewer's teams, held or not, and not resolved.
    Queues,
    /// Waiting in any queue for a person.
    Unassigned,
    /// Not resolved.
    All,
    Resolved,
}

/// What stands first in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    LatestMessage,
    LongestInQueue,
}

impl View {
    /// Every view, in the order of the tabs.
    pub const ALL: [View; 5] = [View::Mine, View::Queues, View::Unassigned, View::All, View::Resolved];

    /// As in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            View::Mine => "mine",
            View::Queues => "queues",
            View::Unassigned => "unassigned",
            View::All => "all",
            View::Resolved => "resolved",
        }
    }

    #[must_use]
    pub fn order(self) -> Order {
        match self {
            View::Unassigned => Order::LongestInQueue,
            View::Mine | View::Queues | View::All | View::Resolved => Order::LatestMessage,
        }
    }

    /// Whether a viewer's list has a conversation of this listing. `queues` are those of their teams.
    #[must_use]
    pub fn matches(self, listing: &Listing, viewer: UserId, queues: &[QueueId]) -> bool {
        Filter::new(self, viewer, queues).matches(listing)
    }
}

impl FromStr for View {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        View::ALL.into_iter().find(|view| view.as_str() == text).ok_or_else(|| format!("unknown view {text}"))
    }
}

/// A place in which a conversation can be listed; who shows it hears of all that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Agent(UserId),
    Queue(QueueId),
    Unassigned,
    UnderWay,
    Resolved,
}

impl Topic {
    /// The places in which a conversation of this listing is.
    pub fn of(listing: &Listing) -> impl Iterator<Item = Topic> + use<> {
        let is_under_way = listing.state != State::Resolved;
        let holder = match listing.controller {
            Controller::Agent { user } => Some(Topic::Agent(user)),
            Controller::Queue => Some(Topic::Unassigned),
            Controller::Flow | Controller::Bot { .. } | Controller::Nobody => None,
        };
        let all = if is_under_way { Topic::UnderWay } else { Topic::Resolved };
        let others = [listing.queue.map(Topic::Queue), holder].into_iter().flatten().filter(move |_| is_under_way);
        [all].into_iter().chain(others)
    }
}

/// One viewer's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    view: View,
    topics: Vec<Topic>,
    /// What the viewer sees at all, if that is not everything.
    access: Option<Arc<Access>>,
}

impl Filter {
    /// `queues` are those of the viewer's teams.
    #[must_use]
    pub fn new(view: View, viewer: UserId, queues: &[QueueId]) -> Self {
        let topics = match view {
            View::Mine => vec![Topic::Agent(viewer)],
            View::Queues => queues.iter().copied().map(Topic::Queue).collect(),
            View::Unassigned => vec![Topic::Unassigned],
            View::All => vec![Topic::UnderWay],
            View::Resolved => vec![Topic::Resolved],
        };
        Self { view, topics, access: None }
    }

    /// This list, as far as the viewer sees.
    #[must_use]
    pub fn seen_with(self, access: Option<Arc<Access>>) -> Self {
        Self { access, ..self }
    }

    #[must_use]
    pub fn view(&self) -> View {
        self.view
    }

    /// The places it shows.
    #[must_use]
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Whether it has a conversation of this listing.
    #[must_use]
    pub fn matches(&self, listing: &Listing) -> bool {
        let is_seen = self.access.as_ref().is_none_or(|access| access.admits(listing));
        is_seen && Topic::of(listing).any(|topic| self.topics.contains(&topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_read_back_from_its_own_word() {
        for view in View::ALL {
            assert_eq!(view.as_str().parse(), Ok(view));
        }
        assert!("everything".parse::<View>().is_err());
    }
}
