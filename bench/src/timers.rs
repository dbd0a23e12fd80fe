//! How late a warning is that a customer is not answered, while a million timers of another kind are due and agents work.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio_postgres::Client;

use crate::figures::{Must, Outcome, Pairs, Size, judge};
use crate::latency::Watched;
use crate::world::{Sides, World};

/// Messages of customers a second meanwhile, at agents who look at them.
const RATE: u32 = 100;

/// Seconds that the latest warning may be late.
const MUST: Must = Must::AtMost(2.0);

/// Customers are answered within an hour; half an hour before it is over, it is told.
const POLICY: &str = "
    WITH policy AS (
        INSERT INTO sla_policies (workspace_id, id, name, first_response, in_hours, warn_percent)
        SELECT id, gen_random_uuid(), 'Bench', '{60,60,60,60}', false, 50 FROM workspaces
        RETURNING workspace_id, id
    )
    UPDATE queues SET sla_policy_id = policy.id FROM policy WHERE queues.workspace_id = policy.workspace_id";

/// All of them are due as soon as they are there, and nothing comes of them: each costs a transaction.
const OTHERS: &str = r#"
    INSERT INTO timers (workspace_id, subject_kind, subject_id, kind, about, due_at, timer)
    SELECT c.workspace_id, 'conversation', c.id, 'unknown_send', about, now(),
        jsonb_build_object('kind', 'unknown_send', 'message', about)
    FROM (SELECT gen_random_uuid() AS about, number FROM generate_series(0, $1::bigint - 1) AS number) AS given
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS all_of_them FROM conversations) AS c
        ON c.place = number % c.all_of_them"#;

/// Customers who wait, each a little longer than the one before.
const WAIT: &str = r#"
    WITH chosen AS (
        SELECT workspace_id, id, now() + make_interval(secs => $2 + $3 * (row_number() OVER (ORDER BY id))::float8 / $1::bigint) AS soon_at
        FROM conversations
        WHERE agent_id IS NOT NULL
        ORDER BY id
        LIMIT $1::bigint
    ), waits AS (
        UPDATE conversations
        SET waiting_since = chosen.soon_at - interval '30 minutes', assigned_at = chosen.soon_at - interval '30 minutes',
            clocks = NULL, last_message = NULL
        FROM chosen
        WHERE conversations.workspace_id = chosen.workspace_id AND conversations.id = chosen.id
    )
    INSERT INTO timers (workspace_id, subject_kind, subject_id, kind, about, due_at, timer)
    SELECT workspace_id, 'conversation', id, 'sla_warning', id, soon_at, '{"kind": "sla_warning"}' FROM chosen"#;

/// How late each was told, in seconds; how many were, and how many of the others are left.
const LATE: &str = "
    SELECT max(late), percentile_cont(0.5) WITHIN GROUP (ORDER BY late), percentile_cont(0.99) WITHIN GROUP (ORDER BY late), count(*),
        (SELECT count(*) FROM timers WHERE kind = 'unknown_send')
    FROM (
        SELECT extract(epoch FROM at - ((event ->> 'due_at')::timestamptz - interval '30 minutes'))::float8 AS late
        FROM events
        WHERE kind = 'sla_due_soon' AND at > $1) AS told";

/// How much is measured.
struct Amount {
    others: i64,
    warnings: i64,
    seconds: u64,
}

pub async fn measure(world: &World, size: Size) -> Result<Outcome> {
    let Amount { others, warnings, seconds } = match size {
        Size::Quick => Amount { others: 20_000, warnings: 200, seconds: 6 },
        Size::Full => Amount { others: 1_000_000, warnings: 2_000, seconds: 30 },
    };
    println!("\n7. Warnings that answers will be late, while {others} other timers are due at once and {RATE} customers write a second");
    println!("   {:>4} {:>10} {:>10} {:>10} {:>9} | {:>12}", "run", "median s", "p99 s", "latest s", "warned", "others rung/s");
    let client = world.connect().await?;
    client.batch_execute(POLICY).await?;
    let server = world.baton(Sides::Both)?;
    let mut watched = Watched::open(world, &server).await?;
    watched.round(world, &server, RATE, Duration::from_secs(2)).await?;
    let (mut pairs, mut lost) = (Pairs::default(), 0);
    client.batch_execute("DELETE FROM timers").await?;
    client.execute(OTHERS, &[&others]).await?;
    let length = f64::from(u32::try_from(seconds)?);
    let mut left = others;
    for run in 1..=size.pairs().min(3) {
        let began: jiff::Timestamp = client.query_one("SELECT now()", &[]).await?.get(0);
        client.execute(WAIT, &[&warnings, &1.0, &(length - 2.0)]).await?;
        let shown = watched.round(world, &server, RATE, Duration::from_secs(seconds)).await?;
        let told = told(&client, began).await?;
        println!(
            "   {run:>4} {:>10.2} {:>10.2} {:>10.2} {:>9} | {:>12.0}",
            told.median,
            told.p99,
            told.latest,
            told.count,
            (left - told.left) as f64 / length
        );
        lost += shown.lost + usize::try_from((warnings - told.count).max(0))?;
        ensure!(told.left > 0, "the others were over");
        left = told.left;
        pairs.reached.push(told.latest);
        pairs.others.push(shown.others);
    }
    let outcome = judge("latest warning", " s", MUST, &pairs, size);
    Ok(if lost > 0 && size == Size::Full { Outcome::Wrong } else { outcome })
}

struct Told {
    latest: f64,
    median: f64,
    p99: f64,
    count: i64,
    left: i64,
}

async fn told(client: &Client, since: jiff::Timestamp) -> Result<Told> {
    let row = client.query_one(LATE, &[&since]).await?;
    let seconds = |column: usize| row.get::<_, Option<f64>>(column).unwrap_or(f64::INFINITY);
    Ok(Told { latest: seconds(0), median: seconds(1), p99: seconds(2), count: row.get(3), left: row.get(4) })
}
