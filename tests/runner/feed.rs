//! The feed of a workspace: whoever follows it is told of everything once, in whatever order it is committed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use baton::domain::access::Role;
use baton::domain::journal::Subject;
use baton::runner::Runner;
use baton::store::feed::FeedEvent;
use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::chance::{Chance, size};
use crate::people::{phone, writes};
use crate::setups::{by, named};
use crate::shop::Shop;

const WRITE: &str = "
    WITH written AS (
        INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
        SELECT $1, 'conversation', $2, seq, now(), 'window_closed', 'stands', '{}' FROM generate_series($3::bigint, $3 + 1) AS seq
    )
    INSERT INTO feed_spans (workspace_id, subject_id, first_seq, last_seq, at) VALUES ($1, $2, $3, $3 + 1, now())";

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

/// Two lines in each of several transactions, which stay open for as long as chance has it.
async fn keeps_writing(runner: Runner, shop: &Shop, mut chance: Chance, commits: usize, committed: mpsc::UnboundedSender<()>) {
    let subject = Uuid::now_v7();
    for number in 0..commits {
        let mut client = runner.store().client().await.unwrap();
        let transaction = client.transaction().await.unwrap();
        transaction.execute(WRITE, &[&shop.workspace.0, &subject, &(2 * number as i64 + 1)]).await.unwrap();
        for _ in 0..chance.below(8) {
            transaction.batch_execute("SELECT").await.unwrap();
        }
        transaction.commit().await.unwrap();
        committed.send(()).unwrap();
    }
}

/// `BATON_FEED_WRITERS=64 BATON_FEED_READERS=10 BATON_FEED_COMMITS=2000` is a minute of it.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_follows_the_feed_misses_a_line_or_is_told_of_one_twice() {
    let (writers, readers, commits) = (size("BATON_FEED_WRITERS", 12), size("BATON_FEED_READERS", 4), size("BATON_FEED_COMMITS", 40));
    let shop = Shop::opens().await;
    let (writing, reading) = (shop.node(writers).runner, shop.node(readers).runner);
    let mut chance = Chance::new();
    let kept: Vec<Kept> = (0..readers).map(|_| Kept::default()).collect();
    let mut tasks: Vec<JoinHandle<()>> = kept.iter().map(|kept| follows(&reading, &shop, kept)).collect();
    let (told, mut commit) = mpsc::unbounded_channel();
    let writes = join_all((0..writers).map(|_| keeps_writing(writing.clone(), &shop, chance.fork(), commits, told.clone())));
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
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let mut client = shop.store.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    for (subject, seq) in [(first, 1), (second, 1), (first, 3)] {
        transaction.execute(WRITE, &[&shop.workspace.0, &subject, &i64::from(seq)]).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let whole = runner.feed_after(shop.workspace, 0, 100).await.unwrap();
    assert_eq!(whole.iter().map(|line| line.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    let of_first = whole.iter().filter(|line| line.subject_id == first).map(|line| line.seq);
    assert_eq!(of_first.collect::<Vec<_>>(), [1, 2, 3, 4]);
    for limit in 1..=7 {
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

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_of_conversations_contacts_and_the_set_up() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    let iris = shop.hires("Iris", Role::Admin, 4).await;
    let runner = shop.node(4).runner;
    runner.configure(shop.workspace, &by(&iris), named(shop.support, "Help"), None).await.unwrap();
    let feed = runner.feed_after(shop.workspace, 0, 100).await.unwrap();
    let of =
        |wanted: fn(&Subject) -> bool| feed.iter().filter(move |line| line.subject.as_ref().is_some_and(wanted)).map(|line| &*line.kind);
    let conversation: Vec<&str> = of(|subject| matches!(subject, Subject::Conversation(_))).collect();
    assert!(conversation[0] == "conversation_opened" && conversation.contains(&"message_received"), "{conversation:?}");
    assert_eq!(of(|subject| matches!(subject, Subject::Contact(_))).collect::<Vec<_>>(), ["address_changed", "language_learned"]);
    assert_eq!(of(|subject| matches!(subject, Subject::Setup)).collect::<Vec<_>>(), ["queue_changed"]);
    shop.is_consistent().await;
}
