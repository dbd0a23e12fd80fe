//! What is wrong with a condition, in words.

use super::html::Html;
use super::words::sentence;
use crate::domain::conditions::Fault;
use crate::web::locale::Locale;

/// Without its row.
#[must_use]
pub fn of_condition(locale: Locale, fault: &Fault) -> Html {
    let values = fault.wrong.values();
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sentence(&locale, &format!("rules.fault.{}", fault.wrong.key()), &values)
}
