//! A row of the list: who, what was said last, who holds it, how long the customer waits.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::domain::conversation::{Controller, LastMessage, State};
use crate::domain::filter::View;
use crate::domain::ids::ConversationId;
use crate::domain::message::Direction;
use crate::domain::overdue::Step;
use crate::domain::routing::Priority;
use crate::store::drafts::DraftKind;
use crate::web::layouts::chrome::{Person, QueueName, initials};
use crate::web::layouts::sla::Due;
use crate::web::layouts::time;
use crate::web::layouts::{ui, words};
use crate::web::locale::Locale;

/// One conversation in a list. The same for every viewer but for `read_seq` and `view`, which live rows leave empty.
#[derive(Debug, Clone)]
pub struct Row {
    pub locale: Locale,
    pub id: ConversationId,
    pub contact_name: String,
    pub last: Option<LastMessage>,
    pub state: State,
    pub controller: Controller,
    pub agent: Option<Person>,
    pub queue: Option<QueueName>,
    pub priority: Priority,
    /// What its queue promises; the waiting clock turns amber at half of it and red after it.
    pub promise_minutes: Option<u32>,
    /// How far whoever holds it is with an answer that they owe.
    pub overdue: Option<Step>,
    /// What will be late by the policy of its queue, or is.
    pub due: Option<Due>,
    pub queued_at: Option<Timestamp>,
    pub waiting_since: Option<Timestamp>,
    pub window_expires_at: Option<Timestamp>,
    pub last_message_at: Timestamp,
    /// The list's keyset cursor that continues after this row.
    pub cursor: String,
    /// How far the viewer has read; unknown in live rows, where the browser keeps what it knew.
    pub read_seq: Option<i64>,
    /// What the viewer has begun to write there; unknown in live rows, where the browser keeps what it knew.
    pub drafts: Option<Vec<DraftKind>>,
    /// The view it is shown in, for its link; unknown in live rows.
    pub view: Option<View>,
}

/// A row in its place; `is_current` marks the conversation that is open beside the list.
#[derive(Template)]
#[template(path = "inbox/row.html")]
pub(in crate::web) struct Placed<'row> {
    it: &'row Row,
    is_current: bool,
}

impl HtmlSafe for Placed<'_> {}

impl Row {
    /// Its markup as pages show it; the socket sends it with no row marked.
    pub(in crate::web) fn placed(&self, is_current: bool) -> Placed<'_> {
        Placed { it: self, is_current }
    }

    /// What is to be told of its priority: that it is higher than others'.
    fn raised(&self) -> Option<(&'static str, String)> {
        let priority = Some(self.priority).filter(|priority| *priority > Priority::Normal)?;
        Some((priority.as_str(), words::priority(self.locale, priority)))
    }

    fn initials(&self) -> String {
        initials(&self.contact_name)
    }

    fn last_seq(&self) -> i64 {
        self.last.as_ref().map_or(0, |last| last.seq)
    }

    /// The key of what is said of an answer that is owed.
    fn overdue_key(&self) -> Option<&'static str> {
        overdue_key(self.overdue?)
    }

    fn is_unread(&self) -> bool {
        self.read_seq.is_some_and(|read| read < self.last_seq())
    }

    fn has_failed(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.has_failed)
    }

    /// The last line has not left yet.
    fn is_queued(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.is_queued)
    }

    /// Nobody knows whether the last line reached the customer.
    fn is_uncertain(&self) -> bool {
        self.last.as_ref().is_some_and(LastMessage::is_uncertain)
    }

    /// Nobody knows whether something of ours before the last line reached the customer.
    fn follows_uncertain(&self) -> bool {
        self.last.as_ref().is_some_and(LastMessage::follows_uncertain)
    }

    /// The kinds of drafts as scripts read them.
    fn draft_kinds(&self) -> Option<String> {
        Some(self.drafts.as_ref()?.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" "))
    }

    /// The agent who wrote the last line: to them it is no news.
    fn last_agent(&self) -> String {
        self.last.as_ref().and_then(|last| last.agent).map(|agent| agent.to_string()).unwrap_or_default()
    }

    fn is_outbound(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.direction == Direction::Outbound)
    }

    /// The last line, or the name of its kind when it has no words.
    fn last_line(&self) -> String {
        match &self.last {
            None => self.locale.t("row.nothing_yet").into_owned(),
            Some(last) if last.text.trim().is_empty() => self.locale.t(&format!("kind.{}", known_kind(&last.kind))).into_owned(),
            Some(last) => last.text.clone(),
        }
    }

    fn has_picture(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.kind == "image")
    }
}

/// What is said of an answer that somebody owes.
#[must_use]
pub(in crate::web) fn overdue_key(step: Step) -> Option<&'static str> {
    match step {
        Step::Nudge => Some("overdue.nudge"),
        Step::Alarm => Some("overdue.alarm"),
        Step::Return => None,
    }
}

/// Kinds with words of their own under `kind.`.
fn known_kind(kind: &str) -> &str {
    match kind {
        "image" | "text" | "buttons" | "list" | "reply" => kind,
        _ => "unsupported",
    }
}
