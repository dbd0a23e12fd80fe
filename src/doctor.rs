//! `baton doctor`: looks at everything this installation stands on. Every finding that is not fine says what to do.

mod clock;
mod database;
mod disk;
mod inboxes;
mod mail;
mod redis;
mod secrets;

use std::fmt;

use jiff::Timestamp;

use crate::config::{self, Config, Faults};
use crate::store::Store;
use crate::store::sealed::Keys;

/// How a thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Fine,
    /// Works, but someone should know.
    Doubtful,
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub health: Health,
    /// What was found, and what to do unless it is fine.
    pub words: String,
}

impl Finding {
    pub(crate) fn fine(words: impl Into<String>) -> Self {
        Self { health: Health::Fine, words: words.into() }
    }

    pub(crate) fn doubtful(words: impl Into<String>) -> Self {
        Self { health: Health::Doubtful, words: words.into() }
    }

    pub(crate) fn wrong(words: impl Into<String>) -> Self {
        Self { health: Health::Wrong, words: words.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.health {
            Health::Fine => "fine ",
            Health::Doubtful => "look ",
            Health::Wrong => "WRONG",
        };
        write!(f, "{mark}  {}", self.words)
    }
}

/// Looks at everything that `config` names.
pub async fn examine(config: &Result<Config, Faults>) -> Vec<Finding> {
    let mut findings = unknown_variables();
    match config {
        Err(faults) => findings.extend(faults.0.iter().map(Finding::wrong)),
        Ok(config) => {
            findings.push(Finding::fine("The configuration can be read."));
            findings.extend(public_address(config));
            findings.extend(installation(config).await);
        }
    }
    findings
}

async fn installation(config: &Config) -> Vec<Finding> {
    let mut findings = vec![disk::examine(config), redis::examine(&config.redis_url).await, mail::examine(config).await];
    let opened = Keys::new(&config.secret_keys).and_then(|keys| Store::new(&config.database_url, config.database_pool, keys));
    let store = match opened {
        Ok(store) => store,
        Err(error) => return [findings, vec![database::away(&error)]].concat(),
    };
    match store.server_settings().await {
        Err(error) => findings.push(database::away(&error)),
        Ok(settings) => {
            findings.extend(database::examine(&settings, config));
            findings.push(clock::examine(settings.now, Timestamp::now()));
            findings.extend(schema(&store, config).await);
        }
    }
    findings
}

async fn schema(store: &Store, config: &Config) -> Vec<Finding> {
    let finding = database::migrations(store).await;
    if finding.health != Health::Fine {
        return vec![finding];
    }
    [vec![finding, secrets::examine(store).await], database::set_up(store).await, inboxes::examine(store, config).await].concat()
}

/// Bytes that are free for pictures, where they are kept in a folder and that can be told.
#[must_use]
pub fn free_bytes(config: &Config) -> Option<u64> {
    disk::free_bytes(config)
}

fn unknown_variables() -> Vec<Finding> {
    let doubt =
        |name: String| Finding::doubtful(format!("{name} is set but is no setting of Baton; docs/configuration.md lists them all."));
    config::unknown_variables().into_iter().map(doubt).collect()
}

fn public_address(config: &Config) -> Option<Finding> {
    let url = &config.public_url;
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    (url.scheme() == "http" && !is_here).then(|| {
        Finding::doubtful(format!(
            "Browsers reach {url} without encryption; put a proxy with TLS in front and set BATON_PUBLIC_URL to https."
        ))
    })
}

/// Why `serve` will not start on this database, if so.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn refusal_to_serve(store: &Store, config: &Config) -> crate::store::Result<Option<String>> {
    let settings = store.server_settings().await?;
    let findings = [database::version(&settings), database::durability(&settings, config.durability), database::migrations(store).await];
    let wrong = |finding: &Finding| finding.health == Health::Wrong;
    if let Some(finding) = findings.into_iter().find(wrong) {
        return Ok(Some(finding.words));
    }
    Ok(Some(secrets::examine(store).await).filter(wrong).map(|finding| finding.words))
}
