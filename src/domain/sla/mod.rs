//! Service levels: by when a customer is answered, and by when their matter is resolved.

pub mod clocks;
mod due;
mod follow;
pub mod policy;
#[cfg(test)]
mod tests;

pub(super) use follow::{catch_up, follow};

pub use clocks::{Clocks, Due, Promised};
pub use policy::{Clock, SlaPolicy, Targets};
