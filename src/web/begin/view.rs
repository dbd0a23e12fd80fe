//! The page of the first run.

use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;

use crate::domain::password::LEAST;
use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::layouts::zones::zones;
use crate::web::locale::Locale;

/// What the form says.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub password: String,
    #[serde(default)]
    pub workspace: String,
    #[serde(default)]
    pub locale: String,
    #[serde(default)]
    pub time_zone: String,
}

/// `GET /begin/{secret}`, and the answer to what cannot be begun with (409 or 422).
#[derive(Template, WebTemplate)]
#[template(path = "begin/page.html")]
pub struct BeginPage {
    pub locale: Locale,
    secret: String,
    typed: Typed,
    problem: Option<Html>,
}

impl BeginPage {
    pub(super) fn new(locale: Locale, secret: String, typed: Typed, problem: Option<Html>) -> Self {
        Self { locale, secret, typed, problem }
    }

    fn zones(&self) -> &'static [String] {
        zones()
    }

    fn is_zone(&self, zone: &str) -> bool {
        if self.typed.time_zone.is_empty() { zone == "UTC" } else { zone == self.typed.time_zone }
    }

    fn shortest_password(&self) -> usize {
        LEAST
    }
}
