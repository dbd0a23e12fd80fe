//! What PostgreSQL plans for a statement whose parameters it does not know, as it plans for the statements we keep prepared.

use baton::store::Statement;
use deadpool_postgres::Object;
use serde_json::Value;
use tokio_postgres::types::Type;

/// Tables that grow with use; all others are as large as a team's set-up.
const LARGE: [&str; 18] = [
    "contacts", "contact_identities", "conversations", "messages", "notes", "events", "media", "drafts", "reads", "sessions", "payloads",
    "inbound_items", "outbox", "timers", "quarantine", "notices", "users", "agents",
];

/// Statements that may read a large table from end to end, or more of it than they give back, and why.
const EXCUSED: &[(&str, &str, &str)] = &[
    ("seed", "SEED_READS", ONCE),
    ("seed", "SEED_LOADS", ONCE),
];

const ONCE: &str = "it fills an empty installation once";

/// What is wrong with the plan of a statement.
pub async fn faults(client: &Object, file: &str, statement: &Statement) -> Vec<String> {
    let sql = statement.sql.trim();
    let is_plannable = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|word| sql.starts_with(word));
    if !is_plannable || is_excused(file, statement.name) {
        return Vec::new();
    }
    let plan = plan(client, statement).await;
    let mut found = Vec::new();
    walk(&plan, 1.0, &mut |node, _| found.extend(complaint(node)));
    found.into_iter().map(|complaint| format!("src/store/{file}.rs: {}: {complaint}", statement.name)).collect()
}

/// Excuses for statements that no longer exist.
pub fn idle_excuses() -> Vec<String> {
    let exists = |file: &str, name: &str| {
        let of_file = super::registry::ALL.iter().filter(|known| known.name == file);
        of_file.flat_map(|known| known.statements).any(|statement| statement.name == name)
    };
    let idle = EXCUSED.iter().filter(|(file, name, _)| !exists(file, name));
    idle.map(|(file, name, _)| format!("src/store/{file}.rs: {name} is excused but does not exist")).collect()
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

fn walk(node: &Value, depth: f64, visit: &mut dyn FnMut(&Value, f64)) {
    visit(node, depth);
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, depth + 1.0, visit);
    }
}

fn complaint(node: &Value) -> Option<String> {
    let table = node["Relation Name"].as_str()?;
    if !LARGE.contains(&table) {
        return None;
    }
    let kind = node["Node Type"].as_str().unwrap_or("");
    let condition = || node["Filter"].as_str().unwrap_or("no condition").to_owned();
    match kind {
        "Seq Scan" => Some(format!("reads all of `{table}` ({}); give it an index, or excuse it by name in tests/statements/plans.rs", condition())),
        "Index Scan" | "Index Only Scan" if node["Index Cond"].is_null() && !node["Filter"].is_null() => {
            Some(format!("walks along an index of `{table}` and looks at every row for ({}); an index should find them", condition()))
        }
        _ => None,
    }
}
