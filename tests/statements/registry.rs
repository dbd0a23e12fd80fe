//! Every statement of the store, file by file; `tests/statements.rs` prepares and explains them, `tests/house.rs` reads them.

use baton::demo;
use baton::store::{self, Statement};

/// The statements of one file of `src/store`, or, with its folders, of another one of `src`.
#[derive(Clone, Copy)]
pub struct File {
    pub name: &'static str,
    pub statements: &'static [Statement],
}

macro_rules! files {
    ($($name:ident)+) => {
        &[
            $(File { name: stringify!($name), statements: store::$name::STATEMENTS },)+
            File { name: "demo/seed/tables", statements: demo::seed::tables::STATEMENTS },
        ]
    };
}

/// Where a file's statements stand.
pub fn path(file: &str) -> String {
    if file.contains('/') { format!("src/{file}.rs") } else { format!("src/store/{file}.rs") }
}

/// Every file that declares statements.
pub const ALL: &[File] = files! {
    acceptances
    access
    account_links
    accounts
    agents
    allowances
    apps
    assets
    beginnings
    board
    canned_replies
    connection_drafts
    changes
    contacts
    conversations
    dispatches
    doctor
    drafts
    entry_rules
    events
    feed
    fields
    floor
    flows
    handover
    inbound_items
    inboxes
    invitations
    lists
    mails
    logos
    media
    messages
    migrate
    nodes
    notes
    notices
    number_endings
    numbers
    outbox
    pages
    payloads
    people
    profiles
    quarantine
    queue_tallies
    queues
    reads
    recounts
    roles
    routing_decisions
    second_factors
    secrets
    securities
    sessions
    setup_rows
    setups
    signing_keys
    skills
    sla
    start
    statistics
    system
    tags
    tallies
    teams
    threads
    ticks
    timers
    users
    workplace
    workspaces
};
