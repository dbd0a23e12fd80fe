//! The rules, as sentences: a shop in memory in which customers write, a flow answers and people work, all through
//! `domain::handle`. After every command the shop is checked against what must hold at any time (`rules/shop.rs`).

#[path = "rules/announcing.rs"]
mod announcing;
#[path = "rules/any_order.rs"]
mod any_order;
#[path = "rules/assigning.rs"]
mod assigning;
#[path = "rules/bots.rs"]
mod bots;
#[path = "support/brief.rs"]
mod brief;
#[path = "rules/customers.rs"]
mod customers;
#[path = "rules/entering.rs"]
mod entering;
#[path = "rules/flow.rs"]
mod flow;
#[path = "rules/leases.rs"]
mod leases;
#[path = "rules/main_job.rs"]
mod main_job;
#[path = "rules/model.rs"]
mod model;
#[path = "rules/overflowing.rs"]
mod overflowing;
#[path = "rules/people.rs"]
mod people;
#[path = "rules/replies.rs"]
mod replies;
#[path = "rules/resting.rs"]
mod resting;
#[path = "rules/returning.rs"]
mod returning;
#[path = "rules/sends.rs"]
mod sends;
#[path = "rules/settling.rs"]
mod settling;
#[path = "rules/shop.rs"]
mod shop;
#[path = "rules/signing_off.rs"]
mod signing_off;
#[path = "rules/skills.rs"]
mod skills;
#[path = "rules/sla.rs"]
mod sla;
#[path = "rules/speaking.rs"]
mod speaking;
#[path = "rules/sticky.rs"]
mod sticky;
#[path = "rules/undoing.rs"]
mod undoing;
#[path = "rules/waits.rs"]
mod waits;
