//! Channels: how customers are reached through an inbox, and what each channel allows. Flows, the composer, the check of an answer and
//! whoever builds requests read it here, and it stands nowhere else.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The name of a channel, as inboxes store it; one that this build does not know is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Channel(Cow<'static, str>);

impl Channel {
    pub const WHATSAPP: Channel = Channel::named("whatsapp");

    /// The channel of this name: small letters, no `:`.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Channel {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

/// Whose bodies are taken in: an account with a provider of a channel, written `whatsapp:1001`.
#[must_use]
pub fn source(channel: &Channel, account: &str) -> String {
    format!("{}:{account}", channel.as_str())
}

/// The channel of a source.
#[must_use]
pub fn channel_of(source: &str) -> Channel {
    Channel::from(source.split_once(':').map_or(source, |(channel, _)| channel).to_owned())
}

/// What a channel allows. Lengths are in characters, sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long after a customer's message they may be written to freely; always, where there is none.
    pub window: Option<SignedDuration>,
    /// Longest text.
    pub text: usize,
    /// Without them, a question is asked with numbered choices.
    pub buttons: Option<Buttons>,
    pub list: Option<List>,
    /// Nothing but words, where there are none.
    pub pictures: Option<Pictures>,
    pub formatting: Formatting,
    /// The kinds of [`Identity`](super::contact::Identity) that can be written to.
    pub identities: &'static [&'static str],
    pub thread: Thread,
}

/// Buttons below a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buttons {
    pub most: usize,
    /// The question above them.
    pub body: usize,
    pub title: usize,
    pub id: usize,
}

/// A list of choices that a button opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List {
    pub most: usize,
    /// The question above it.
    pub body: usize,
    /// On the button that opens it.
    pub label: usize,
    pub title: usize,
    pub description: usize,
    pub id: usize,
}

/// Pictures that are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pictures {
    pub largest: usize,
    /// Their media types.
    pub types: &'static [&'static str],
    pub caption: usize,
}

/// What marks in a text mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Formatting {
    /// `*bold*`, `_italic_`, `~struck~`, `` `mono` ``.
    #[default]
    Marks,
    /// What they are: letters.
    Plain,
}

/// How the customer's side knows which messages belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thread {
    /// All that passes between a customer and an inbox is one.
    Chat,
    /// A message names the one it answers.
    References,
}

/// WhatsApp (Meta, "Send messages", "Customer service windows", "Interactive reply buttons messages", "Interactive list messages",
/// "Supported media types", "Text formatting").
pub const WHATSAPP: Rules = Rules {
    window: Some(SignedDuration::from_hours(24)),
    text: 4_096,
    buttons: Some(WHATSAPP_BUTTONS),
    list: Some(WHATSAPP_LIST),
    pictures: Some(WHATSAPP_PICTURES),
    formatting: Formatting::Marks,
    identities: &["phone", "user_id"],
    thread: Thread::Chat,
};

/// Meta, "Interactive reply buttons messages".
pub const WHATSAPP_BUTTONS: Buttons = Buttons { most: 3, body: 1_024, title: 20, id: 256 };

/// Meta, "Interactive list messages".
pub const WHATSAPP_LIST: List = List { most: 10, body: 4_096, label: 20, title: 24, description: 72, id: 200 };

/// Meta, "Supported media types": 5 MB; "Image messages".
pub const WHATSAPP_PICTURES: Pictures = Pictures { largest: 5 * 1_024 * 1_024, types: &["image/jpeg", "image/png"], caption: 1_024 };

/// A channel that this build does not know: words alone. Whoever knows it says what fits.
pub const WORDS_ALONE: Rules = Rules {
    window: None,
    text: usize::MAX,
    buttons: None,
    list: None,
    pictures: None,
    formatting: Formatting::Plain,
    identities: &[],
    thread: Thread::Chat,
};

/// The rules of the channels that this build knows. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rulebook(Cow<'static, [(Channel, &'static Rules)]>);

impl Rulebook {
    /// WhatsApp's alone.
    pub const WHATSAPP: Rulebook = Rulebook(Cow::Borrowed(&[(Channel::WHATSAPP, &WHATSAPP)]));

    #[must_use]
    pub fn new(channels: Vec<(Channel, &'static Rules)>) -> Self {
        Self(Cow::Owned(channels))
    }

    /// The rules of a channel; those of words alone when it is not known.
    #[must_use]
    pub fn of(&self, channel: &Channel) -> &'static Rules {
        self.0.iter().find(|(known, _)| known == channel).map_or(&WORDS_ALONE, |(_, rules)| rules)
    }
}

impl Rules {
    /// When the window closes that a message of `at` opened.
    #[must_use]
    pub fn window_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.window.map(|window| at.saturating_add(window).unwrap_or(Timestamp::MAX))
    }

    /// Whether a customer whose window closes at `expires_at` may be written to freely at `now`.
    #[must_use]
    pub fn may_write(&self, expires_at: Option<Timestamp>, now: Timestamp) -> bool {
        self.window.is_none() || expires_at.is_some_and(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_window_is_open_until_it_closes_and_where_there_is_none_always() {
        let closes = WHATSAPP.window_after(at(0));
        assert_eq!(closes, Some(at(24 * 3_600)));
        assert!(WHATSAPP.may_write(closes, at(24 * 3_600 - 1)));
        assert!(!WHATSAPP.may_write(closes, at(24 * 3_600)));
        assert!(!WHATSAPP.may_write(None, at(0)), "who never wrote has opened none");
        assert_eq!(WHATSAPP.window_after(Timestamp::MAX), Some(Timestamp::MAX));
        assert_eq!(WORDS_ALONE.window_after(at(0)), None);
        assert!(WORDS_ALONE.may_write(None, at(0)));
    }

    #[test]
    fn a_channel_that_nobody_knows_is_words_alone() {
        let stored: Channel = serde_json::from_str("\"pigeon\"").unwrap();
        assert_eq!(serde_json::to_string(&stored).unwrap(), "\"pigeon\"");
        let rules = Rulebook::WHATSAPP.of(&stored);
        assert_eq!((rules.buttons, rules.list, rules.pictures), (None, None, None));
        assert_eq!(Rulebook::WHATSAPP.of(&Channel::from("whatsapp".to_owned())), &WHATSAPP);
    }

    #[test]
    fn a_source_tells_its_channel() {
        let post = source(&Channel::named("post"), "mail.example.com:25");
        assert_eq!((post.as_str(), channel_of(&post)), ("post:mail.example.com:25", Channel::named("post")));
        assert_eq!(channel_of(&source(&Channel::WHATSAPP, "1001")), Channel::WHATSAPP);
    }

    #[test]
    fn a_second_channel_stands_beside_the_first() {
        static POST: Rules = Rules {
            window: None,
            text: 100_000,
            buttons: None,
            list: None,
            pictures: None,
            formatting: Formatting::Plain,
            identities: &["address"],
            thread: Thread::References,
        };
        let both = Rulebook::new(vec![(Channel::WHATSAPP, &WHATSAPP), (Channel::named("post"), &POST)]);
        assert_eq!(both.of(&Channel::named("post")), &POST);
        assert_eq!(both.of(&Channel::WHATSAPP), &WHATSAPP);
    }
}
