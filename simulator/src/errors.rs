//! Refusals: Meta's envelope on the Graph side (fact sheet 5.9, 5.10), one sentence on the control side.

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::{Value, json};

use crate::ids;

/// Where Meta explains its codes; statuses carry it.
const HREF: &str = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/";

/// A refusal in Meta's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    /// HTTP status of the answer.
    pub status: u16,
    /// Meta's error code.
    pub code: i64,
    /// Meta's name of the error.
    pub title: String,
    /// What is wrong with this very request.
    pub details: String,
    subcode: Option<u32>,
}

impl GraphError {
    /// The error with this code, its usual HTTP status and title.
    pub fn new(code: i64, details: impl Into<String>) -> Self {
        let (status, title) = catalogue(code);
        Self { status, code, title: title.to_owned(), details: details.into(), subcode: None }
    }

    /// A parameter that is missing.
    pub fn missing(parameter: &str) -> Self {
        Self::new(131_008, format!("The parameter {parameter} is required."))
    }

    /// A parameter with a value that is not allowed.
    pub fn invalid(details: impl Into<String>) -> Self {
        Self::new(131_009, details)
    }

    /// An id that names nothing this token may see.
    pub fn unknown_object(method: &str, id: &str) -> Self {
        let mut error = Self::new(100, "");
        error.title = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation."
        );
        error.subcode = Some(33);
        error
    }

    /// A token that is missing or wrong.
    pub fn bad_token() -> Self {
        let mut error = Self::new(190, "");
        error.title = String::from("Invalid OAuth access token - Cannot parse access token");
        error
    }

    /// The envelope of an HTTP answer.
    pub fn body(&self) -> Value {
        let message = match self.code {
            190 => self.title.clone(),
            _ if self.subcode.is_some() => self.title.clone(),
            code => format!("(#{code}) {}", self.title),
        };
        let mut error = json!({"message": message, "type": "OAuthException", "code": self.code});
        if !self.details.is_empty() {
            error["error_data"] = json!({"messaging_product": "whatsapp", "details": self.details});
        }
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        error["fbtrace_id"] = json!(ids::fbtrace());
        json!({"error": error})
    }

    /// The entry of `errors` in a `failed` status (fact sheet 3).
    pub fn in_status(&self) -> Value {
        let details = if self.details.is_empty() { &self.title } else { &self.details };
        json!({
            "code": self.code, "title": self.title, "message": self.title,
            "error_data": {"details": details}, "href": HREF,
        })
    }

    /// The HTTP answer.
    pub fn response(&self) -> HttpResponse {
        HttpResponse::build(status_code(self.status)).json(self.body())
    }
}

/// An HTTP status from its number, 500 for numbers that are none.
pub fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// HTTP status and title by code (fact sheet 5.10).
fn catalogue(code: i64) -> (u16, &'static str) {
    match code {
        0 => (401, "AuthException"),
        1 => (400, "API Unknown"),
        2 => (503, "API Service"),
        3 => (500, "API Method"),
        4 => (400, "API Too Many Calls"),
        10 | 200..=299 => (403, "Permission denied"),
        33 => (400, "Parameter value is not valid"),
        190 => (401, "Access token has expired"),
        368 => (403, "Temporarily blocked for policies violations"),
        80_007 => (400, "Rate limit issues"),
        100 => (400, "Invalid parameter"),
        2_500 => (400, "Unknown path components"),
        130_429 => (400, "Rate limit hit"),
        131_000 => (500, "Something went wrong"),
        131_005 => (403, "Access denied"),
        131_008 => (400, "Required parameter is missing"),
        131_009 => (400, "Parameter value is not valid"),
        131_016 => (500, "Service unavailable"),
        133_005 => (400, "Two step verification PIN mismatch"),
        131_021 => (400, "Recipient cannot be sender"),
        131_026 => (400, "Message undeliverable"),
        131_031 => (403, "Business Account locked"),
        131_042 => (400, "Business eligibility payment issue"),
        131_047 => (400, "Re-engagement message"),
        131_048 => (400, "Spam rate limit hit"),
        131_049 => (400, "This message was not delivered to maintain healthy ecosystem engagement."),
        131_051 => (400, "Unsupported message type"),
        131_052 => (400, "Media download error"),
        131_053 => (400, "Media upload error"),
        131_056 => (400, "(Business Account, Consumer Account) pair rate limit hit"),
        131_057 => (500, "Account in maintenance mode"),
        132_001 => (404, "Template does not exist"),
        133_004 => (503, "Server Temporarily Unavailable"),
        133_010 => (400, "Phone number not registered"),
        _ => (400, "Something went wrong"),
    }
}

/// A refusal of the control API: a status and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    status: u16,
    sentence: String,
}

impl Refused {
    /// The request makes no sense (400).
    pub fn bad(sentence: impl Into<String>) -> Self {
        Self { status: 400, sentence: sentence.into() }
    }

    /// What it names does not exist (404).
    pub fn unknown(sentence: impl Into<String>) -> Self {
        Self { status: 404, sentence: sentence.into() }
    }

    /// It contradicts the present state (409).
    pub fn conflict(sentence: impl Into<String>) -> Self {
        Self { status: 409, sentence: sentence.into() }
    }

    /// A limit of the simulator is reached (503).
    pub fn full(sentence: impl Into<String>) -> Self {
        Self { status: 503, sentence: sentence.into() }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.sentence)
    }
}

impl actix_web::ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        status_code(self.status)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(status_code(self.status)).json(json!({"error": self.sentence}))
    }
}
