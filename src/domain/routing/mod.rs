//! Routing: where a conversation waits, which waiting conversation goes to whom, and why.

mod decide;
mod entry;
mod priority;
mod reason;
mod strategy;
mod trial;

pub use decide::{Assignment, Candidate, Round, Waiting, decide, standing};
pub use entry::{Bound, Entry, EntryRule, EntryRules, SentBy};
pub use priority::Priority;
pub use reason::{AssignmentReason, Considered, Exclusion, Rule};
pub use strategy::Strategy;
pub use trial::{Arrival, Outcome, trial};
