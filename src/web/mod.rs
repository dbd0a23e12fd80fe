//! The side that people and machines knock at: routes, sessions, pages, fragments, the socket, Meta's door. [`routes`] is the table of
//! contents.

pub mod assets;
pub mod client_address;
pub mod cookies;
pub mod csrf;
pub mod edge;
pub mod error;
pub mod guard;
pub mod health;
pub mod language;
pub mod locale;
pub mod passwords;
pub mod redirect;
pub mod routes;
pub mod security_headers;
pub mod session;
pub mod sign_in;
pub mod state;
pub mod tokens;
pub mod views;
