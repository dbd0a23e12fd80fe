//! What the system says about processes: their time and their memory.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Ports for servers: below those that the system gives to clients, whose old connections would block them.
const FIRST_PORT: u16 = 21_000;
const LAST_PORT: u16 = 31_000;

/// `USER_HZ`: ticks a second in `/proc`, the same on every Linux.
const TICKS: f64 = 100.0;

/// The machine in a line.
pub fn describe() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load = fs::read_to_string("/proc/loadavg")?;
    Ok(format!("{cores} cores, Linux {}, load {} before; client, servers and databases share them", kernel.trim(), &load[..4]))
}

/// An address on this machine that is free now.
pub fn free_address() -> Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    for _ in FIRST_PORT..LAST_PORT {
        let port = FIRST_PORT + NEXT.fetch_add(1, Ordering::Relaxed) % (LAST_PORT - FIRST_PORT);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match TcpListener::bind(address) {
            Ok(_) => return Ok(address),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("no port between {FIRST_PORT} and {LAST_PORT} is free")
}

/// Memory of a process that is in RAM, in bytes.
pub fn resident(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).context("a measured process is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS is missing")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kibibytes * 1024)
}

/// Processor time that everything on this machine used so far.
pub fn time_of_all() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks = fields.map(str::parse::<u32>).collect::<Result<Vec<_>, _>>()?;
    // user, nice, system, idle, waiting for disks, interrupts, soft interrupts, taken by the host
    let busy =
        ticks.iter().take(8).enumerate().filter(|(place, _)| !matches!(place, 3 | 4)).map(|(_, ticks)| f64::from(*ticks)).sum::<f64>();
    Ok(Duration::from_secs_f64(busy / TICKS))
}

/// Processor time that a process used so far.
pub fn time_of(process: u32) -> Result<Duration> {
    Ok(stat(process).context("a measured process is gone")?.time)
}

/// Processor time that a process and its children used so far, those that ended included.
pub fn time_of_family(process: u32) -> Result<Duration> {
    let head = stat(process).context("a measured process is gone")?;
    let mut time = head.time + head.time_of_ended_children;
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        time += stat(id).filter(|child| child.parent == process).map_or(Duration::ZERO, |child| child.time);
    }
    Ok(time)
}

struct Stat {
    parent: u32,
    time: Duration,
    time_of_ended_children: Duration,
}

/// Nothing when the process has ended.
fn stat(process: u32) -> Option<Stat> {
    let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u32>().ok();
    let time = |user: usize| Some(Duration::from_secs_f64(f64::from(ticks(user)? + ticks(user + 1)?) / TICKS));
    Some(Stat { parent: ticks(1)?, time: time(11)?, time_of_ended_children: time(13)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_time() {
        let own = std::process::id();
        assert!(resident(own).unwrap() > 100_000);
        let before = time_of(own).unwrap();
        while time_of(own).unwrap() == before {
            std::hint::black_box((0..1_000_000u64).sum::<u64>());
        }
        assert!(time_of_family(own).unwrap() > before);
        assert!(time_of_all().unwrap() > before);
    }

    #[test]
    fn addresses_are_free_and_low() {
        let (one, other) = (free_address().unwrap(), free_address().unwrap());
        assert_ne!(one, other);
        assert!(one.port() < 32_768 && other.port() < 32_768);
    }
}
