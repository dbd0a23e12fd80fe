//! Couriers: carry webhooks to an app, a bounded number at a time, and try again what was not taken.

use std::{sync::Arc, time::Duration};

use super::{
    envelope::{Content, Update},
    outbox::{Errand, Outbox, Parcel},
};
use crate::{
    agenda::Task,
    clock::{DAY, Millis},
    faults::{Fault, Target},
    signature,
    world::World,
};

/// Webhooks on their way to one app at a time.
pub const COURIERS: usize = 64;
/// How long Meta tries (fact sheet 1.3), on the simulator's clock.
pub const RETRY_SPAN: Millis = 7 * DAY;
/// How long a `reorder` holds an update back, and a `batch` waits to be full, unless told.
const HOLD: u32 = 1_000;

/// A new outbox for an app, with couriers that empty it.
pub fn open(world: &Arc<World>, app_id: &Arc<str>) -> Arc<Outbox> {
    let outbox = Arc::new(Outbox::default());
    outbox.app_id.get_or_init(|| app_id.clone());
    let couriers = (0..COURIERS).map(|_| world.spawn(carry(world.clone(), outbox.clone()))).collect();
    outbox.staff(couriers);
    outbox
}

async fn carry(world: Arc<World>, outbox: Arc<Outbox>) {
    loop {
        match outbox.next().await {
            Errand::Again(parcel) => attempt(&world, &outbox, parcel).await,
            Errand::Fresh(update) => set_out(&world, &outbox, update).await,
        }
    }
}

/// Takes an update on its first way, with whatever fault strikes it.
async fn set_out(world: &Arc<World>, outbox: &Arc<Outbox>, update: Arc<Update>) {
    let fault = world.state().faults.take(Target::Webhooks, &update.lane);
    let mut updates = vec![update];
    let Some(fault) = fault else {
        let parcel = Parcel::new(updates.clone());
        attempt(world, outbox, parcel).await;
        return outbox.release(&updates);
    };
    let hold = fault.delay_ms.unwrap_or(HOLD);
    if fault.reorder {
        let parcel = Box::new(Parcel::new(updates.clone()));
        let due = world.clock.now() + Millis::from(hold);
        world.agenda.at(due, Task::Redeliver(outbox.clone(), parcel));
        return outbox.release(&updates);
    }
    if let Some(size) = fault.batch {
        fill(outbox, &mut updates, size, hold).await;
    } else if let Some(delay) = fault.delay_ms {
        tokio::time::sleep(Duration::from_millis(u64::from(delay))).await;
    }
    let copy = again(&fault, &updates);
    attempt(world, outbox, Parcel::new(updates.clone())).await;
    if let Some(copy) = copy {
        // The copy counts as pending too, so that it is settled like any other.
        outbox.add_copies(copy.updates.len());
        attempt(world, outbox, copy).await;
    }
    outbox.release(&updates);
}

fn again(fault: &Fault, updates: &[Arc<Update>]) -> Option<Parcel> {
    fault.duplicate.then(|| Parcel::new(updates.to_vec()))
}

/// Joins updates until there are `size` or `hold` milliseconds have passed.
async fn fill(outbox: &Outbox, updates: &mut Vec<Arc<Update>>, size: usize, hold: u32) {
    let end = tokio::time::Instant::now() + Duration::from_millis(u64::from(hold));
    while updates.len() < size {
        match tokio::time::timeout_at(end, outbox.join(updates)).await {
            Ok(update) => updates.push(update),
            Err(_) => return,
        }
    }
}

/// Sends a webhook once; what is not answered 200 goes back on the agenda.
async fn attempt(world: &Arc<World>, outbox: &Arc<Outbox>, mut parcel: Parcel) {
    let taken = post(world, outbox, &parcel).await;
    let updates = parcel.updates.len();
    if taken {
        // Counted first: who sees that nothing is pending any more sees what became of it.
        world.state().counts.webhooks_acknowledged += 1;
        outbox.settle(updates);
        for update in &parcel.updates {
            if let Some((chat, id)) = &update.written {
                world.written_delivered(chat, id);
            }
        }
        return;
    }
    let now = world.clock.now();
    let mut state = world.state();
    state.counts.webhooks_failed += 1;
    if now - parcel.born() > RETRY_SPAN {
        state.counts.webhooks_abandoned += u64::try_from(updates).unwrap_or_default();
        return outbox.settle(updates);
    }
    let doubled = Millis::from(state.settings.retry_first_ms) << parcel.attempts.min(20);
    let pause = doubled.min(Millis::from(state.settings.retry_cap_ms));
    drop(state);
    parcel.attempts += 1;
    world.agenda.at(now + pause, Task::Redeliver(outbox.clone(), Box::new(parcel)));
}

/// Whether the app answered 200.
async fn post(world: &World, outbox: &Outbox, parcel: &Parcel) -> bool {
    let Some(app_id) = outbox.app_id.get() else { return false };
    let (mut url, mut secret, mut verified) = (None, String::new(), false);
    if let Some(app) = world.state().apps.get(app_id) {
        (url, secret, verified) = (app.callback_url.clone(), app.app_secret.clone(), app.verified);
    }
    let Some(url) = url else { return false };
    if !verified && world.challenge(app_id).await.is_err() {
        return false;
    }
    let body = parcel.body();
    let timeout = {
        let mut state = world.state();
        state.counts.webhook_attempts += 1;
        for update in &parcel.updates {
            if let (Some(customer), Content::Message { .. }) = (update.customer, &update.content) {
                state.traffic.first_sent(customer);
            }
        }
        Duration::from_millis(u64::from(state.settings.webhook_timeout_ms))
    };
    let request = world
        .http
        .post(url)
        .header("content-type", "application/json")
        .header("x-hub-signature-256", signature::header(&secret, &body))
        .timeout(timeout)
        .body(body);
    match request.send().await {
        Ok(answer) => {
            let is_taken = answer.status() == reqwest::StatusCode::OK;
            // Reading the rest lets the connection be used again.
            let read = answer.bytes().await;
            is_taken && read.is_ok()
        }
        Err(_) => false,
    }
}
