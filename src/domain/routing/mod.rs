//! Routing: which waiting conversation goes to whom, and why.

mod decide;
mod priority;
mod reason;
mod strategy;

pub use decide::{Assignment, Candidate, Round, Waiting, decide, standing};
pub use priority::Priority;
pub use reason::{AssignmentReason, Considered, Exclusion, Rule};
pub use strategy::Strategy;
