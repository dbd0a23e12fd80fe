//! What happened, in one small sentence of the thread.

use askama::Template;
use jiff::Timestamp;

use crate::domain::contact::Identity;
use crate::domain::event::{Act, Actor, Destination, Event, QueuedBecause, Recorded};
use crate::domain::ids::{ContactId, ConversationId, MessageId};
use crate::domain::landing::Instead;
use crate::domain::overdue::Step;
use crate::domain::routing::skills::Widening;
use crate::domain::routing::{AssignmentReason, Named, Priority, SentBy};
use crate::domain::unspoken::Unspoken;
use crate::web::conversations::view::brief::hand_off_reason;
use crate::web::conversations::view::context::{ReasonCard, reason_sentence};
use crate::web::layouts::html::Html;
use crate::web::layouts::skills;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::{self, sentence};
use crate::web::locale::Locale;
use crate::web::messages::view::{Quoted, summary};

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
    pub reason: Option<Box<ReasonCard>>,
    /// What a colleague wrote when handing over, or how an edited message reads now.
    pub note: Option<String>,
    /// The message it is about, and its first words.
    pub about: Option<(MessageId, String)>,
    /// The conversation and the contact that a person may part from its own.
    pub joined: Option<(ConversationId, ContactId)>,
    /// The conversation it leads to.
    pub leads_to: Option<ConversationId>,
}

/// Characters of a message that a line about it shows.
const SHOWN: usize = 60;

impl SystemLine {
    /// The line of an event, if the timeline shows one for it. `address`: where the customer is reached.
    #[must_use]
    pub fn of(locale: Locale, address: Option<&Identity>, recorded: &Recorded) -> Option<Self> {
        let event = &recorded.event;
        Some(Self {
            locale,
            seq: recorded.seq,
            at: recorded.at,
            kind: event.kind(),
            sentence: told(locale, address, event)?,
            reason: considered(locale, event),
            note: handed_note(event),
            about: None,
            joined: joined(event),
            leads_to: leads_to(event),
        })
    }

    /// The line of something the customer, called `name`, did without saying anything; `quote` is the message it is about.
    #[must_use]
    pub fn unspoken(locale: Locale, (seq, at): (i64, Timestamp), name: &str, unspoken: &Unspoken, quote: Option<&Quoted>) -> Self {
        let about = quote.and_then(|quote| Some((quote.message?, short(&summary(locale, quote.content.as_ref()?)))));
        let note = match unspoken {
            Unspoken::Edit { text, .. } => text.clone(),
            Unspoken::Notice { words } => words.clone(),
            _ => None,
        };
        let sentence = unspoken_sentence(locale, name, unspoken, about.is_some());
        Self { locale, seq, at, kind: unspoken_kind(unspoken), sentence, reason: None, note, about, joined: None, leads_to: None }
    }

    /// Whether what stands below the line are the customer's words, and not a colleague's.
    fn is_customers(&self) -> bool {
        matches!(self.kind, "edit" | "notice")
    }

    fn icon(&self) -> &'static str {
        match self.kind {
            "conversation_assigned" => "user-check",
            "conversation_transferred" => "arrow-right-left",
            "conversation_resolved" => "circle-check",
            "conversation_reopened" | "act_undone" => "rotate-ccw",
            "conversation_queued" | "wait_noted" | "answer_overdue" | "conversation_kept" => "hourglass",
            "sla_due_soon" | "sla_breached" => "timer",
            "priority_changed" => "flag",
            "skills_asked" | "skills_widened" => "award",
            "handed_off" | "flow_started" | "bot_started" => "bot",
            "message_resent" | "message_left" => "circle-help",
            "window_opened" | "window_closed" => "clock",
            "field_set" | "contact_renamed" | "address_changed" | "number_taken_over" | "contacts_joined" | "customer_moved_on"
            | "contacts_parted" => "tag",
            "reaction" => "corner-up-left",
            "edit" | "deletion" => "history",
            "call" => "phone",
            "notice" => "megaphone",
            _ => "message-circle",
        }
    }
}

/// Whom it is for, as a rule or a person says.
fn asked(locale: Locale, by: &Actor, required: &[Named], preferred: &[Named]) -> Html {
    let who = |key: &str, all: &[Named]| (!all.is_empty()).then(|| sentence(&locale, key, &[("who", &skills::who(locale, all))]));
    let by = if let Actor::Agent { name, .. } = by { Some(sentence(&locale, "line.skills_by", &[("name", name)])) } else { None };
    let anybody = (required.is_empty() && preferred.is_empty()).then(|| sentence(&locale, "line.skills_none", &[]));
    let told = [by, who("line.skills_required", required), who("line.skills_preferred", preferred), anybody];
    Html::trusted(told.into_iter().flatten().map(Html::into_string).collect::<Vec<_>>().join("; "))
}

/// What is wanted less of, as nobody was free.
fn widened(locale: Locale, does: Widening, seconds: i64, was: &[Named], required: &[Named]) -> Html {
    let (was, who, time) = (skills::who(locale, was), skills::who(locale, required), skills::waited(seconds));
    let key = format!("line.widened.{}", does.as_str());
    sentence(&locale, &key, &[("was", &was), ("who", &who), ("time", &time)])
}

fn joined(event: &Event) -> Option<(ConversationId, ContactId)> {
    let Event::ContactsJoined { conversation, other } = event else { return None };
    Some((*conversation, *other))
}

fn leads_to(event: &Event) -> Option<ConversationId> {
    let Event::CustomerMovedOn { to } = event else { return None };
    Some(*to)
}

fn told(locale: Locale, address: Option<&Identity>, event: &Event) -> Option<Html> {
    let plain = |key: &str| sentence(&locale, key, &[]);
    Some(match event {
        Event::ConversationQueued { name, instead: Some(Instead { name: meant, why, .. }), .. } => {
            sentence(&locale, &format!("line.instead.{}", why.as_str()), &[("queue", name), ("meant", meant)])
        }
        Event::ConversationOpened { .. } => plain("line.opened"),
        Event::ConversationReopened { by } => by_actor(locale, "line.reopened", by),
        Event::MessageResent { by, .. } => by_actor(locale, "line.resent", by),
        Event::MessageLeft { by, .. } => by_actor(locale, "line.left", by),
        Event::WindowOpened { .. } => plain("line.window_opened"),
        Event::WindowClosed => plain("line.window_closed"),
        Event::FlowStarted { .. } => plain("line.flow_started"),
        Event::BotStarted { .. } => plain("line.bot_started"),
        Event::TagAdded { name, .. } => sentence(&locale, "line.tag_added", &[("tag", name)]),
        Event::DetailSet { field, value } | Event::FieldSet { field, value } => {
            sentence(&locale, "line.field_set", &[("field", &words::field_label(field)), ("value", &locale.phones().noted(value, address))])
        }
        Event::HandedOff { by, brief } => {
            let reason = hand_off_reason(locale, &brief.reason);
            Html::trusted(format!("{} {reason}", plain(handed_off_key(by))))
        }
        Event::ConversationQueued { name, sent: Some(SentBy::Rule { name: rule, version, .. }), .. } => {
            sentence(&locale, "line.queued.rule", &[("queue", name), ("rule", rule), ("version", &version.to_string())])
        }
        Event::ConversationQueued { name, sent: Some(SentBy::RuleKeeping { name: rule, version, .. }), .. } => {
            sentence(&locale, "line.queued.rule_keeping", &[("queue", name), ("rule", rule), ("version", &version.to_string())])
        }
        Event::ConversationQueued { name, because, .. } => queued(locale, name, because),
        Event::ConversationAssigned { name, reason, .. } => reason_sentence(locale, name, reason),
        Event::SkillsAsked { by, required, preferred } => asked(locale, by, required, preferred),
        Event::SkillsWidened { does, seconds, was, required, .. } => widened(locale, *does, *seconds, was, required),
        Event::WaitNoted { name, why, seconds, most, is_told, .. } => {
            let (time, most) = (skills::waited(*seconds), most.unwrap_or_default().to_string());
            let values = [("queue", name.as_str()), ("time", &time), ("most", &most)];
            told_too(locale, sentence(&locale, &format!("line.waits.{}", why.as_str()), &values), *is_told)
        }
        Event::ConversationTransferred { by, to, .. } => transferred(locale, by, to),
        Event::PriorityChanged { by, to, .. } => prioritised(locale, by, *to),
        Event::ConversationResolved { by, .. } => by_actor(locale, "line.resolved", by),
        Event::AnswerOverdue { step, name, minutes, .. } => overdue(locale, *step, name, *minutes),
        Event::ConversationKept { name, until, .. } => with_time(&sentence(&locale, "line.kept", &[("name", name)]), until),
        Event::SlaDueSoon { clock, due_at } => with_time(&plain(&format!("line.sla_due_soon.{}", clock.as_str())), due_at),
        Event::SlaBreached { clock, due_at } => with_time(&plain(&format!("line.sla_breached.{}", clock.as_str())), due_at),
        Event::ActUndone { by, act, .. } => undone(locale, by, *act),
        Event::ContactRenamed { name } => sentence(&locale, "line.renamed", &[("name", &locale.phones().name(name))]),
        Event::AddressChanged { to, .. } => sentence(&locale, "line.address_changed", &[("to", &to.read_by(locale.phones()))]),
        Event::NumberTakenOver { .. } => plain("line.number_taken_over"),
        Event::ContactsJoined { .. } => plain("line.contacts_joined"),
        Event::CustomerMovedOn { .. } => plain("line.customer_moved_on"),
        Event::ContactsParted { by, .. } => by_actor(locale, "line.contacts_parted", by),
        Event::Strange(_) => plain("line.strange"),
        Event::MessageReceived { .. }
        | Event::MessageQueued { .. }
        | Event::MessageStatusChanged { .. }
        | Event::MediaChanged { .. }
        | Event::AnswerRecorded { .. }
        | Event::WaitAnnounced { .. }
        | Event::LanguageLearned { .. }
        | Event::UsernameLearned { .. }
        | Event::NoteAdded { .. }
        | Event::DeliveryPostponed { .. }
        | Event::MessageAccepted { .. }
        | Event::LeftOutbox { .. }
        | Event::InboxPaused { .. }
        | Event::FlowAdvanced { .. }
        | Event::ClocksSet { .. }
        | Event::TimerSet { .. }
        | Event::TimerCancelled { .. } => return None,
    })
}

/// A word for the icon and for tests.
fn unspoken_kind(unspoken: &Unspoken) -> &'static str {
    match unspoken {
        Unspoken::Reaction { .. } => "reaction",
        Unspoken::Edit { .. } => "edit",
        Unspoken::Deletion { .. } => "deletion",
        Unspoken::CallPermission { .. } => "call",
        Unspoken::ChatOpened
        | Unspoken::Disappearing
        | Unspoken::NumberChanged { .. }
        | Unspoken::UserIdChanged { .. }
        | Unspoken::SecurityCodeChanged
        | Unspoken::Notice { .. } => "notice",
    }
}

/// Every sentence begins with the name, which is marked, so that it changes when the contact gets another one.
fn unspoken_sentence(locale: Locale, name: &str, unspoken: &Unspoken, has_quote: bool) -> Html {
    let quoted = if has_quote { "_to" } else { "" };
    let (key, other) = match unspoken {
        Unspoken::Reaction { emoji: Some(emoji), .. } => (format!("reaction{quoted}"), Some(("emoji", emoji.clone()))),
        Unspoken::Reaction { emoji: None, .. } => (format!("reaction_gone{quoted}"), None),
        Unspoken::Edit { text: Some(_), .. } => ("edit".to_owned(), None),
        Unspoken::Edit { text: None, .. } => ("edit_untold".to_owned(), None),
        Unspoken::Deletion { .. } => (format!("deletion{quoted}"), None),
        Unspoken::ChatOpened => ("chat_opened".to_owned(), None),
        Unspoken::CallPermission { is_granted: true } => ("call_allowed".to_owned(), None),
        Unspoken::CallPermission { is_granted: false } => ("call_refused".to_owned(), None),
        Unspoken::Disappearing => ("disappearing".to_owned(), None),
        Unspoken::NumberChanged { to: Some(to) } => ("number_changed_to".to_owned(), Some(("number", locale.phones().number(to)))),
        Unspoken::NumberChanged { to: None } => ("number_changed".to_owned(), None),
        Unspoken::UserIdChanged { .. } => ("user_id_changed".to_owned(), None),
        Unspoken::SecurityCodeChanged => ("security_code_changed".to_owned(), None),
        Unspoken::Notice { words: Some(_) } => ("notice".to_owned(), None),
        Unspoken::Notice { words: None } => ("notice_untold".to_owned(), None),
    };
    let values: Vec<(&str, &str)> =
        [("name", name)].into_iter().chain(other.as_ref().map(|(name, value)| (*name, value.as_str()))).collect();
    let sentence = sentence(&locale, &format!("line.unspoken.{key}"), &values);
    Html::trusted(sentence.into_string().replacen("<bdi>", r#"<bdi class="line__who">"#, 1))
}

fn short(text: &str) -> String {
    if text.chars().count() <= SHOWN { text.to_owned() } else { format!("{}…", text.chars().take(SHOWN).collect::<String>().trim_end()) }
}

fn by_actor(locale: Locale, key: &str, by: &Actor) -> Html {
    match by {
        Actor::Agent { name, .. } => sentence(&locale, &format!("{key}.agent"), &[("name", name)]),
        Actor::Customer => sentence(&locale, &format!("{key}.customer"), &[]),
        Actor::Flow => sentence(&locale, &format!("{key}.flow"), &[]),
        Actor::Bot { .. } | Actor::System => sentence(&locale, &format!("{key}.system"), &[]),
    }
}

fn handed_off_key(by: &Actor) -> &'static str {
    match by {
        Actor::Bot { .. } => "line.handed_off.bot",
        Actor::Flow | Actor::Customer | Actor::Agent { .. } | Actor::System => "line.handed_off.flow",
    }
}

fn transferred(locale: Locale, by: &Actor, to: &Destination) -> Html {
    let (Destination::Agent { name: to, .. } | Destination::Queue { name: to, .. }) = to;
    match by {
        Actor::Agent { name, .. } => sentence(&locale, "line.transferred.agent", &[("name", name), ("to", to)]),
        Actor::Customer | Actor::Flow | Actor::Bot { .. } | Actor::System => sentence(&locale, "line.transferred.system", &[("to", to)]),
    }
}

fn prioritised(locale: Locale, by: &Actor, to: Priority) -> Html {
    let priority = words::priority(locale, to);
    match by {
        Actor::Agent { name, .. } => sentence(&locale, "line.prioritised.agent", &[("name", name), ("priority", &priority)]),
        Actor::Customer | Actor::Flow | Actor::Bot { .. } | Actor::System => {
            sentence(&locale, "line.prioritised.system", &[("priority", &priority)])
        }
    }
}

fn undone(locale: Locale, by: &Actor, act: Act) -> Html {
    let name = match by {
        Actor::Agent { name, .. } => name.as_str(),
        Actor::Customer | Actor::Flow | Actor::Bot { .. } | Actor::System => "",
    };
    sentence(&locale, &format!("line.undone.{}", act.as_str()), &[("name", name)])
}

fn queued(locale: Locale, queue: &str, because: &QueuedBecause) -> Html {
    let plain = |key: &str| sentence(&locale, key, &[("queue", queue)]);
    match because {
        QueuedBecause::HandedOff => plain("line.queued.handed_off"),
        QueuedBecause::NoFlow => plain("line.queued.no_flow"),
        QueuedBecause::Reopened => plain("line.queued.reopened"),
        QueuedBecause::Transferred => plain("line.queued.transferred"),
        QueuedBecause::QueueRemoved => plain("line.queued.queue_removed"),
        QueuedBecause::Moved => plain("line.queued.moved"),
        QueuedBecause::Returned => plain("line.queued.returned"),
        QueuedBecause::Overflowed { name, why, seconds, is_told, .. } => {
            let values = [("queue", queue), ("from", name), ("time", &skills::waited(*seconds))];
            told_too(locale, sentence(&locale, &format!("line.overflowed.{}", why.as_str()), &values), *is_told)
        }
        QueuedBecause::OwnerGone { name, minutes, .. } => {
            sentence(&locale, "line.queued.owner_gone", &[("name", name), ("span", &words::span(locale, *minutes)), ("queue", queue)])
        }
        QueuedBecause::SignedOff { name, .. } => sentence(&locale, "line.queued.signed_off", &[("name", name), ("queue", queue)]),
        QueuedBecause::KeptUntil { name, until, .. } => {
            with_time(&sentence(&locale, "line.queued.kept_until", &[("name", name), ("queue", queue)]), until)
        }
        QueuedBecause::Unanswered { name, minutes, .. } => {
            sentence(&locale, "line.queued.unanswered", &[("name", name), ("span", &words::span(locale, *minutes)), ("queue", queue)])
        }
    }
}

/// What happened, and that the customer was told.
fn told_too(locale: Locale, words: Html, is_told: bool) -> Html {
    if is_told { Html::trusted(format!("{words}; {}", sentence(&locale, "line.customer_told", &[]))) } else { words }
}

/// Words that end in a time.
fn with_time(words: &Html, at: &Timestamp) -> Html {
    Html::trusted(format!("{words} {}", time::element(at, "moment")))
}

fn overdue(locale: Locale, step: Step, name: &str, minutes: i64) -> Html {
    let key = match step {
        Step::Nudge => "line.overdue.nudge",
        Step::Alarm | Step::Return => "line.overdue.alarm",
    };
    sentence(&locale, key, &[("name", name), ("span", &words::span(locale, minutes))])
}

fn considered(locale: Locale, event: &Event) -> Option<Box<ReasonCard>> {
    let Event::ConversationAssigned { name, reason, .. } = event else { return None };
    let AssignmentReason { considered, .. } = reason;
    (!considered.is_empty()).then(|| Box::new(ReasonCard { locale, agent_name: name.clone(), reason: reason.clone() }))
}

fn handed_note(event: &Event) -> Option<String> {
    let Event::ConversationTransferred { note, .. } = event else { return None };
    note.clone().filter(|note| !note.trim().is_empty())
}
