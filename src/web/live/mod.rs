//! Live pages: their sockets, and how news reaches them.

pub mod attention;
pub mod customer;
pub mod fanout;
pub mod floor;
pub mod frames;
pub mod receipts;
pub mod socket;
pub mod streams;
