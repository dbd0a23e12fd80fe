//! The list: its views, its pages of rows, and the inbox without a conversation.

pub mod row;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;

use self::row::Row;
use super::tabs::{Counts, Tab};
use crate::domain::filter::View;
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::message::Failure;
use crate::store::board::OwnFigures;
use crate::web::admin::view::advice_key;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
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
    pub own: OwnStrip,
    pub paused: PausedNumbers,
}

/// What whoever looks has to do; without figures its page asks for them.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnStrip {
    pub figures: Option<Own>,
}

#[derive(Debug, Clone, Copy)]
pub struct Own {
    pub locale: Locale,
    pub load: i32,
    pub capacity: i32,
    pub oldest: Option<Timestamp>,
    pub due: Option<Timestamp>,
    pub is_late: bool,
}

impl Own {
    #[must_use]
    pub fn of(locale: Locale, figures: &OwnFigures, now: Timestamp) -> Self {
        let OwnFigures { load, capacity, oldest, due } = *figures;
        Self { locale, load, capacity, oldest, due, is_late: due.is_some_and(|due| due <= now) }
    }

    pub(in crate::web) fn words(&self) -> String {
        self.locale.t2("floor.load", ("load", &self.load.to_string()), ("capacity", &self.capacity.to_string()))
    }

    pub(in crate::web) fn due_key(&self) -> &'static str {
        if self.is_late { "own.late_by" } else { "own.due_in" }
    }
}

/// Numbers that send nothing until somebody sees to it.
#[derive(Debug, Clone)]
pub struct PausedNumbers {
    pub locale: Locale,
    pub numbers: Vec<PausedNumber>,
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

/// `GET /inbox/own`: what whoever looks has to do.
#[derive(Template, WebTemplate)]
#[template(path = "inbox/own.html")]
pub struct OwnFragment {
    pub own: OwnStrip,
}

/// `GET /inbox/paused`: what the list says of numbers that send nothing.
#[derive(Template, WebTemplate)]
#[template(path = "inbox/paused.html")]
pub struct PausedFragment {
    pub paused: PausedNumbers,
}
