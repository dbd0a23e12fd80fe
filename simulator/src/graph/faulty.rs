//! Faults on the Graph side: delays, false answers and cut connections.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};

use crate::{
    errors::status_code,
    faults::{Fault, FaultBody, Reset, Target},
    reset,
    world::World,
};

/// A fault that struck a call, or none.
pub struct Struck(Option<Fault>);

impl Struck {
    /// Rolls the dice for one call.
    pub fn roll(world: &World, target: Target, to: &str) -> Self {
        Self(world.state().faults.take(target, to))
    }

    /// Waits as long as the fault says.
    pub async fn delay(&self) {
        let delay = self.0.as_ref().and_then(|fault| fault.delay_ms);
        if let Some(delay) = delay {
            tokio::time::sleep(Duration::from_millis(u64::from(delay))).await;
        }
    }

    /// Whether the connection is cut, and when.
    pub fn reset(&self) -> Option<Reset> {
        self.0.as_ref().and_then(|fault| fault.reset)
    }

    /// The false answer, if the call is not to be processed.
    pub fn answer(&self) -> Option<(u16, FaultBody)> {
        self.0.as_ref().and_then(Fault::any_answer)
    }

    /// What a call to media answers in place of the truth, before it is processed.
    pub fn before(&self, request: &HttpRequest) -> Option<HttpResponse> {
        if self.reset() == Some(Reset::Before) {
            return Some(reset::cut(request));
        }
        self.answer().map(|(status, body)| response(status, body))
    }

    /// What it answers once processed.
    pub fn after(&self, request: &HttpRequest, answer: HttpResponse) -> HttpResponse {
        match self.reset() {
            Some(Reset::After) => reset::cut(request),
            Some(Reset::Before) | None => answer,
        }
    }
}

/// The HTTP answer of a fault.
pub fn response(status: u16, body: FaultBody) -> HttpResponse {
    match body {
        FaultBody::Json(body) => HttpResponse::build(status_code(status)).json(body),
        FaultBody::Text(text) => HttpResponse::build(status_code(status)).content_type("text/html").body(text),
    }
}
