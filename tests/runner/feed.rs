//! The feed of a workspace: whoever follows it is told of everything once, in whatever order it is committed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use baton::domain::access::Role;
use baton::domain::ids::WorkspaceId;
use baton::domain::journal::Subject;
use baton::runner::Runner;
use baton::store::events;
use baton::store::feed::FeedEvent;
use deadpool_postgres::GenericClient;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::chance::{Chance, size};
use crate::people::{phone, writes};
use crate::setups::{by, named};
use crate::shop::Shop;

/// Adds two lines to each of some journals, by the statement that every command adds them by.
async fn adds(client: &impl GenericClient, workspace: WorkspaceId, journals: &[(Uuid, i64)], at: Timestamp) {
    let insert = events::STATEMENTS.iter().find(|statement| statement.name == "INSERT").unwrap();
    let lines: Vec<(Uuid, i64)> = journals.iter().flat_map(|(subject, first)| [(*subject, *first), (*subject, first + 1)]).collect();
    let (subjects, seqs): (Vec<Uuid>, Vec<i64>) = lines.iter().copied().unzip();
    let (of, firsts): (Vec<Uuid>, Vec<i64>) = journals.iter().copied().unzip();
    let lasts: Vec<i64> = firsts.iter().map(|first| first + 1).collect();
    let words = |word: &'static str| vec![word; lines.len()];
    let (ats, written) = (vec![at; lines.len()], vec![json!({}); lines.len()]);
    let (subject_kinds, kinds, places) = (words("contact"), words("language_learned"), words("nothing"));
    let parameters: [&(dyn ToSql + Sync); 11] =
        [&workspace.0, &subject_kinds, &subjects, &seqs, &ats, &kinds, &places, &written, &of, &firsts, &lasts];
    client.execute(insert.sql, &parameters).await.unwrap();
}

/// What a reader has dealt with, kept in one step with how far it is.
type Kept = Arc<Mutex<Vec<FeedEvent>>>;

/// Follows the feed until it is stopped in the middle of whatever it does.
fn follows(runner: &Runner, shop: &Shop, kept: &Kept) -> JoinHandle<()> {
    let (runner, workspace, kept) = (runner.clone(), shop.workspace, kept.clone());
    tokio::spawn(async move {
        loop {
            let after = kept.lock().unwrap().last().map_or(0, |last: &FeedEvent| last.position);
            let page = runner.feed_after(workspace, after, 50).await.unwrap();
            kept.lock().unwrap().extend(page);
        }
    })
}

/// Two lines in each of several transactions, which stay open for as long as chance has it. Whoever writes to the same journal waits
/// at its subject's row.
async fn keeps_writing(runner: Runner, shop: &Shop, subject: Uuid, mut chance: Chance, commits: usize, told: mpsc::UnboundedSender<()>) {
    for _ in 0..commits {
        let mut client = runner.store().client().await.unwrap();
        let transaction = client.transaction().await.unwrap();
        let advance = "UPDATE contacts SET last_seq = last_seq + 2 WHERE workspace_id = $1 AND id = $2 RETURNING last_seq - 1";
        let first: i64 = transaction.query_one(advance, &[&shop.workspace.0, &subject]).await.unwrap().get(0);
        adds(&transaction, shop.workspace, &[(subject, first)], Timestamp::now()).await;
        for _ in 0..chance.below(8) {
            transaction.batch_execute("SELECT").await.unwrap();
        }
        transaction.commit().await.unwrap();
        told.send(()).unwrap();
    }
}

/// `BATON_FEED_WRITERS=64 BATON_FEED_READERS=10 BATON_FEED_COMMITS=2000` is two minutes of it.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_follows_the_feed_misses_a_line_or_is_told_of_one_twice() {
    let (writers, readers, commits) = (size("BATON_FEED_WRITERS", 12), size("BATON_FEED_READERS", 4), size("BATON_FEED_COMMITS", 40));
    let shop = Shop::opens().await;
    let (writing, reading) = (shop.node(writers).runner, shop.node(readers).runner);
    let mut chance = Chance::new();
    let kept: Vec<Kept> = (0..readers).map(|_| Kept::default()).collect();
    let mut tasks: Vec<JoinHandle<()>> = kept.iter().map(|kept| follows(&reading, &shop, kept)).collect();
    let (told, mut commit) = mpsc::unbounded_channel();
    let subjects: Vec<Uuid> = (0..writers.div_ceil(2)).map(|_| Uuid::now_v7()).collect();
    shop.execute("INSERT INTO contacts (workspace_id, id) SELECT $1, UNNEST($2::uuid[])", &[&shop.workspace.0, &subjects]).await;
    let writes = join_all(
        (0..writers).map(|writer| keeps_writing(writing.clone(), &shop, subjects[writer / 2], chance.fork(), commits, told.clone())),
    );
    drop(told);
    let killed = AtomicUsize::new(0);
    let kills = async {
        while commit.recv().await.is_some() {
            if chance.below(10) == 0 {
                let place = chance.below(readers);
                tasks[place].abort();
                _ = (&mut tasks[place]).await;
                tasks[place] = follows(&reading, &shop, &kept[place]);
                killed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    tokio::join!(writes, kills);
    for task in tasks {
        task.abort();
        _ = task.await;
    }
    let lines = 2 * writers * commits;
    eprintln!("{lines} lines; readers were killed {} times", killed.into_inner());
    for kept in kept {
        let mut all = std::mem::take(&mut *kept.lock().unwrap());
        let after = all.last().map_or(0, |last| last.position);
        all.extend(reading.feed_after(shop.workspace, after, lines as i64).await.unwrap());
        let mut last: HashMap<Uuid, i64> = HashMap::new();
        for (position, line) in (1..).zip(&all) {
            let seq = last.entry(line.subject_id).or_default();
            *seq += 1;
            assert_eq!((line.position, line.seq), (position, *seq), "{line:?}");
        }
        assert_eq!(all.len(), lines);
    }
}

/// Pages that end in the middle of what a transaction wrote go on there, and one transaction may write to a journal twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_ends_within_a_transaction_is_gone_on_from_there() {
    let shop = Shop::opens().await;
    let runner = shop.node(4).runner;
    let (first, second, third) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let mut client = shop.store.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    let journals: [&[(Uuid, i64)]; 3] = [&[(second, 1), (first, 1), (third, 1)], &[(first, 3)], &[(third, 3), (second, 3)]];
    for journals in journals {
        adds(&transaction, shop.workspace, journals, Timestamp::now()).await;
    }
    transaction.commit().await.unwrap();
    let whole = runner.feed_after(shop.workspace, 0, 100).await.unwrap();
    let lines: Vec<_> = whole.iter().map(|line| (line.position, line.subject_id, line.seq)).collect();
    let wanted = journals.concat().into_iter().flat_map(|(subject, seq)| [(subject, seq), (subject, seq + 1)]);
    assert_eq!(lines, (1..).zip(wanted).map(|(position, (subject, seq))| (position, subject, seq)).collect::<Vec<_>>());
    for limit in 1..=13 {
        let mut paged: Vec<FeedEvent> = Vec::new();
        loop {
            let after = paged.last().map_or(0, |last| last.position);
            let page = runner.feed_after(shop.workspace, after, limit).await.unwrap();
            assert!(page.len() <= usize::try_from(limit).unwrap());
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, whole, "{limit} at a time");
    }
}

/// Neither clocks decide, nor which connection wrote or where its rows came to lie.
#[tokio::test(flavor = "multi_thread")]
async fn the_later_of_two_commits_of_one_subject_comes_later() {
    let shop = Shop::opens().await;
    let (one, other) = (shop.store.client().await.unwrap(), shop.store.client().await.unwrap());
    let (subject, now) = (Uuid::now_v7(), Timestamp::now());
    // From here on, the first connection has a number behind it and room on the first page.
    adds(&one, shop.workspace, &[(Uuid::now_v7(), 1)], now).await;
    for _ in 0..9 {
        let many: Vec<(Uuid, i64)> = (0..50).map(|_| (Uuid::now_v7(), 1)).collect();
        adds(&other, shop.workspace, &many, now).await;
    }
    adds(&other, shop.workspace, &[(subject, 1)], now + SignedDuration::from_hours(1)).await;
    adds(&one, shop.workspace, &[(subject, 3)], now).await;
    let lie_backwards = "SELECT count(*) FROM unnumbered_commits AS first JOIN unnumbered_commits AS later USING (subject_ids)
        WHERE first.first_seqs = '{1}' AND later.first_seqs = '{3}' AND later.ctid < first.ctid";
    assert_eq!(shop.count(lie_backwards).await, 1);
    let feed = shop.node(4).runner.feed_after(shop.workspace, 0, 1_000).await.unwrap();
    let of_subject = feed.iter().filter(|line| line.subject_id == subject).map(|line| line.seq);
    assert_eq!(of_subject.collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(shop.count("SELECT count(*) FROM unnumbered_commits").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_of_conversations_contacts_and_the_set_up() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    let iris = shop.hires("Iris", Role::Admin, 4).await;
    let runner = shop.node(4).runner;
    runner.configure(shop.workspace, &by(&iris), named(shop.support, "Help"), None).await.unwrap();
    let feed = runner.feed_after(shop.workspace, 0, 100).await.unwrap();
    assert_eq!(feed.len() as i64, shop.count("SELECT count(*) FROM events").await);
    let of =
        |wanted: fn(&Subject) -> bool| feed.iter().filter(move |line| line.subject.as_ref().is_some_and(wanted)).map(|line| &*line.kind);
    let conversation: Vec<&str> = of(|subject| matches!(subject, Subject::Conversation(_))).collect();
    assert!(conversation[0] == "conversation_opened" && conversation.contains(&"message_received"), "{conversation:?}");
    assert_eq!(of(|subject| matches!(subject, Subject::Contact(_))).collect::<Vec<_>>(), ["address_changed", "language_learned"]);
    assert_eq!(of(|subject| matches!(subject, Subject::Setup)).collect::<Vec<_>>(), ["queue_changed"]);
    shop.is_consistent().await;
}
