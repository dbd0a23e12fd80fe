//! PostgreSQL's own program for loads.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::world::World;

const THREADS: &str = "2";

/// Runs a script on so many connections; answers how many times a second.
pub async fn run(world: &World, file: &Path, script: &str, clients: usize, duration: Duration) -> Result<f64> {
    fs::write(file, script)?;
    let (clients, seconds) = (clients.to_string(), duration.as_secs().max(1).to_string());
    let arguments = ["--no-vacuum", "--protocol=prepared", "--client", &clients, "--jobs", THREADS, "--time", &seconds, "--file"];
    let output = Command::new("pgbench").args(arguments).arg(file).arg(world.postgres.url()).output().await;
    let output = output.context("pgbench cannot be started; it comes with PostgreSQL")?;
    if !output.status.success() {
        bail!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let report = String::from_utf8_lossy(&output.stdout);
    let rate = report.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next());
    rate.and_then(|rate| rate.parse().ok()).with_context(|| format!("pgbench reports no rate: {report}"))
}
