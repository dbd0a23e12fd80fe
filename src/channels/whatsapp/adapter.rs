//! WhatsApp as a channel of the house.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::client::{Client, Error};
use super::webhook::{self, Item};
use super::{client, payload};
use crate::channels::{Adapter, Files, Letter, Line, MayLeave, NotFetched, NotTold, Receipts, Sent, Typing, Unfit};
use crate::domain::channel::{Channel, Rules, WHATSAPP};
use crate::domain::delivery::{Backoff, Outcome};
use crate::domain::inbound::Said;

/// The keys of what a body tells: ticks, and what customers say.
const TICKS: &[u8] = b"\"statuses\"";
const MESSAGES: &[u8] = b"\"messages\"";

/// Largest picture that is fetched, in bytes. Meta passes on media of up to 100 MB; the phones it comes from make pictures of a few.
const LARGEST_FETCH: usize = 16 * 1024 * 1024;

/// The Cloud API.
#[derive(Debug, Clone)]
pub struct WhatsApp {
    client: Client,
}

impl WhatsApp {
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Adapter for WhatsApp {
    fn channel(&self) -> Channel {
        Channel::WHATSAPP
    }

    fn rules(&self) -> &'static Rules {
        &WHATSAPP
    }

    fn understand(&self, body: &[u8]) -> Vec<Said> {
        understand(body)
    }

    fn may_be_ticks(&self, body: &[u8]) -> bool {
        has_key(body, TICKS) && !has_key(body, MESSAGES)
    }

    fn build(&self, letter: &Letter<'_>) -> Result<Value, Unfit> {
        payload::build(letter.message, letter.to, letter.uploaded).map_err(|unfit| Unfit(unfit.to_string()))
    }

    fn send<'a>(&'a self, line: Line<'a>, request: &'a Value, may_leave: MayLeave) -> BoxFuture<'a, Sent> {
        Box::pin(self.client.send(line.address, line.secret, request, may_leave))
    }

    fn outcome(&self, sent: Sent) -> Outcome {
        client::outcome(sent)
    }

    fn files(&self) -> Option<&dyn Files> {
        Some(self)
    }

    fn receipts(&self) -> Option<&dyn Receipts> {
        Some(self)
    }
}

impl Files for WhatsApp {
    fn upload<'a>(&'a self, line: Line<'a>, bytes: Bytes, mime_type: &'a str) -> BoxFuture<'a, Result<String, Outcome>> {
        Box::pin(async move {
            self.client.upload(line.address, line.secret, bytes, mime_type).await.map_err(|error| match error {
                Error::Refused { failure, reaction } => Outcome::Refused { failure, reaction },
                other => Outcome::Unsent { reason: other.to_string(), backoff: Backoff::Preparation },
            })
        })
    }

    fn fetch<'a>(&'a self, line: Line<'a>, id: &'a str) -> BoxFuture<'a, Result<Bytes, NotFetched>> {
        Box::pin(async move {
            let not_fetched = |error: Error| NotFetched(error.to_string());
            let address = self.client.media_address(line.secret, id).await.map_err(not_fetched)?;
            self.client.download(line.secret, &address.url, LARGEST_FETCH).await.map_err(not_fetched)
        })
    }
}

impl Receipts for WhatsApp {
    fn mark_read<'a>(&'a self, line: Line<'a>, message: &'a str, typing: Typing) -> BoxFuture<'a, Result<(), NotTold>> {
        Box::pin(async move {
            let told = self.client.mark_read(line.address, line.secret, message, typing).await;
            told.map_err(|error| NotTold(error.to_string()))
        })
    }
}

/// What a webhook body says.
#[must_use]
pub fn understand(body: &[u8]) -> Vec<Said> {
    let parsed = match webhook::parse(body) {
        Ok(parsed) => parsed,
        Err(unreadable) => {
            let (reason, raw) = (unreadable.to_string(), body.to_vec());
            return vec![Said::Rejected { address: None, account: None, reason, raw }];
        }
    };
    let said = parsed.items.into_iter().map(|item| match item {
        Item::ForInbox { phone_number_id, waba_id, item } => Said::ForInbox { address: phone_number_id, account: waba_id, item },
        Item::Notice { waba_id, phone_number_id, kind, field, value, time } => {
            Said::Notice { address: phone_number_id, account: waba_id, kind: kind.as_str(), field, value, time }
        }
        Item::Rejected { waba_id, phone_number_id, pointer, reason, raw } => {
            Said::Rejected { address: phone_number_id, account: waba_id, reason: format!("{pointer}: {reason}"), raw }
        }
    });
    said.collect()
}

/// Whether this stands before a colon; as a value, `messages` is in every body.
fn has_key(body: &[u8], key: &[u8]) -> bool {
    let is_key = |at: usize| body[at + key.len()..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
    body.windows(key.len()).enumerate().any(|(at, part)| part == key && is_key(at))
}

#[cfg(test)]
mod tests {
    use super::super::client::Settings;
    use super::*;

    #[test]
    fn a_body_in_which_a_customer_says_something_is_none_of_ticks_alone() {
        let ticks = br#"{"entry":[{"changes":[{"value":{"statuses" : [{}]},"field":"messages"}]}]}"#;
        let both = br#"{"entry":[{"changes":[{"value":{"statuses":[{}], "messages": [{}]},"field":"messages"}]}]}"#;
        let message = br#"{"entry":[{"changes":[{"value":{"messages":[{"text":"\"statuses\":"}]},"field":"messages"}]}]}"#;
        let adapter = WhatsApp::new(Client::new(Settings::new("http://127.0.0.1:9".parse().unwrap(), "v1")).unwrap());
        assert_eq!([&ticks[..], both, message, b"{}"].map(|body| adapter.may_be_ticks(body)), [true, false, false, false]);
    }
}
