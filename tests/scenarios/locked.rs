//! Somebody has a lock and does not give it back, or all of PostgreSQL's connections.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use uuid::Uuid;

use crate::support::node::Side;
use crate::support::probes::Probes;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

/// Requests about one contact at once.
const REQUESTS: usize = 60;

/// No request about a contact that is locked waits longer: its turn, the lock, and a busy machine.
const ANSWERED: Duration = Duration::from_secs(12);

/// Customers who write meanwhile.
const PROBES: usize = 40;
const EVERY: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_contact_and_sixty_requests_about_it_hold_up_nobody_else() {
    let world = World::durable(&[Side::Both]).await;
    let ana = world.agent("Ana").await;
    let _page = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    let mut probes = Probes::new();
    let calm = probes.write(&world, &[world.nodes[0].address], PROBES, EVERY).await;

    let mut holder = world.store.unhurried().await.unwrap();
    let lock = holder.transaction().await.unwrap();
    let locked = "SELECT 1 FROM contacts WHERE id = (SELECT contact_id FROM conversations WHERE id = $1) FOR UPDATE";
    lock.query_one(locked, &[&conversation.0]).await.unwrap();
    phone.writes("And I write meanwhile").await;
    let path = format!("/conversations/{conversation}/notes");
    let notes = (0..REQUESTS).map(|number| {
        let (ana, path) = (ana.clone(), path.clone());
        tokio::spawn(async move {
            let began = Instant::now();
            let note = Uuid::now_v7().to_string();
            let answer = ana.posts(&path, &[("note_id", &note), ("body", &format!("note {number}"))]).await.unwrap();
            (answer, began.elapsed())
        })
    });
    let notes = tokio::spawn(join_all(notes));
    let busy = probes.write(&world, &[world.nodes[0].address], PROBES, EVERY).await;
    let (status, readiness) = world.nodes[0].readiness().await;
    assert_eq!(status, 200, "{readiness}");
    world.agent("Ben").await;
    let answers: Vec<_> = notes.await.unwrap().into_iter().map(|answer| answer.unwrap()).collect();
    lock.rollback().await.unwrap();

    let kept = answers.iter().filter(|(answer, _)| answer.status == 303).count();
    for (answer, took) in &answers {
        assert!(matches!(answer.status, 303 | 409 | 422 | 503), "{answer:?}");
        assert!(answer.status == 303 || answer.body.contains("at this very moment"), "refused without words: {answer:?}");
        assert!(*took <= ANSWERED, "an answer took {took:?}");
    }
    let stored = world.count("SELECT count(*) FROM notes").await;
    assert_eq!(usize::try_from(stored), Ok(kept), "a note was kept and refused, or the reverse");
    let heard = "SELECT count(*) FROM messages WHERE content ->> 'body' = 'And I write meanwhile'";
    eventually("the customer is heard once the lock is gone", SOON, async || world.count(heard).await == 1).await;
    eprintln!("beside a locked contact: {busy}; before: {calm}");
    world.settles(SOON).await;
    world.nothing_was_lost(&[phone.written().await, probes.written].concat()).await;
    world.nothing_was_sent_twice().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_on_one_number_does_not_hold_up_another() {
    let world = World::durable(&[Side::Both]).await;
    let other = world.shop.opens_another(&world.store).await;
    world.simulator.post("numbers", &other.number()).await;
    let mut holder = world.store.unhurried().await.unwrap();
    let lock = holder.transaction().await.unwrap();
    lock.query("SELECT 1 FROM allowances WHERE inbox_id <> $1 FOR UPDATE", &[&other.inbox.0]).await.unwrap();
    let phone = world.phone("Mia Berg").await;
    phone.writes("Held up").await;
    let elsewhere = world.phone("Noa Katz").await;
    elsewhere.writes_to(other.phone_number_id, "Not held up").await;
    let calls = async |wa_id: &str| world.simulator.ledger_to(wa_id).await.len();
    eventually("the other number speaks", SOON, async || calls(&elsewhere.wa_id).await > 0).await;
    assert_eq!(calls(&phone.wa_id).await, 0, "the lock was to hold this number up");
    lock.rollback().await.unwrap();
    phone.hears("thank you for writing").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_connections_of_postgresql_are_taken_nothing_acknowledged_is_lost() {
    let world = World::durable(&[Side::Both, Side::Both]).await;
    let mut probes = Probes::new();
    let doors: Vec<_> = world.nodes.iter().map(|node| node.address).collect();
    probes.write(&world, &doors, PROBES / 2, EVERY).await;
    let config: tokio_postgres::Config = world.servers.database_url().parse().unwrap();
    let mut taken = Vec::new();
    while let Ok((client, connection)) = config.connect(tokio_postgres::NoTls).await {
        tokio::spawn(connection);
        taken.push(client);
    }
    assert!(!taken.is_empty(), "there were no connections to take");
    let without = probes.write(&world, &doors, PROBES, EVERY).await;
    drop(taken);
    eprintln!("without a free connection: {without}");
    world.settles(SOON).await;
    world.nothing_was_lost(&probes.written).await;
    world.nothing_was_sent_twice().await;
    for node in &world.nodes {
        eventually("the node is ready", SOON, async || node.readiness().await.0 == 200).await;
    }
}
