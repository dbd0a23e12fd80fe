//! Routing: which waiting conversation goes to whom, and why.

mod decide;
mod reason;

pub use decide::{Assignment, Candidate, Round, Waiting, decide, standing};
pub use reason::{AssignmentReason, Considered, Exclusion, Rule};
