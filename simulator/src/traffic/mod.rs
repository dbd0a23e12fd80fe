//! Traffic: many simulated customers who write at a steady rate and answer what the business asks.

mod run;
mod script;

use std::{collections::HashMap, sync::Arc, time::Instant};

use serde::Serialize;
use serde_json::{Map, Value};

pub use run::start;
pub use script::Plan;

use crate::{
    chats::{ChatKey, ChatMessage},
    clock::Millis,
    world::World,
};

/// A customer answers.
#[derive(Debug)]
pub struct Turn {
    run: u64,
    customer: usize,
    key: ChatKey,
    answer: Map<String, Value>,
}

/// One customer's conversation.
#[derive(Debug, Default)]
struct Customer {
    first_sent: Option<Instant>,
    is_acknowledged: bool,
    answers: u32,
}

/// The traffic of now, or the last.
#[derive(Debug, Default)]
pub struct Traffic {
    run: u64,
    plan: Plan,
    customers: Vec<Customer>,
    index: HashMap<Arc<str>, usize>,
    /// Microseconds from first webhook to first business message.
    acknowledged: Vec<u64>,
    answered: u64,
    finished: usize,
    refused: u64,
    is_starting: bool,
    stopper: Option<tokio::task::AbortHandle>,
}

/// How far traffic is.
#[derive(Debug, Serialize)]
pub struct Progress {
    /// Whether conversations are still to start or to finish.
    pub running: bool,
    /// Customers wanted.
    pub customers: usize,
    /// Customers who have written.
    pub started: usize,
    /// Customers to whom the business has written.
    pub acknowledged: usize,
    /// Answers given.
    pub answered: u64,
    /// Customers who gave all their answers.
    pub finished: usize,
    /// Messages that could not be written because the app takes no more.
    pub refused: u64,
    /// Milliseconds from the first webhook to the first business message.
    pub ack_ms: Percentiles,
}

/// Percentiles in milliseconds; all null while there is nothing to measure.
#[derive(Debug, Default, Serialize)]
pub struct Percentiles {
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

impl Traffic {
    /// The webhook of a customer's first message goes out now, for the first time.
    pub fn first_sent(&mut self, customer: usize) {
        if let Some(customer) = self.customers.get_mut(customer) {
            customer.first_sent.get_or_insert_with(Instant::now);
        }
    }

    /// The business wrote to someone. When it is a customer: counts, and answers what they say after
    /// how many milliseconds.
    pub fn hears(&mut self, key: &ChatKey, message: &ChatMessage) -> Option<(Millis, Turn)> {
        let place = *self.index.get(&key.user)?;
        let customer = self.customers.get_mut(place)?;
        if !customer.is_acknowledged {
            customer.is_acknowledged = true;
            if let Some(first_sent) = customer.first_sent {
                let took = first_sent.elapsed().as_micros();
                self.acknowledged.push(u64::try_from(took).unwrap_or(u64::MAX));
            }
        }
        if customer.answers >= self.plan.turns || self.stopper.is_none() {
            return None;
        }
        let answer = self.plan.answer(place, customer.answers, message)?;
        customer.answers += 1;
        let turn = Turn { run: self.run, customer: place, key: key.clone(), answer };
        Some((Millis::from(self.plan.think_ms), turn))
    }

    /// Whether a run has conversations to start or to finish.
    pub fn is_running(&self) -> bool {
        self.stopper.is_some() && (self.is_starting || self.finished < self.customers.len())
    }

    /// Nobody starts or answers any more.
    pub fn stop(&mut self) {
        self.is_starting = false;
        if let Some(stopper) = self.stopper.take() {
            stopper.abort();
        }
    }

    /// As before the first run, except that runs are never mistaken for one another.
    pub fn forget(&mut self) {
        self.stop();
        *self = Self { run: self.run, ..Self::default() };
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let mut sorted = self.acknowledged.clone();
        sorted.sort_unstable();
        let at = |share: f64| {
            let place = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
            sorted.get(place).map(|micros| *micros as f64 / 1_000.0)
        };
        Progress {
            running: self.is_running(),
            customers: self.plan.customers,
            started: self.customers.len(),
            acknowledged: self.customers.iter().filter(|customer| customer.is_acknowledged).count(),
            answered: self.answered,
            finished: self.finished,
            refused: self.refused,
            ack_ms: Percentiles { p50: at(0.50), p95: at(0.95), p99: at(0.99), max: at(1.0) },
        }
    }

    fn answered(&mut self, turn: &Turn) {
        self.answered += 1;
        let is_last = self.customers.get(turn.customer).is_some_and(|customer| customer.answers >= self.plan.turns);
        let gave_last = is_last && turn.run == self.run;
        if gave_last {
            self.finished += 1;
        }
    }
}

impl World {
    /// A customer of traffic answers.
    pub fn take_turn(&self, turn: Turn) {
        let is_current = {
            let state = self.state();
            state.traffic.run == turn.run && state.traffic.stopper.is_some()
        };
        if !is_current {
            return;
        }
        let written = self.write(&turn.key.user, Some(&turn.key.number), turn.answer.clone(), None);
        let mut state = self.state();
        match written {
            Ok(_) => state.traffic.answered(&turn),
            Err(_) => state.traffic.refused += 1,
        }
    }
}
