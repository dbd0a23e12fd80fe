//! What PostgreSQL plans for a statement whose parameters it does not know, as it plans for the statements we keep prepared.

use baton::store::Statement;
use deadpool_postgres::Object;
use serde_json::Value;
use tokio_postgres::types::Type;

/// Tables that grow with use; all others are as large as a team's set-up.
const LARGE: [&str; 18] = [
    "contacts",
    "contact_identities",
    "conversations",
    "messages",
    "notes",
    "events",
    "feed_commits",
    "unnumbered_commits",
    "media",
    "drafts",
    "reads",
    "sessions",
    "payloads",
    "inbound_items",
    "outbox",
    "timers",
    "quarantine",
    "notices",
];

/// Statements that may read a large table from end to end, or more of it than they give back, and why.
const EXCUSED: &[(&str, &str, &str)] = &[
    ("dispatches", "LAPSED", "it walks along the sends under way, which are never more than the permits of all nodes"),
    ("demo/seed/tables", "ANSWERABLE", "the demo asks for it once, at its start"),
    ("demo/seed/tables", "READS", ONCE),
    ("skills", "AWAITED", "an administrator removes a skill, and those are looked at who wait for somebody who has one"),
    ("system", "BEHIND", SELDOM),
    ("system", "MEDIA", SELDOM),
];

const SELDOM: &str = "whoever looks after the installation asks for it now and then, and it is bounded or a sum of all";
const ONCE: &str = "it fills an empty installation once";

/// What is wrong with the plan of a statement.
pub async fn faults(client: &Object, file: &str, statement: &Statement) -> Vec<String> {
    if is_excused(file, statement.name) {
        return Vec::new();
    }
    let plan = plan(client, statement).await;
    let mut found = Vec::new();
    walk(&plan, Reads::All, &mut |node, reads| found.extend(complaint(node, reads)));
    found.into_iter().map(|complaint| format!("{}: {}: {complaint}", super::registry::path(file), statement.name)).collect()
}

/// Tables in which work waits: now there is none, and a moment later much, and what the planner believes of them is never much.
pub const CHURNED: [&str; 5] = ["inbound_items", "mails", "outbox", "timers", "unnumbered_commits"];

/// What is wrong with the plan that a statement is given while there is nothing in any table: it is kept when there is. Of tables that
/// grow, the planner is told in time (`src/store/statistics.rs`).
pub async fn faults_at_first(client: &Object, file: &str, statement: &Statement) -> Vec<String> {
    let mut found = Vec::new();
    walk(&plan(client, statement).await, Reads::All, &mut |node, _| found.extend(complaint_at_first(node)));
    found.into_iter().map(|complaint| format!("{}: {}: {complaint}", super::registry::path(file), statement.name)).collect()
}

/// The indexes that a statement is planned with.
pub async fn indexes(client: &Object, statement: &Statement) -> Vec<String> {
    let mut found = Vec::new();
    walk(&plan(client, statement).await, Reads::All, &mut |node, _| found.extend(node["Index Name"].as_str().map(str::to_owned)));
    found
}

/// Excuses for statements that no longer exist.
pub fn idle_excuses() -> Vec<String> {
    let exists = |file: &str, name: &str| {
        let of_file = super::registry::ALL.iter().filter(|known| known.name == file);
        of_file.flat_map(|known| known.statements).any(|statement| statement.name == name)
    };
    let idle = EXCUSED.iter().filter(|(file, name, _)| !exists(file, name));
    idle.map(|(file, name, _)| format!("{}: {name} is excused but does not exist", super::registry::path(file))).collect()
}

fn is_excused(file: &str, name: &str) -> bool {
    EXCUSED.iter().any(|(of, which, _)| *of == file && *which == name)
}

/// The generic plan, as JSON.
async fn plan(client: &Object, statement: &Statement) -> Value {
    let prepared = client.prepare(statement.sql).await.unwrap_or_else(|error| panic!("{}: {error:?}", statement.name));
    let types: Vec<String> = prepared.params().iter().map(name_of).collect();
    let parameters: Vec<String> = prepared.params().iter().map(|kind| sample(kind).to_owned()).collect();
    let declared = if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
    let given = if parameters.is_empty() { String::new() } else { format!("({})", parameters.join(", ")) };
    client.batch_execute(&format!("DEALLOCATE ALL; PREPARE explained{declared} AS {}", statement.sql)).await.unwrap();
    let row = client.query_one(&format!("EXPLAIN (FORMAT JSON) EXECUTE explained{given}"), &[]).await.unwrap();
    let json: Value = row.get(0);
    json[0]["Plan"].clone()
}

fn name_of(kind: &Type) -> String {
    match kind.kind() {
        tokio_postgres::types::Kind::Array(member) => format!("{}[]", member.name()),
        _ => kind.name().to_owned(),
    }
}

/// A value of each type; a generic plan does not look at it.
fn sample(kind: &Type) -> &'static str {
    match *kind {
        Type::UUID => "'00000000-0000-0000-0000-000000000001'",
        Type::INT4 | Type::INT8 | Type::FLOAT8 => "50",
        Type::TIMESTAMPTZ => "'2026-06-01'",
        Type::BOOL => "true",
        Type::JSONB => "'{}'",
        Type::TEXT | Type::BYTEA => "''",
        _ => "NULL",
    }
}

/// Whether whoever asks for a node's rows stops after a few.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    All,
    UntilLimit,
}

/// Nodes that read all of what is below them before they give anything on.
const GREEDY: [&str; 5] = ["Sort", "Aggregate", "Hash", "Materialize", "SetOp"];

fn walk(node: &Value, reads: Reads, visit: &mut dyn FnMut(&Value, Reads)) {
    visit(node, reads);
    let kind = node["Node Type"].as_str().unwrap_or("");
    let below = match kind {
        "Limit" => Reads::UntilLimit,
        _ if GREEDY.contains(&kind) => Reads::All,
        _ => reads,
    };
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, below, visit);
    }
}

/// Rows that a statement may read of a large table without a limit: more than a busy person holds or a team keeps.
const MANY: f64 = 1_500.0;

fn complaint(node: &Value, reads: Reads) -> Option<String> {
    let table = node["Relation Name"].as_str().filter(|table| LARGE.contains(table))?;
    let kind = node["Node Type"].as_str().unwrap_or("");
    let found_by = node["Index Cond"].as_str().or(node["Recheck Cond"].as_str());
    let filter = node["Filter"].as_str();
    match (kind, found_by) {
        ("Seq Scan", _) => Some(format!("reads all of `{table}` ({}); {REMEDY}", filter.unwrap_or("no condition"))),
        ("Index Scan" | "Index Only Scan", None) if filter.is_some() => {
            Some(format!("walks along an index of `{table}` and looks at every row for {}; {REMEDY}", filter.unwrap_or("")))
        }
        (_, Some(condition)) if names_the_workspace_only(condition) && filter.is_some() => {
            Some(format!("looks at all rows of the workspace in `{table}` for {}; {REMEDY}", filter.unwrap_or("")))
        }
        _ => {
            let rows = node["Plan Rows"].as_f64().unwrap_or(0.0);
            let is_much = reads == Reads::All && rows > MANY && node["Node Type"] != "ModifyTable";
            is_much.then(|| format!("reads {rows} rows of `{table}` without a limit; {REMEDY}"))
        }
    }
}

/// Rows of a workspace that are gone through for a few of them.
fn looked_through(node: &Value) -> Option<String> {
    let table = node["Relation Name"].as_str().filter(|table| CHURNED.contains(table))?;
    let (found_by, wanted) = (node["Index Cond"].as_str().or(node["Recheck Cond"].as_str())?, node["Filter"].as_str()?);
    let is_blind = (names_the_workspace_only(found_by) || names_the_kind_only(found_by)) && wanted.contains(" = ");
    is_blind.then(|| format!("looks at all rows of the workspace in `{table}` for {wanted}"))
}

/// Rows of a workspace that are gone through for each row that something is looked for.
fn complaint_at_first(node: &Value) -> Option<String> {
    let wanted = ["Join Filter", "Hash Cond", "Merge Cond"].into_iter().find_map(|kind| node[kind].as_str());
    let Some(wanted) = wanted else { return looked_through(node) };
    let children = node["Plans"].as_array()?;
    let gathered = |child: &Value| child["Plans"][0].clone();
    let children = children.iter().map(|child| if child["Node Type"] == "Hash" { gathered(child) } else { child.clone() });
    let blind = children.into_iter().find(|child| {
        let table = child["Relation Name"].as_str().is_some_and(|table| CHURNED.contains(&table));
        let found_by = child["Index Cond"].as_str().or(child["Recheck Cond"].as_str());
        table && found_by.is_none_or(|found_by| names_the_workspace_only(found_by) || names_the_kind_only(found_by))
    })?;
    let table = blind["Relation Name"].as_str().unwrap_or("");
    Some(format!("looks at all rows of the workspace in `{table}` for {wanted}, for each of them"))
}

const REMEDY: &str = "give it an index or a limit, or excuse it by name in tests/statements/plans.rs";

/// Whether a condition is `(workspace_id = …)` and nothing else.
fn names_the_workspace_only(condition: &str) -> bool {
    condition.starts_with("(workspace_id = ") && !condition.contains(" AND ")
}

/// Whether a condition is `(kind = …)` and nothing else.
fn names_the_kind_only(condition: &str) -> bool {
    condition.starts_with("(kind = ") && !condition.contains(" AND ")
}
