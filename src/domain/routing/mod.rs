//! Routing: where a conversation waits, which waiting conversation goes to whom, and why.

mod candidate;
mod decide;
mod entry;
mod priority;
mod reason;
mod record;
pub mod skills;
mod strategy;
#[cfg(test)]
mod tests;
mod trial;

pub use candidate::Candidate;
pub use decide::{Assignment, Round, Waiting, decide, standing};
pub use entry::{Bound, Entry, EntryRule, EntryRules, SentBy};
pub use priority::Priority;
pub use reason::{AssignmentReason, Considered, Exclusion, Fit, Rule};
pub use record::Record;
pub use skills::{Asked, Levels, Named, RuleSkills, Skill, Wants, WideningStep};
pub use strategy::Strategy;
pub use trial::{Arrival, Outcome, trial};
