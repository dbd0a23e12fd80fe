//! The side that people and machines knock at: pages, fragments, the socket, Meta's door. [`routes`] is the table of contents.
//!
//! A noun has a room of its own, with what answers requests and the views beside it, as `templates/` has; what stands around every
//! request is in [`edge`], and what every page is made of in [`layouts`]. Views are plain view-models, each with its template. They are
//! pure: they read no table, no clock and no request. What also travels over the socket (a row, an item of a thread, ticks, the state of
//! a conversation) knows no viewer: it is rendered once per event and language, and the browser decides what is "mine".

pub mod admin;
pub mod assets;
pub mod availability;
pub mod begin;
pub mod conversations;
pub mod drafts;
pub mod edge;
pub mod floor;
pub mod health;
pub mod inbox;
pub mod invitations;
pub mod language;
pub mod layouts;
pub mod live;
pub mod locale;
pub mod mails;
pub mod media;
pub mod messages;
pub mod notes;
pub mod profile;
pub mod proof;
pub mod routes;
pub mod sessions;
pub mod settings;
pub mod sign_in;
pub mod signing_off;
pub mod state;
pub mod system;
pub mod threads;
pub mod webhook;
pub mod workspaces;
