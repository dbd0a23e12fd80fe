//! Headers every answer carries, unless its handler said otherwise.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CROSS_ORIGIN_OPENER_POLICY, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap, HeaderName, HeaderValue,
    PERMISSIONS_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

use crate::web::sessions::cookies::Binding;

/// Nothing inline, nothing from elsewhere. `'self'` covers our socket (`ws:`, `wss:`) too (CSP 3, "scheme-part match").
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 8] = [
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    (REFERRER_POLICY, "same-origin"),
    (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (PERMISSIONS_POLICY, "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
    // Pages hold what customers wrote: neither a proxy nor the next person at this machine shall find them.
    (CACHE_CONTROL, "no-store"),
];

/// One year, as the preload lists ask for.
const ONLY_TLS: &str = "max-age=31536000; includeSubDomains";

/// Adds what the handler did not set itself.
pub fn add(headers: &mut HeaderMap, binding: Binding) {
    for (name, value) in HEADERS {
        add_one(headers, name, value);
    }
    if binding == Binding::Host {
        add_one(headers, STRICT_TRANSPORT_SECURITY, ONLY_TLS);
    }
}

fn add_one(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(binding: Binding) -> HeaderMap {
        let mut headers = HeaderMap::new();
        add(&mut headers, binding);
        headers
    }

    #[test]
    fn the_content_policy_allows_nothing_inline_and_nothing_from_elsewhere() {
        let headers = headers(Binding::Plain);
        let policy = headers.get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';"));
        for never in ["unsafe", "*", "http"] {
            assert!(!policy.contains(never), "{never} in {policy}");
        }
        assert!(!policy.contains("  "), "{policy}");
    }

    #[test]
    fn tls_is_demanded_only_where_there_is_tls() {
        assert!(headers(Binding::Host).contains_key(STRICT_TRANSPORT_SECURITY));
        assert!(!headers(Binding::Plain).contains_key(STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn what_a_handler_set_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        add(&mut headers, Binding::Plain);
        assert_eq!(headers.get(CACHE_CONTROL).unwrap(), "public, max-age=60");
    }
}
