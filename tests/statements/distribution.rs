//! Whether the rows of a workspace can live apart from those of the others: what the catalogue of the database says.

use std::collections::BTreeSet;

use tokio_postgres::Client;

/// Tables of the installation, and why they are no workspace's.
const OF_THE_INSTALLATION: &[(&str, &str)] = &[
    ("account_links", "of accounts"),
    ("accounts", "one person signs in to several workspaces"),
    ("apps", "an app of Meta's speaks for numbers of several workspaces"),
    ("assets", "the files of a build"),
    ("mails", "an account is written to, which may be somebody in several workspaces"),
    ("beginnings", "they make the first workspace"),
    ("nodes", "processes serve every workspace"),
    ("payloads", "whose a body is, is known once it has been sorted"),
    ("quarantine", "some of it belongs to nobody"),
    ("recovery_codes", "of accounts"),
    ("refinery_schema_history", "the migrations"),
    ("signing_keys", "tokens of all workspaces"),
    ("workspaces", "the workspaces themselves"),
];

/// Uniqueness that is the installation's on purpose.
const UNIQUE_EVERYWHERE: &[(&str, &str)] = &[("whatsapp_numbers_phone_number_id_key", "a number is connected once")];

const WITHOUT_WORKSPACE: &str = "
    SELECT relname::text || ' has no workspace_id that is never missing'
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> ALL($1)
      AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'workspace_id' AND attnotnull)";
const UNIQUE_WITHOUT_WORKSPACE: &str = "
    SELECT own.relname::text || ' is unique beyond a workspace'
    FROM pg_index
    JOIN pg_class AS own ON own.oid = indexrelid
    JOIN pg_class AS whole ON whole.oid = indrelid
    WHERE whole.relnamespace = 'public'::regnamespace AND indisunique AND whole.relname <> ALL($1) AND own.relname <> ALL($2)
      AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY(indkey) AND attname = 'workspace_id')";
const NO_KEY: &str = "
    SELECT relname::text || ' has no primary key'
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> ALL($1)
      AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary)";
/// To a table of the installation anybody may refer.
const REFERENCE_WITHOUT_WORKSPACE: &str = "
    SELECT conname::text || ' refers to rows of any workspace'
    FROM pg_constraint
    JOIN pg_class AS here ON here.oid = conrelid
    JOIN pg_class AS there ON there.oid = confrelid
    WHERE contype = 'f' AND here.relnamespace = 'public'::regnamespace AND here.relname <> ALL($1) AND there.relname <> ALL($1)
      AND NOT EXISTS (
          SELECT
          FROM unnest(conkey, confkey) AS pair (own, other)
          JOIN pg_attribute AS one ON one.attrelid = conrelid AND one.attnum = pair.own
          JOIN pg_attribute AS two ON two.attrelid = confrelid AND two.attnum = pair.other
          WHERE one.attname = 'workspace_id' AND two.attname = 'workspace_id')";

/// What keeps the rows of one workspace from living apart.
pub async fn faults(client: &Client) -> Vec<String> {
    let tables: Vec<&str> = OF_THE_INSTALLATION.iter().map(|(table, _)| *table).collect();
    let everywhere: Vec<&str> = UNIQUE_EVERYWHERE.iter().map(|(index, _)| *index).collect();
    let mut rows = Vec::new();
    for question in [WITHOUT_WORKSPACE, NO_KEY, REFERENCE_WITHOUT_WORKSPACE] {
        rows.extend(client.query(question, &[&tables]).await.unwrap());
    }
    rows.extend(client.query(UNIQUE_WITHOUT_WORKSPACE, &[&tables, &everywhere]).await.unwrap());
    let mut faults: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let known = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    let known: BTreeSet<String> = client.query(known, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let idle = tables.into_iter().chain(everywhere).filter(|name| !known.contains(*name));
    faults.extend(idle.map(|name| format!("{name} is excused and is not there")));
    faults
}
