//! Flows: what talks to a customer before a person does. The engine says, it does not do: a message in, a list of steps out.
//!
//! Read in this order: [`definition`] (what an author writes), [`engine`] (the ways a flow moves on), [`session`] (what is kept
//! between two messages), [`turn`] (what a customer says before they pause), [`nodes`] (one file per kind), [`validation`] (what is
//! refused before a definition is published).

pub mod definition;
pub mod engine;
pub mod language;
mod missing;
pub mod nodes;
pub mod promise;
mod run;
pub mod session;
pub mod text;
pub mod turn;
pub mod validation;
pub mod values;

pub use definition::Definition;
pub use engine::{Context, Incoming, Kind, Outcome, Step, paused, resume, start, timed_out};
pub use session::FlowSession;
