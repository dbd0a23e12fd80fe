//! The WhatsApp Cloud API: signatures, webhook bodies in, request bodies out, the client, and what its errors mean.
//! Everything but [`client`] is pure.

mod adapter;
pub mod client;
pub mod errors;
pub mod payload;
pub mod signature;
pub mod webhook;

pub use adapter::{WhatsApp, understand};
pub use client::Client;
