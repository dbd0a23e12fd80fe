//! Baton's figures, each against a minimal reference of our own in the same run.
//!
//! Everything is private: PostgreSQL with its durability on, Redis, Baton as it is delivered, and the reference servers, which are
//! this program started again. Sides take turns, so that a noisy machine is noisy for both; what counts is the median of the ratios.

mod acks;
mod answer;
mod assigned;
mod claims;
mod figures;
mod floor;
#[path = "../../tests/support/large.rs"]
mod large_file;
mod latency;
mod load;
mod machine;
mod memory;
mod reference;
mod seed;
mod settings;
mod ticks;
mod timers;
mod work;
mod world;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use figures::{Outcome, Size};
use world::World;

#[derive(Debug, Parser)]
#[command(name = "bench", about = "Baton's figures, each against a minimal reference in the same run")]
struct Cli {
    /// Small and short, to see that everything works; ratios are shown but not judged.
    #[arg(long, global = true)]
    quick: bool,
    #[command(subcommand)]
    figure: Option<Figure>,
}

#[derive(Debug, Clone, Subcommand)]
enum Figure {
    /// Webhooks acknowledged a second, each committed first, at 128 connections.
    Acks,
    /// From webhook to frame at the agent's socket, at 500 a second with 1,000 sockets.
    Latency(latency::Load),
    /// From waiting to an agent at 200 a second; from an agent's page to their first conversation.
    Assigned,
    /// Waiting conversations given away a second by 64 routers on three nodes, and that each is given once, in its order, evenly.
    Claims,
    /// What the floor costs a browser while people work, and how far behind it is; wants Chromium, and takes twelve minutes.
    Floor,
    /// The same, beside 3,000 ticks a second and without them.
    Ticks,
    /// Memory of an idle agent socket, at 10,000.
    Memory,
    /// Pages of settings in a workspace as large as they come.
    Settings,
    /// How late a warning is while a million other timers are due.
    Timers,
    /// Messages, first messages and answers worked off a second, and what one answer takes.
    Work,
    /// Prints the file of a workspace as large as they come, to bring in with `baton workspace import`.
    #[command(hide = true)]
    LargeWorkspace,
    #[command(hide = true)]
    ReferenceAcks(reference::acks::Options),
    #[command(hide = true)]
    ReferenceSockets(reference::sockets::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let size = if cli.quick { Size::Quick } else { Size::Full };
    let done = match cli.figure {
        Some(Figure::ReferenceAcks(options)) => reference::acks::serve(options).map(|()| Outcome::Met),
        Some(Figure::ReferenceSockets(options)) => reference::sockets::serve(options).map(|()| Outcome::Met),
        Some(Figure::LargeWorkspace) => {
            print!("{}", large_file::file());
            Ok(Outcome::Met)
        }
        Some(figure) => measure(&[figure], size),
        None => measure(
            &[
                Figure::Acks,
                Figure::Latency(latency::Load::JUDGED),
                Figure::Ticks,
                Figure::Memory,
                Figure::Work,
                Figure::Settings,
                Figure::Claims,
                Figure::Assigned,
            ],
            size,
        ),
    };
    match done {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures figures one after the other; the worst outcome counts.
fn measure(wanted: &[Figure], size: Size) -> Result<Outcome> {
    println!("{}", machine::describe()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            outcome = measure_each(wanted, size) => outcome,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    })
}

async fn measure_each(wanted: &[Figure], size: Size) -> Result<Outcome> {
    let world = World::start().await?;
    let mut worst = Outcome::Met;
    for figure in wanted {
        let outcome = match figure {
            Figure::Acks => acks::measure(&world, size).await?,
            Figure::Latency(load) => latency::measure(&world, size, *load).await?,
            Figure::Assigned => assigned::measure(&world, size).await?,
            Figure::Claims => claims::measure(&world, size).await?,
            Figure::Floor => floor::measure(&world, size).await?,
            Figure::Ticks => ticks::measure(&world, size).await?,
            Figure::Timers => timers::measure(&world, size).await?,
            Figure::Memory => memory::measure(&world, size).await?,
            Figure::Work => work::measure(&world, size).await?,
            Figure::Settings => settings::measure(&world, size).await?,
            Figure::LargeWorkspace | Figure::ReferenceAcks(_) | Figure::ReferenceSockets(_) => Outcome::Met,
        };
        worst = worst.max(outcome);
    }
    println!("\n{worst}");
    Ok(worst)
}
