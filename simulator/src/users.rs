//! The people who hold the phones.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{clock::Millis, errors::Refused, ids, world::State};

/// Most people at a time.
pub const USER_LIMIT: usize = 100_000;
/// Longest name, in characters.
pub const NAME_LIMIT: usize = 200;

/// A person with a phone.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// The phone number, digits only.
    pub wa_id: Arc<str>,
    /// The profile name.
    pub name: String,
    /// The business-scoped user id, when webhooks carry one.
    pub user_id: Option<String>,
    /// Webhooks carry the user id only, no phone number.
    pub phone_hidden: bool,
    /// Whether the phone has a connection.
    pub online: bool,
    /// Whether read receipts are on.
    pub receipts: bool,
    /// Whether the person has blocked the business.
    pub blocked: bool,
    /// Reads what arrives by itself, unless the phone is on screen.
    pub auto_read: bool,
    /// When something last happened on this phone.
    #[serde(skip)]
    pub active: Millis,
}

impl User {
    /// A person with a phone that is on.
    pub fn new(wa_id: &str, name: &str) -> Self {
        Self {
            wa_id: Arc::from(wa_id),
            name: name.to_owned(),
            user_id: None,
            phone_hidden: false,
            online: true,
            receipts: true,
            blocked: false,
            auto_read: true,
            active: 0,
        }
    }

    /// The entry of `contacts` in a webhook (fact sheet 2.1, 2.10).
    pub fn contact(&self) -> Value {
        let mut contact = json!({"profile": {"name": self.name}});
        if !self.phone_hidden {
            contact["wa_id"] = json!(self.wa_id);
        }
        if let Some(user_id) = self.public_user_id() {
            contact["user_id"] = json!(user_id);
        }
        contact
    }

    /// The business-scoped id, if webhooks carry one.
    pub fn public_user_id(&self) -> Option<String> {
        match (&self.user_id, self.phone_hidden) {
            (Some(user_id), _) => Some(user_id.clone()),
            (None, true) => Some(ids::user_id(&self.wa_id)),
            (None, false) => None,
        }
    }
}

/// Reads a phone number given for a person: 5 to 20 digits, with or without `+`.
pub fn parse_wa_id(text: &str) -> Result<String, Refused> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_number = (5..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    match is_number {
        true => Ok(digits.to_owned()),
        false => Err(Refused::bad("wa_id must be a phone number of 5 to 20 digits.")),
    }
}

impl State {
    /// The person with this number, made when there is none.
    pub fn user_or_new(&mut self, wa_id: &str) -> Result<&mut User, Refused> {
        if !self.users.contains_key(wa_id) {
            if self.users.len() >= USER_LIMIT {
                return Err(Refused::full(format!("The simulator holds at most {USER_LIMIT} people.")));
            }
            let user = User::new(wa_id, &default_name(wa_id));
            self.users.insert(user.wa_id.clone(), user);
        }
        self.users.get_mut(wa_id).ok_or_else(|| Refused::unknown("There is no such person."))
    }

    /// The person a business-scoped user id names.
    pub fn user_by_user_id(&self, user_id: &str) -> Option<&User> {
        let given = self.users.values().find(|user| user.user_id.as_deref() == Some(user_id));
        given.or_else(|| {
            let digits = ids::wa_id_behind(user_id)?;
            self.users.get(digits).filter(|user| user.phone_hidden && user.user_id.is_none())
        })
    }

    /// The number of the person a message id of ours was made for.
    pub fn peer_of(&self, wamid: &str) -> Option<Arc<str>> {
        self.users.get_key_value(ids::peer(wamid)?.as_str()).map(|(wa_id, _)| wa_id.clone())
    }
}

/// A name for someone nobody named: always the same for the same number.
fn default_name(wa_id: &str) -> String {
    const FIRST: [&str; 16] = [
        "Lena", "Mateo", "Aisha", "Jonas", "Priya", "Luca", "Sofia", "Omar", "Emma", "Noah", "Yara", "Felix", "Mina", "Tomás", "Zoë",
        "Karim",
    ];
    const LAST: [&str; 8] = ["Berger", "Silva", "Rahman", "Keller", "Nowak", "Rossi", "Haddad", "Meyer"];
    let seed = wa_id.bytes().fold(7_usize, |seed, byte| seed.wrapping_mul(31).wrapping_add(usize::from(byte)));
    format!("{} {}", FIRST[seed % FIRST.len()], LAST[(seed / FIRST.len()) % LAST.len()])
}
