//! SQL stands in one room, but for what only a made-up past needs, and each statement speaks of one workspace.

use super::registry::{self, File};
use super::source::{Code, Fault, Source};

/// A statement begins with the first word and goes on with one of the others.
const STATEMENTS: [(&str, &[&str]); 5] =
    [("SELECT", &["FROM"]), ("INSERT", &["INTO"]), ("UPDATE", &["SET"]), ("DELETE", &["FROM"]), ("TRUNCATE", &["TABLE"])];

/// Where a made-up past has statements of its own, which the registry knows as it does those of the store.
const OF_THE_DEMO: &str = "src/demo/seed/tables.rs";

pub fn outside_the_store(source: &Source) -> Vec<Fault> {
    if source.path.starts_with("src/store/") || source.path == OF_THE_DEMO || source.is_test_file() {
        return Vec::new();
    }
    let code = Code::of(source).without_tests();
    let found = code.strings.iter().filter(|(_, text)| is_sql(text));
    found.map(|(line, _)| source.fault(*line, "SQL stands in `store` only; add a statement to the file of its noun there")).collect()
}

fn is_sql(text: &str) -> bool {
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let is_statement = |words: &[&str]| {
        let Some((first, others)) = words.split_first() else { return false };
        STATEMENTS.iter().any(|(begin, then)| begin == first && others.iter().any(|word| then.contains(word)))
    };
    let shouted = (0..words.len()).any(|start| is_statement(&words[start..]));
    let quiet: Vec<String> = words.iter().map(|word| word.to_uppercase()).collect();
    let quiet: Vec<&str> = quiet.iter().map(String::as_str).collect();
    // In lower case only what can be nothing else: "update the settings" is English.
    shouted
        || matches!(quiet.as_slice(), ["INSERT", "INTO", ..] | ["DELETE", "FROM", ..])
        || text.trim_start().starts_with("select ") && is_statement(&quiet)
}

/// Statements that speak of no single workspace, and why.
const OF_THE_INSTALLATION: &[(&str, &str, &str)] = &[
    ("account_links", "FIND", ACCOUNT),
    ("account_links", "USE_UP", ACCOUNT),
    ("account_links", "FORGET", ACCOUNT),
    ("accounts", "OPEN", ACCOUNT),
    ("accounts", "FIND_BY_EMAIL", ACCOUNT),
    ("accounts", "KNOWN", ACCOUNT),
    ("accounts", "TAKE_OVER", ACCOUNT),
    ("accounts", "SET_OWNER", OWNER),
    ("accounts", "OWNERS", OWNER),
    ("allowances", "ALL_PAUSED", FIGURES),
    ("apps", "FIND", APP),
    ("apps", "KNOWN", APP),
    ("apps", "SAVE", APP),
    ("apps", "ADD", APP),
    ("apps", "CHALLENGED", APP),
    ("apps", "FIND_AND_HOLD", APP),
    ("assets", "KEEP", FILES),
    ("assets", "FORGET", FILES),
    ("assets", "VERSIONS", FILES),
    ("assets", "OF_VERSION", FILES),
    ("beginnings", "ADD", FIRST),
    ("beginnings", "IS_OPEN", FIRST),
    ("beginnings", "LOCK", FIRST),
    ("beginnings", "USE", FIRST),
    ("connection_drafts", "FORGET_OLD", CLAIM),
    ("contacts", "MOVE_IDENTITIES", SHEET),
    ("dispatches", "INBOXES_DUE", CLAIM),
    ("dispatches", "LAPSED", CLAIM),
    ("doctor", "CLOCK", SERVER),
    ("doctor", "DESCRIBE_SERVER", SERVER),
    ("feed", "WITH_UNNUMBERED", CLAIM),
    ("inbound_items", "LEFT_BEHIND", CLAIM),
    ("inboxes", "ALL", DOCTOR),
    ("inboxes", "OF_ADDRESSES", NUMBERS),
    ("inboxes", "OF_ACCOUNTS", NUMBERS),
    ("mails", "ADD", MAILS),
    ("mails", "CLAIM", MAILS),
    ("mails", "SENT", MAILS),
    ("mails", "GIVEN_UP", MAILS),
    ("mails", "AGAIN", MAILS),
    ("mails", "RECALL", MAILS),
    ("mails", "STATES", MAILS),
    ("floor", "FORGET", OLD),
    ("routing_decisions", "FORGET", OLD),
    ("mails", "FORGET", MAILS),
    ("logos", "OF_HASH", "a sign-in page shows a logo to whoever knows its hash"),
    ("media", "CLAIM", CLAIM),
    ("migrate", "LOCK_MIGRATIONS", SERVER),
    ("migrate", "UNLOCK_MIGRATIONS", SERVER),
    ("migrate", "FIND_MIGRATIONS_TABLE", SERVER),
    ("number_endings", "UNDER_WAY", CLAIM),
    ("numbers", "TEST_STATUS", SHEET),
    ("outbox", "OLDEST", FIGURES),
    ("payloads", "APPEND", APP),
    ("payloads", "LOCK", APP),
    ("payloads", "UNSORTED", APP),
    ("payloads", "MARK_SORTED", APP),
    ("payloads", "SOURCES_WITH_UNSORTED", APP),
    ("payloads", "FORGET", APP),
    ("nodes", "CALL", FIGURES),
    ("nodes", "ALL", FIGURES),
    ("nodes", "PAGES_HEARD_AT", FIGURES),
    ("quarantine", "SETTLED", NOBODYS),
    ("quarantine", "COUNT_OF_NOBODY", NOBODYS),
    ("quarantine", "ONE", NOBODYS),
    ("quarantine", "SORT_AGAIN", NOBODYS),
    ("quarantine", "LEAVE_ASIDE", NOBODYS),
    ("quarantine", "OF_NOBODY", "what belongs to no workspace is for whoever runs the installation"),
    ("agents", "HELD_BY_NOBODY", CLAIM),
    ("agents", "CLAIM_GONE", CLAIM),
    ("agents", "SET_HERE", "a node writes down at once who is here, of every workspace"),
    ("recounts", "CLAIM", CLAIM),
    ("queues", "WITH_WAITING", CLAIM),
    ("queues", "REMOVED_IN_USE", CLAIM),
    ("second_factors", "SET", ACCOUNT),
    ("second_factors", "REPLACE_CODES", ACCOUNT),
    ("second_factors", "TAKE_STEP", ACCOUNT),
    ("second_factors", "USE_CODE", ACCOUNT),
    ("secrets", "OF_ACCOUNTS", SEALED),
    ("secrets", "RESEAL_ACCOUNT", SEALED),
    ("secrets", "OF_KEYS", SEALED),
    ("secrets", "COUNTS", SEALED),
    ("secrets", "OF_APPS", SEALED),
    ("secrets", "RESEAL_APP", SEALED),
    ("secrets", "OF_MAILS", SEALED),
    ("secrets", "RESEAL_MAIL", SEALED),
    ("secrets", "OF_NUMBERS", SEALED),
    ("secrets", "RESEAL_NUMBER", SEALED),
    ("secrets", "OF_DRAFTS", SEALED),
    ("secrets", "RESEAL_DRAFT", SEALED),
    ("secrets", "OF_SIGNING_KEYS", SEALED),
    ("secrets", "RESEAL_SIGNING_KEY", SEALED),
    ("signing_keys", "LIST", KEYS),
    ("signing_keys", "INSERT", KEYS),
    ("signing_keys", "DELETE_SPENT", KEYS),
    ("statistics", "CHURNED", SERVER),
    ("statistics", "OUTGROWN", SERVER),
    ("system", "BEHIND", FIGURES),
    ("system", "SIZE", SERVER),
    ("system", "MEDIA", FIGURES),
    ("ticks", "APPEND", APP),
    ("queue_tallies", "FORGET", OLD),
    ("tallies", "FORGET", OLD),
    ("timers", "CLAIM", CLAIM),
    ("timers", "NEXT", CLAIM),
    ("timers", "OVERDUE", FIGURES),
    ("users", "INSERT_WORKSPACE", "it makes the workspace"),
    ("users", "INSERT_USER", ACCOUNT),
    ("setups", "VERSIONS", "a node asks for all the workspaces that it keeps"),
    ("workplace", "ALL_HOURS", DOCTOR),
    ("workplace", "ALL_PUBLISHED", DOCTOR),
    ("workplace", "ALL_RULES", DOCTOR),
    ("workspaces", "FIND_WORKSPACES", COMMAND_LINE),
    ("workspaces", "HAS_WORKSPACES", COMMAND_LINE),
    ("workspaces", "FIRST_WORKSPACES", COMMAND_LINE),
];

const ACCOUNT: &str = "whoever signs in says which account is meant, and it says which workspaces";
const APP: &str = "apps and their bodies belong to the installation: one app may speak for several workspaces";
const CLAIM: &str = "a worker looks for work of every workspace";
const COMMAND_LINE: &str = "whoever types on the command line looks for the workspace itself";
const DOCTOR: &str = "the doctor looks at the whole installation";
const FIRST: &str = "before the first workspace there is none";
const OWNER: &str = "whoever looks after the installation does so in every workspace";
const OLD: &str = "what is too old to be shown is forgotten in every workspace";
const FILES: &str = "the files of pages are the same for everybody";
const FIGURES: &str = "figures of the whole node";
const SEALED: &str = "keys that secrets are sealed with belong to the installation";
const NOBODYS: &str = "what belongs to no workspace is settled by whoever runs the installation";
const KEYS: &str = "signing keys belong to the installation";
const MAILS: &str = "an account is written to, and it is somebody in several workspaces";
const NUMBERS: &str = "a body names a number or an account, which says which workspace is meant";
const SHEET: &str = "a sheet of the sorter holds rows of several workspaces, and each row names its own";
const SERVER: &str = "it asks the server about itself";

/// Statements without a workspace that are not excused, and excuses without a statement.
pub fn unbound(files: &[File]) -> Vec<String> {
    let excused = |file: &str, name: &str| OF_THE_INSTALLATION.iter().any(|(of, which, _)| *of == file && *which == name);
    let all = files.iter().flat_map(|file| file.statements.iter().map(move |statement| (file.name, statement)));
    let unbound: Vec<(&str, &str)> =
        all.filter(|(_, statement)| !is_bound(statement.sql)).map(|(file, statement)| (file, statement.name)).collect();
    let faults = unbound.iter().filter(|(file, name)| !excused(file, name));
    let idle = OF_THE_INSTALLATION.iter().filter(|(file, name, _)| !unbound.contains(&(*file, *name)));
    let faults = faults.map(|(file, name)| {
        format!("{}: {name} has no `workspace_id` in its predicate; add it, or excuse it by name here", registry::path(file))
    });
    faults
        .chain(idle.map(|(file, name, _)| format!("{}: {name} is excused for nothing; take the excuse out", registry::path(file))))
        .collect()
}

/// Whether a statement touches one workspace only: rows it adds carry one, rows it finds are asked for by one.
fn is_bound(sql: &str) -> bool {
    let sql: String = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let asks = sql.contains("workspace_id = $");
    let adds =
        sql.split("INSERT INTO ").nth(1).and_then(|rest| rest.split_once(')')).is_some_and(|(head, _)| head.contains("workspace_id"));
    // The table of workspaces calls it by another name.
    let is_itself = sql.contains(" workspaces ") && sql.ends_with(" WHERE id = $1");
    asks || adds || is_itself
}

/// Every index says which query it serves.
pub fn unexplained_indexes(source: &Source) -> Vec<Fault> {
    let lines: Vec<&str> = source.text.lines().collect();
    let is_index = |line: &str| line.starts_with("CREATE INDEX") || line.starts_with("CREATE UNIQUE INDEX");
    let is_unexplained =
        |place: &usize| is_index(lines[*place]) && !place.checked_sub(1).is_some_and(|before| lines[before].starts_with("--"));
    let places = (0..lines.len()).filter(is_unexplained);
    places.map(|place| source.fault(place + 1, "an index says in the line above which query it serves")).collect()
}

#[test]
fn a_planted_index_without_a_query_is_caught() {
    let text = "-- The list.\nCREATE INDEX a ON b (c);\nCREATE INDEX d ON e (f);\n";
    let lines: Vec<usize> = unexplained_indexes(&Source::new("migrations/V1__x.sql", text)).iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [3]);
}

#[test]
fn planted_sql_is_caught() {
    let lines = |path: &str, text: &str| outside_the_store(&Source::new(path, text)).iter().map(|fault| fault.line).collect::<Vec<_>>();
    assert_eq!(lines("src/web/x.rs", "let a = 1;\nlet b = \"SELECT id\n FROM users\";\n"), [2]);
    assert_eq!(lines("src/runner/x.rs", "f(r#\"WITH a AS (UPDATE agents SET load = 1) TABLE a\"#)"), [1]);
    assert_eq!(lines("src/runner/x.rs", "f(\"delete from users\", \"insert into users\", \"select 1 from users\")"), [1, 1, 1]);
    assert_eq!(lines("src/web/x.rs", "f(\"Update the settings\", \"select a row\", \"Delete this one from the list\")"), [0; 0]);
    assert_eq!(lines("src/store/x.rs", "f(\"SELECT 1 FROM users\")"), [0; 0]);
}

#[test]
fn a_planted_statement_without_a_workspace_is_caught() {
    assert!(!is_bound("SELECT name FROM users WHERE id = $1"));
    assert!(!is_bound("DELETE FROM drafts WHERE conversation_id = $1"));
    assert!(!is_bound("INSERT INTO teams (id, name) VALUES ($1, $2)"));
    assert!(is_bound("INSERT INTO teams (workspace_id, id) VALUES ($1, $2)"));
    assert!(is_bound("SELECT name FROM users WHERE workspace_id = $1 AND id = $2"));
}
