//! Every change goes through the runner, but for these.

use std::collections::BTreeSet;

use baton::store::Statement;

use super::registry::File;
use super::source::{Code, Fault, Source, line_of};

/// Writes past the runner: the room, the function of `store`, and why no rule has a say in it.
const PAST_THE_RUNNER: &[(&str, &str, &str)] = &[
    ("web", "create_session", SESSION),
    ("web", "renew_session", SESSION),
    ("web", "revoke_session", SESSION),
    ("web", "hand_over_session", SESSION),
    ("web", "rotate_signing_key", SESSION),
    ("web", "prove_session", SESSION),
    ("web", "add_account_link", ACCOUNT),
    ("web", "add_newcomer_link", ACCOUNT),
    ("workers", "forget_account_links", "a link that is too old opens nothing"),
    ("web", "take_totp_step", ACCOUNT),
    ("web", "use_recovery_code", ACCOUNT),
    ("web", "save_looks", OWN),
    ("web", "set_picture", OWN),
    ("web", "save_draft", OWN),
    ("web", "save_read", OWN),
    ("web", "save_flow_draft", WRITING),
    ("web", "remove_flow_draft", WRITING),
    ("web", "add_media", PICTURE),
    ("web", "remove_media", PICTURE),
    ("web", "keep_assets", "files of pages belong to the installation"),
    ("workers", "set_uploaded_media", PICTURE),
    ("workers", "claim_media", CLAIM),
    ("workers", "retry_media", CLAIM),
    ("workers", "claim_timers", CLAIM),
    ("workers", "claim_mails", CLAIM),
    ("workers", "set_mail_sent", MAIL),
    ("workers", "give_up_mail", MAIL),
    ("workers", "retry_mail", MAIL),
    ("workers", "forget_mails", MAIL),
    ("workers", "release_timer", CLAIM),
    ("workers", "forget_old_connection_drafts", "what somebody began long ago and left is of no use to anybody"),
    ("workers", "forget_tallies", "what was done days ago is shown nowhere"),
    ("workers", "forget_queue_tallies", "what came and went days ago is shown nowhere"),
    ("workers", "forget_floor_acts", "what was done on a floor a day ago is shown nowhere; journals keep it"),
    ("workers", "forget_routing_decisions", "what was decided a month ago is shown nowhere; journals keep why"),
    ("workers", "forget_payloads", "what was sorted long ago is of no use to anybody"),
    ("cli", "rotate_secrets", SEALED),
];

const SESSION: &str = "sessions concern one browser and no conversation";
const ACCOUNT: &str = "it is what one person proves with who they are, and no workspace's matter";
const OWN: &str = "it is one person's own, and no rule decides about it";
const WRITING: &str = "it is what is being written; what is published of it goes through the runner";
const PICTURE: &str = "where a file is; the message that shows it goes through the runner";
const CLAIM: &str = "who works on it next; what comes of it goes through the runner";
const MAIL: &str = "whether a mail left; no rule depends on it";
const SEALED: &str = "what is kept stays as it is; only its seal is another";

/// Rooms below the runner, the runner itself, and the demo, which fills an empty installation.
const MAY_WRITE: [&str; 3] = ["src/store/", "src/runner/", "src/demo/"];

/// A public function of `store` that writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Writer {
    file: String,
    name: String,
    /// Of the store itself; others want a transaction, and are called by their path.
    is_method: bool,
}

/// A function of a file, and its text up to the next one.
struct Function {
    file: String,
    name: String,
    body: String,
    is_public: bool,
}

/// The functions that `store` offers which write by a statement of their own, or through another one of them.
pub fn writers(store: &[Source], files: &[File]) -> BTreeSet<Writer> {
    let functions: Vec<Function> = store.iter().flat_map(functions).collect();
    let mut writers = BTreeSet::new();
    loop {
        let found: Vec<&Function> = functions.iter().filter(|function| writes(function, files, &writers)).collect();
        let all: BTreeSet<Writer> = found.iter().map(|function| Writer::of(function)).collect();
        if all == writers {
            return found.into_iter().filter(|function| function.is_public).map(Writer::of).collect();
        }
        writers = all;
    }
}

fn functions(source: &Source) -> Vec<Function> {
    let Some(file) = source.path.strip_prefix("src/store/").and_then(|path| path.strip_suffix(".rs")) else { return Vec::new() };
    let code = Code::of(source).without_tests().code;
    let parts: Vec<&str> = code.split("fn ").collect();
    parts
        .windows(2)
        .map(|pair| {
            let name: String = pair[1].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let is_public = pair[0].ends_with("pub ") || pair[0].ends_with("pub async ");
            Function { file: file.to_owned(), name, body: pair[1].to_owned(), is_public }
        })
        .collect()
}

fn writes(function: &Function, files: &[File], writers: &BTreeSet<Writer>) -> bool {
    let own = files.iter().filter(|file| file.name == function.file).flat_map(|file| file.statements);
    let by_itself =
        own.filter(|statement| is_write(statement.sql)).any(|statement| mentions(&function.body, &format!("&{}", statement.name)));
    let beside = |writer: &Writer| {
        let call = if writer.is_method { format!("self.{}(", writer.name) } else { format!(" {}(", writer.name) };
        writer.file == function.file && function.body.contains(&call)
    };
    by_itself || writers.iter().any(|writer| beside(writer) || function.body.contains(&format!("{}::{}(", writer.file, writer.name)))
}

/// Whether a text has this word, and not only the beginning of a longer one.
fn mentions(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(place, _)| !text[place + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn is_write(sql: &str) -> bool {
    ["INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().any(|verb| sql.replace("FOR UPDATE", "").replace("DO UPDATE", "").contains(verb))
}

impl Writer {
    fn of(function: &Function) -> Self {
        let parameters = function.body.split(')').next().unwrap_or_default();
        Self { file: function.file.clone(), name: function.name.clone(), is_method: parameters.contains("&self") }
    }

    /// Where `code` calls it: as a method of anything but the runner, or by its path.
    fn calls(&self, code: &str) -> Vec<usize> {
        let call = if self.is_method { format!(".{}(", self.name) } else { format!("{}::{}(", self.file, self.name) };
        let of_the_runner = |place: &usize| ["runner", "runner()"].iter().any(|runner| code[..*place].trim_end().ends_with(runner));
        code.match_indices(&call).map(|(place, _)| place).filter(|place| !of_the_runner(place)).collect()
    }
}

fn room(source: &Source) -> &str {
    source.path.strip_prefix("src/").and_then(|path| path.split(['/', '.']).next()).unwrap_or_default()
}

pub fn past_the_runner(source: &Source, writers: &BTreeSet<Writer>) -> Vec<Fault> {
    if MAY_WRITE.iter().any(|room| source.path.starts_with(room)) || source.is_test_file() {
        return Vec::new();
    }
    let code = Code::of(source).without_tests().code;
    let excused = |writer: &Writer| PAST_THE_RUNNER.iter().any(|(of, name, _)| *of == room(source) && *name == writer.name);
    let say =
        |writer: &Writer| format!("`{}::{}` writes past the runner; add a command, or excuse it by name here", writer.file, writer.name);
    let not_excused = writers.iter().filter(|writer| !excused(writer));
    not_excused.flat_map(|writer| writer.calls(&code).into_iter().map(|place| source.fault(line_of(&code, place), say(writer)))).collect()
}

/// Excuses that nothing needs any more.
pub fn idle(sources: &[Source], writers: &BTreeSet<Writer>) -> Vec<String> {
    let needed = |of: &str, name: &str| {
        let in_room = sources.iter().filter(|source| room(source) == of).map(|source| Code::of(source).without_tests().code);
        let mut own = writers.iter().filter(|writer| writer.name == name);
        own.next().is_some_and(|writer| in_room.into_iter().any(|code| !writer.calls(&code).is_empty()))
    };
    let idle = PAST_THE_RUNNER.iter().filter(|(of, name, _)| !needed(of, name));
    idle.map(|(of, name, _)| format!("{of} may write by `{name}` and does not; take the excuse out")).collect()
}

#[test]
fn a_planted_write_past_the_runner_is_caught() {
    const STATEMENTS: &[Statement] = &[
        Statement { name: "SAVE", sql: "UPDATE agents SET load = 1" },
        Statement { name: "FIND", sql: "SELECT 1 FROM agents FOR UPDATE" },
    ];
    let files = [File { name: "agents", statements: STATEMENTS }];
    let text = "impl Store {\n    pub async fn put(&self) { self.execute(&SAVE) }\n    pub async fn get(&self) { self.query(&FIND) }\n}\n\
                pub async fn through() { agents::put(1) }\n";
    let writers = writers(&[Source::new("src/store/agents.rs", text)], &files);
    assert_eq!(writers.iter().map(|writer| writer.name.as_str()).collect::<Vec<_>>(), ["put", "through"]);
    let lines =
        |path: &str, text: &str| past_the_runner(&Source::new(path, text), &writers).iter().map(|fault| fault.line).collect::<Vec<_>>();
    assert_eq!(lines("src/web/x.rs", "fn f() {\n    state.store.put();\n    agents::through();\n    store.get();\n}\n"), [2, 3]);
    assert_eq!(lines("src/workers/x.rs", "fn f() {\n    let store = 1;\n    store\n        .put();\n}\n"), [4]);
    assert_eq!(lines("src/web/x.rs", "fn f() { state.runner.put(); workers.runner().put() }\n"), [0; 0]);
    assert_eq!(lines("src/runner/x.rs", "fn f() { store.put() }\n"), [0; 0]);
}
