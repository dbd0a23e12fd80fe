//! What the customers of traffic say.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{chats::ChatMessage, errors::Refused, users::parse_wa_id};

/// Most customers of one run.
pub const CUSTOMERS_LIMIT: usize = 50_000;
/// Most conversations that may start in a second.
const RATE_LIMIT: f64 = 5_000.0;
/// Most scripted answers.
const REPLIES_LIMIT: usize = 100;

/// Which option of buttons and lists is picked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Pick {
    /// The one with this index, counted from 0; the last when there are fewer.
    Index(usize),
    /// "first", or "random": seeded by the customer, so every run picks the same.
    Named(String),
}

/// What traffic to make.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// How many customers.
    pub customers: usize,
    /// Conversations that start per second.
    pub rate: f64,
    /// The business number; the first unless given.
    pub phone_number_id: Option<String>,
    /// Number of the first customer; the others follow.
    pub first_wa_id: String,
    /// Names are this and a number.
    pub prefix_name: String,
    /// What each customer says first.
    pub opening: String,
    /// Answers to questions, in turn.
    pub replies: Vec<String>,
    /// Which option is picked.
    pub pick: Pick,
    /// Answers after which a conversation is finished.
    pub turns: u32,
    /// Milliseconds before each answer.
    pub think_ms: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            customers: 100,
            rate: 10.0,
            phone_number_id: None,
            first_wa_id: String::from("4915100000000"),
            prefix_name: String::from("Load"),
            opening: String::from("Hello, I need some help"),
            replies: vec![String::from("Order 10234"), String::from("since yesterday"), String::from("yes, please")],
            pick: Pick::Named(String::from("first")),
            turns: 3,
            think_ms: 300,
        }
    }
}

impl Plan {
    /// Refuses plans nobody could carry out.
    pub fn check(&self) -> Result<(), Refused> {
        if !(1..=CUSTOMERS_LIMIT).contains(&self.customers) {
            return Err(Refused::bad(format!("customers must be between 1 and {CUSTOMERS_LIMIT}.")));
        }
        if !(self.rate > 0.0 && self.rate <= RATE_LIMIT) {
            return Err(Refused::bad(format!("rate must be above 0 and at most {RATE_LIMIT} a second.")));
        }
        parse_wa_id(&self.first_wa_id)?;
        if self.replies.len() > REPLIES_LIMIT {
            return Err(Refused::bad(format!("At most {REPLIES_LIMIT} replies.")));
        }
        match &self.pick {
            Pick::Named(name) if name != "first" && name != "random" => {
                Err(Refused::bad("pick must be \"first\", \"random\" or an index."))
            }
            _ => Ok(()),
        }
    }

    /// The number of one customer.
    pub fn wa_id(&self, customer: usize) -> String {
        let digits = self.first_wa_id.trim_start_matches('+');
        let first: u128 = digits.parse().unwrap_or_default();
        format!("{:0width$}", first + customer as u128, width = digits.len())
    }

    /// What a customer who has given `answers` answers says to this message, if anything.
    pub fn answer(&self, customer: usize, answers: u32, message: &ChatMessage) -> Option<Map<String, Value>> {
        let content = &message.content;
        let answer = match message.kind() {
            "interactive" => self.choose(customer, answers, message)?,
            "text" => {
                let body = content.get("text")?.get("body")?.as_str()?;
                let asks = body.contains(['?', '？', '؟']);
                if !asks || self.replies.is_empty() {
                    return None;
                }
                let reply = &self.replies[usize::try_from(answers).ok()? % self.replies.len()];
                json!({"type": "text", "text": {"body": reply}})
            }
            _ => return None,
        };
        match answer {
            Value::Object(answer) => Some(answer),
            _ => None,
        }
    }

    fn choose(&self, customer: usize, answers: u32, message: &ChatMessage) -> Option<Value> {
        let interactive = message.content.get("interactive")?;
        let action = interactive.get("action")?;
        let (kind, options): (&str, Vec<&Value>) = match interactive.get("type")?.as_str()? {
            "button" => ("button_reply", action.get("buttons")?.as_array()?.iter().filter_map(|button| button.get("reply")).collect()),
            "list" => {
                let sections = action.get("sections")?.as_array()?;
                ("list_reply", sections.iter().filter_map(|section| section.get("rows")?.as_array()).flatten().collect())
            }
            _ => return None,
        };
        let last = options.len().checked_sub(1)?;
        let place = match &self.pick {
            Pick::Index(index) => (*index).min(last),
            Pick::Named(name) if name == "random" => scatter(customer, answers) % options.len(),
            Pick::Named(_) => 0,
        };
        Some(json!({
            "type": "interactive",
            "interactive": {"type": kind, kind: options[place]},
            "context": {"id": message.id},
        }))
    }
}

/// A number that looks random and is always the same for the same customer and answer.
fn scatter(customer: usize, answers: u32) -> usize {
    let mixed = (customer as u64).wrapping_add(u64::from(answers) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 33).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chats::Ticks, ids::Origin};

    fn message(content: Value) -> ChatMessage {
        let Value::Object(content) = content else { panic!("an object") };
        ChatMessage { id: "wamid.x".into(), origin: Origin::Business, at: 0, content, ticks: Ticks::Sent, seen: false, callback_data: None }
    }

    #[test]
    fn a_customer_picks_answers_and_ignores_statements() {
        let plan = Plan { pick: Pick::Index(1), ..Plan::default() };
        let list = message(json!({"type": "interactive", "interactive": {"type": "list", "action": {"sections": [
            {"rows": [{"id": "a", "title": "A"}]}, {"rows": [{"id": "b", "title": "B"}]}]}}}));
        let answer = plan.answer(0, 0, &list).unwrap();
        assert_eq!(answer["interactive"]["list_reply"]["id"], "b");
        assert_eq!(answer["context"]["id"], "wamid.x");
        let question = message(json!({"type": "text", "text": {"body": "Which order? "}}));
        assert_eq!(plan.answer(0, 1, &question).unwrap()["text"]["body"], "since yesterday");
        let statement = message(json!({"type": "text", "text": {"body": "Thanks."}}));
        assert!(plan.answer(0, 0, &statement).is_none());
    }

    #[test]
    fn customers_have_numbers_in_a_row() {
        assert_eq!(Plan::default().wa_id(12), "4915100000012");
    }
}
