//! The sign-in page.

use askama::Template;
use askama_web::WebTemplate;

use super::passwords;
use crate::domain::password::WeakPassword;
use crate::web::layouts::ui;
use crate::web::locale::Locale;

/// `GET /sign-in`, and the answer to a sign-in that failed (422 or 429).
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/page.html")]
pub struct SignInPage {
    pub locale: Locale,
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

/// `GET /reset`, and the answer to too many of them (429).
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/reset.html")]
pub struct ResetPage {
    pub locale: Locale,
    /// Otherwise an administrator has to help.
    pub sends_mails: bool,
    pub problem: Option<String>,
}

/// `GET /reset/new`
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/new_password.html")]
pub struct NewPasswordPage {
    pub locale: Locale,
    pub token: String,
    pub email: String,
    /// Characters at least.
    pub least: usize,
    pub problem: Option<String>,
}

impl NewPasswordPage {
    fn rule(&self) -> String {
        passwords::words(self.locale, WeakPassword::TooShort { least: self.least })
    }
}

/// `GET /email/new`
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/new_email.html")]
pub struct NewEmailPage {
    pub locale: Locale,
    pub token: String,
    pub email: String,
}

/// What came of it, and where to go.
#[derive(Template, WebTemplate)]
#[template(path = "sign_in/told.html")]
pub struct ToldPage {
    pub locale: Locale,
    /// Keys of the words.
    pub title: &'static str,
    pub words: &'static str,
    pub leads_to: Option<&'static str>,
}
