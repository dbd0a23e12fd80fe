//! Conditions: what must be so of a customer, their conversation and the hour. One tree, one way to read it, one way to hold it against
//! facts; whatever decides by conditions (entry rules first) uses these and no others.
//!
//! [`Condition`] is the tree as it was written; [`stored`] reads and writes it as JSON, [`rows`] as the rows of a page. [`compile`] holds it
//! against what is set up and answers a [`Compiled`] one, which [`Compiled::holds`] never fails. Conditions that are asked one after the
//! other share a [`Case`].

mod case;
mod compile;
mod evaluate;
mod facts;
mod fault;
mod reach;
pub mod rows;
pub mod stored;
mod subject;
#[cfg(test)]
mod tests;
mod tree;

pub use case::Case;
pub use compile::{Compiled, Known, compile, tidy};
pub use facts::{Facts, said};
pub use fault::{Fault, Fitting, Wrong};
pub use reach::{MOST_STEPS_OF_ALL, hides, is_never, is_unconditional};
pub use subject::{Kind, Subject, WEEKDAYS};
pub use tree::{Comparison, Condition, Group, Leaf, Takes};

/// Groups within groups at most.
pub const DEEPEST: usize = 5;

/// Comparisons in one condition at most.
pub const MOST_LEAVES: usize = 50;

/// Groups in one condition at most.
pub const MOST_GROUPS: usize = 50;

/// Values in one condition at most, characters of one of them, and of all of them together: a form carries them.
pub const MOST_VALUES: usize = 500;
pub const LONGEST_VALUE: usize = 200;
pub const LONGEST_VALUES: usize = 10_000;

/// Texts of a customer that are looked at, characters of each, and of all of them together: the newest first. What holding a condition
/// against facts may cost is this times its comparisons.
pub const MOST_TEXTS: usize = 100;
pub const LONGEST_TEXT: usize = 4_096;
pub const MOST_CHARACTERS: usize = 16_384;
