//! The ledger: every call to `/messages`, in the order of arrival.

use std::{collections::VecDeque, sync::Arc};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    clock::{self, Millis},
    numbers,
};

/// Calls kept; older ones are forgotten.
pub const LEDGER_LIMIT: usize = 50_000;

/// One call.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counts up from 1.
    pub seq: u64,
    at: Millis,
    to: Arc<str>,
    phone_number_id: Arc<str>,
    request: Arc<RawValue>,
    status: Option<u16>,
    response: Option<Arc<RawValue>>,
    fault: Option<&'static str>,
}

/// One call as the control API shows it.
#[derive(Serialize)]
pub struct EntryView<'a> {
    seq: u64,
    at: String,
    to: &'a str,
    phone_number_id: &'a str,
    request: &'a RawValue,
    status: Option<u16>,
    response: Option<&'a RawValue>,
    fault: Option<&'static str>,
}

impl Entry {
    /// For JSON.
    pub fn view(&self) -> EntryView<'_> {
        EntryView {
            seq: self.seq,
            at: clock::rfc3339(self.at),
            to: &self.to,
            phone_number_id: &self.phone_number_id,
            request: &self.request,
            status: self.status,
            response: self.response.as_deref(),
            fault: self.fault,
        }
    }
}

/// From when entries are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Since {
    /// After the entry with this number.
    Seq(u64),
    /// At or after this instant.
    At(Millis),
}

impl Since {
    /// Reads a number of an entry or an RFC 3339 instant.
    pub fn parse(text: &str) -> Option<Self> {
        let seq = text.parse().ok().map(Self::Seq);
        seq.or_else(|| clock::parse_rfc3339(text).map(Self::At))
    }
}

/// The ledger itself.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Ledger {
    /// Writes down that a call arrived; answers its number, for [`Ledger::close`].
    pub fn open(&mut self, at: Millis, to: &str, phone_number_id: &str, request: Arc<RawValue>) -> u64 {
        if self.entries.len() >= LEDGER_LIMIT {
            self.entries.pop_front();
        }
        self.last += 1;
        self.entries.push_back(Entry {
            seq: self.last,
            at,
            to: Arc::from(to),
            phone_number_id: Arc::from(phone_number_id),
            request,
            status: None,
            response: None,
            fault: None,
        });
        self.last
    }

    /// Writes down how it was answered. An entry forgotten meanwhile stays forgotten.
    pub fn close(&mut self, seq: u64, status: u16, response: Arc<RawValue>) {
        if let Some(entry) = self.entry(seq) {
            entry.status = Some(status);
            entry.response = Some(response);
        }
    }

    /// Writes down which fault hit it.
    pub fn mark(&mut self, seq: u64, fault: &'static str) {
        if let Some(entry) = self.entry(seq) {
            entry.fault = Some(fault);
        }
    }

    /// The first `limit` entries to `to` since `since`, oldest first.
    pub fn list(&self, to: Option<&str>, since: Option<Since>, limit: usize) -> Vec<Entry> {
        let wanted = to.map(numbers::digits);
        let is_wanted = |entry: &&Entry| {
            let to_matches = match (&wanted, to) {
                (Some(digits), Some(to)) => numbers::digits(&entry.to) == *digits || &*entry.to == to,
                _ => true,
            };
            to_matches
                && match since {
                    None => true,
                    Some(Since::Seq(seq)) => entry.seq > seq,
                    Some(Since::At(at)) => entry.at >= at,
                }
        };
        self.entries.iter().filter(is_wanted).take(limit).cloned().collect()
    }

    fn entry(&mut self, seq: u64) -> Option<&mut Entry> {
        let first = self.entries.front()?.seq;
        let place = usize::try_from(seq.checked_sub(first)?).ok()?;
        self.entries.get_mut(place)
    }
}

/// Longest request or answer kept whole, in bytes; of longer ones the beginning is kept, as a string.
const TEXT_LIMIT: usize = 256 * 1024;

/// `text` as raw JSON: as it is when it is JSON, as a JSON string otherwise.
pub fn raw(text: &str) -> Arc<RawValue> {
    let text = &text[..text.floor_char_boundary(TEXT_LIMIT)];
    let value = RawValue::from_string(text.to_owned());
    let value = value.or_else(|_| serde_json::value::to_raw_value(text));
    Arc::from(value.unwrap_or_else(|_| RawValue::NULL.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_newest_and_finds_by_digits() {
        let mut ledger = Ledger::default();
        for number in 0..LEDGER_LIMIT + 10 {
            ledger.open(0, if number % 2 == 0 { "+49151" } else { "49152" }, "1", raw("{}"));
        }
        ledger.close(3, 200, raw("{}"));
        let entries = ledger.list(Some("49151"), Some(Since::Seq(100)), 5);
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [101, 103, 105, 107, 109]);
        assert_eq!(ledger.list(None, None, usize::MAX).len(), LEDGER_LIMIT);
    }

    #[test]
    fn what_is_not_json_is_kept_as_text() {
        assert_eq!(raw("{oops").get(), "\"{oops\"");
    }
}
