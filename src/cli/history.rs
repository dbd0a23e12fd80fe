//! `workspace history` and `workspace undo`: who set up what, and taking it back.

use anyhow::{Result, bail};

use baton::config::Config;
use baton::domain::setup::event::Parts;
use baton::domain::setup::{By, RecordedSetup};
use baton::runner::Error;

use super::commands::{find_workspace, store};
use super::installation::{Installation, in_words};

pub async fn list(config: &Config, workspace: &str, limit: i64) -> Result<()> {
    let store = store(config)?;
    let workspace = find_workspace(&store, workspace).await?;
    let listed = store.setup_events_before(workspace, i64::MAX, limit).await?;
    if listed.is_empty() {
        println!("Nothing was set up yet.");
    }
    listed.iter().for_each(|recorded| println!("{}", line(recorded)));
    Ok(())
}

pub async fn undo(config: &Config, workspace: &str, line: i64) -> Result<()> {
    let installation = Installation::of(config)?;
    let workspace = find_workspace(installation.store(), workspace).await?;
    match installation.runner.undo_setup(workspace, &By::CommandLine, line).await {
        Ok(done) => println!("Taken back; that is line {}.", done.seq),
        Err(Error::NotFound) => bail!("the history has no line {line}"),
        Err(error) => return Err(in_words(error)),
    }
    installation.tell().await?;
    Ok(())
}

/// Such as `12  2026-02-10T10:00:00Z  Iris  queue_changed  Support  name, hours`.
fn line(recorded: &RecordedSetup) -> String {
    let RecordedSetup { seq, at, who, event, .. } = recorded;
    let parts = match event.about() {
        Some((_, Parts::Some(parts))) => parts.into_iter().collect::<Vec<_>>().join(", "),
        Some((_, Parts::All)) | None => String::new(),
    };
    format!("{seq}  {at}  {who}  {}  {}  {parts}", event.kind(), event.name().unwrap_or_default()).trim_end().to_owned()
}
