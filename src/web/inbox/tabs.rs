//! The tabs of the inbox: which conversations each lists, and its figure.

use std::str::FromStr;

/// Which conversations a list shows. The browser applies the same rules to live rows (`scripts/list/view.js`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum View {
    /// Held by the viewer and not resolved; latest message first.
    #[default]
    Mine,
    /// In a queue of the viewer's teams, held or not, and not resolved; latest message first.
    Queues,
    /// Waiting in any queue for a person; longest waiting first.
    Unassigned,
    /// Not resolved; latest message first.
    All,
    /// Resolved; latest message first.
    Resolved,
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

    pub(in crate::web) fn title_key(self) -> String {
        format!("inbox.{}", self.as_str())
    }

    pub(in crate::web) fn empty_key(self) -> String {
        format!("inbox.empty.{}", self.as_str())
    }

    pub(in crate::web) fn empty_hint_key(self) -> String {
        format!("inbox.empty_hint.{}", self.as_str())
    }

    pub(in crate::web) fn icon(self) -> &'static str {
        match self {
            View::Mine => "user",
            View::Queues => "layers",
            View::Unassigned => "hourglass",
            View::All => "inbox",
            View::Resolved => "circle-check",
        }
    }
}

impl FromStr for View {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        View::ALL.into_iter().find(|view| view.as_str() == text).ok_or_else(|| format!("unknown view {text}"))
    }
}

/// How many conversations wait under each tab of the viewer's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub mine: i64,
    pub queues: i64,
    pub unassigned: i64,
}

impl Counts {
    /// The figure on a tab; "all" and "resolved" have none.
    #[must_use]
    pub fn of(&self, view: View) -> Option<i64> {
        match view {
            View::Mine => Some(self.mine),
            View::Queues => Some(self.queues),
            View::Unassigned => Some(self.unassigned),
            View::All | View::Resolved => None,
        }
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
