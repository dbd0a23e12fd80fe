//! What can be typed, and the small commands behind it.

mod commands;
mod files;
mod flow;
mod history;
mod inbox;
mod installation;
mod owner;
mod people;
mod quarantine;
mod routing;
mod secrets;

use clap::{Args, Parser, Subcommand};

use baton::app::Side;
use baton::demo::{self, Begin, ForeignDatabase, Keep, Strangers};
use baton::domain::access::Role;
use baton::domain::user::EmailAddress;

pub use commands::{doctor, migrate, user, workspace};
pub use flow::flow;
pub use inbox::inbox;
pub use owner::owner;
pub use quarantine::quarantine;
pub use routing::routing;
pub use secrets::secrets;

/// A real-time WhatsApp support inbox for teams.
///
/// Settings are BATON_* environment variables; docs/configuration.md lists them, `baton doctor` checks them.
#[derive(Debug, Parser)]
#[command(name = "baton", bin_name = "baton", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves the inbox, Meta's webhooks and the work behind them, until SIGTERM or Ctrl+C.
    Serve(ServeArguments),
    /// Runs the whole product on this machine: private PostgreSQL and Redis under var/, a workspace with a past, and
    /// simulated phones in place of WhatsApp. Keeps its data between runs.
    Demo(DemoArguments),
    /// Brings the database's schema up to date. Safe to run on several nodes at once.
    Migrate,
    /// Checks configuration, database, Redis, disk, clock and each number's token, and says what to do about what is wrong.
    Doctor,
    /// Workspaces: the tenants of this installation.
    Workspace {
        #[command(subcommand)]
        command: WorkspaceCommand,
    },
    /// Routing: who gets which conversation.
    Routing {
        #[command(subcommand)]
        command: RoutingCommand,
    },
    /// People who sign in.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Who looks after the whole installation: its System pages show every node, and what belongs to no workspace.
    Owner {
        #[command(subcommand)]
        command: OwnerCommand,
    },
    /// WhatsApp numbers that speak through this installation.
    Inbox {
        #[command(subcommand)]
        command: InboxCommand,
    },
    /// Flows, where they are written: checks and tries a definition, without a server and without a workspace.
    Flow {
        #[command(subcommand)]
        command: FlowCommand,
    },
    /// The keys that tokens and secrets in the database are sealed with.
    Secrets {
        #[command(subcommand)]
        command: SecretsCommand,
    },
    /// What came in and belongs to no workspace: for whoever runs the installation.
    Quarantine {
        #[command(subcommand)]
        command: QuarantineCommand,
    },
}

#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Only the web side: pages, sockets and webhooks.
    #[arg(long)]
    web: bool,
    /// Only the workers: what was received, what is to be sent, routing and timers.
    #[arg(long)]
    workers: bool,
}

impl ServeArguments {
    /// Neither or both flags are both sides.
    pub fn side(&self) -> Side {
        match (self.web, self.workers) {
            (true, false) => Side::Web,
            (false, true) => Side::Workers,
            (true, true) | (false, false) => Side::Both,
        }
    }
}

#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Forgets what earlier runs left and starts over.
    #[arg(long)]
    fresh: bool,
    /// Port of the inbox; 0 is any free one. [default: that of BATON_LISTEN, 8080]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Port of the simulated phones; 0 is any free one.
    #[arg(long, value_name = "N", default_value_t = demo::SIMULATOR_PORT)]
    simulator_port: u16,
    /// Begins with nothing, as a new business does: no workspace is made up, and the simulated WhatsApp has a number that is yet to be
    /// connected.
    #[arg(long)]
    empty: bool,
    /// How many conversations lie behind a workspace that is made up; up to a million.
    #[arg(long, value_name = "N", default_value_t = demo::seed::DEMO_SIZE.past, value_parser = past)]
    past: usize,
    /// Runs on an address that others reach (BATON_LISTEN), though its passwords are known to everybody.
    #[arg(long)]
    let_strangers_in: bool,
    /// Runs in the database of BATON_DATABASE_URL: fills it with invented people, and answers whoever wrote there through the simulator.
    #[arg(long)]
    fill_foreign_database: bool,
}

impl DemoArguments {
    pub fn options(&self) -> demo::Options {
        let keep = if self.fresh { Keep::Nothing } else { Keep::Everything };
        let strangers = if self.let_strangers_in { Strangers::LetIn } else { Strangers::KeptOut };
        let foreign_database = if self.fill_foreign_database { ForeignDatabase::Filled } else { ForeignDatabase::LeftAlone };
        let begin = if self.empty { Begin::Empty } else { Begin::MadeUp };
        demo::Options { keep, begin, port: self.port, simulator_port: self.simulator_port, past: self.past, strangers, foreign_database }
    }
}

/// Reads `--past`.
fn past(text: &str) -> Result<usize, String> {
    let wanted: Option<usize> = text.parse().ok().filter(|wanted| *wanted <= demo::seed::LARGEST);
    wanted.ok_or_else(|| format!("it is a number of conversations, up to {}", demo::seed::LARGEST))
}

#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// Makes a workspace with one team and one queue, `support`, that is always open; prints its id.
    Create {
        #[arg(long)]
        name: String,
        /// Language of the interface for its people: en or es.
        #[arg(long, default_value = "en")]
        locale: String,
        /// Such as Europe/Madrid.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
    },
    /// Lists what was set up last, by whom, latest first.
    History {
        /// Id or name of the workspace.
        #[arg(long)]
        workspace: String,
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
    },
    /// Writes down what is set up as one YAML file, without secrets; to standard output, unless a file is named.
    Export {
        file: Option<std::path::PathBuf>,
        /// Id or name of the workspace; it need not be said while there is only one.
        #[arg(long)]
        workspace: Option<String>,
        /// Leaves out who works there.
        #[arg(long)]
        without_people: bool,
    },
    /// Brings in what `workspace export` wrote, whole or not at all, as one act. Where there is no workspace yet, it makes one. Each secret
    /// that the file names as ${secret:NAME} is taken from the environment variable NAME.
    #[command(group = clap::ArgGroup::new("how").required(true))]
    Import {
        /// A file, or - for standard input.
        file: std::path::PathBuf,
        /// Id or name of the workspace; it need not be said while there is only one.
        #[arg(long)]
        workspace: Option<String>,
        /// Says what would change, and changes nothing.
        #[arg(long, group = "how")]
        plan: bool,
        /// Changes it.
        #[arg(long, group = "how")]
        apply: bool,
        /// Removes what the file does not name, of what can be removed; people it does not name work there no more.
        #[arg(long)]
        prune: bool,
    },
    /// Takes back what was set up together with a line of the history, unless it was changed again since.
    Undo {
        /// Id or name of the workspace.
        #[arg(long)]
        workspace: String,
        /// The number of the line.
        #[arg(long, value_name = "N")]
        line: i64,
    },
}

#[derive(Debug, Subcommand)]
pub enum RoutingCommand {
    /// Makes the decisions of the last hours again, from what was kept of each, and names those that come out otherwise; there are none
    /// unless the rules of this version are others. Changes nothing.
    Replay {
        /// Id or name of the workspace; it need not be said while there is only one.
        #[arg(long)]
        workspace: Option<String>,
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(i64).range(1..=24 * 30))]
        last: i64,
    },
}

#[derive(Debug, Subcommand)]
pub enum OwnerCommand {
    /// Lists them by their e-mail addresses.
    List,
    /// Somebody who has an account looks after the installation too.
    Add {
        #[arg(long)]
        email: EmailAddress,
    },
    /// Somebody does so no more. One is always left.
    Remove {
        #[arg(long)]
        email: EmailAddress,
    },
}

#[derive(Debug, Subcommand)]
pub enum FlowCommand {
    /// Lists everything that is wrong with a definition, each with line and column; fails when there is anything.
    Check {
        /// A definition as JSON, as docs/flows.md describes it; `-` is standard input.
        file: std::path::PathBuf,
        /// The key of a queue there is; may be given several times. Without it, whatever queues the flow names are there.
        #[arg(long, value_name = "KEY")]
        queue: Vec<String>,
    },
    /// A conversation with a flow in this terminal: what is typed is what a customer writes.
    Run {
        /// A definition as JSON.
        file: std::path::PathBuf,
        /// As with `check`.
        #[arg(long, value_name = "KEY")]
        queue: Vec<String>,
        /// The customer's profile name.
        #[arg(long, default_value = "Ana Torres")]
        name: String,
        /// The customer's language, where it is known: such as es.
        #[arg(long)]
        language: Option<String>,
        /// When it begins, such as 2026-03-14T23:30:00Z. [default: now]
        #[arg(long, value_name = "TIME")]
        at: Option<jiff::Timestamp>,
    },
}

#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    /// Prints a new key for BATON_SECRET_KEYS.
    New,
    /// Seals every secret with the first key of BATON_SECRET_KEYS. Nodes go on meanwhile; it must be the first key of each of them already.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub enum InboxCommand {
    /// Connects a number. Reads three lines from standard input: the app secret, the webhook's verify token, the access token.
    Connect {
        /// Id or name of the workspace.
        #[arg(long)]
        workspace: String,
        /// What your people call it.
        #[arg(long)]
        name: String,
        #[arg(long)]
        app_id: String,
        #[arg(long)]
        phone_number_id: String,
        #[arg(long)]
        waba_id: String,
        /// As customers see it, such as +34 600 000 000.
        #[arg(long)]
        display_phone_number: String,
        /// A flow that greets, as docs/flows.md describes it; without one conversations wait in the first queue.
        #[arg(long, value_name = "FILE")]
        flow: Option<std::path::PathBuf>,
        /// The app is known under another secret or verify token: from now on these count, for every number that speaks through it.
        #[arg(long)]
        replace: bool,
    },
    /// Gives a number a new access token, read from the first line of standard input, and lets it send again.
    Update {
        /// Id or name of the workspace.
        #[arg(long)]
        workspace: String,
        /// The number: its id here, its name, or Meta's phone number id.
        #[arg(long)]
        inbox: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// Lists the latest items that belong to no workspace: bodies that could not be read, and what names numbers and accounts that
    /// nobody here has. They hold what customers wrote.
    List {
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
        /// Also prints the items themselves.
        #[arg(long)]
        items: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Makes a person who can sign in and works for every team there is. Without --password-stdin a password is made up and printed once.
    Create {
        /// Id or name of the workspace.
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        email: EmailAddress,
        #[arg(long)]
        name: String,
        /// agent, supervisor or admin.
        #[arg(long)]
        role: Role,
        /// Language of the interface: en or es.
        #[arg(long, default_value = "en")]
        locale: String,
        /// Reads the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Somebody leaves: signed out everywhere within a second, and what they hold goes back to its queue.
    Deactivate {
        #[arg(long)]
        email: EmailAddress,
        /// Where, by name or id; only needed when they work in several workspaces.
        #[arg(long)]
        workspace: Option<String>,
    },
    /// Somebody who left comes back, with the password they had.
    Activate {
        #[arg(long)]
        email: EmailAddress,
        /// Where, by name or id; only needed when they work in several workspaces.
        #[arg(long)]
        workspace: Option<String>,
    },
    /// Somebody gets another password and is signed out everywhere. Without --password-stdin it is made up and printed once.
    Password {
        #[arg(long)]
        email: EmailAddress,
        /// Reads the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Ends every session of somebody, such as on a machine that was lost.
    SignOut {
        #[arg(long)]
        email: EmailAddress,
    },
    /// Somebody becomes an agent, a supervisor or an admin, from their next click on.
    Role {
        #[arg(long)]
        email: EmailAddress,
        /// Where, by name or id; only needed when they work in several workspaces.
        #[arg(long)]
        workspace: Option<String>,
        /// agent, supervisor or admin.
        #[arg(long)]
        role: Role,
    },
}
