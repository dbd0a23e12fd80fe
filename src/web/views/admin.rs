//! What an admin looks at: items that could not be understood, and notices about the account.

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use uuid::Uuid;

use super::chrome::Chrome;
use super::time;
use super::ui;

/// An item that was kept aside.
#[derive(Debug, Clone)]
pub struct Quarantined {
    pub id: Uuid,
    pub at: Timestamp,
    pub source: String,
    pub payload_seq: i64,
    pub reason: String,
    /// The bytes as text, cut to a readable length.
    pub item: String,
}

/// `GET /admin/quarantine`
#[derive(Template, WebTemplate)]
#[template(path = "admin/quarantine.html")]
pub struct QuarantinePage {
    pub chrome: Chrome,
    pub items: Vec<Quarantined>,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
}

/// Something WhatsApp said about the account, or that speaks of nothing we know.
#[derive(Debug, Clone)]
pub struct Notice {
    pub id: Uuid,
    pub at: Timestamp,
    pub inbox_name: Option<String>,
    /// `account`, `status`, `paused` or `unknown`.
    pub kind: String,
    pub field: String,
    pub value: serde_json::Value,
}

impl Notice {
    fn kind_key(&self) -> &'static str {
        match self.kind.as_str() {
            "account" => "admin.kind.account",
            "status" => "admin.kind.status",
            "paused" => "admin.kind.paused",
            _ => "admin.kind.unknown",
        }
    }

    /// What to do about a number that was paused.
    fn advice_key(&self) -> Option<&'static str> {
        let code = self.value.get("code").and_then(serde_json::Value::as_i64).filter(|_| self.kind == "paused")?;
        Some(advice_key(code))
    }

    fn value_text(&self) -> String {
        format!("{:#}", self.value)
    }
}

/// What an admin does about a number that sends nothing, by Meta's code.
pub(super) fn advice_key(code: i64) -> &'static str {
    match code {
        0 | 190 => "paused.new_token",
        _ => "paused.ask_meta",
    }
}

/// `GET /admin/notices`
#[derive(Template, WebTemplate)]
#[template(path = "admin/notices.html")]
pub struct NoticesPage {
    pub chrome: Chrome,
    pub notices: Vec<Notice>,
    /// The address of the next page, if there is one.
    pub next: Option<String>,
}
