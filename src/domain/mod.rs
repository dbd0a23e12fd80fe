//! The rules; pure. Snapshots and commands in, events or a refusal out. Knows nobody: no I/O, no clock, no randomness.

pub mod agent;
mod answering;
mod assigning;
pub mod brief;
pub mod command;
pub mod contact;
pub mod conversation;
pub mod courtesy;
mod decision;
mod delivering;
pub mod delivery;
pub mod event;
pub mod flows;
pub mod handle;
pub mod hours;
pub mod ids;
pub mod inbound;
pub mod inbox;
mod letting_go;
pub mod message;
pub mod queue;
mod receiving;
pub mod refusal;
mod reporting;
pub mod routing;
pub mod snapshot;
pub mod timer;
pub mod unspoken;
pub mod user;
mod whose;
pub mod window;

pub use command::Command;
pub use event::Event;
pub use handle::handle;
pub use refusal::Refusal;
pub use snapshot::Snapshot;
