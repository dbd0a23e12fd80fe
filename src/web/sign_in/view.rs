//! The sign-in page.

use askama::Template;
use askama_web::WebTemplate;

use crate::web::layouts::ui;
use crate::web::locale::Locale;

/// `GET /sign-in`, and the answer to a sign-in that failed (422 or 429).
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/page.html")]
pub struct SignInPage {
    pub locale: Locale,
    pub csrf: String,
    /// What was typed, to be corrected.
    pub email: String,
    /// Where to go afterwards; a path of ours.
    pub next: String,
    /// Why it failed, in words.
    pub problem: Option<String>,
}

/// `GET /sign-in/code`, and the answer to a code that was wrong (422 or 429).
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/second_step.html")]
pub struct SecondStepPage {
    pub locale: Locale,
    /// Where to go afterwards; a path of ours.
    pub next: String,
    pub problem: Option<String>,
}
