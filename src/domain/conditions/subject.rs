//! What conditions can be about: exactly what is known when a conversation comes in.

use std::fmt;

use super::tree::Comparison;
use crate::domain::details::{FieldKind, FieldOf, Vocabulary};

/// Characters of the name of a field or an answer at most.
const LONGEST_NAME: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The words of the customer, each message and each answer for itself: it is enough that one of them is so.
    MessageText,
    Inbox,
    ContactLanguage,
    ContactName,
    /// A field of the customer, by its key.
    ContactField(String),
    /// A field of the conversation, by its key.
    ConversationField(String),
    ConversationTags,
    /// What a flow or a bot asked, by the name of the answer.
    Answer(String),
    /// Who held the conversation last, before the customer came back.
    PreviousAgent,
    /// Whether the queue is open that it would go to otherwise.
    QueueOpen,
    /// Where the workspace is.
    Weekday,
    TimeOfDay,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Date,
    YesNo,
    /// One of those that a field has to choose from.
    Choice,
    /// A text that may be a number or a date: what a flow asked for is not known here.
    Any,
    Inbox,
    Person,
    Tags,
    Weekday,
    TimeOfDay,
}

pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Subject {
    /// Those that every workspace has.
    pub const FIXED: [Subject; 9] = [
        Subject::MessageText,
        Subject::Inbox,
        Subject::ContactLanguage,
        Subject::ContactName,
        Subject::ConversationTags,
        Subject::PreviousAgent,
        Subject::QueueOpen,
        Subject::Weekday,
        Subject::TimeOfDay,
    ];

    /// Of a stored word; nothing for one that this version does not know.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        let is_name =
            |name: &str| !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains(|c: char| c.is_control());
        let named = |prefix: &str| word.strip_prefix(prefix).filter(|name| is_name(name)).map(str::to_owned);
        let fixed = Self::FIXED.into_iter().find(|subject| subject.to_string() == word);
        fixed
            .or_else(|| named("contact.fields.").map(Subject::ContactField))
            .or_else(|| named("conversation.fields.").map(Subject::ConversationField))
            .or_else(|| named("answers.").map(Subject::Answer))
    }

    /// What is compared; nothing where it is a field that is not defined.
    #[must_use]
    pub fn kind(&self, words: &Vocabulary) -> Option<Kind> {
        let field = |key: &str, of: FieldOf| words.field(key).filter(|field| field.of == of).map(|field| kind_of(field.kind));
        match self {
            Subject::MessageText | Subject::ContactLanguage | Subject::ContactName => Some(Kind::Text),
            Subject::Inbox => Some(Kind::Inbox),
            Subject::ContactField(key) => field(key, FieldOf::Contact),
            Subject::ConversationField(key) => field(key, FieldOf::Conversation),
            Subject::ConversationTags => Some(Kind::Tags),
            Subject::Answer(_) => Some(Kind::Any),
            Subject::PreviousAgent => Some(Kind::Person),
            Subject::QueueOpen => Some(Kind::YesNo),
            Subject::Weekday => Some(Kind::Weekday),
            Subject::TimeOfDay => Some(Kind::TimeOfDay),
        }
    }

    /// Whether it has one value at most.
    pub(super) fn is_single(&self) -> bool {
        !matches!(self, Subject::MessageText | Subject::ConversationTags)
    }

    /// Whether it may be unknown.
    fn may_be_absent(&self) -> bool {
        !matches!(self, Subject::Inbox | Subject::QueueOpen | Subject::Weekday | Subject::TimeOfDay)
    }

    /// How it can be compared.
    #[must_use]
    pub fn comparisons(&self, kind: Kind) -> Vec<Comparison> {
        use Comparison::{After, AtLeast, AtMost, Before, Between, Contains, Has, Is, LessThan, MoreThan, OneOf, StartsWith};
        let mut all = match kind {
            Kind::Text => vec![Is, OneOf, Contains, StartsWith],
            Kind::Number => vec![Is, AtLeast, AtMost, MoreThan, LessThan],
            Kind::Date => vec![Is, Before, After],
            Kind::YesNo => vec![Is],
            Kind::Choice => vec![Is, OneOf],
            Kind::Any => vec![Is, OneOf, Contains, StartsWith, AtLeast, AtMost, MoreThan, LessThan, Before, After],
            Kind::Inbox | Kind::Person | Kind::Weekday => vec![Is, OneOf],
            Kind::Tags => vec![Has, OneOf],
            Kind::TimeOfDay => vec![Between, Before, After],
        };
        if self.may_be_absent() {
            all.extend([Comparison::Present, Comparison::Absent]);
        }
        all
    }
}

fn kind_of(kind: FieldKind) -> Kind {
    match kind {
        FieldKind::Text | FieldKind::Link => Kind::Text,
        FieldKind::Choice => Kind::Choice,
        FieldKind::Number => Kind::Number,
        FieldKind::Date => Kind::Date,
        FieldKind::YesNo => Kind::YesNo,
    }
}

/// As it is stored.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::MessageText => f.write_str("message.text"),
            Subject::Inbox => f.write_str("inbox"),
            Subject::ContactLanguage => f.write_str("contact.language"),
            Subject::ContactName => f.write_str("contact.name"),
            Subject::ContactField(key) => write!(f, "contact.fields.{key}"),
            Subject::ConversationField(key) => write!(f, "conversation.fields.{key}"),
            Subject::ConversationTags => f.write_str("conversation.tags"),
            Subject::Answer(name) => write!(f, "answers.{name}"),
            Subject::PreviousAgent => f.write_str("previous_agent"),
            Subject::QueueOpen => f.write_str("time.open"),
            Subject::Weekday => f.write_str("time.weekday"),
            Subject::TimeOfDay => f.write_str("time.of_day"),
        }
    }
}
