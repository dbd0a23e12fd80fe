//! Baton, a real-time WhatsApp support inbox for teams. This page is the map; README.md has the drawing.
//!
//! Read in this order: [`domain`] (the rules), [`runner`] (the one door every change goes through), [`store`] (PostgreSQL),
//! [`live`] (Redis, which is one or many [`redis_servers`], and this node's sockets), [`channels`] (WhatsApp, and what any channel is to the house), then the two sides that knock from outside,
//! [`web`] and [`workers`], and [`app`], which puts them together.

pub mod app;
pub mod channels;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod live;
pub mod mail;
pub mod media;
pub mod metrics;
pub mod redis_servers;
pub mod runner;
pub mod store;
pub mod web;
pub mod workers;

rust_i18n::i18n!("locales", fallback = "en");
