//! Faults on order: what the next calls, or a share of them, shall suffer.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    errors::{GraphError, Refused},
    numbers,
};

/// Most faults waiting at a time.
pub const FAULT_LIMIT: usize = 100;
/// Most updates joined in one webhook (fact sheet 1.3).
pub const BATCH_LIMIT: usize = 1_000;
/// Longest delay, in milliseconds.
const DELAY_LIMIT: u32 = 600_000;

/// What a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Calls to `/messages`.
    Messages,
    /// Uploads, reads and downloads of media.
    Media,
    /// Updates on their first way to an app.
    Webhooks,
}

/// When the connection is cut. In both cases the caller gets a TCP reset and not one byte of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reset {
    /// Before the call is processed: nothing happened.
    #[serde(rename = "before_body", alias = "before")]
    Before,
    /// After the call is processed: the message is on its way, only the answer is lost.
    #[serde(rename = "after_body", alias = "after")]
    After,
}

/// A fault and how often it strikes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Given by the simulator.
    #[serde(default, skip_deserializing)]
    pub id: u64,
    /// What it strikes.
    pub target: Target,
    /// Only calls to, or updates of, this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// HTTP status of the answer; the usual one of `code` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Graph error code of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Title of the error; the usual one of `code` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Answer this text instead of Meta's envelope, as a broken gateway would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Milliseconds before anything else happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u32>,
    /// Whether and when the connection is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
    /// The webhook is sent twice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// The webhook is held back while later ones overtake it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reorder: bool,
    /// So many updates are joined in one webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// How many more times it strikes; 1 when neither this nor `share` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The share of calls it strikes, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// How many times it has struck.
    #[serde(default, skip_deserializing)]
    pub hits: u64,
}

impl Fault {
    /// Refuses a fault that could never mean anything.
    fn check(&self) -> Result<(), Refused> {
        let on_calls = self.status.is_some() || self.code.is_some() || self.body.is_some() || self.reset.is_some();
        let on_webhooks = self.duplicate || self.reorder || self.batch.is_some();
        if self.target == Target::Webhooks && on_calls {
            return Err(Refused::bad("A fault on webhooks may have delay_ms, duplicate, reorder and batch."));
        }
        if self.target != Target::Webhooks && on_webhooks {
            return Err(Refused::bad("duplicate, reorder and batch need the target webhooks."));
        }
        if !on_calls && !on_webhooks && self.delay_ms.is_none() {
            return Err(Refused::bad("A fault needs an effect: status, code, body, delay_ms, reset, duplicate, reorder or batch."));
        }
        if self.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(Refused::bad("share must be between 0 and 1."));
        }
        if self.batch.is_some_and(|batch| !(2..=BATCH_LIMIT).contains(&batch)) {
            return Err(Refused::bad(format!("batch must be between 2 and {BATCH_LIMIT}.")));
        }
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err(Refused::bad("status must be between 200 and 599."));
        }
        match self.delay_ms {
            Some(delay) if delay > DELAY_LIMIT => Err(Refused::bad(format!("delay_ms must be at most {DELAY_LIMIT}."))),
            _ => Ok(()),
        }
    }

    fn strikes(&self, target: Target, to: &str) -> bool {
        let meant =
            self.target == target && self.to.as_deref().is_none_or(|wanted| wanted == to || numbers::digits(wanted) == numbers::digits(to));
        meant && self.share.is_none_or(|share| rand::random_bool(share))
    }

    /// The answer it puts in place of the true one, if any: status and either JSON or text.
    pub fn answer(&self) -> Option<(u16, FaultBody)> {
        if let Some(body) = &self.body {
            return Some((self.status.unwrap_or(502), FaultBody::Text(body.clone())));
        }
        let code = match (self.code, self.status?) {
            (Some(code), _) => code,
            (None, 200..=299) => return None,
            (None, 401) => 190,
            (None, 403) => 10,
            (None, 429) => 130_429,
            (None, 503) => 131_016,
            (None, 400..=499) => 100,
            (None, _) => 131_000,
        };
        Some(self.error(code))
    }

    /// The answer when only a code was given.
    fn error(&self, code: i64) -> (u16, FaultBody) {
        let mut error = GraphError::new(code, "A fault ordered through /control/faults.");
        if let Some(message) = &self.message {
            error.title.clone_from(message);
        }
        error.status = self.status.unwrap_or(error.status);
        (error.status, FaultBody::Json(error.body()))
    }

    /// As [`Fault::answer`], also for faults with a code and no status.
    pub fn any_answer(&self) -> Option<(u16, FaultBody)> {
        self.answer().or_else(|| self.code.map(|code| self.error(code)))
    }
}

/// What a faulty answer says.
#[derive(Clone, Debug)]
pub enum FaultBody {
    /// Meta's envelope.
    Json(Value),
    /// Anything but JSON.
    Text(String),
}

/// All faults waiting to strike.
#[derive(Debug, Default)]
pub struct Faults {
    waiting: Vec<Fault>,
    last: u64,
}

impl Faults {
    /// Adds faults, all or none.
    pub fn add(&mut self, faults: Vec<Fault>) -> Result<(), Refused> {
        for fault in &faults {
            fault.check()?;
        }
        if self.waiting.len() + faults.len() > FAULT_LIMIT {
            return Err(Refused::full(format!("At most {FAULT_LIMIT} faults may wait.")));
        }
        for mut fault in faults {
            self.last += 1;
            fault.id = self.last;
            if fault.count.is_none() && fault.share.is_none() {
                fault.count = Some(1);
            }
            self.waiting.push(fault);
        }
        self.waiting.retain(|fault| fault.count != Some(0));
        Ok(())
    }

    /// The fault that strikes this call, used up by one.
    pub fn take(&mut self, target: Target, to: &str) -> Option<Fault> {
        let place = self.waiting.iter().position(|fault| fault.strikes(target, to))?;
        let fault = &mut self.waiting[place];
        fault.hits += 1;
        if let Some(count) = &mut fault.count {
            *count -= 1;
            if *count == 0 {
                return Some(self.waiting.remove(place));
            }
        }
        Some(fault.clone())
    }

    /// Drops them all.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// As the control API lists them.
    pub fn view(&self) -> Value {
        json!(self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(value: Value) -> Fault {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_count_strikes_that_often() {
        let mut faults = Faults::default();
        faults.add(vec![fault(json!({"target": "messages", "status": 503, "count": 2}))]).unwrap();
        assert!(faults.take(Target::Webhooks, "49151").is_none());
        assert!(faults.take(Target::Messages, "49151").is_some());
        assert!(faults.take(Target::Messages, "49151").is_some());
        assert!(faults.take(Target::Messages, "49151").is_none());
    }

    #[test]
    fn one_person_only() {
        let mut faults = Faults::default();
        faults.add(vec![fault(json!({"target": "messages", "code": 131056, "to": "+49151"}))]).unwrap();
        assert!(faults.take(Target::Messages, "49152").is_none());
        let (status, _) = faults.take(Target::Messages, "49151").unwrap().any_answer().unwrap();
        assert_eq!(status, 400);
    }

    #[test]
    fn nonsense_is_refused_in_a_sentence() {
        let mut faults = Faults::default();
        assert!(faults.add(vec![fault(json!({"target": "webhooks", "status": 500}))]).is_err());
        assert!(faults.add(vec![fault(json!({"target": "messages"}))]).is_err());
        assert!(faults.add(vec![fault(json!({"target": "messages", "status": 500, "share": 2.0}))]).is_err());
    }
}
