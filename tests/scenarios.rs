//! The house at work, seen from outside: customers on simulated phones, agents on pages, and everything that may go wrong around them.
//!
//! Sizes are those of a quick check. `BATON_SCENARIO_SIZE` and `BATON_SCENARIO_RATE` (customers, and how many begin in a second),
//! `BATON_SCENARIO_KILLS` (kill -9 under load), `BATON_SCENARIO_FREEZES` (nodes that stand still in a transaction), `BATON_SCENARIO_OUTAGE` (seconds without Redis), `BATON_SCENARIO_LASTS` (seconds that each of several faults lasts), `BATON_TEST_BINARY` and
//! `BATON_TEST_SIMULATOR` (other builds of `baton` and of the simulator) make it a long one. `BATON_BINARY_BEFORE` (an earlier build) is what a
//! rolling update begins with.

mod support;

#[path = "scenarios/bodies.rs"]
mod bodies;
#[path = "scenarios/clock.rs"]
mod clock;
#[path = "scenarios/frozen.rs"]
mod frozen;
#[path = "scenarios/goodbye.rs"]
mod goodbye;
#[path = "scenarios/in_turn.rs"]
mod in_turn;
#[path = "scenarios/kills.rs"]
mod kills;
#[path = "scenarios/leases.rs"]
mod leases;
#[path = "scenarios/locked.rs"]
mod locked;
#[path = "scenarios/main_job.rs"]
mod main_job;
#[path = "scenarios/outages.rs"]
mod outages;
#[path = "scenarios/pages.rs"]
mod pages;
#[path = "scenarios/phones.rs"]
mod phones;
#[path = "scenarios/pictures.rs"]
mod pictures;
#[path = "scenarios/poison.rs"]
mod poison;
#[path = "scenarios/reads.rs"]
mod reads;
#[path = "scenarios/redis_servers.rs"]
mod redis_servers;
#[path = "scenarios/renamed.rs"]
mod renamed;
#[path = "scenarios/rolling.rs"]
mod rolling;
#[path = "scenarios/sending.rs"]
mod sending;
#[path = "scenarios/setups.rs"]
mod setups;
#[path = "scenarios/stopping.rs"]
mod stopping;
#[path = "scenarios/strange.rs"]
mod strange;
#[path = "scenarios/uncertain.rs"]
mod uncertain;
#[path = "scenarios/unfinished.rs"]
mod unfinished;
