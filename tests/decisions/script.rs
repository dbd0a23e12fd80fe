//! What somebody does, in a sentence: `Mia writes: hi`, `Ana takes Mia`, `30s pass`, `WhatsApp refuses #2: 131026`. Whoever is not on
//! the staff is a customer. `#2` is the second message that was sent to anybody.

use std::collections::HashMap;

use baton::channels::whatsapp::errors::reaction;
use baton::channels::whatsapp::webhook::{Item, parse};
use baton::domain::access::Role;
use baton::domain::command::{Settlement, TransferTarget};
use baton::domain::conversation::Holder;
use baton::domain::delivery::Outcome;
use baton::domain::ids::{ClaimId, ContactId, ConversationId, MessageId, QueueId};
use baton::domain::inbound::{Found, InboundItem, InboundMessage};
use baton::domain::message::{Author, Choice, Content, Failure};
use baton::domain::snapshot::InOutbox;
use baton::domain::{Command, Refusal};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

pub struct Script<'a> {
    shop: &'a Shop,
    staff: HashMap<String, Colleague<'a>>,
    phones: HashMap<String, Phone<'a>>,
}

type Played = Result<(), Refusal>;

impl<'a> Script<'a> {
    pub fn new(shop: &'a Shop, staff: &[String]) -> Self {
        let hire = |entry: &String| match entry.split_once(" (") {
            Some((name, _)) => (name.to_owned(), shop.hires(name, Role::Supervisor, 8)),
            None => (entry.clone(), shop.hires(entry, Role::Agent, 8)),
        };
        Self { shop, staff: staff.iter().map(hire).collect(), phones: HashMap::new() }
    }

    /// Plays one sentence; a refusal of the rules is an answer.
    ///
    /// # Panics
    /// On a sentence it does not know.
    pub fn plays(&mut self, sentence: &str) -> Played {
        let (sentence, saw) = sentence.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (saw ")).unwrap_or((sentence, ""));
        let (deed, words) = sentence.split_once(": ").unwrap_or((sentence, ""));
        let (who, deed) = deed.split_once(' ').unwrap_or((deed, ""));
        if deed == "pass" {
            self.shop.passes(time(who));
            return Ok(());
        }
        match who {
            "routing" => {
                self.shop.routes();
                Ok(())
            }
            "WhatsApp" => self.whatsapp(deed, words),
            _ if self.staff.contains_key(who) => self.works(who, deed, words, saw),
            _ => self.customer(who, deed, words),
        }
    }

    fn works(&mut self, who: &str, deed: &str, words: &str, saw: &str) -> Played {
        let (verb, object) = deed.split_once(' ').expect("somebody does something with something");
        let (object, target) = object.split_once(' ').map_or((object, ""), |(object, rest)| (object, rest));
        if verb == "settles" {
            let choice = if target == "again" { Settlement::Resend } else { Settlement::Leave };
            let (message, by) = (self.message(object), self.staff[who].person.clone());
            let conversation = self.kept(message);
            return self.shop.about(conversation, Command::Settle { by, message, choice }).map(drop);
        }
        let (person, phone) = (&self.staff[who], self.phones[object]);
        let by = || person.person.clone();
        let to = match target.split_once(' ') {
            Some(("to", name)) => Some(TransferTarget::Agent(self.staff[name].person.user)),
            Some(("into", name)) => Some(TransferTarget::Queue(queue(name))),
            _ => None,
        };
        let command = match (verb, to) {
            ("parts", _) => Command::Part { by: by(), other: ContactId(uuid::Uuid::from_u128(9)) },
            ("answers", _) => return person.replies(&phone, words).map(drop),
            ("notes", _) => return person.notes(&phone, words).map(drop),
            ("takes", _) => Command::Take { by: by() },
            ("resolves", _) => Command::Resolve { by: by() },
            ("reopens", _) => Command::Reopen { by: by() },
            ("gives" | "puts", Some(to)) => Command::Transfer { by: by(), to, note: None },
            (other, _) => panic!("nobody knows how somebody {other}"),
        };
        let seen = (!saw.is_empty()).then(|| self.holder(saw));
        self.shop.about(phone.id(), command.as_seen(seen, person.person.user)).map(drop)
    }

    /// `queue orders`, `agent Ana`, `flow`.
    fn holder(&self, saw: &str) -> Holder {
        match saw.split_once(' ') {
            Some(("queue", name)) => Holder::Queue(queue(name)),
            Some(("agent", name)) => Holder::Agent(self.staff[name].person.user),
            _ => saw.parse().unwrap(),
        }
    }

    fn customer(&mut self, who: &str, deed: &str, words: &str) -> Played {
        let shop = self.shop;
        let phone = *self.phones.entry(who.to_owned()).or_insert_with(|| shop.phone(who));
        let (deed, late) = match deed.strip_suffix(" late").and_then(|rest| rest.rsplit_once(' ')) {
            Some((deed, late)) => (deed, time(late)),
            None => (deed, SignedDuration::ZERO),
        };
        let mut message = body(&self.last_ours(), deed, words);
        let at = shop.now() - late;
        message["timestamp"] = json!(at.as_second().to_string());
        message["id"] = json!(format!("wamid.{}", shop.fresh()));
        phone.delivers(understood(&phone, message, deed)).map(drop)
    }

    /// Our last message as a phone has it: its id, and the titles of what may be tapped on.
    fn last_ours(&self) -> (String, Vec<Choice>) {
        let tables = self.shop.tables.borrow();
        let ours: Vec<_> = tables.messages.iter().filter(|kept| kept.message.author != Author::Contact).collect();
        let offered = |content: &Content| match content {
            Content::Buttons { options, .. } | Content::List { options, .. } => options.clone(),
            _ => Vec::new(),
        };
        let options = ours.iter().flat_map(|kept| offered(&kept.message.content)).collect();
        (ours.last().map(|kept| format!("wamid.{}", kept.known.id)).unwrap_or_default(), options)
    }

    fn whatsapp(&self, deed: &str, words: &str) -> Played {
        let (verb, rest) = deed.split_once(' ').expect("WhatsApp does something with a message");
        if let Some(who) = rest.strip_suffix(" to another").filter(|_| verb == "joins") {
            let to = ConversationId(uuid::Uuid::from_u128(9));
            return self.shop.about(self.phones[who].id(), Command::MoveOn { to }).map(drop);
        }
        let (object, status) = rest.split_once(' ').unwrap_or((rest, ""));
        let message = self.message(object);
        let conversation = self.kept(message);
        let answered = |outcome| Command::RecordDelivery { message, claim: self.claims(message), attempts: 1, outcome };
        let failure = || Failure { code: words.parse().expect("a code"), title: "no".to_owned() };
        let command = match verb {
            "accepts" => answered(Outcome::Accepted { wamid: format!("wamid.{message}"), recipient: Vec::new() }),
            "loses" => answered(Outcome::Unknown { reason: "no answer".to_owned() }),
            "refuses" => answered(Outcome::Refused { failure: failure(), reaction: reaction(words.parse().expect("a code")) }),
            "says" => Command::RecordStatus(report(message, status, words, self.shop.now().as_second())),
            other => panic!("WhatsApp does not know how to {other}"),
        };
        self.shop.about(conversation, command).map(drop)
    }

    fn message(&self, number: &str) -> MessageId {
        let number: usize = number.trim_start_matches('#').parse().expect("a message is called by its number: #2");
        let tables = self.shop.tables.borrow();
        let mut ours = tables.messages.iter().filter(|kept| kept.message.author != Author::Contact);
        ours.nth(number - 1).unwrap_or_else(|| panic!("there is no message #{number}")).known.id
    }

    fn kept(&self, message: MessageId) -> ConversationId {
        let tables = self.shop.tables.borrow();
        tables.messages.iter().find(|kept| kept.known.id == message).expect("the message is kept").conversation
    }

    /// A node takes it up.
    fn claims(&self, message: MessageId) -> ClaimId {
        let claim = ClaimId(self.shop.fresh());
        let mut tables = self.shop.tables.borrow_mut();
        let kept = tables.messages.iter_mut().find(|kept| kept.known.id == message).expect("the message is kept");
        kept.known.outbox = Some(InOutbox::Claimed { claim, is_lapsed: false });
        claim
    }
}

/// `30s`, `5m`, `25h`, `3d`.
fn time(text: &str) -> SignedDuration {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: i64 = number.parse().unwrap_or_else(|_| panic!("“{text}” is no time"));
    SignedDuration::from_secs(
        number
            * match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => panic!("“{text}” is no time"),
            },
    )
}

fn queue(name: &str) -> QueueId {
    match name {
        "orders" => ORDERS,
        "billing" => BILLING,
        "support" => SUPPORT,
        other => panic!("there is no queue {other}"),
    }
}

/// Meta's body of what a customer does.
fn body((ours, options): &(String, Vec<Choice>), deed: &str, words: &str) -> Value {
    let media = |kind: &str, more: Value| {
        let mut part = json!({ "id": "77010", "mime_type": "application/octet-stream" });
        part.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "type": kind, kind: part })
    };
    let (verb, object) = deed.split_once(' ').unwrap_or((deed, ""));
    match (verb, object) {
        ("writes", _) => json!({ "type": "text", "text": { "body": words } }),
        ("taps", id) => {
            let title = options.iter().rev().find(|option| option.id == id).map_or(id, |option| &option.title);
            json!({ "type": "interactive", "interactive": { "type": "button_reply", "button_reply": { "id": id, "title": title } } })
        }
        ("sends", "a picture") if words.is_empty() => media("image", json!({})),
        ("sends", "a picture") => media("image", json!({ "caption": words })),
        ("sends", "a voice note") => media("audio", json!({ "voice": true })),
        ("sends", "a document") => media("document", json!({ "filename": "a.pdf" })),
        ("sends", "a place") => json!({ "type": "location", "location": { "latitude": 46.5, "longitude": 6.6 } }),
        ("sends", "a contact") => json!({ "type": "contacts", "contacts": [{ "name": { "formatted_name": "Ben" } }] }),
        ("sends", "an order") => json!({ "type": "order", "order": { "catalog_id": "1", "product_items": [] } }),
        ("sends", "something unsupported") => json!({ "type": "unsupported", "errors": [{ "code": 131_051 }] }),
        ("sends", "an unsupported edit") => {
            json!({ "type": "unsupported", "unsupported": { "type": "edit" }, "errors": [{ "code": 131_051 }] })
        }
        ("sends", "a hologram") => json!({ "type": "hologram", "hologram": { "depth": 3 } }),
        ("reacts", emoji) => json!({ "type": "reaction", "reaction": { "message_id": ours, "emoji": emoji } }),
        ("takes", "the reaction back") => json!({ "type": "reaction", "reaction": { "message_id": ours } }),
        ("edits", "a message") => {
            let message = json!({ "type": "text", "text": { "body": words } });
            json!({ "type": "edit", "edit": { "original_message_id": "wamid.before", "message": message } })
        }
        ("deletes", "a message") => json!({ "type": "revoke", "revoke": { "original_message_id": "wamid.before" } }),
        ("opens", "the chat") => json!({ "type": "request_welcome" }),
        ("lets", "messages disappear") => json!({ "type": "ephemeral" }),
        ("allows", "calls") => {
            let reply = json!({ "response": "accept", "response_source": "user_action" });
            json!({ "type": "interactive", "interactive": { "type": "call_permission_reply", "call_permission_reply": reply } })
        }
        ("gets", "a new user id") => {
            json!({ "type": "system", "system": { "type": "user_changed_user_id", "user_id": "DE.2", "body": "changed" } })
        }
        ("gets", "a new number") => {
            json!({ "type": "system", "system": { "type": "user_changed_number", "wa_id": "491709999999", "body": "changed" } })
        }
        _ => panic!("no customer knows how to “{deed}”"),
    }
}

/// The message as the room for WhatsApp understands it, and as the sorter hands it on. `writes from 4917 as DE.1`: what WhatsApp calls
/// them by; `… on a number of another`, `… as the same person`: what the sorter found; `… called @mia`: without a profile name.
fn understood(phone: &Phone<'_>, mut message: Value, deed: &str) -> InboundMessage {
    let after = |word: &str| deed.split_once(word).and_then(|(_, rest)| rest.split(' ').next());
    let (from, id) = (after(" from "), after(" as ").filter(|id| id.contains('.')));
    let mut contact = json!({ "profile": { "name": phone.known().name } });
    if let Some(digits) = from.or_else(|| id.is_none().then_some("491700000000")) {
        message["from"] = json!(digits);
        contact["wa_id"] = json!(digits);
    }
    if let Some(id) = id {
        message["from_user_id"] = json!(id);
        contact["user_id"] = json!(id);
    }
    if let Some(username) = after(" called @") {
        contact["profile"] = json!({ "username": username });
    }
    let mut message = match parsed(json!({ "contacts": [contact], "messages": [message] })) {
        InboundItem::Message(message) => message,
        other => panic!("{other:?}"),
    };
    if deed.ends_with("on a number of another") {
        message.sender.found = Some(Found::NumberOfAnother);
    } else if deed.ends_with("as the same person") {
        message.sender.found = Some(Found::SamePerson { other: ContactId(uuid::Uuid::from_u128(9)) });
    }
    message
}

fn report(message: MessageId, status: &str, code: &str, at: i64) -> baton::domain::inbound::StatusReport {
    let mut report = json!({
        "id": format!("wamid.{message}"), "status": status, "timestamp": at.to_string(), "recipient_id": "491700000000",
        "biz_opaque_callback_data": message.to_string(),
    });
    if let Ok(code) = code.parse::<i64>() {
        report["errors"] = json!([{ "code": code, "title": "no" }]);
    }
    match parsed(json!({ "statuses": [report] })) {
        InboundItem::Status(report) => report,
        other => panic!("{other:?}"),
    }
}

fn parsed(mut value: Value) -> InboundItem {
    value["metadata"] = json!({ "phone_number_id": "2001" });
    let body = json!({ "entry": [{ "id": "3001", "changes": [{ "field": "messages", "value": value }] }] });
    match parse(body.to_string().as_bytes()).unwrap().items.remove(0) {
        Item::ForInbox { item, .. } => item,
        other => panic!("{other:?}"),
    }
}
