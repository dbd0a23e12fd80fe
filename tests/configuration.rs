//! Configuration: every fault at once, and a reference that is never out of date.

use std::path::Path;

use baton::config::{Config, Durability, LogFormat, reference};
use baton::web::sessions::cookies::Binding;

fn required() -> Vec<(&'static str, String)> {
    let settings = [
        ("BATON_DATABASE_URL", "postgres://baton@db.example/baton"),
        ("BATON_REDIS_URL", "redis://cache.example"),
        ("BATON_SECRET_KEYS", "now:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ];
    settings.map(|(name, value)| (name, value.to_owned())).to_vec()
}

fn with(name: &'static str, value: &str) -> Result<Config, Vec<String>> {
    let pairs: Vec<_> = std::iter::once((name, value.to_owned())).chain(required()).collect();
    Config::from_pairs(&pairs).map_err(|faults| faults.0)
}

#[track_caller]
fn fault(name: &'static str, value: &str) -> String {
    let faults = with(name, value).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with(name) && faults[0].ends_with('.'), "not a sentence about {name}: {}", faults[0]);
    faults[0].clone()
}

/// `BATON_UPDATE=1 cargo test --test configuration` writes the page anew.
#[test]
fn the_reference_lists_every_setting_as_it_is() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    if std::env::var_os("BATON_UPDATE").is_some() {
        std::fs::write(&page, reference()).unwrap();
    }
    let written = std::fs::read_to_string(&page).unwrap();
    assert_eq!(written, reference(), "docs/configuration.md is out of date; run BATON_UPDATE=1 cargo test --test configuration");
}

#[test]
fn what_is_not_set_has_a_default() {
    let config = Config::from_pairs(&required()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.graph_url.as_str(), "https://graph.facebook.com/");
    assert_eq!(config.graph_version, "v23.0");
    assert_eq!((config.database_pool, config.log.as_str(), config.log_format), (24, "info", LogFormat::Text));
    assert_eq!(config.durability, Durability::Required);
    assert!(config.workers >= 1);
    assert!(config.trusted_proxies.is_empty());
    assert!(config.media_url.path().ends_with("/var/media/"), "{}", config.media_url);
}

#[test]
fn every_fault_is_reported_not_only_the_first() {
    let pairs = [("BATON_LISTEN", "8080"), ("BATON_DATABASE_POOL", "many"), ("BATON_LOG_FORMAT", "xml")];
    let faults = Config::from_pairs(&pairs.map(|(name, value)| (name, value.to_owned()))).unwrap_err();
    let about: Vec<&str> = faults.0.iter().map(|fault| fault.split(' ').next().unwrap()).collect();
    assert_eq!(
        about,
        ["BATON_DATABASE_URL", "BATON_DATABASE_POOL", "BATON_REDIS_URL", "BATON_SECRET_KEYS", "BATON_LISTEN", "BATON_LOG_FORMAT"]
    );
    assert!(faults.to_string().lines().count() == 7, "one line each: {faults}");
}

#[test]
fn a_fault_says_what_would_be_right() {
    assert_eq!(fault("BATON_LISTEN", "8080"), "BATON_LISTEN is `8080`, not an address and a port such as `0.0.0.0:8080`.");
    assert_eq!(fault("BATON_DATABASE_POOL", "0"), "BATON_DATABASE_POOL is `0`, not a whole number from 2 to 1000.");
    assert!(fault("BATON_GRAPH_VERSION", "23").contains("`v23.0`"));
    assert!(fault("BATON_PUBLIC_URL", "ftp://help.example").contains("http and https"));
    assert!(fault("BATON_PUBLIC_URL", "https://help.example/inbox").contains("root of its host"));
    assert!(fault("BATON_MEDIA_URL", "file://srv/media").contains("file:///srv/media"));
    assert!(fault("BATON_MEDIA_URL", "gs://bucket").contains("`gs://`"));
    assert!(fault("BATON_SKIP_DURABILITY_CHECK", "yes").contains("neither `true` nor `false`"));
    assert!(fault("BATON_TRUSTED_PROXIES", "10.0.0.0/8, proxy").contains("`proxy`"));
    assert!(fault("BATON_LOG", "baton=loud").contains("`baton=loud`"));
    assert!(fault("BATON_METRICS_TOKEN", "short").contains("16 letters") && !fault("BATON_METRICS_TOKEN", "short").contains("short"));
    for text in [
        "",
        "now",
        "now:short",
        "a b:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "now:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let said = fault("BATON_SECRET_KEYS", text);
        assert!(said.contains("holds something that is no key") && !said.contains("short"), "{said}");
    }
    assert!(
        fault("BATON_SECRET_KEYS", "now:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA, now:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            .contains("`now` twice")
    );
    assert!(fault("BATON_NODE", "a b").contains("`a b`"));
}

#[test]
fn a_fault_never_repeats_a_password() {
    let pairs = [("BATON_DATABASE_URL", "postgres:/baton:hunter2@db"), ("BATON_REDIS_URL", "http://:hunter2@cache")];
    let faults = Config::from_pairs(&pairs.map(|(name, value)| (name, value.to_owned()))).unwrap_err().to_string();
    assert!(faults.contains("BATON_REDIS_URL") && !faults.contains("hunter2"), "{faults}");
    let config = with("BATON_NODE", "one").unwrap();
    assert!(!format!("{config:?}").contains("db.example"), "{config:?}");
}

#[test]
fn https_makes_cookies_secure() {
    assert_eq!(Binding::of(&with("BATON_PUBLIC_URL", "https://help.example").unwrap().public_url), Binding::Host);
    assert_eq!(Binding::of(&with("BATON_PUBLIC_URL", "http://127.0.0.1:8080").unwrap().public_url), Binding::Plain);
}

#[test]
fn a_folder_may_be_given_by_its_path() {
    assert_eq!(with("BATON_MEDIA_URL", "/srv/baton media").unwrap().media_url.as_str(), "file:///srv/baton%20media/");
    assert_eq!(with("BATON_MEDIA_URL", "file:///srv/media/").unwrap().media_url.as_str(), "file:///srv/media/");
}

#[test]
fn two_nodes_of_one_host_have_different_names() {
    let names = [(); 2].map(|()| Config::from_pairs(&required()).unwrap().node);
    assert_ne!(names[0], names[1]);
}

#[test]
fn a_mail_server_needs_a_sender_and_knows_all_of_whom_it_speaks_to() {
    let server = with("BATON_SMTP_HOST", "smtp.example").unwrap_err();
    assert!(server.len() == 1 && server[0].starts_with("BATON_SMTP_FROM is not set"), "{server:?}");
    let half = with("BATON_SMTP_USER", "baton").unwrap_err();
    assert!(half.len() == 1 && half[0].contains("belong together"), "{half:?}");
    for (name, value) in
        [("BATON_SMTP_HOST", "smtp example"), ("BATON_SMTP_PORT", "0"), ("BATON_SMTP_TLS", "ssl"), ("BATON_SMTP_FROM", "Support")]
    {
        fault(name, value);
    }
    let from = with("BATON_SMTP_FROM", "Support <baton@shop.example>").unwrap();
    assert!(!from.sends_mails() && from.smtp_from.is_some_and(|from| from.email.domain() == "shop.example"));
}
