//! Webhook bodies: what Meta posts, turned into items for an inbox, notices, and rejects with a reason. Pure.
//!
//! Every entry, change, message and status of a body comes out as something: nothing is dropped, and one bad item does not
//! spoil the others. Where Meta's documents disagree, both readings are taken.

mod content;
mod mending;
mod message;
mod notice;
mod reading;
mod renaming;
mod sender;
mod status;
mod unspoken;

use serde_json::{Map, Value};

use crate::domain::contact::Identity;
use crate::domain::inbound::InboundItem;
pub use notice::NoticeKind;
use reading::{identity, integer, object, text};

/// Everything one body says, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// Never empty.
    pub items: Vec<Item>,
}

/// One thing a body says.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A customer's message or the status of one of ours.
    ForInbox { phone_number_id: String, waba_id: Option<String>, item: InboundItem },
    /// What concerns no conversation, or a field or word we do not know; kept raw, for an admin to see.
    Notice {
        waba_id: Option<String>,
        phone_number_id: Option<String>,
        kind: NoticeKind,
        /// Meta's word: `account_update`; with `/` when it is a part of one: `messages/errors`. Empty when there was none.
        field: String,
        value: Value,
        /// When, by Meta's clock, in seconds; only account notices say.
        time: Option<i64>,
    },
    /// What could not be understood: where it was (a JSON pointer), why, and its JSON; and whose it is, as far as the body said by then.
    Rejected { waba_id: Option<String>, phone_number_id: Option<String>, pointer: String, reason: String, raw: Vec<u8> },
}

/// The body is not JSON, or nested too deeply to be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body is not JSON: {reason}")]
pub struct Unreadable {
    pub reason: String,
}

/// Understands a webhook body of a signature already verified.
///
/// Two things that JSON may hold and PostgreSQL's text and jsonb may not are replaced by U+FFFD: NUL characters and lone surrogate
/// escapes (as left by cutting a name inside an emoji); so are bytes that are not UTF-8. All other text stays as it came, with
/// its bidirectional controls.
///
/// # Errors
/// [`Unreadable`], when the body is not JSON.
pub fn parse(body: &[u8]) -> Result<Parsed, Unreadable> {
    let whole = mending::read(body).map_err(|error| Unreadable { reason: error.to_string() })?;
    let mut items = Vec::with_capacity(1);
    match whole {
        Value::Object(mut envelope) if envelope.contains_key("entry") => {
            let entries = envelope.remove("entry").unwrap_or_default();
            take_entries(entries, &mut items);
            if items.is_empty() {
                items.push(notice::unknown(&Account::default(), "", Value::Object(envelope)));
            }
        }
        bare => {
            let account = Account { phone_number_id: phone_number_id(&bare), ..Account::default() };
            items.push(notice::unknown(&account, "", bare));
        }
    }
    Ok(Parsed { items })
}

/// Whom an entry or change speaks of.
#[derive(Debug, Default)]
struct Account {
    waba_id: Option<String>,
    phone_number_id: Option<String>,
    time: Option<i64>,
}

fn take_entries(entries: Value, items: &mut Vec<Item>) {
    let Value::Array(entries) = entries else {
        items.push(reject(&Account::default(), "/entry", "it is not a list", &entries));
        return;
    };
    for (index, entry) in entries.into_iter().enumerate() {
        take_entry(entry, &format!("/entry/{index}"), items);
    }
}

fn take_entry(entry: Value, pointer: &str, items: &mut Vec<Item>) {
    let Value::Object(mut entry) = entry else {
        items.push(reject(&Account::default(), pointer, "it is not an object", &entry));
        return;
    };
    let mut account = Account { waba_id: text(&entry, "id"), time: integer(&entry, "time"), ..Account::default() };
    let changes = match entry.remove("changes") {
        Some(Value::Array(changes)) if !changes.is_empty() => changes,
        Some(Value::Array(_)) | None => {
            items.push(notice::unknown(&account, "", Value::Object(entry)));
            return;
        }
        Some(other) => {
            items.push(reject(&account, &format!("{pointer}/changes"), "it is not a list", &other));
            return;
        }
    };
    // Some of Meta's account notices carry their field beside the changes instead of in them.
    let stray_field = text(&entry, "field");
    for (index, change) in changes.into_iter().enumerate() {
        take_change(change, &format!("{pointer}/changes/{index}"), stray_field.as_deref(), &mut account, items);
    }
}

fn take_change(change: Value, pointer: &str, stray_field: Option<&str>, account: &mut Account, items: &mut Vec<Item>) {
    let Value::Object(mut change) = change else {
        items.push(reject(account, pointer, "it is not an object", &change));
        return;
    };
    let Some(value) = change.remove("value") else {
        items.push(reject(account, pointer, "it has no value", &Value::Object(change)));
        return;
    };
    let field = text(&change, "field").or_else(|| stray_field.map(str::to_owned)).or_else(|| field_inside(&value)).unwrap_or_default();
    account.phone_number_id = phone_number_id(&value);
    if field == "user_id_update"
        && let (Some(number), Value::Object(value)) = (account.phone_number_id.as_deref(), &value)
        && let Some(told) = renaming::take_all(&Place { account, phone_number_id: number, own_number: None }, value)
    {
        items.extend(told);
        return;
    }
    if field != "messages" {
        items.push(notice::of_field(account, &field, value));
        return;
    }
    match value {
        Value::Object(value) => take_messages_value(value, &format!("{pointer}/value"), account, items),
        other => items.push(reject(account, &format!("{pointer}/value"), "it is not an object", &other)),
    }
}

/// The value of the field `messages`: messages, statuses and errors, in any mixture.
fn take_messages_value(mut value: Map<String, Value>, pointer: &str, account: &Account, items: &mut Vec<Item>) {
    let before = items.len();
    let Some(phone_number_id) = account.phone_number_id.as_deref() else {
        items.push(reject(account, &format!("{pointer}/metadata"), "it names no phone number", &Value::Object(value)));
        return;
    };
    let own_number = object(&value, "metadata").and_then(|metadata| identity(metadata, "display_phone_number"));
    let place = Place { account, phone_number_id, own_number };
    let contacts = value.remove("contacts").unwrap_or_default();
    if let Some(messages) = present(&mut value, "messages") {
        take_list(account, messages, &format!("{pointer}/messages"), items, |messages| message::take_all(&place, &contacts, messages));
    }
    if let Some(statuses) = present(&mut value, "statuses") {
        take_list(account, statuses, &format!("{pointer}/statuses"), items, |statuses| status::take_all(&place, statuses));
    }
    if let Some(errors) = present(&mut value, "errors") {
        items.push(notice::errors(account, errors));
    }
    if items.len() == before {
        value.insert("contacts".to_owned(), contacts);
        items.push(notice::unknown(account, "messages", Value::Object(value)));
    }
}

fn present(value: &mut Map<String, Value>, key: &str) -> Option<Value> {
    value.remove(key).filter(|part| !part.is_null())
}

/// Where a message or status came from.
struct Place<'a> {
    account: &'a Account,
    phone_number_id: &'a str,
    /// The business's own, which is nobody's who writes to it.
    own_number: Option<Identity>,
}

impl Place<'_> {
    fn item(&self, item: InboundItem) -> Item {
        Item::ForInbox { phone_number_id: self.phone_number_id.to_owned(), waba_id: self.account.waba_id.clone(), item }
    }
}

/// What cannot be understood of a message or status: the reason, and the item for the quarantine.
type Reject = (&'static str, Value);

fn take_list(
    account: &Account,
    list: Value,
    pointer: &str,
    items: &mut Vec<Item>,
    take_all: impl FnOnce(Vec<Value>) -> Vec<Result<Item, Reject>>,
) {
    let Value::Array(list) = list else {
        items.push(reject(account, pointer, "it is not a list", &list));
        return;
    };
    let taken = take_all(list).into_iter().enumerate();
    items.extend(
        taken.map(|(index, item)| item.unwrap_or_else(|(reason, raw)| reject(account, &format!("{pointer}/{index}"), reason, &raw))),
    );
}

fn phone_number_id(value: &Value) -> Option<String> {
    object(value.as_object()?, "metadata").and_then(|metadata| text(metadata, "phone_number_id"))
}

fn field_inside(value: &Value) -> Option<String> {
    text(value.as_object()?, "field")
}

fn reject(account: &Account, pointer: &str, reason: &str, raw: &Value) -> Item {
    Item::Rejected {
        waba_id: account.waba_id.clone(),
        phone_number_id: account.phone_number_id.clone(),
        pointer: pointer.to_owned(),
        reason: reason.to_owned(),
        raw: raw.to_string().into_bytes(),
    }
}
