//! The commands an administrator types, as processes against a private database.

#[allow(dead_code, reason = "a store is opened with other keys here")]
#[path = "support/keys.rs"]
mod keys;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use baton::demo::place::Place;
use baton::demo::postgres::{Durability, Server};
use baton::store::Store;
use baton::store::sealed::Keys;

use keys::SECRET_KEYS;

struct Installation {
    folder: PathBuf,
    server: Option<Server>,
    url: String,
}

impl Installation {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let server = Server::start(&Place::prepare(&folder).unwrap(), Durability::GivenUp, &[]).unwrap();
        Self { url: server.url().to_owned(), folder, server: Some(server) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command.args(arguments).env("BATON_DATABASE_URL", &self.url).env("BATON_REDIS_URL", "redis://127.0.0.1:1");
        command.env("BATON_SECRET_KEYS", SECRET_KEYS).env("BATON_SKIP_DURABILITY_CHECK", "true");
        command
    }

    /// All that it says, with other keys.
    fn says_with(&self, keys: &str, arguments: &[&str]) -> String {
        let Output { stdout, stderr, .. } = self.command(arguments).env("BATON_SECRET_KEYS", keys).output().unwrap();
        String::from_utf8([stdout, stderr].concat()).unwrap()
    }

    /// The one value that a query finds.
    fn finds(&self, sql: &str) -> String {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let client = Store::new(&self.url, 1, Keys::default()).unwrap().client().await.unwrap();
            client.query_one(sql, &[]).await.unwrap().get(0)
        })
    }

    fn baton(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    #[track_caller]
    fn does(&self, arguments: &[&str], input: &str) -> String {
        let output = self.baton(arguments, input);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], input: &str) -> String {
        let output = self.baton(arguments, input);
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.server.take();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn ana<'a>(workspace: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let person = ["user", "create", "--workspace", workspace, "--email", "ana@example.com", "--name", "Ana", "--role", "agent"];
    [&person, more].concat()
}

#[test]
fn an_installation_is_set_up_from_the_command_line() {
    let installation = Installation::new("set-up");
    assert!(installation.does(&["migrate"], "").contains("V1__the_house"));
    assert_eq!(installation.does(&["migrate"], ""), "The schema is up to date.\n");
    let workspace = installation.does(&["workspace", "create", "--name", "Harbour", "--locale", "es", "--time-zone", "Europe/Madrid"], "");
    let invented = installation.does(&ana(workspace.trim(), &[]), "");
    assert!(invented.contains("Password, shown only now: "), "{invented}");
    let again = installation.refuses(&ana("Harbour", &[]), "");
    assert_eq!(again, "baton: somebody has this e-mail address already\n");
}

#[test]
fn a_password_may_come_from_standard_input_and_is_not_shown() {
    let installation = Installation::new("password");
    installation.does(&["migrate"], "");
    installation.does(&["workspace", "create", "--name", "Harbour"], "");
    let short = installation.refuses(&ana("Harbour", &["--password-stdin"]), "secret\n");
    assert!(short.contains("too short; give it at least 12"), "{short}");
    let common = installation.refuses(&ana("Harbour", &["--password-stdin"]), "P@ssw0rd123!\n");
    assert!(common.contains("among the first that others try"), "{common}");
    let said = installation.does(&ana("Harbour", &["--password-stdin"]), "correct horse battery\n");
    assert!(!said.contains("assword"), "{said}");
}

#[test]
fn somebody_leaves_comes_back_and_gets_another_password_or_role() {
    let installation = Installation::new("people");
    installation.does(&["migrate"], "");
    installation.does(&["workspace", "create", "--name", "Harbour"], "");
    installation.does(&ana("Harbour", &[]), "");
    let person = |command: &'static str, more: &[&'static str]| [&["user", command, "--email", "Ana@example.com"], more].concat();
    let left = installation.does(&person("deactivate", &[]), "");
    assert!(left.starts_with("Ana has left: signed out everywhere, 0 conversations back in their queues."), "{left}");
    assert!(left.contains("may take a minute to notice"), "nobody is told that Redis is away: {left}");
    assert!(installation.does(&person("deactivate", &[]), "").starts_with("Ana has left"), "what stopped half-way is taken up again");
    assert!(installation.does(&person("activate", &[]), "").starts_with("Ana can sign in."));
    assert!(installation.does(&person("password", &[]), "").contains("Password, shown only now: "));
    let said = installation.does(&person("password", &["--password-stdin"]), "correct horse battery\n");
    assert!(said.contains("signed out everywhere") && !said.contains("horse"), "{said}");
    assert!(installation.refuses(&person("password", &["--password-stdin"]), "short\n").contains("give it at least 12"));
    assert!(installation.does(&person("sign-out", &[]), "").contains("0 sessions ended"));
    assert!(installation.does(&person("role", &["--role", "admin"]), "").starts_with("Ana is admin now."));
    assert!(installation.refuses(&["user", "deactivate", "--email", "eve@example.com"], "").contains("nobody has the e-mail address"));
    installation.does(&["workspace", "create", "--name", "Bank"], "");
    installation.does(&ana("Bank", &[]), "");
    installation.finds("UPDATE workspaces SET least_password = 24 WHERE name = 'Bank' RETURNING name");
    let short = installation.refuses(&person("password", &["--password-stdin"]), "correct horse battery\n");
    assert!(short.contains("give it at least 24"), "only the first of her workspaces is asked: {short}");
    let invented = installation.does(&person("password", &[]), "");
    let password = invented.lines().find_map(|line| line.strip_prefix("Password, shown only now: ")).unwrap();
    assert_eq!(password.len(), 24, "{invented}");
}

#[tokio::test]
async fn what_somebody_else_is_changing_is_refused_in_words_and_changes_nothing() {
    let installation = Installation::new("busy");
    installation.does(&["migrate"], "");
    installation.does(&["workspace", "create", "--name", "Harbour"], "");
    installation.does(&ana("Harbour", &[]), "");
    let (client, connection) = tokio_postgres::connect(&installation.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("BEGIN; SELECT 1 FROM users FOR UPDATE").await.unwrap();
    let refused = installation.refuses(&["user", "deactivate", "--email", "ana@example.com"], "");
    assert_eq!(refused, "baton: somebody else is changing the same thing at this moment; try again\n");
    client.batch_execute("ROLLBACK").await.unwrap();
    assert!(installation.does(&["user", "deactivate", "--email", "ana@example.com"], "").starts_with("Ana has left"));
}

#[test]
fn what_does_not_exist_is_named() {
    let installation = Installation::new("unknown");
    installation.does(&["migrate"], "");
    assert!(installation.refuses(&ana("Nowhere", &[]), "").contains("there is no workspace `Nowhere`"));
    assert!(installation.refuses(&["workspace", "create", "--name", "A", "--locale", "tlh"], "").contains("it speaks en, es"));
    assert!(
        installation
            .refuses(&["workspace", "create", "--name", "A", "--time-zone", "Mars/Olympus"], "")
            .contains("`Mars/Olympus` is no time zone")
    );
    for _ in 0..2 {
        installation.does(&["workspace", "create", "--name", "Twin"], "");
    }
    assert!(installation.refuses(&ana("Twin", &[]), "").contains("several workspaces are called `Twin`"));
    let owner = ana("Twin", &[]).into_iter().map(|word| if word == "agent" { "owner" } else { word }).collect::<Vec<_>>();
    assert!(installation.refuses(&owner, "").contains("roles are agent, supervisor and admin"));
}

/// The arguments that connect a number through app 1001.
fn connect<'a>(workspace: &'a str, number: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let number =
        ["--name", "Shop", "--app-id", "1001", "--phone-number-id", number, "--waba-id", "3001", "--display-phone-number", "+44 1"];
    [&["inbox", "connect", "--workspace", workspace][..], &number, more].concat()
}

#[test]
fn connecting_a_number_leaves_the_secrets_of_a_known_app_alone_unless_told_otherwise() {
    let installation = Installation::new("connect");
    installation.does(&["migrate"], "");
    for name in ["Harbour", "Mill"] {
        installation.does(&["workspace", "create", "--name", name], "");
    }
    let said = installation.does(&connect("Harbour", "2001", &[]), "secret\nverify\ntoken\n");
    assert!(said.contains("/webhooks/whatsapp/1001"), "{said}");
    for other in ["x\nverify\ntoken\n", "secret\ny\ntoken\n"] {
        let refused = installation.refuses(&connect("Mill", "2002", &[]), other);
        assert!(refused.contains("known here under another secret or verify token"), "{refused}");
    }
    installation.does(&connect("Mill", "2002", &[]), "secret\nverify\ntoken\n");
    let again = installation.refuses(&connect("Mill", "2001", &[]), "secret\nverify\ntoken\n");
    assert!(again.contains("connected already; `baton inbox update`"), "{again}");
    for number in ["", "..", " 2003", "2003/messages"] {
        let refused = installation.refuses(&connect("Mill", number, &[]), "secret\nverify\ntoken\n");
        assert!(refused.contains("is no phone number id"), "{number:?}: {refused}");
    }
    installation.refuses(&connect("Mill", "2001", &["--replace"]), "x\ny\ntoken\n");
    installation.does(&connect("Mill", "2004", &[]), "secret\nverify\ntoken\n");
    installation.does(&connect("Mill", "2003", &["--replace"]), "x\ny\ntoken\n");
}

#[test]
fn secrets_come_under_a_new_key_and_open_with_nothing_else() {
    let installation = Installation::new("secrets");
    installation.does(&["migrate"], "");
    installation.does(&["workspace", "create", "--name", "Harbour"], "");
    installation.does(&connect("Harbour", "2001", &[]), "secret\nverify\ntoken\n");
    let stored = || installation.finds("SELECT app_secret || verify_token || access_token FROM apps JOIN whatsapp_numbers USING (app_id)");
    assert!(stored().matches("sealed:1:for-tests:").count() == 3 && !stored().contains("verify"), "{}", stored());
    let key = installation.does(&["secrets", "new"], "").trim().to_owned();
    let name = key.split(':').next().unwrap();
    let with = |keys: &str, arguments: &[&str]| installation.says_with(keys, arguments);
    assert!(with(&format!("{key},{SECRET_KEYS}"), &["secrets", "rotate"]).contains("2 rows are sealed"));
    assert!(with(&format!("{key},{SECRET_KEYS}"), &["secrets", "rotate"]).contains("0 rows are sealed"));
    assert_eq!(stored().matches(&format!("sealed:1:{name}:")).count(), 3);
    assert!(with(SECRET_KEYS, &["doctor"]).contains(&format!("sealed with `{name}`, which BATON_SECRET_KEYS does not hold")));
    assert!(with(SECRET_KEYS, &["serve"]).contains(&format!("sealed with `{name}`, which BATON_SECRET_KEYS does not hold")));
    assert!(with(&key, &["doctor"]).contains("Every secret in the database opens"));
}

#[test]
fn a_number_gets_a_new_access_token() {
    let installation = Installation::new("token");
    installation.does(&["migrate"], "");
    installation.does(&["workspace", "create", "--name", "Harbour"], "");
    installation.does(&connect("Harbour", "2001", &[]), "secret\nverify\ntoken\n");
    for inbox in ["2001", "Shop"] {
        let said = installation.does(&["inbox", "update", "--workspace", "Harbour", "--inbox", inbox], "new token\n");
        assert_eq!(said, "Shop sends with the new token from now on.\n");
    }
    let unknown = installation.refuses(&["inbox", "update", "--workspace", "Harbour", "--inbox", "2009"], "new token\n");
    assert!(unknown.contains("no numbers of the workspace are meant by `2009`"), "{unknown}");
    let empty = installation.refuses(&["inbox", "update", "--workspace", "Harbour", "--inbox", "2001"], "");
    assert!(empty.contains("the access token is missing"), "{empty}");
}

#[test]
fn what_was_set_up_is_listed_and_taken_back() {
    let installation = Installation::new("history");
    installation.does(&["migrate"], "");
    installation.does(&["workspace", "create", "--name", "Harbour"], "");
    installation.does(&ana("Harbour", &[]), "");
    installation.does(&["user", "role", "--email", "ana@example.com", "--role", "supervisor"], "");
    let history = || installation.does(&["workspace", "history", "--workspace", "Harbour"], "");
    let kinds = |history: &str| history.lines().map(|line| line.split("  ").nth(3).unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(kinds(&history()), ["member_changed", "member_added", "queue_added", "team_added"]);
    assert!(history().starts_with("4  ") && history().contains("  command line  member_changed  Ana  role\n"), "{}", history());
    let undo = |line: &'static str| ["workspace", "undo", "--workspace", "Harbour", "--line", line];
    assert_eq!(installation.does(&undo("4"), ""), "Taken back; that is line 5.\n");
    assert_eq!(installation.finds("SELECT role FROM users"), "agent");
    assert_eq!(installation.refuses(&undo("4"), ""), "baton: this cannot be undone any more: it was changed since\n");
    assert_eq!(installation.refuses(&undo("3"), ""), "baton: this cannot be undone\n");
    assert_eq!(installation.refuses(&undo("9"), ""), "baton: the history has no line 9\n");
}

#[test]
fn a_workspace_is_written_down_and_brought_into_another_installation() {
    let (here, there) = (Installation::new("export"), Installation::new("import"));
    for installation in [&here, &there] {
        installation.does(&["migrate"], "");
    }
    here.does(&["workspace", "create", "--name", "Harbour", "--locale", "es", "--time-zone", "Europe/Madrid"], "");
    here.does(&ana("Harbour", &[]), "");
    here.does(&connect("Harbour", "2001", &[]), "app secret\nverify\ntoken\n");
    let text = here.does(&["workspace", "export"], "");
    assert!(text.starts_with("format: baton.workspace/v1\n") && text.contains("email: ana@example.com"), "{text}");
    assert!(!here.does(&["workspace", "export", "--without-people"], "").contains("ana@example.com"));
    assert_eq!(here.does(&["workspace", "import", "-", "--apply"], &text), "Nothing to do.\n");

    let missing = there.refuses(&["workspace", "import", "-", "--apply"], &text);
    assert!(missing.contains("has to be supplied") && there.finds("SELECT count(*)::text FROM workspaces") == "0", "{missing}");
    let names = text.lines().filter_map(|line| line.split_once("${secret:")?.1.strip_suffix('}'));
    let secrets: Vec<(String, &str)> = names.map(|name| (name.to_owned(), "s3cret")).collect();
    let imports = |how: &str, input: &str| {
        let mut command = there.command(&["workspace", "import", "-", how]);
        command.envs(secrets.clone()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let Output { stdout, stderr, .. } = child.wait_with_output().unwrap();
        String::from_utf8([stdout, stderr].concat()).unwrap()
    };
    let planned = imports("--plan", &text);
    assert!(planned.contains("workspace_added  Harbour\n") && planned.contains("member_added  Ana\n"), "{planned}");
    assert_eq!(there.finds("SELECT count(*)::text FROM workspaces"), "0", "a plan changes nothing");
    assert!(imports("--apply", &text).ends_with("Done.\n"));
    assert_eq!(there.does(&["workspace", "export"], ""), text, "byte for byte");
    assert_eq!(imports("--apply", &text), "Nothing to do.\n");
    let renamed = imports(
        "--apply",
        &text.replace("name: Support", "name: Help").replace("team: Support", "team: Help").replace("[Support]", "[Help]"),
    );
    assert!(renamed.contains("team_added  Help\n") && renamed.contains("queue_changed  Help"), "{renamed}");
    let faulty = imports("--apply", &text.replace("capacity: 8", "capacity: many"));
    assert!(faulty.contains("people[0].capacity: this must be a whole number") && faulty.contains("nothing was changed"), "{faulty}");
}

#[test]
fn what_belongs_to_no_workspace_is_listed_for_the_operator() {
    let installation = Installation::new("quarantine");
    installation.does(&["migrate"], "");
    assert_eq!(installation.does(&["quarantine", "list"], ""), "Nothing is set aside.\n");
}

#[test]
fn doctor_fails_when_something_is_wrong() {
    let installation = Installation::new("ill");
    let output = installation.baton(&["doctor"], "");
    assert!(!output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("WRONG") && said.contains("run `baton migrate`") && said.contains("checks found something wrong"), "{said}");
}

#[test]
fn serve_names_every_fault_of_the_configuration_at_once() {
    let output = Command::new(env!("CARGO_BIN_EXE_baton")).arg("serve").env_clear().env("BATON_LISTEN", "here").output().unwrap();
    assert!(!output.status.success());
    let fault = String::from_utf8(output.stderr).unwrap();
    assert_eq!(fault.lines().count(), 5, "{fault}");
    for name in ["BATON_DATABASE_URL is not set", "BATON_REDIS_URL is not set", "BATON_SECRET_KEYS is not set", "BATON_LISTEN is `here`"] {
        assert!(fault.contains(name), "{fault}");
    }
}

#[test]
fn every_command_explains_itself() {
    for command in
        [&[][..], &["serve"], &["demo"], &["migrate"], &["doctor"], &["workspace", "create"], &["user", "create"], &["user", "deactivate"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_baton")).args(command).arg("--help").output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.contains("Usage: baton"), "{command:?}: {said}");
    }
}

/// Runs `baton` without a server or a database.
fn alone(arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

const FLOW: &str = include_str!("../src/demo/flow.json");

#[test]
fn a_flow_is_checked_where_it_is_written() {
    let (is_sound, told) = alone(&["flow", "check", "-"], FLOW);
    assert!(is_sound && told.contains("nothing is wrong with “Welcome to Fell & Ridge”"), "{told}");
    let (is_sound, told) = alone(&["flow", "check", "-"], &FLOW.replace("\"next\": \"by_topic\"", "\"next\": \"nowhere\""));
    let line = FLOW.lines().position(|line| line.contains("\"next\": \"by_topic\"")).unwrap() + 1;
    assert!(!is_sound && told.contains(&format!("-:{line}:7: Node “topic”, next: there is no node “nowhere”.")), "{told}");
    let (is_sound, told) = alone(&["flow", "check", "-", "--queue", "support"], FLOW);
    assert!(!is_sound && told.contains("there is no queue “orders”"), "{told}");
    let (is_sound, told) = alone(&["flow", "check", "no such file"], "");
    assert!(!is_sound && told.contains("cannot be read"), "{told}");
}

#[test]
fn a_flow_is_tried_in_the_terminal() {
    let typed = "hi\n/buttons\n1\nit is 204817\n/known\n/back\n204818\n/skip 30m\n/skip\n/quit\n";
    let (is_sound, told) = alone(&["flow", "run", "src/demo/flow.json", "--at", "2026-03-10T10:00:00Z"], typed);
    assert!(is_sound, "{told}");
    for words in [
        "Tue 10:00:00  ← hi",
        "→ Hello Ana, thank you for writing",
        "[1] My order: Delivery, damage, wrong items",
        "← My order",
        "noted last_order = 204817",
        "answer.order_number = 204817",
        "(One step back.)",
        "noted last_order = 204818",
        "nothing happened until now",
        "Handed over to the queue “orders”: TimedOut",
        "Order number: 204818",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
