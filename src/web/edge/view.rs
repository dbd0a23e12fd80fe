//! What a person reads when something cannot be done: refusals in words, the reply that is held back, and error pages.

use askama::Template;
use askama::filters::HtmlSafe;
use askama_web::WebTemplate;
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::ids::ConversationId;
use crate::domain::refusal::Refusal;
use crate::domain::setup::SetupRefusal;
use crate::web::layouts::faults;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;
use crate::web::threads::view::ThreadItem;

/// A refusal in the person's language.
#[must_use]
pub fn refusal_words(locale: Locale, refusal: &Refusal) -> Html {
    let key = format!("refusal.{}", refusal.key());
    match refusal {
        Refusal::HeldByAnother { name }
        | Refusal::GivenMeanwhile { name }
        | Refusal::NotHere { name }
        | Refusal::SignedOff { name }
        | Refusal::MayNotReply { name } => sentence(&locale, &key, &[("name", name)]),
        Refusal::QueuedMeanwhile { queue } => sentence(&locale, &key, &[("queue", queue)]),
        Refusal::NoRoom { name, load, capacity } => {
            sentence(&locale, &key, &[("name", name), ("load", &load.to_string()), ("capacity", &capacity.to_string())])
        }
        Refusal::YouHaveNoRoom { load, capacity } => {
            sentence(&locale, &key, &[("load", &load.to_string()), ("capacity", &capacity.to_string())])
        }
        Refusal::Overtaken { name } => sentence(&locale, &key, &[("name", name.as_deref().unwrap_or_default())]),
        Refusal::SetUp(refusal) => {
            let values = refusal.values();
            let words = sentence(&locale, &key, &values.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
            match refusal {
                SetupRefusal::RuleFaulty { fault, .. } => Html::trusted(format!("{words} {}", faults::of_condition(locale, fault))),
                _ => words,
            }
        }
        Refusal::CountUnfit { least, most } => sentence(&locale, &key, &[("least", &least.to_string()), ("most", &most.to_string())]),
        Refusal::TooLong { limit } => sentence(&locale, &key, &[("limit", &limit.to_string())]),
        Refusal::Already { since } => Html::trusted(format!("{} {}", sentence(&locale, &key, &[]), time::element(since, "moment"))),
        Refusal::WindowClosed
        | Refusal::Disconnected
        | Refusal::NotTaken
        | Refusal::HeldByFlow
        | Refusal::HeldByBot
        | Refusal::Resolved
        | Refusal::NotResolved
        | Refusal::ThreadMovedOn { .. }
        | Refusal::NoConversation
        | Refusal::OutOfSight
        | Refusal::UnknownPerson
        | Refusal::UnknownQueue
        | Refusal::KeptUnfit
        | Refusal::Empty
        | Refusal::NoPictures
        | Refusal::NothingToSettle
        | Refusal::NothingToUndo
        | Refusal::TooLateToUndo
        | Refusal::NotAllowed
        | Refusal::Duplicate
        | Refusal::Busy
        | Refusal::UsedElsewhere
        | Refusal::AnotherUnderWay => sentence(&locale, &key, &[]),
    }
}

/// A refused form sent without scripts: why, and the way back. Answer with 409 or 422.
#[derive(Template, WebTemplate)]
#[template(path = "errors/refusal.html")]
pub struct RefusalPage {
    pub locale: Locale,
    pub words: Html,
    /// Where the person came from, e.g. `/conversations/…`.
    pub back: String,
    /// What they had written, so that it is not lost.
    pub text: Option<String>,
    /// Set when the thread moved on: what changed, and the form to send anyway.
    pub moved_on: Option<ThreadMovedOn>,
}

/// Something that happened while a person was writing.
#[derive(Debug, Clone)]
pub struct Changed {
    pub author_name: String,
    pub text: String,
    pub at: Timestamp,
}

impl Changed {
    /// The short form of a message or note; system lines have none.
    #[must_use]
    pub fn of(item: &ThreadItem) -> Option<Self> {
        match item {
            ThreadItem::Message(bubble) => Some(Self { author_name: bubble.author_label(), text: bubble.summary(), at: bubble.at }),
            ThreadItem::Note(note) => Some(Self { author_name: note.author.name.clone(), text: note.body.clone(), at: note.at }),
            ThreadItem::Line(_) => None,
        }
    }
}

/// A reply that was held because the thread moved on since its author last looked. Element id `guard`.
#[derive(Debug, Clone, Template)]
#[template(path = "conversations/guard.html")]
pub struct ThreadMovedOn {
    pub locale: Locale,
    pub csrf: String,
    pub conversation: ConversationId,
    /// The id the refused form carried; used again.
    pub message_id: Uuid,
    pub text: String,
    /// Characters that an answer may have.
    pub longest: usize,
    /// Whether it was to resolve as well.
    pub resolve: bool,
    /// What is seen now.
    pub seen: i64,
    /// The version of the draft that it was.
    pub draft_version: i64,
    pub changed: Vec<Changed>,
}

impl HtmlSafe for ThreadMovedOn {}

/// A page for what is not there, not allowed, or broken.
#[derive(Template, WebTemplate)]
#[template(path = "errors/error.html")]
pub struct ErrorPage {
    pub locale: Locale,
    pub status: u16,
    /// Which words: the keys under `error`.
    pub case: &'static str,
    /// What to tell whoever keeps the machine; with 500.
    pub request_id: Option<String>,
}

impl ErrorPage {
    fn key(&self, part: &str) -> String {
        format!("error.{}.{part}", self.case)
    }
}
