//! The pages of what is somebody's own.

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::device::Device;
use crate::domain::ids::SessionId;
use crate::domain::looks::{Density, Looks, Theme};
use crate::domain::password::WeakPassword;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::locale::Locale;
use crate::web::sign_in::passwords::words;

/// What was done last, as the page after it says.
#[derive(Debug, Default, Deserialize)]
pub struct Did {
    did: Option<String>,
}

/// How each of these pages stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shell {
    /// The key of the words for what was done last.
    pub done: Option<&'static str>,
    pub problem: Option<Html>,
}

impl Shell {
    pub(super) fn after(did: &Did) -> Self {
        let done = match did.did.as_deref() {
            Some("profile") => Some("profile.saved"),
            Some("email") => Some("email.sent"),
            Some("password") => Some("profile.password_changed"),
            Some("second_factor") => Some("profile.second_factor_removed"),
            Some("sessions") => Some("profile.sessions_ended"),
            _ => None,
        };
        Self { done, problem: None }
    }
}

/// `GET /profile`
#[derive(Template, WebTemplate)]
#[template(path = "profile/page.html")]
pub struct ProfilePage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub name: String,
    pub email: String,
    pub language: Locale,
    pub looks: Looks,
}

impl ProfilePage {
    fn theme(&self, theme: &Theme) -> String {
        let key = match theme {
            Theme::System => "profile.theme_system",
            Theme::Light => "profile.theme_light",
            Theme::Dark => "profile.theme_dark",
        };
        self.chrome.locale.t(key).into_owned()
    }

    fn density(&self, density: &Density) -> String {
        let key = match density {
            Density::Comfortable => "profile.density_comfortable",
            Density::Compact => "profile.density_compact",
        };
        self.chrome.locale.t(key).into_owned()
    }
}

/// `GET /profile/sign-in`
#[derive(Template, WebTemplate)]
#[template(path = "profile/ways_in.html")]
pub struct WaysInPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub email: String,
    /// Characters of a new password at least.
    pub least: usize,
    pub has_second_factor: bool,
    /// Their role is asked for a code: it cannot be turned off.
    pub needs_second_factor: bool,
    pub recovery_codes: i64,
    /// Why a new password was not taken.
    pub password_problem: Option<String>,
    /// Otherwise nobody can show that an address is theirs.
    pub sends_mails: bool,
    /// Why a new address was not taken, and which.
    pub email_problem: Option<String>,
    pub email_typed: String,
}

impl WaysInPage {
    fn rule(&self) -> String {
        words(self.chrome.locale, WeakPassword::TooShort { least: self.least })
    }

    fn codes_left(&self) -> String {
        self.chrome.locale.count("profile.codes_left", self.recovery_codes)
    }
}

/// `GET /profile/second-factor`: what an app is told, and the code that it then shows.
#[derive(Template, WebTemplate)]
#[template(path = "profile/second_factor.html")]
pub struct SecondFactorPage {
    pub locale: Locale,
    pub csrf: String,
    /// Their role is asked for a code, and they see nothing else until they have this.
    pub is_owed: bool,
    /// The dark squares of the QR code, as the path of a drawing of `side` units.
    pub squares: String,
    pub side: usize,
    /// The same for those who type it.
    pub secret: String,
    /// As it comes back: nobody else can read it or make another.
    pub sealed: String,
    pub problem: Option<String>,
}

/// Codes to be used once, shown once.
#[derive(Template, WebTemplate)]
#[template(path = "profile/recovery_codes.html")]
pub struct RecoveryCodesPage {
    pub locale: Locale,
    pub codes: Vec<String>,
    /// They were just asked for a second step the first time.
    pub is_new: bool,
}

impl RecoveryCodesPage {
    /// A file of them, as an address that holds what it leads to.
    fn file(&self) -> String {
        let text = format!("{}\n\n{}\n", self.locale.t("profile.codes_file"), self.codes.join("\n"));
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("data:text/plain;charset=utf-8,{encoded}")
    }
}

/// Where somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub id: SessionId,
    pub device: Device,
    pub network: String,
    /// It is where they look from now.
    pub is_this_network: bool,
    pub is_this: bool,
    pub since: Timestamp,
    pub seen: Timestamp,
    /// Of another workspace, if it is of one.
    pub workspace: Option<String>,
}

/// `GET /profile/sessions`
#[derive(Template, WebTemplate)]
#[template(path = "profile/sessions.html")]
pub struct SessionsPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub places: Vec<Place>,
}

impl SessionsPage {
    /// In how many browsers.
    fn all(&self) -> String {
        self.chrome.locale.count("profile.sessions_count", i64::try_from(self.places.len()).unwrap_or(i64::MAX))
    }

    fn device(&self, place: &Place) -> String {
        device(self.chrome.locale, place.device)
    }
}

/// Names of a browser and a system, in words.
#[must_use]
pub fn device(locale: Locale, Device { browser, system }: Device) -> String {
    match (browser, system) {
        (Some(browser), Some(system)) => locale.t2("profile.device", ("browser", browser), ("system", system)),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => locale.t("profile.device_unknown").into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_codes_holds_nothing_that_an_address_cannot() {
        let page = RecoveryCodesPage { locale: Locale::default(), codes: vec!["aaaa-bbbb".to_owned()], is_new: true };
        let file = page.file();
        assert!(file.bytes().all(|byte| byte.is_ascii_graphic()) && file.contains("%2D%62%62%62%62%0A"), "{file}");
    }
}
