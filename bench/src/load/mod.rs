//! The other side of the wire: Meta's requests and agents' browsers, as cheap as they can be, because they run on the same cores.

pub mod graph;
pub mod http;
pub mod pages;
pub mod socket;
#[path = "../../../tests/support/trips.rs"]
pub mod trips;
pub mod webhook;
pub mod writers;
