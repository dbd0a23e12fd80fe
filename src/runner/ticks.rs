//! Which bodies say nothing but ticks: they need no sorting, and most of what WhatsApp tells is of that kind.

use super::guard::guarded_reading;
use super::sorting::Understand;
use crate::domain::inbound::{InboundItem, Said};
use crate::store::payloads::NewPayload;
use crate::store::ticks::NewTick;

/// Bytes of the bodies that are read before they are stored, and ticks of them, for one commit at most: nobody's answer waits long for
/// them.
const MOST_BYTES: usize = 256 * 1024;
const MOST: usize = 2_000;

/// The ticks of those bodies that say nothing else. The others are for the sorter.
pub(super) fn read(bodies: &[NewPayload], understand: &impl Understand) -> Vec<NewTick> {
    let (mut all, mut bytes) = (Vec::new(), 0);
    for (number, payload) in bodies.iter().enumerate() {
        if bytes + payload.body.len() > MOST_BYTES {
            continue;
        }
        bytes += payload.body.len();
        let said = guarded_reading(|| understand.understand(&payload.source, &payload.body)).unwrap_or_default();
        if all.len() + said.len() <= MOST {
            all.extend(said.into_iter().map(|said| tick(number, said)).collect::<Option<Vec<_>>>().into_iter().flatten());
        }
    }
    all
}

fn tick(body: usize, said: Said) -> Option<NewTick> {
    let Said::ForInbox { address, item: InboundItem::Status(report), .. } = said else { return None };
    let is_tick = report.is_tick();
    is_tick.then_some(NewTick { body, address, message: report.message, wamid: report.wamid, status: report.status, at: report.at })
}
