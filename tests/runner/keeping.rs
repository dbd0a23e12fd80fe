//! What people leave in passing: notes, and marks of how far they read; the journal they read from; and what work leaves in passing.

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::command::Command;
use baton::domain::ids::{ConversationId, NoteId, WorkspaceId};
use baton::runner::Error;
use baton::store::access::Sight;
use baton::store::drafts::{DraftKind, DraftPage, DraftPlace};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_is_sent_twice_on_two_nodes_is_written_once() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(4), shop.node(4)];
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let note = NoteId(Uuid::now_v7());
    let writes = (0..6).map(|number| {
        let command = Command::AddNote { by: ana.clone(), note, body: "likes blue".to_owned() };
        nodes[number % 2].runner.run(shop.workspace, conversation, command)
    });
    let outcomes = join_all(writes).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::Refused(Refusal::Duplicate)))), "{outcomes:?}");
    assert_eq!(shop.count("SELECT count(*) FROM notes").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'note_added'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_somebody_read_only_goes_forward_and_never_beyond_the_end() {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Agent, 8).await.user;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    shop.execute("UPDATE conversations SET last_seq = 8", &[]).await;
    let mut told = Vec::new();
    for seq in [-1, 3, 7, 5, 7, i64::MAX, 8] {
        let read = shop.store.save_read(Sight::unbounded(shop.workspace, conversation), ana, seq).await.unwrap().unwrap();
        told.push((read.seq, read.has_grown));
    }
    let expected = [(0, true), (3, true), (7, true), (7, false), (7, false), (8, true), (8, false)];
    assert_eq!(told, expected, "nobody has read what is not there yet, and only growth is told");
    let rows = shop.rows("SELECT seq FROM reads", &[]).await;
    assert_eq!(rows.iter().map(|row| row.get::<_, i64>(0)).collect::<Vec<_>>(), [8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_about_a_conversation_that_is_not_there() {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Agent, 8).await.user;
    let own = shop.customers_wait(shop.support, 1).await[0];
    for (workspace, conversation) in [(shop.workspace, ConversationId(Uuid::now_v7())), (WorkspaceId(Uuid::now_v7()), own)] {
        let place = DraftPlace { sight: Sight::unbounded(workspace, conversation), user: ana, kind: DraftKind::Reply };
        shop.store.save_draft(place, DraftPage::default(), "Dear").await.unwrap();
        assert_eq!(shop.store.save_read(Sight::unbounded(workspace, conversation), ana, 3).await.unwrap(), None);
    }
    assert_eq!(shop.count("SELECT (SELECT count(*) FROM drafts) + (SELECT count(*) FROM reads)").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_read_completely_from_any_place() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    for number in 0..25 {
        let command = Command::AddNote { by: ana.clone(), note: NoteId(Uuid::now_v7()), body: number.to_string() };
        node.runner.run(shop.workspace, conversation, command).await.unwrap();
    }
    for since in [0, 1, 24, 25] {
        let (mut read, mut at) = (Vec::new(), since);
        loop {
            let page = shop.store.events_since(Sight::unbounded(shop.workspace, conversation), at, 10).await.unwrap();
            let Some(last) = page.last() else { break };
            at = last.seq;
            read.extend(page.iter().map(|recorded| recorded.seq));
        }
        assert_eq!(read, (since + 1..=25).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn what_postgresql_refuses_is_told_without_the_values_it_was_about() {
    let shop = Shop::opens().await;
    let client = shop.store.client().await.unwrap();
    let fault = client.query_one("SELECT $1::text::uuid", &[&"0049 170 1234567"]).await.unwrap_err();
    let told = baton::store::Error::from(fault).to_string();
    assert_eq!(told, "the database refused: SQLSTATE 22P02");
    let again = "INSERT INTO workspaces (id, name) SELECT id, name FROM workspaces";
    let told = baton::store::Error::from(client.execute(again, &[]).await.unwrap_err()).to_string();
    assert_eq!(told, "the database refused: SQLSTATE 23505, table workspaces, constraint workspaces_pkey");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_through_which_much_work_has_gone_is_swept() {
    let shop = Shop::opens().await;
    let counted = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'inbound_items'";
    let contacts = "
        INSERT INTO inbound_items (workspace_id, contact_id, inbox_id, payload_seq, item, received_at)
        SELECT $1, gen_random_uuid(), $1, 0, '{}', now() FROM generate_series(1, 10100)";
    let client = shop.store.client().await.unwrap();
    client.execute(contacts, &[&shop.workspace.0]).await.unwrap();
    client.batch_execute("DELETE FROM inbound_items; SELECT pg_stat_force_next_flush()").await.unwrap();
    while shop.count(counted).await <= 10_000 {}
    shop.store.tend_tables().await.unwrap();
    let swept = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'inbound_items'";
    while shop.count(swept).await == 0 {}
    // A moment later it is left alone, whatever went through it.
    client.execute(contacts, &[&shop.workspace.0]).await.unwrap();
    client.batch_execute("DELETE FROM inbound_items; SELECT pg_stat_force_next_flush()").await.unwrap();
    while shop.count(counted).await <= 10_000 {}
    shop.store.tend_tables().await.unwrap();
    assert_eq!(shop.count(swept).await, 1);
}
