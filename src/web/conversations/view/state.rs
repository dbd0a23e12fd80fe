//! The state of a conversation as the thread shows it: header, composer banner, brief, and why it came to whom. The same for every
//! viewer: all variants are there, and `data-stance` on the thread picks one.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use super::brief::BriefCard;
use super::context::ReasonCard;
use crate::domain::brief::{Answer, Brief};
use crate::domain::conversation::{Controller, Holder, State};
use crate::domain::details;
use crate::domain::ids::ConversationId;
use crate::domain::overdue::Step;
use crate::domain::routing::skills::Told;
use crate::domain::routing::{AssignmentReason, Named, Priority};
use crate::web::inbox::view::row::overdue_key;
use crate::web::layouts::chrome::{Person, QueueName, initials};
use crate::web::layouts::skills;
use crate::web::layouts::sla::Due;
use crate::web::layouts::time;
use crate::web::layouts::{ui, words};
use crate::web::locale::Locale;

/// Everything of a conversation that changes while it is open on a page.
#[derive(Debug, Clone)]
pub struct ConversationState {
    pub locale: Locale,
    pub id: ConversationId,
    pub contact_name: String,
    /// The number the customer wrote to, as people call it.
    pub inbox_name: String,
    pub state: State,
    pub controller: Controller,
    pub agent: Option<Person>,
    pub queue: Option<QueueName>,
    pub priority: Priority,
    /// What its queue promises.
    pub promise_minutes: Option<u32>,
    /// How far whoever holds it is with an answer that they owe.
    pub overdue: Option<Step>,
    /// What is due by the policy of its queue.
    pub dues: Vec<Due>,
    pub waiting_since: Option<Timestamp>,
    pub window_expires_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    /// The sequence of its latest event.
    pub last_seq: i64,
    /// When the last tick was stored that the page has, in microseconds.
    pub ticked: i64,
    pub brief: Option<Brief>,
    /// The name of the queue that the brief was handed over for, which need not be the one it is in.
    pub brief_queue_name: Option<String>,
    pub reason: Option<AssignmentReason>,
    pub answers: Vec<Answer>,
    /// BCP 47, when known.
    pub language: Option<String>,
    /// Tags, and what flows and people noted about the contact and the conversation.
    pub facts: details::Facts,
    /// What it wants of whoever has it.
    pub wants: Told,
}

/// The bar on top of the thread; element id `conversation-header`.
#[derive(Template)]
#[template(path = "conversations/header.html")]
pub(in crate::web) struct Header<'state> {
    pub it: &'state ConversationState,
}

impl HtmlSafe for Header<'_> {}

/// What the composer says when one may not simply answer, with the facts scripts read; element id `standing`.
#[derive(Template)]
#[template(path = "conversations/standing.html")]
pub(in crate::web) struct Standing<'state> {
    pub it: &'state ConversationState,
}

impl HtmlSafe for Standing<'_> {}

/// Answers and fields in the context panel; element id `contact-facts`.
#[derive(Template)]
#[template(path = "conversations/facts.html")]
pub(in crate::web) struct Facts<'state> {
    pub it: &'state ConversationState,
}

impl HtmlSafe for Facts<'_> {}

impl ConversationState {
    pub(in crate::web) fn header(&self) -> Header<'_> {
        Header { it: self }
    }

    pub(in crate::web) fn standing(&self) -> Standing<'_> {
        Standing { it: self }
    }

    pub(in crate::web) fn facts(&self) -> Facts<'_> {
        Facts { it: self }
    }

    fn overdue_key(&self) -> Option<&'static str> {
        overdue_key(self.overdue?)
    }

    pub(in crate::web) fn brief_card(&self) -> Option<BriefCard> {
        Some(BriefCard {
            locale: self.locale,
            brief: self.brief.clone()?,
            queue_name: self.brief_queue_name.clone(),
            promise_minutes: self.promise_minutes,
            waiting_since: self.waiting_since,
        })
    }

    pub(in crate::web) fn reason_card(&self) -> Option<ReasonCard> {
        Some(ReasonCard { locale: self.locale, agent_name: self.agent.as_ref()?.name.clone(), reason: self.reason.clone()? })
    }

    fn initials(&self) -> String {
        initials(&self.contact_name)
    }

    /// Who has it, or where it waits: forms carry it, so that nobody moves what a colleague has just moved.
    pub(in crate::web) fn holder(&self) -> Holder {
        Holder::of(self.controller, self.queue.as_ref().map(|queue| queue.id))
    }

    fn agent_id(&self) -> String {
        self.agent.as_ref().map(|agent| agent.id.to_string()).unwrap_or_default()
    }

    fn agent_name(&self) -> &str {
        self.agent.as_ref().map_or("", |agent| &agent.name)
    }

    fn queue_name(&self) -> &str {
        self.queue.as_ref().map_or("", |queue| &queue.name)
    }
}

impl Facts<'_> {
    /// From the highest to the lowest, and which it is.
    fn priorities(&self) -> impl Iterator<Item = (&'static str, String, bool)> {
        let (now, locale) = (self.it.priority, self.it.locale);
        Priority::ALL.into_iter().rev().map(move |it| (it.as_str(), words::priority(locale, it), it == now))
    }

    /// What is wanted of whoever has it, each with what it is called.
    fn wants(&self) -> Vec<(&'static str, String)> {
        let Told { required, preferred, widened } = &self.it.wants;
        let all: [(&'static str, &Vec<Named>); 3] =
            [("skills.required", required), ("skills.preferred", preferred), ("skills.widened", widened)];
        let named = all.into_iter().filter(|(_, all)| !all.is_empty());
        named.map(|(key, all)| (key, skills::listed(self.it.locale, all))).collect()
    }

    /// The language by its own name, where the interface knows it.
    fn language_name(&self, tag: &str) -> String {
        let known = Locale::ALL.into_iter().find(|locale| tag.split('-').next() == Some(locale.as_str()));
        known.map_or_else(|| tag.to_owned(), |locale| locale.t("language.own_name").into_owned())
    }
}
