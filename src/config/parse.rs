//! From the text of a setting to its value. A fault is the end of a sentence that starts with the setting's name.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use lettre::message::Mailbox;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::redis_servers::RedisServers;

use super::{Durability, Encryption, LogFormat, Network};

/// Shorter tokens can be guessed.
const SHORTEST_TOKEN: usize = 16;

type Parsed<T> = Result<T, String>;

pub(super) fn database_url(text: &str) -> Parsed<String> {
    let is_known = text.parse::<tokio_postgres::Config>().is_ok();
    if is_known {
        Ok(text.to_owned())
    } else {
        Err("is not a PostgreSQL address such as `postgres://user:secret@host/database`".to_owned())
    }
}

pub(super) fn redis_url(text: &str) -> Parsed<String> {
    let fault = "is not a Redis address such as `redis://host:6379`, `redis+sentinel://host,host/name` or `redis+cluster://host,host`";
    RedisServers::at(text).map(|_| text.to_owned()).map_err(|_| fault.to_owned())
}

pub(super) fn count(text: &str, allowed: RangeInclusive<usize>) -> Parsed<usize> {
    let fault = || format!("is `{text}`, not a whole number from {} to {}", allowed.start(), allowed.end());
    text.parse().ok().filter(|number| allowed.contains(number)).ok_or_else(fault)
}

pub(super) fn address(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| format!("is `{text}`, not an address and a port such as `0.0.0.0:8080`"))
}

pub(super) fn web_url(text: &str) -> Parsed<Url> {
    let url = Url::parse(text).map_err(|_| format!("is `{text}`, not an address such as `https://host.example`"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err(format!("is `{text}`, but only http and https addresses can be used")),
    }
}

pub(super) fn public_url(text: &str) -> Parsed<Url> {
    let url = web_url(text)?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if is_bare { Ok(url) } else { Err(format!("is `{text}`, but must be scheme, host and port only: Baton lives at the root of its host")) }
}

pub(super) fn graph_version(text: &str) -> Parsed<String> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.strip_prefix('v').and_then(|version| version.split_once('.')) {
        Some((major, minor)) if is_number(major) && is_number(minor) => Ok(text.to_owned()),
        _ => Err(format!("is `{text}`, not a version such as `v23.0`")),
    }
}

pub(super) fn media_url(text: &str) -> Parsed<Url> {
    match text.split_once("://") {
        None => folder(Path::new(text)),
        Some(("file", path)) if path.starts_with('/') => folder(Path::new(path)),
        Some(("file", _)) => Err(format!("is `{text}`, but a folder has three strokes: `file:///srv/media`")),
        Some(("s3", _)) if !cfg!(feature = "s3") => {
            Err("names a bucket, which this build cannot use; build with `--features s3`".to_owned())
        }
        Some(("s3", _)) => Url::parse(text).ok().filter(Url::has_host).ok_or_else(|| format!("is `{text}`, which names no bucket")),
        Some((scheme, _)) => Err(format!("starts with `{scheme}://`, but only `file://` and `s3://` are known")),
    }
}

/// The address of a folder; the slash at its end keeps its last part when a name is joined to it.
fn folder(path: &Path) -> Parsed<Url> {
    let whole = std::path::absolute(path).map_err(|error| format!("cannot be made a whole path: {error}"))?;
    Url::from_directory_path(&whole).map_err(|()| format!("is `{}`, which is no path", path.display()))
}

pub(super) fn log(text: &str) -> Parsed<String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| format!("is `{text}`, which cannot be read: {error}"))
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("is `{text}`, neither `text` nor `json`")),
    }
}

pub(super) fn durability(text: &str) -> Parsed<Durability> {
    match text {
        "false" => Ok(Durability::Required),
        "true" => Ok(Durability::Unchecked),
        _ => Err(format!("is `{text}`, neither `true` nor `false`")),
    }
}

pub(super) fn node(text: &str) -> Parsed<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let is_name = (1..=100).contains(&text.len()) && text.chars().all(is_plain);
    if is_name { Ok(text.to_owned()) } else { Err(format!("is `{text}`, not up to 100 letters, digits, dots, dashes and underscores")) }
}

pub(super) fn networks(text: &str) -> Parsed<Vec<Network>> {
    if text == "none" {
        return Ok(Vec::new());
    }
    text.split(',').map(|part| part.trim().parse()).collect()
}

/// Never repeated in a fault: it is a secret.
pub(super) fn token(text: &str) -> Parsed<Option<String>> {
    match text {
        "none" => Ok(None),
        text if text.len() >= SHORTEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Some(text.to_owned())),
        _ => Err(format!("is neither `none` nor {SHORTEST_TOKEN} letters, digits and signs at least, without spaces")),
    }
}

/// Anything but `none`; never repeated in a fault: it may be a secret.
pub(super) fn some(text: &str) -> Option<String> {
    (text != "none").then(|| text.to_owned())
}

pub(super) fn host(text: &str) -> Parsed<Option<String>> {
    let is_host = |text: &str| url::Host::parse(text).is_ok();
    match some(text) {
        Some(text) if !is_host(&text) => Err(format!("is `{text}`, neither `none` nor the name of a host such as `smtp.example`")),
        host => Ok(host),
    }
}

pub(super) fn port(text: &str) -> Parsed<u16> {
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("is `{text}`, not a port from 1 to 65535"))
}

pub(super) fn encryption(text: &str) -> Parsed<Encryption> {
    match text {
        "starttls" => Ok(Encryption::StartTls),
        "tls" => Ok(Encryption::Tls),
        "none" => Ok(Encryption::None),
        _ => Err(format!("is `{text}`, neither `starttls` nor `tls` nor `none`")),
    }
}

pub(super) fn mailbox(text: &str) -> Parsed<Option<Mailbox>> {
    let fault = |_| format!("is `{text}`, not a sender such as `Support <baton@shop.example>`");
    some(text).map(|text| text.parse()).transpose().map_err(fault)
}

/// Never repeats what it cannot read.
pub(super) fn secret_keys(text: &str) -> Parsed<Vec<(String, [u8; 32])>> {
    let mut keys: Vec<(String, [u8; 32])> = Vec::new();
    for part in text.split(',').map(str::trim) {
        let key = secret_key(part).ok_or("holds something that is no key; `baton secrets new` prints one")?;
        if keys.iter().any(|(name, _)| *name == key.0) {
            return Err(format!("names the key `{}` twice", key.0));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn secret_key(text: &str) -> Option<(String, [u8; 32])> {
    let (name, key) = text.split_once(':')?;
    let is_name = (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let bytes = BASE64.decode(key.trim_end_matches('=')).ok()?;
    is_name.then_some((name.to_owned(), bytes.try_into().ok()?))
}

pub(super) fn cores() -> String {
    std::thread::available_parallelism().map_or(1, usize::from).to_string()
}

pub(super) fn node_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain: String = host.trim().chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').take(60).collect();
    let letters: String = (0..4).map(|_| char::from(rand::random_range(b'a'..=b'z'))).collect();
    format!("{}-{}-{letters}", if plain.is_empty() { "node" } else { &plain }, std::process::id())
}
