//! Business numbers: what messages are sent from and to.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::rates::Bucket;

/// Most business numbers at a time.
pub const NUMBER_LIMIT: usize = 100;

/// A business number.
#[derive(Clone, Debug, Serialize)]
pub struct Number {
    /// Its id on the Graph side.
    pub phone_number_id: Arc<str>,
    /// As shown to people, digits in webhooks.
    pub display_phone_number: String,
    /// The WhatsApp business account it belongs to.
    pub waba_id: Arc<str>,
    /// The app its token belongs to.
    pub app_id: Arc<str>,
    /// The bearer token that may use it.
    pub access_token: String,
    /// The business's name on phones.
    pub verified_name: String,
    /// Whether it is registered for the Cloud API (fact sheet 11).
    pub registered: bool,
    /// Its two-step PIN, once it has one.
    pub pin: Option<String>,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality_rating: String,
    /// People it may write to first in a day, such as `TIER_250`.
    pub messaging_limit: String,
    /// What its token allows.
    pub scopes: Vec<String>,
    /// When its token ends, in seconds; 0 when it lasts.
    pub expires_at: i64,
    /// Messages a second so far.
    #[serde(skip)]
    pub throughput: Bucket,
}

impl Number {
    /// Digits of the display number, as webhooks carry it.
    pub fn digits(&self) -> String {
        digits(&self.display_phone_number)
    }

    /// `value.metadata` of a webhook.
    pub fn metadata(&self) -> Value {
        json!({"display_phone_number": self.digits(), "phone_number_id": self.phone_number_id})
    }

    /// The node Graph answers for it (fact sheet 11).
    pub fn node(&self, mps: u32) -> Value {
        json!({
            "id": self.phone_number_id,
            "display_phone_number": self.display_phone_number,
            "verified_name": self.verified_name,
            "quality_rating": self.quality_rating,
            "quality_score": {"score": self.quality_rating},
            "code_verification_status": "VERIFIED",
            "name_status": "APPROVED",
            "status": if self.registered { "CONNECTED" } else { "PENDING" },
            "account_mode": "LIVE",
            "is_official_business_account": false,
            "platform_type": if self.registered { "CLOUD_API" } else { "NOT_APPLICABLE" },
            "throughput": {"level": if mps > 80 { "HIGH" } else { "STANDARD" }},
            "whatsapp_business_manager_messaging_limit": self.messaging_limit,
        })
    }
}

/// The digits of a phone number however it is written.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
