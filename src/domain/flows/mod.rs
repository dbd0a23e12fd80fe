//! Flows: what talks to a customer before a person does. The engine says, it does not do: a message in, a list of steps out.
//!
//! Read in this order: [`definition`] (what an author writes), [`engine`] (the ways a flow moves on), [`session`] (what is kept
//! between two messages), [`turn`] (what a customer says before they pause), [`nodes`] (one file per kind), [`validation`] (what is
//! refused before a definition is published). For authors: [`inspection`] (faults of a text with their places), [`difference`],
//! [`drawing`], [`written`].

pub mod definition;
pub mod difference;
pub mod drawing;
pub mod engine;
pub mod inspection;
pub mod language;
mod missing;
pub mod nodes;
pub mod places;
pub mod promise;
pub mod ready;
mod run;
pub mod schema;
pub mod session;
pub mod text;
pub mod trial;
pub mod turn;
pub mod validation;
pub mod values;
pub mod written;

pub use definition::Definition;
pub use engine::{Context, Incoming, Kind, Outcome, Step, paused, resume, start, timed_out};
pub use session::FlowSession;
