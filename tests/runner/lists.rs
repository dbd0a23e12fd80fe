//! Pages of lists are complete and show nothing twice, however often they are cut.

use std::collections::BTreeSet;

use baton::domain::access::Role;
use baton::store::lists::{Cursor, ListView};
use uuid::Uuid;

use crate::shop::Shop;

/// Sixty conversations, with times that repeat, under way, waiting, held by two people, and resolved.
const LISTED: &str = "
    WITH customer AS (
        INSERT INTO contacts (workspace_id, id, name)
        SELECT $1, gen_random_uuid(), n::text FROM generate_series(0, 59) AS n
        RETURNING id, name::int AS n
    )
    INSERT INTO conversations (workspace_id, id, contact_id, inbox_id, state, controller, queue_id, agent_id, opened_at, queued_at, last_message_at)
    SELECT $1, gen_random_uuid(), id, $2,
        CASE WHEN n % 4 = 3 THEN 'resolved' ELSE 'open' END,
        (ARRAY['queue', 'agent', 'agent', 'nobody'])[n % 4 + 1],
        CASE WHEN n % 3 = 0 THEN $3::uuid ELSE $4::uuid END,
        CASE n % 4 WHEN 1 THEN $5::uuid WHEN 2 THEN $6::uuid END,
        now(), CASE WHEN n % 4 = 0 THEN '2026-01-01'::timestamptz + n / 7 * interval '1 hour' END, '2026-01-01'::timestamptz + n / 7 * interval '1 hour'
    FROM customer";

#[tokio::test(flavor = "multi_thread")]
async fn every_view_is_paged_completely_without_repeats_and_in_order() {
    let shop = Shop::opens().await;
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 99).await, shop.hires("Ben", Role::Agent, 99).await);
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&shop.workspace.0, &shop.inbox.0, &shop.orders.0, &shop.support.0, &ana.user.0, &ben.user.0];
    shop.execute(LISTED, &parameters).await;
    let views = [
        (ListView::Mine, "agent_id = $1"),
        (ListView::Queues, "state <> 'resolved' AND $1::uuid IS NOT NULL"),
        (ListView::Unassigned, "controller = 'queue' AND $1::uuid IS NOT NULL"),
        (ListView::All, "state <> 'resolved' AND $1::uuid IS NOT NULL"),
        (ListView::Resolved, "state = 'resolved' AND $1::uuid IS NOT NULL"),
    ];
    for (view, condition) in views {
        let whole = shop.store.list(shop.workspace, ana.user, view, None, 1_000).await.unwrap();
        let whole: Vec<Uuid> = whole.iter().map(|row| row.conversation.id.0).collect();
        let rows = shop.rows(&format!("SELECT id FROM conversations WHERE {condition}"), &[&ana.user.0]).await;
        let expected: BTreeSet<Uuid> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!((whole.len(), whole.iter().copied().collect::<BTreeSet<_>>()), (expected.len(), expected), "{view:?}");
        for size in [1, 7, 15] {
            assert_eq!(pages(&shop, ana.user, view, size).await, whole, "{view:?} in pages of {size}");
        }
    }
    let counts = shop.store.view_counts(shop.workspace, ana.user).await.unwrap();
    assert_eq!((counts.mine, counts.queues, counts.unassigned), (15, 45, 15));
}

async fn pages(shop: &Shop, viewer: baton::domain::ids::UserId, view: ListView, size: i64) -> Vec<Uuid> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = shop.store.list(shop.workspace, viewer, view, after, size).await.unwrap();
        let Some(last) = page.last() else { return all };
        // As it travels in an address.
        let cursor: Cursor = Cursor::of(view, &last.conversation).to_string().parse().unwrap();
        after = Some(cursor);
        all.extend(page.iter().map(|row| row.conversation.id.0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_sees_its_own_queues_and_everybody_of_one_workspace_only_theirs() {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    shop.customers_wait(shop.support, 3).await;
    shop.execute("DELETE FROM team_members", &[]).await;
    let list = async |view| shop.store.list(shop.workspace, ana.user, view, None, 50).await.unwrap().len();
    assert_eq!((list(ListView::Queues).await, list(ListView::Unassigned).await), (0, 3));
    let elsewhere = baton::domain::ids::WorkspaceId(Uuid::now_v7());
    assert_eq!(shop.store.list(elsewhere, ana.user, ListView::All, None, 50).await.unwrap().len(), 0);
    let counts = shop.store.view_counts(elsewhere, ana.user).await.unwrap();
    assert_eq!((counts.mine, counts.queues, counts.unassigned), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_counts_to_a_hundred() {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    shop.customers_wait(shop.support, 130).await;
    let counts = shop.store.view_counts(shop.workspace, ana.user).await.unwrap();
    assert_eq!((counts.queues, counts.unassigned), (100, 100));
}
