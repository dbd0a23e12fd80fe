//! What happened, in one small sentence of the thread.

use askama::Template;
use jiff::Timestamp;

use super::brief::hand_off_reason;
use super::context::{ReasonCard, rule_sentence};
use super::html::Html;
use super::time;
use super::ui;
use super::words::{self, sentence};
use crate::domain::event::{Act, Actor, Destination, Event, QueuedBecause, Recorded};
use crate::domain::routing::AssignmentReason;
use crate::web::locale::Locale;

/// A line between bubbles: an event that is not a message or a note. Element id `line-<seq>`.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/line.html")]
pub struct SystemLine {
    pub locale: Locale,
    pub seq: i64,
    pub at: Timestamp,
    /// A word for the icon and for tests, the event's kind.
    pub kind: &'static str,
    pub sentence: Html,
    /// More of it, shown on demand.
    pub reason: Option<ReasonCard>,
    /// What a colleague wrote when handing over.
    pub note: Option<String>,
}

impl SystemLine {
    /// The line of an event, if the timeline shows one for it.
    #[must_use]
    pub fn of(locale: Locale, recorded: &Recorded) -> Option<Self> {
        let event = &recorded.event;
        Some(Self {
            locale,
            seq: recorded.seq,
            at: recorded.at,
            kind: event.kind(),
            sentence: told(locale, event)?,
            reason: considered(locale, event),
            note: handed_note(event),
        })
    }

    fn icon(&self) -> &'static str {
        match self.kind {
            "conversation_assigned" => "user-check",
            "conversation_transferred" => "arrow-right-left",
            "conversation_resolved" => "circle-check",
            "conversation_reopened" | "act_undone" => "rotate-ccw",
            "conversation_queued" => "hourglass",
            "handed_off" | "flow_started" => "bot",
            "message_resent" | "message_left" => "circle-help",
            "window_opened" => "clock",
            "field_set" | "contact_renamed" => "tag",
            _ => "message-circle",
        }
    }
}

fn told(locale: Locale, event: &Event) -> Option<Html> {
    let plain = |key: &str| sentence(&locale, key, &[]);
    Some(match event {
        Event::ConversationOpened { .. } => plain("line.opened"),
        Event::ConversationReopened { by } => by_actor(locale, "line.reopened", by),
        Event::MessageResent { by, .. } => by_actor(locale, "line.resent", by),
        Event::MessageLeft { by, .. } => by_actor(locale, "line.left", by),
        Event::WindowOpened { .. } => plain("line.window_opened"),
        Event::FlowStarted { .. } => plain("line.flow_started"),
        Event::FieldSet { field, value } => sentence(&locale, "line.field_set", &[("field", &words::field_label(field)), ("value", value)]),
        Event::HandedOff { brief } => {
            let reason = hand_off_reason(locale, &brief.reason);
            Html::trusted(format!("{} {reason}", plain("line.handed_off")))
        }
        Event::ConversationQueued { name, because, .. } => sentence(&locale, queued_key(*because), &[("queue", name)]),
        Event::ConversationAssigned { name, reason, .. } => rule_sentence(locale, name, &reason.rule),
        Event::ConversationTransferred { by, to, .. } => transferred(locale, by, to),
        Event::ConversationResolved { by, .. } => by_actor(locale, "line.resolved", by),
        Event::ActUndone { by, act, .. } => undone(locale, by, *act),
        Event::ContactRenamed { name } => sentence(&locale, "line.renamed", &[("name", name)]),
        Event::MessageReceived { .. }
        | Event::MessageQueued { .. }
        | Event::MessageStatusChanged { .. }
        | Event::MediaChanged { .. }
        | Event::AnswerRecorded { .. }
        | Event::NoteAdded { .. }
        | Event::DeliveryPostponed { .. }
        | Event::LeftOutbox { .. }
        | Event::InboxPaused { .. }
        | Event::FlowAdvanced { .. }
        | Event::TimerSet { .. }
        | Event::TimerCancelled { .. } => return None,
    })
}

fn by_actor(locale: Locale, key: &str, by: &Actor) -> Html {
    match by {
        Actor::Agent { name, .. } => sentence(&locale, &format!("{key}.agent"), &[("name", name)]),
        Actor::Customer => sentence(&locale, &format!("{key}.customer"), &[]),
        Actor::Flow => sentence(&locale, &format!("{key}.flow"), &[]),
        Actor::System => sentence(&locale, &format!("{key}.system"), &[]),
    }
}

fn transferred(locale: Locale, by: &Actor, to: &Destination) -> Html {
    let (Destination::Agent { name: to, .. } | Destination::Queue { name: to, .. }) = to;
    match by {
        Actor::Agent { name, .. } => sentence(&locale, "line.transferred.agent", &[("name", name), ("to", to)]),
        Actor::Customer | Actor::Flow | Actor::System => sentence(&locale, "line.transferred.system", &[("to", to)]),
    }
}

fn undone(locale: Locale, by: &Actor, act: Act) -> Html {
    let name = match by {
        Actor::Agent { name, .. } => name.as_str(),
        Actor::Customer | Actor::Flow | Actor::System => "",
    };
    sentence(&locale, &format!("line.undone.{}", act.as_str()), &[("name", name)])
}

fn queued_key(because: QueuedBecause) -> &'static str {
    match because {
        QueuedBecause::HandedOff => "line.queued.handed_off",
        QueuedBecause::NoFlow => "line.queued.no_flow",
        QueuedBecause::Reopened => "line.queued.reopened",
        QueuedBecause::Transferred => "line.queued.transferred",
    }
}

fn considered(locale: Locale, event: &Event) -> Option<ReasonCard> {
    let Event::ConversationAssigned { name, reason, .. } = event else { return None };
    let AssignmentReason { considered, .. } = reason;
    (!considered.is_empty()).then(|| ReasonCard { locale, agent_name: name.clone(), reason: reason.clone() })
}

fn handed_note(event: &Event) -> Option<String> {
    let Event::ConversationTransferred { note, .. } = event else { return None };
    note.clone().filter(|note| !note.trim().is_empty())
}
