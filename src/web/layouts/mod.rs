//! What every page is made of: the chrome around it, its words, times, icons and toasts.

pub mod brand;
pub mod chrome;
pub mod conditions;
pub mod faults;
pub mod format;
pub mod hours;
pub mod html;
pub mod rest;
pub mod script_words;
pub mod skills;
pub mod sla;
pub mod time;
pub mod toast;
pub mod ui;
pub mod words;
pub mod zones;
