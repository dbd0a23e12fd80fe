//! Who sent a message: `from…` of the message, joined with its line of `contacts[]`.

use serde_json::{Map, Value};

use super::reading::{identity, object, text, user_id};
use crate::domain::contact::Identity;
use crate::domain::inbound::Sender;

/// Longest profile name that is kept, in characters. WhatsApp allows 25; the text is the customer's.
const LONGEST_NAME: usize = 256;

/// The lines of `contacts[]`, as far as they can be read.
pub(super) struct Contacts {
    known: Vec<Known>,
    /// Whether all messages beside them name the same sender, so that a lone contact is that sender even under another
    /// number (Brazil, Mexico and Argentina have two forms).
    one_sender: bool,
}

struct Known {
    phone: Option<Identity>,
    user_id: Option<Identity>,
    name: Option<String>,
    username: Option<String>,
}

impl Contacts {
    pub(super) fn read(contacts: &Value, messages: &[Value]) -> Self {
        let known = contacts.as_array().into_iter().flatten().filter_map(Value::as_object).map(Known::read).collect();
        let mut senders = messages.iter().filter_map(Value::as_object).map(named_in);
        let first = senders.next();
        let one_sender = senders.all(|sender| Some(sender) == first);
        Self { known, one_sender }
    }

    /// Who sent `message`; none when nothing names anyone.
    pub(super) fn sender_of(&self, message: &Map<String, Value>) -> Option<Sender> {
        let named = named_in(message);
        let known = self.line_of(&named);
        // `wa_id` is the address to answer to; a `from` that differs is a way to write it, or somebody else's: it names nobody.
        let has_phone = known.is_some_and(|known| known.phone.is_some());
        let named = named.into_iter().filter(|identity| !has_phone || matches!(identity, Identity::UserId(_)));
        let in_contacts = known.into_iter().flat_map(|known| known.phone.iter().chain(&known.user_id)).cloned();
        let mut identities: Vec<Identity> = Vec::with_capacity(2);
        for identity in in_contacts.chain(named) {
            if !identities.contains(&identity) {
                identities.push(identity);
            }
        }
        let (name, username) = known.map(|known| (known.name.clone(), known.username.clone())).unwrap_or_default();
        (!identities.is_empty()).then_some(Sender { identities, name, username, found: None })
    }

    /// The line that names one of `named`, or else the only one, unless it is clear that it speaks of somebody else.
    fn line_of(&self, named: &[Identity]) -> Option<&Known> {
        let exact = self.known.iter().find(|known| named.iter().any(|identity| known.is(identity)));
        exact.or_else(|| match self.known.as_slice() {
            [only] if self.one_sender && !only.contradicts(named) => Some(only),
            _ => None,
        })
    }
}

impl Known {
    fn read(contact: &Map<String, Value>) -> Self {
        let said = |key: &str| {
            let words = object(contact, "profile").and_then(|profile| text(profile, key)).filter(|words| !words.trim().is_empty());
            words.map(|words| words.chars().take(LONGEST_NAME).collect::<String>())
        };
        Self {
            phone: identity(contact, "wa_id"),
            user_id: user_id(contact, "user_id"),
            name: said("name"),
            username: said("username").map(|username| username.trim_start_matches('@').to_owned()),
        }
    }

    fn is(&self, identity: &Identity) -> bool {
        self.phone.as_ref() == Some(identity) || self.user_id.as_ref() == Some(identity)
    }

    fn contradicts(&self, named: &[Identity]) -> bool {
        let other = |identity: &Identity| matches!(identity, Identity::UserId(_)) && !self.is(identity);
        self.user_id.is_some() && named.iter().any(other)
    }
}

/// Whom the message itself names.
fn named_in(message: &Map<String, Value>) -> Vec<Identity> {
    identity(message, "from").into_iter().chain(user_id(message, "from_user_id")).collect()
}
