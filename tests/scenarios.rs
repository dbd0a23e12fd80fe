//! The house at work, seen from outside: customers on simulated phones, agents on pages, and everything that may go wrong around them.
//!
//! Sizes are those of a quick check. `BATON_SCENARIO_SIZE` (customers), `BATON_SCENARIO_KILLS` (kill -9 under load),
//! `BATON_SCENARIO_OUTAGE` (seconds without Redis) and `BATON_TEST_BINARY` (another build of `baton`) make it a long one.

mod support;

#[path = "scenarios/bodies.rs"]
mod bodies;
#[path = "scenarios/kills.rs"]
mod kills;
#[path = "scenarios/main_job.rs"]
mod main_job;
#[path = "scenarios/outages.rs"]
mod outages;
#[path = "scenarios/pages.rs"]
mod pages;
#[path = "scenarios/sending.rs"]
mod sending;
#[path = "scenarios/uncertain.rs"]
mod uncertain;
