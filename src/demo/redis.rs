//! A private Redis on a Unix socket. It keeps nothing: all that is in it can be lost.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use crate::config::program_folders;

use super::place::Place;
use super::process::{self, Process, Signal};

const START: Duration = Duration::from_secs(10);

/// How long the one of a run that was killed may take to end.
const PREDECESSOR: Duration = Duration::from_secs(10);

const ANSWER: Duration = Duration::from_millis(500);

/// A running server; stopped when dropped, and when this process ends in any other way.
#[derive(Debug)]
pub struct Server {
    process: Process,
    url: String,
}

impl Server {
    /// Starts a server in `place`. Waits for one that a killed run left behind.
    ///
    /// # Errors
    /// In one sentence that says what to do.
    pub fn start(place: &Place) -> Result<Self> {
        let Some(program) = find() else {
            bail!("Redis is not installed; `apt-get install redis-server` installs it, or set BATON_REDIS_URL");
        };
        let folder = place.databases.join("redis");
        place.account.make_folder(&folder)?;
        let socket = socket(&place.sockets);
        if !process::wait_until(PREDECESSOR, || !answers(&socket)) {
            bail!("a Redis of an earlier run still answers at {}; stop it first", socket.display());
        }
        let log = place.log("redis");
        let arguments = arguments(&folder, &socket);
        let mut process = Process::start("Redis", &place.account, &program, &arguments, Signal::Terminate, &log)?;
        process.wait_until_ready(START, &log, || answers(&socket))?;
        Ok(Self { process, url: url(&place.sockets)? })
    }

    /// Where it is, for `BATON_REDIS_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }
}

/// The address of the server whose socket is in `sockets`.
///
/// # Errors
/// When `sockets` is no whole path.
pub fn url(sockets: &Path) -> Result<String> {
    let file = url::Url::from_file_path(socket(sockets)).map_err(|()| anyhow!("{} is no whole path", sockets.display()))?;
    Ok(format!("redis+unix://{}", file.path()))
}

fn socket(sockets: &Path) -> PathBuf {
    sockets.join("redis.sock")
}

fn find() -> Option<PathBuf> {
    program_folders().into_iter().map(|folder| folder.join("redis-server")).find(|program| program.is_file())
}

fn arguments(folder: &Path, socket: &Path) -> Vec<String> {
    let (folder, socket) = (folder.to_string_lossy(), socket.to_string_lossy());
    let settings = [
        ["--port", "0"],
        ["--unixsocket", &socket],
        ["--unixsocketperm", "700"],
        ["--dir", &folder],
        ["--save", ""],
        ["--appendonly", "no"],
        ["--daemonize", "no"],
    ];
    settings.into_iter().flatten().map(str::to_owned).collect()
}

fn answers(socket: &Path) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    };
    ask().unwrap_or(false)
}
