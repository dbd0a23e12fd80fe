//! The least a message can take: one durable row, and one frame to the other side and back.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use super::acks::TABLE;
use crate::figures::Latencies;
use crate::seed::APP_ID;
use crate::world::World;

const CLIENTS: usize = 8;

/// How long rows are inserted.
const INSERTING: Duration = Duration::from_millis(1_500);

const FRAMES: usize = 2_000;

/// Bytes of a row's body, and of a frame.
const LENGTH: usize = 1_024;

/// Milliseconds of the median insert and the median round trip together.
pub async fn measure(world: &World) -> Result<f64> {
    let insert = insert(world).await?;
    let frame = tokio::task::spawn_blocking(exchange_frames).await??;
    Ok(insert + frame)
}

async fn insert(world: &World) -> Result<f64> {
    let client = world.connect().await?;
    client.batch_execute(TABLE).await?;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(insert_for_a_while(world.connect().await?));
    }
    let mut taken = Vec::new();
    while let Some(ended) = clients.join_next().await {
        taken.extend(ended??);
    }
    client.batch_execute("TRUNCATE reference_payloads").await?;
    Ok(Latencies::from(taken).quantile(0.5))
}

async fn insert_for_a_while(client: Client) -> Result<Vec<Duration>> {
    let body = [b'x'; LENGTH];
    let statement = client.prepare("INSERT INTO reference_payloads (source, received_at, body) VALUES ($1, $2, $3)").await?;
    let end = Instant::now() + INSERTING;
    let mut taken = Vec::new();
    while Instant::now() < end {
        let begun = Instant::now();
        client.execute(&statement, &[&APP_ID, &Timestamp::now(), &body.as_slice()]).await?;
        taken.push(begun.elapsed());
    }
    Ok(taken)
}

fn exchange_frames() -> Result<f64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut stream = TcpStream::connect(listener.local_addr()?)?;
    stream.set_nodelay(true)?;
    let other_side = std::thread::spawn(move || echo(&listener));
    let mut frame = [0x81; LENGTH];
    let mut taken = Vec::with_capacity(FRAMES);
    for _ in 0..FRAMES {
        let begun = Instant::now();
        stream.write_all(&frame)?;
        stream.read_exact(&mut frame)?;
        taken.push(begun.elapsed());
    }
    drop(stream);
    other_side.join().map_err(|_| anyhow::anyhow!("the other side of the round trip failed"))??;
    Ok(Latencies::from(taken).quantile(0.5))
}

/// Sends everything back until the other side closes.
fn echo(listener: &TcpListener) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut frame = [0; LENGTH];
    while let Ok(()) = stream.read_exact(&mut frame) {
        stream.write_all(&frame)?;
    }
    Ok(())
}
