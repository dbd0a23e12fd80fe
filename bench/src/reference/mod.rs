//! The minimal servers that Baton is measured against.

pub mod acks;
pub mod claims;
pub mod pgbench;
pub mod round_trip;
pub mod sockets;
pub mod statements;
