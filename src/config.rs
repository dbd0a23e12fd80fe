//! Configuration: `BATON_*` variables and nothing else. The only reader of the environment.
//!
//! [`SETTINGS`] is the one table of settings: it is parsed from, and `docs/configuration.md` is written from it.

mod network;
mod parse;
mod settings;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use lettre::message::Mailbox;
use url::Url;

pub use network::Network;
pub use settings::{Fallback, SETTINGS, Setting, reference};

/// Everything that can be set from outside, parsed.
#[derive(Clone)]
pub struct Config {
    pub database_url: String,
    /// Most connections to PostgreSQL.
    pub database_pool: usize,
    pub redis_url: String,
    pub listen: SocketAddr,
    /// What browsers call us.
    pub public_url: Url,
    pub graph_url: Url,
    /// `v23.0`
    pub graph_version: String,
    /// `file:///…/` or `s3://bucket/prefix`.
    pub media_url: Url,
    /// Directives of `tracing_subscriber::EnvFilter`.
    pub log: String,
    pub log_format: LogFormat,
    /// Threads that answer HTTP.
    pub workers: usize,
    pub durability: Durability,
    /// This node's name, different on every node.
    pub node: String,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// What secrets in the database are sealed with: names and keys, the one that seals first.
    pub secret_keys: Vec<(String, [u8; 32])>,
    /// What programs send that read the figures; without one only admins see them.
    pub metrics_token: Option<String>,
    /// The mail server; without one no mails are sent.
    pub smtp_host: Option<String>,
    pub smtp_port: u16,
    pub smtp_tls: Encryption,
    pub smtp_user: Option<String>,
    pub smtp_password: Option<String>,
    /// Whom mails come from.
    pub smtp_from: Option<Mailbox>,
}

/// How the mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// In the open at first, and encrypted before anything is said.
    StartTls,
    /// From the first byte.
    Tls,
    None,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Whether a database that may lose commits is served from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Required,
    Unchecked,
}

/// What is wrong with the configuration, a sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The configuration cannot be used:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n- {fault}"))
    }
}

impl std::error::Error for Faults {}

impl Config {
    /// The configuration of this process.
    ///
    /// # Errors
    /// Every fault, not only the first.
    pub fn from_environment() -> Result<Self, Faults> {
        Self::from_environment_or(&[])
    }

    /// As [`Config::from_environment`], with `fallbacks` (name, value) in place of the defaults of the table; the demo brings its
    /// private servers this way.
    ///
    /// # Errors
    /// Every fault, not only the first.
    pub fn from_environment_or(fallbacks: &[(&str, String)]) -> Result<Self, Faults> {
        Self::read(|name| given(name).or_else(|| of(fallbacks, name)))
    }

    /// The configuration that these (name, value) pairs and the defaults give; the environment is not asked.
    ///
    /// # Errors
    /// Every fault, not only the first.
    pub fn from_pairs(pairs: &[(&str, String)]) -> Result<Self, Faults> {
        Self::read(|name| of(pairs, name))
    }

    fn read(value_of: impl Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        let mut config = Self::blank();
        let faults: Vec<String> = SETTINGS.iter().filter_map(|setting| setting.apply(&mut config, value_of(setting.name)).err()).collect();
        let faults: Vec<String> = faults.into_iter().chain(config.mail_faults()).collect();
        if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
    }

    /// Whether mails can be sent.
    #[must_use]
    pub fn sends_mails(&self) -> bool {
        self.smtp_host.is_some()
    }

    /// What the settings of the mail server lack of each other.
    fn mail_faults(&self) -> impl Iterator<Item = String> {
        let has_no_sender = self.smtp_host.is_some() && self.smtp_from.is_none();
        let knows_half = self.smtp_user.is_some() != self.smtp_password.is_some();
        let sender =
            "BATON_SMTP_FROM is not set; with BATON_SMTP_HOST it says whom mails come from, such as `Support <baton@shop.example>`.";
        let half = "BATON_SMTP_USER and BATON_SMTP_PASSWORD belong together; set both, or neither.";
        [has_no_sender.then_some(sender), knows_half.then_some(half)].into_iter().flatten().map(str::to_owned)
    }

    /// What the table fills in: every field is set by its setting, from outside or by default.
    fn blank() -> Self {
        let nowhere = || Url::from_directory_path("/").expect("the root is a folder");
        Self {
            database_url: String::new(),
            database_pool: 0,
            redis_url: String::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: nowhere(),
            graph_url: nowhere(),
            graph_version: String::new(),
            media_url: nowhere(),
            log: String::new(),
            log_format: LogFormat::Text,
            workers: 0,
            durability: Durability::Required,
            node: String::new(),
            trusted_proxies: Vec::new(),
            secret_keys: Vec::new(),
            metrics_token: None,
            smtp_host: None,
            smtp_port: 0,
            smtp_tls: Encryption::StartTls,
            smtp_user: None,
            smtp_password: None,
            smtp_from: None,
        }
    }
}

/// Addresses of databases carry passwords: nobody may log them by accident.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("node", &self.node).field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// What the environment says of `name`; empty counts as unset.
#[must_use]
pub fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The folders in which programs are looked for.
#[must_use]
pub fn program_folders() -> Vec<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect()
}

/// `BATON_…` variables that are no setting: most likely misspelt.
#[must_use]
pub fn unknown_variables() -> Vec<String> {
    let is_setting = |name: &str| SETTINGS.iter().any(|setting| setting.name == name);
    let mut names: Vec<String> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    names.retain(|name| name.starts_with("BATON_") && !is_setting(name));
    names.sort();
    names
}

fn of(pairs: &[(&str, String)], name: &str) -> Option<String> {
    pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
}
