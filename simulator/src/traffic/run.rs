//! Starts conversations on schedule, however long anything takes: an open loop.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Customer, Plan, Traffic};
use crate::{errors::Refused, users::parse_wa_id, world::World};

/// Begins a run; the last one must be over or stopped.
pub fn start(world: &Arc<World>, plan: Plan) -> Result<(), Refused> {
    plan.check()?;
    let mut state = world.state();
    if state.traffic.is_running() {
        return Err(Refused::conflict("Traffic is running; DELETE /control/traffic stops it."));
    }
    state.number_or_first(plan.phone_number_id.as_deref())?;
    let run = state.traffic.run + 1;
    state.traffic = Traffic { run, plan: plan.clone(), is_starting: true, ..Traffic::default() };
    let stopper = world.spawn(keep_schedule(world.clone(), plan, run));
    state.traffic.stopper = Some(stopper);
    Ok(())
}

async fn keep_schedule(world: Arc<World>, plan: Plan, run: u64) {
    let begin = Instant::now();
    for customer in 0..plan.customers {
        let due = begin + Duration::from_secs_f64(customer as f64 / plan.rate);
        if due > Instant::now() {
            tokio::time::sleep_until(due).await;
        }
        if !enter(&world, &plan, run, customer) {
            return;
        }
        if customer % 64 == 63 {
            tokio::task::yield_now().await;
        }
    }
    let mut state = world.state();
    if state.traffic.run == run {
        state.traffic.is_starting = false;
    }
}

/// A customer comes and writes the opening. Answers whether the run goes on.
fn enter(world: &World, plan: &Plan, run: u64, customer: usize) -> bool {
    let Ok(wa_id) = parse_wa_id(&plan.wa_id(customer)) else { return false };
    {
        let mut state = world.state();
        if state.traffic.run != run || !state.traffic.is_starting {
            return false;
        }
        let name = format!("{} {}", plan.prefix_name, customer + 1);
        let wa_id = match state.user_or_new(&wa_id) {
            Ok(user) => {
                user.name = name;
                user.wa_id.clone()
            }
            Err(_) => {
                state.traffic.refused += 1;
                return true;
            }
        };
        let place = state.traffic.customers.len();
        state.traffic.index.insert(wa_id, place);
        state.traffic.customers.push(Customer::default());
    }
    let opening = json!({"type": "text", "text": {"body": plan.opening}});
    let Value::Object(opening) = opening else { return false };
    let place = {
        let state = world.state();
        state.traffic.index.get(wa_id.as_str()).copied()
    };
    if world.write(&wa_id, plan.phone_number_id.as_deref(), opening, place).is_err() {
        world.state().traffic.refused += 1;
    }
    true
}
