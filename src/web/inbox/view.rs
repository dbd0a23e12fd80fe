//! The list: its views, its pages of rows, and the inbox without a conversation.

pub mod row;

use askama::Template;
use askama_web::WebTemplate;

use self::row::Row;
use super::tabs::{Counts, Tab};
use crate::domain::filter::View;
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::message::Failure;
use crate::web::admin::view::advice_key;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;
use crate::web::messages::view::ticks::failure_words;

/// One page of rows with its tabs.
#[derive(Debug, Clone)]
pub struct List {
    pub locale: Locale,
    pub view: View,
    pub counts: Counts,
    pub rows: Vec<Row>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// The conversation that is open beside the list.
    pub current: Option<ConversationId>,
    /// Who looks: decides which rows are theirs.
    pub viewer: UserId,
    /// Whether this is a later page (no-script paging).
    pub later: bool,
    pub paused: PausedNumbers,
}

/// Numbers that send nothing until somebody sees to it.
#[derive(Debug, Clone)]
pub struct PausedNumbers {
    pub locale: Locale,
    pub numbers: Vec<PausedNumber>,
    /// Queues of whoever looks that rest, and how.
    pub resting: Vec<(String, Html)>,
}

/// A number that sends nothing, and why.
#[derive(Debug, Clone)]
pub struct PausedNumber {
    pub locale: Locale,
    pub name: String,
    pub reason: Failure,
    pub whom: Whom,
}

/// Whom something is said to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Everybody,
    /// Who can do something about it.
    Admins,
}

impl PausedNumber {
    pub(in crate::web) fn title(&self) -> Html {
        sentence(&self.locale, "paused.title", &[("name", &self.name)])
    }

    pub(in crate::web) fn reason(&self) -> String {
        failure_words(&self.locale, Some(&self.reason))
    }

    pub(in crate::web) fn advice_key(&self) -> Option<&'static str> {
        match self.whom {
            Whom::Admins => Some(advice_key(self.reason.code)),
            Whom::Everybody => (self.reason.code == 190).then_some("paused.ask_admin"),
        }
    }
}

impl List {
    pub(in crate::web) fn is_current(&self, row: &Row) -> bool {
        self.current == Some(row.id)
    }
}

/// `GET /inbox`: rail, list, and an invitation to choose.
#[derive(Template, WebTemplate)]
#[template(path = "inbox/page.html")]
pub struct InboxPage {
    pub chrome: Chrome,
    pub list: List,
}

/// `GET /inbox/rows`: the rows alone.
#[derive(Template, WebTemplate)]
#[template(path = "inbox/rows.html")]
pub struct RowsFrame {
    pub list: List,
}

/// `GET /inbox/paused`: what the list says of numbers that send nothing.
#[derive(Template, WebTemplate)]
#[template(path = "inbox/paused.html")]
pub struct PausedFragment {
    pub paused: PausedNumbers,
}
