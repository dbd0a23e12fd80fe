//! The tabs of the inbox, and their figures.

use crate::domain::filter::View;

/// What a tab says and shows.
pub(in crate::web) trait Tab {
    fn title_key(self) -> String;
    fn empty_key(self) -> String;
    fn empty_hint_key(self) -> String;
    fn icon(self) -> &'static str;
}

impl Tab for View {
    fn title_key(self) -> String {
        format!("inbox.{}", self.as_str())
    }

    fn empty_key(self) -> String {
        format!("inbox.empty.{}", self.as_str())
    }

    fn empty_hint_key(self) -> String {
        format!("inbox.empty_hint.{}", self.as_str())
    }

    fn icon(self) -> &'static str {
        match self {
            View::Mine => "user",
            View::Queues => "layers",
            View::Unassigned => "hourglass",
            View::All => "inbox",
            View::Resolved => "circle-check",
        }
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
