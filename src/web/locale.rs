//! The language of the interface: which one, and its words.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::domain::contact::Phones;

use crate::domain::user::LOCALES;

/// The languages there are words for, best known first.
const LANGUAGES: [&str; LOCALES.len()] = LOCALES;

/// The cookie that remembers a choice on this machine, for pages before the sign-in.
pub const COOKIE: &str = "locale";

/// A language the interface speaks, and how much of phone numbers its reader sees. Templates ask it for every text:
/// `{{ locale.t("inbox.mine") }}`. Whatever is rendered is rendered for a locale, and what is rendered once for many readers is so for all
/// of one locale: so nothing is shown to two who do not see the same, and nobody sees numbers to whom that was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Locale(&'static str, Phones);

impl Default for Locale {
    fn default() -> Self {
        Self(LANGUAGES[0], Phones::Masked)
    }
}

impl Locale {
    /// Every language, for the switch.
    pub const ALL: [Locale; LANGUAGES.len()] = [Locale(LANGUAGES[0], Phones::Masked), Locale(LANGUAGES[1], Phones::Masked)];

    /// The language of a tag such as `es` or `es-MX`, if the interface speaks it.
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.0.eq_ignore_ascii_case(language))
    }

    /// The language a browser asks for most (`Accept-Language`), of those the interface speaks.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let wishes = header.split(',').filter_map(|wish| {
            let (tag, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
            let weight: f32 = weight.trim().strip_prefix("q=")?.trim().parse().ok()?;
            Some((Self::of(tag.trim())?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        // The first of equals wins, which is why this is not `max_by`.
        wishes
            .fold(None, |best: Option<(Self, f32)>, wish| if best.is_some_and(|(_, weight)| weight >= wish.1) { best } else { Some(wish) })
            .map(|(locale, _)| locale)
    }

    /// The language for a person nobody knows yet: their last choice here, else what their browser asks for, else English.
    #[must_use]
    pub fn of_request(request: &HttpRequest) -> Self {
        let chosen = request.cookie(COOKIE).and_then(|cookie| Self::of(cookie.value()));
        let asked = || request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| Self::accepted(value.to_str().ok()?));
        chosen.or_else(asked).unwrap_or_default()
    }

    /// The same language for who sees numbers, or does not.
    #[must_use]
    pub fn with(self, phones: Phones) -> Self {
        Self(self.0, phones)
    }

    /// How much of phone numbers its reader sees.
    #[must_use]
    pub fn phones(&self) -> Phones {
        self.1
    }

    /// Its tag, for `<html lang>` and for storage.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0
    }

    /// The words of a key.
    #[must_use]
    pub fn t<'a>(&self, key: &'a str) -> Cow<'a, str> {
        crate::_rust_i18n_translate(self.0, key)
    }

    /// The words of a key with one `%{name}` filled in.
    #[must_use]
    pub fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        rust_i18n::replace_patterns(&self.t(key), &[name], &[value.to_string()])
    }

    /// The words of a key with two places filled in.
    #[must_use]
    pub fn t2(&self, key: &str, first: (&str, &str), second: (&str, &str)) -> String {
        rust_i18n::replace_patterns(&self.t(key), &[first.0, second.0], &[first.1.to_owned(), second.1.to_owned()])
    }

    /// The words for a number: `<key>.one` for 1, else `<key>.other`, with `%{count}` filled in.
    #[must_use]
    pub fn count(&self, key: &str, count: i64) -> String {
        let form = if count == 1 { "one" } else { "other" };
        self.t1(&format!("{key}.{form}"), "count", count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_with_or_without_its_region() {
        assert_eq!(Locale::of("es-MX").map(|locale| locale.as_str()), Some("es"));
        assert_eq!(Locale::of("EN").map(|locale| locale.as_str()), Some("en"));
        assert_eq!(Locale::of("pt-BR"), None);
        assert_eq!(Locale::of(""), None);
    }

    #[test]
    fn the_browser_gets_the_language_it_asks_for_most() {
        let of = |header| Locale::accepted(header).map(|locale| locale.as_str());
        assert_eq!(of("pt-BR,es;q=0.8,en;q=0.5"), Some("es"));
        assert_eq!(of("en;q=0.5, es;q=0.9"), Some("es"));
        assert_eq!(of("en-GB,es"), Some("en"));
        assert_eq!(of("es;q=0,en;q=0.1"), Some("en"));
        assert_eq!(of("fr, *;q=0.1"), None);
        assert_eq!(of("es;q=many"), None);
    }

    #[test]
    fn a_choice_made_here_beats_what_the_browser_asks_for() {
        use actix_web::cookie::Cookie;
        use actix_web::test::TestRequest;
        let asking = || TestRequest::get().insert_header((header::ACCEPT_LANGUAGE, "es"));
        assert_eq!(Locale::of_request(&asking().to_http_request()).as_str(), "es");
        assert_eq!(Locale::of_request(&asking().cookie(Cookie::new(COOKIE, "en")).to_http_request()).as_str(), "en");
        assert_eq!(Locale::of_request(&asking().cookie(Cookie::new(COOKIE, "xx")).to_http_request()).as_str(), "es");
        assert_eq!(Locale::of_request(&TestRequest::get().to_http_request()).as_str(), "en");
    }

    #[test]
    fn every_language_has_words_of_its_own() {
        let files = crate::_rust_i18n_available_locales();
        assert_eq!(files, LANGUAGES);
        let words: Vec<_> = Locale::ALL.iter().map(|locale| locale.t("sign_in.wrong").into_owned()).collect();
        assert_ne!(words[0], words[1]);
        assert!(!words.iter().any(|words| words.contains("sign_in.wrong")), "{words:?}");
    }

    #[test]
    fn places_are_filled_in_and_numbers_have_their_form() {
        let english = Locale::default();
        assert_eq!(english.count("sign_in.too_many", 1), "Too many attempts; try again in 1 minute");
        assert_eq!(english.count("sign_in.too_many", 4), "Too many attempts; try again in 4 minutes");
    }
}
