//! What administrators set up, as one subject: the whole of it and a command in, events or a refusal out. Every event says what one thing
//! was before and is after, so that it is audit, answers who changed what meanwhile, and can be taken back.

mod check;
pub mod command;
mod conflict;
pub mod decide;
mod draft;
pub mod event;
pub mod file;
mod parts;
pub mod refusal;
mod removing;
mod rights;
pub mod rules;
mod skills;
pub mod sla;
mod supervision;
#[cfg(test)]
mod tests;
mod undo;
pub mod value;
mod waiting;
mod words;

pub use check::{LONGEST_BODY, LONGEST_NAME, MOST_CAPACITY, is_shortcut};
pub use command::{By, MemberChange, Needs, SetupCommand};
pub use conflict::check_unchanged;
pub use decide::{Decision, decide};
pub use event::{Changed, Noted, Origin, Parts, RecordedSetup, Secret, SetupEvent, Who};
pub use refusal::{SetupRefusal, Thing};
pub use undo::Reversal;
pub use value::Setup;
