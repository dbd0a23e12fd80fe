//! Processes that end when this one does, however it ends.
//!
//! Linux sends a child the signal it asked for when the *thread* that started it ends. So all are started by one thread that lives
//! as long as the process. `setpriv` asks for the signal and drops root before it becomes the program.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::account::Account;

/// How long a program may take to end by itself once asked.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often something that gives no sign is looked at.
const GLANCE: Duration = Duration::from_millis(10);

/// A running program; dropping it asks it to end and waits until it has.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    farewell: Signal,
}

/// What asks a program to end.
#[derive(Debug, Clone, Copy)]
pub enum Signal {
    Interrupt,
    Terminate,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Signal::Interrupt => "INT",
            Signal::Terminate => "TERM",
        }
    }
}

impl Process {
    /// Starts `program` as `account`, in a process group of its own so that Ctrl+C reaches only us. What it prints goes to `log`.
    ///
    /// # Errors
    /// In one sentence, when it cannot be started.
    pub fn start(
        name: &'static str,
        account: &Account,
        program: &Path,
        arguments: &[String],
        farewell: Signal,
        log: &Path,
    ) -> Result<Self> {
        use std::os::unix::process::CommandExt;
        let output = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
        let mut command = setpriv(account, farewell.name(), program, arguments);
        command.process_group(0).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = start_for_good(command).map_err(|error| unstartable(&error))?;
        Ok(Self { name, child, farewell })
    }

    /// Waits until `is_ready` says so.
    ///
    /// # Errors
    /// When the program ended meanwhile, or `limit` has passed; the last lines of its log say why.
    pub fn wait_until_ready(&mut self, limit: Duration, log: &Path, mut is_ready: impl FnMut() -> bool) -> Result<()> {
        let deadline = Instant::now() + limit;
        while !is_ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at once ({status}); {} says: {}", self.name, log.display(), last_lines(log));
            }
            if Instant::now() > deadline {
                bail!("{} was not ready after {} s; {} may say why", self.name, limit.as_secs(), log.display());
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Its number in the system.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn stop(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        send(self.farewell, self.child.id())?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(GLANCE);
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(program = self.name, %error, "a program that was started could not be stopped");
        }
    }
}

/// Runs `program` as `account` to its end.
///
/// # Errors
/// With what it printed, when it fails.
pub fn run(account: &Account, program: &Path, arguments: &[String]) -> Result<()> {
    let mut command = setpriv(account, "KILL", program, arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = start_for_good(command).map_err(|error| unstartable(&error))?.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    bail!("{} failed: {}", program.display(), String::from_utf8_lossy(&output.stderr).trim())
}

/// `program` as `account`, sent `farewell` when we end.
fn setpriv(account: &Account, farewell: &str, program: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(account.options()).args(["--pdeathsig", farewell, "--"]).arg(program).args(arguments).current_dir("/");
    command
}

/// Waits until `is_so`; answers whether it came to be within `limit`.
pub fn wait_until(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(GLANCE);
    }
}

/// Whether process `id` runs: it exists and is no corpse that nobody has buried.
#[must_use]
pub fn is_running(id: u32) -> bool {
    let Ok(line) = std::fs::read_to_string(format!("/proc/{id}/stat")) else { return false };
    let state = line.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

type Order = (Command, Sender<io::Result<Child>>);

static KEEPER: LazyLock<io::Result<Sender<Order>>> = LazyLock::new(|| {
    let (orders, inbox): (Sender<Order>, Receiver<Order>) = mpsc::channel();
    thread::Builder::new().name("keeper".to_owned()).spawn(move || keep(&inbox))?;
    Ok(orders)
});

/// The thread that starts processes; its sender is never dropped, so it never ends.
fn keep(orders: &Receiver<Order>) {
    while let Ok((mut command, answer)) = orders.recv() {
        if let Err(mpsc::SendError(Ok(mut orphan))) = answer.send(command.spawn())
            && let Err(error) = orphan.kill()
        {
            tracing::warn!(%error, "a program that nobody waits for could not be stopped");
        }
    }
}

fn start_for_good(command: Command) -> io::Result<Child> {
    let keeper = KEEPER.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
    let (answer, child) = mpsc::channel();
    keeper.send((command, answer)).map_err(io::Error::other)?;
    child.recv().map_err(io::Error::other)?
}

/// `kill` is a word of every shell; the standard library knows only SIGKILL.
fn send(signal: Signal, id: u32) -> io::Result<()> {
    Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", signal.name(), &id.to_string()]).status().map(drop)
}

fn unstartable(error: &io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::NotFound {
        return anyhow!("the program `setpriv` is missing; install it with `apt-get install util-linux`");
    }
    anyhow!("`setpriv` cannot be started: {error}")
}

/// The end of a log, in one line.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines[lines.len().saturating_sub(3)..].join(" / ") }
}
