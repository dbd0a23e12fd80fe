//! Notices: what a body says beside messages and statuses, kept as it came.

use serde_json::Value;

use super::{Account, Item};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// The business account, its numbers or its templates.
    Account,
    /// A field, type or word that Baton does not act on.
    Unknown,
}

impl NoticeKind {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::Account => "account",
            NoticeKind::Unknown => "unknown",
        }
    }
}

/// The fields that speak of the account (Meta, webhook reference).
const ACCOUNT_FIELDS: [&str; 16] = [
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "business_capability_update",
    "business_status_update",
    "business_username_update",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
];

/// A change of any field but `messages`.
pub(super) fn of_field(account: &Account, field: &str, value: Value) -> Item {
    let kind = if ACCOUNT_FIELDS.contains(&field) { NoticeKind::Account } else { NoticeKind::Unknown };
    notice(account, kind, field, value)
}

/// Errors of the account that belong to no message.
pub(super) fn errors(account: &Account, errors: Value) -> Item {
    notice(account, NoticeKind::Account, "messages/errors", errors)
}

pub(super) fn unknown(account: &Account, field: &str, value: Value) -> Item {
    notice(account, NoticeKind::Unknown, field, value)
}

fn notice(account: &Account, kind: NoticeKind, field: &str, value: Value) -> Item {
    Item::Notice {
        waba_id: account.waba_id.clone(),
        phone_number_id: account.phone_number_id.clone(),
        kind,
        field: field.to_owned(),
        value,
        time: account.time,
    }
}
