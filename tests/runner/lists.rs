//! Pages of lists are complete and show nothing twice, however often they are cut.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton::domain::access::{Access, Role, Visibility};
use baton::domain::conversation::Listing;
use baton::domain::filter::{Filter, Order, View};
use baton::domain::ids::{ConversationId, TeamId};
use baton::store::access::Viewer;
use baton::store::lists::Cursor;
use uuid::Uuid;

use crate::shop::Shop;
use crate::viewers::sees_all;

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
        (View::Mine, "agent_id = $1"),
        (View::Queues, "state <> 'resolved' AND $1::uuid IS NOT NULL"),
        (View::Unassigned, "controller = 'queue' AND $1::uuid IS NOT NULL"),
        (View::All, "state <> 'resolved' AND $1::uuid IS NOT NULL"),
        (View::Resolved, "state = 'resolved' AND $1::uuid IS NOT NULL"),
    ];
    for (view, condition) in views {
        let whole = shop.store.list(sees_all(shop.workspace, ana.user), view, None, 1_000).await.unwrap();
        let whole: Vec<Uuid> = whole.iter().map(|row| row.conversation.id.0).collect();
        let rows = shop.rows(&format!("SELECT id FROM conversations WHERE {condition}"), &[&ana.user.0]).await;
        let expected: BTreeSet<Uuid> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!((whole.len(), whole.iter().copied().collect::<BTreeSet<_>>()), (expected.len(), expected), "{view:?}");
        for size in [1, 7, 15] {
            assert_eq!(pages(&shop, ana.user, view, size).await, whole, "{view:?} in pages of {size}");
        }
    }
    let counts = shop.store.view_counts(sees_all(shop.workspace, ana.user)).await.unwrap();
    assert_eq!((counts.mine, counts.queues, counts.unassigned), (15, 45, 15));
}

async fn pages(shop: &Shop, viewer: baton::domain::ids::UserId, view: View, size: i64) -> Vec<Uuid> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = shop.store.list(sees_all(shop.workspace, viewer), view, after, size).await.unwrap();
        let Some(last) = page.last() else { return all };
        // As it travels in an address.
        let cursor: Cursor = Cursor::of(view, &last.conversation).to_string().parse().unwrap();
        after = Some(cursor);
        all.extend(page.iter().map(|row| row.conversation.id.0));
    }
}

/// Every listing that the database allows: of each state, in no queue or one of two, held by nobody, a flow, a bot, a queue or one of two
/// people, and with or without somebody who had it last; some of them several times, with times that repeat.
const EVERY_LISTING: &str = "
    WITH listing AS (
        SELECT state, controller, queue, agent, last, row_number() OVER () AS n
        FROM unnest(ARRAY['open', 'snoozed', 'resolved']) AS state,
            (VALUES ('flow', NULL), ('bot', NULL), ('queue', NULL), ('nobody', NULL), ('agent', $5::uuid), ('agent', $6)) AS holder (controller, agent),
            (VALUES (NULL), ($3::uuid), ($4)) AS queues (queue),
            (VALUES (NULL), ($5::uuid), ($6)) AS others (last),
            generate_series(1, 2)
        WHERE controller <> 'queue' OR queue IS NOT NULL
    ), customer AS (
        INSERT INTO contacts (workspace_id, id, name) SELECT $1, gen_random_uuid(), n::text FROM listing
        RETURNING id, name::int AS n
    )
    INSERT INTO conversations (workspace_id, id, contact_id, inbox_id, state, controller, queue_id, bot_id, agent_id, last_agent_id,
        opened_at, queued_at, last_message_at)
    SELECT $1, gen_random_uuid(), id, $2, state, controller, queue, CASE controller WHEN 'bot' THEN gen_random_uuid() END, agent, last,
        now(), CASE controller WHEN 'queue' THEN '2026-01-01'::timestamptz - n / 7 * interval '1 hour' END,
        '2026-01-01'::timestamptz + n / 5 * interval '1 hour'
    FROM customer JOIN listing USING (n)";

#[tokio::test(flavor = "multi_thread")]
async fn every_list_has_what_its_filter_matches_in_the_order_of_its_view() {
    let shop = Shop::opens().await;
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 99).await, shop.hires("Ben", Role::Agent, 99).await);
    // Ana's team works for orders only, Ben is in none.
    let elsewhere = TeamId(Uuid::now_v7());
    shop.execute("INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, 'Elsewhere')", &[&shop.workspace.0, &elsewhere.0]).await;
    shop.execute("UPDATE queues SET team_id = $2 WHERE id = $1", &[&shop.support.0, &elsewhere.0]).await;
    shop.execute("DELETE FROM team_members WHERE user_id = $1", &[&ben.user.0]).await;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&shop.workspace.0, &shop.inbox.0, &shop.orders.0, &shop.support.0, &ana.user.0, &ben.user.0];
    assert_eq!(shop.execute(EVERY_LISTING, &parameters).await, 306);
    let (under_way, resolved) = (View::All, View::Resolved);
    let everything = async |view| shop.store.list(sees_all(shop.workspace, ana.user), view, None, 1_000).await.unwrap();
    let everything = everything(under_way).await.into_iter().chain(everything(resolved).await);
    let listings: BTreeMap<ConversationId, Listing> = everything.map(|row| (row.conversation.id, Listing::of(&row.conversation))).collect();
    assert_eq!(listings.len(), 306, "what is not under way is resolved");
    let both = [ana.user, ben.user].into_iter();
    for (viewer, visibility) in both.flat_map(|viewer| Visibility::ALL.map(|visibility| (viewer, visibility))) {
        let eyes = Viewer { workspace: shop.workspace, user: viewer, visibility };
        let counts = shop.store.view_counts(eyes).await.unwrap();
        let board = shop
            .store
            .board(shop.workspace, &[(viewer, visibility), (if viewer == ana.user { ben.user } else { ana.user }, Visibility::Mine)])
            .await
            .unwrap();
        assert_eq!(board.counts(viewer, visibility), counts, "{visibility:?}");
        let queues = shop.store.queues_of(shop.workspace, viewer).await.unwrap();
        let access = Arc::new(Access { user: viewer, visibility, queues: queues.clone() });
        for (conversation, listing) in &listings {
            let sight = shop.store.sight(eyes, *conversation).await.unwrap();
            assert_eq!(sight.is_some(), access.admits(listing), "{visibility:?}: {listing:?}");
        }
        for view in View::ALL {
            let listed = shop.store.list(eyes, view, None, 1_000).await.unwrap();
            let filter = Filter::new(view, viewer, &queues).seen_with(Some(access.clone()));
            let expected: BTreeSet<ConversationId> =
                listings.iter().filter(|(_, listing)| filter.matches(listing)).map(|(conversation, _)| *conversation).collect();
            let figure = match view {
                View::Mine => Some(counts.mine),
                View::Queues => Some(counts.queues),
                View::Unassigned => Some(counts.unassigned),
                View::All | View::Resolved => None,
            };
            assert!(figure.is_none_or(|figure| usize::try_from(figure) == Ok(expected.len())), "{view:?}: {figure:?}");
            let is_empty = viewer == ben.user && view == View::Queues;
            assert!(visibility != Visibility::All || expected.is_empty() == is_empty, "{view:?}");
            let found: BTreeSet<ConversationId> = listed.iter().map(|row| row.conversation.id).collect();
            assert_eq!(found, expected, "{visibility:?} {view:?}");
            assert!(listed.iter().all(|row| view.matches(&Listing::of(&row.conversation), viewer, &queues)), "{view:?}");
            let keys = listed.iter().map(|row| Cursor::of(view, &row.conversation));
            let is_ordered = match view.order() {
                Order::LatestMessage => keys.is_sorted_by(|one, next| (one.at, one.id) > (next.at, next.id)),
                Order::LongestInQueue => keys.is_sorted_by(|one, next| (one.at, one.id) < (next.at, next.id)),
            };
            assert!(is_ordered, "{view:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_sees_its_own_queues_and_everybody_of_one_workspace_only_theirs() {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    shop.customers_wait(shop.support, 3).await;
    shop.execute("DELETE FROM team_members", &[]).await;
    let list = async |view| shop.store.list(sees_all(shop.workspace, ana.user), view, None, 50).await.unwrap().len();
    assert_eq!((list(View::Queues).await, list(View::Unassigned).await), (0, 3));
    let elsewhere = baton::domain::ids::WorkspaceId(Uuid::now_v7());
    assert_eq!(shop.store.list(sees_all(elsewhere, ana.user), View::All, None, 50).await.unwrap().len(), 0);
    let counts = shop.store.view_counts(sees_all(elsewhere, ana.user)).await.unwrap();
    assert_eq!((counts.mine, counts.queues, counts.unassigned), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_counts_to_a_hundred() {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    shop.customers_wait(shop.support, 130).await;
    let counts = shop.store.view_counts(sees_all(shop.workspace, ana.user)).await.unwrap();
    assert_eq!((counts.queues, counts.unassigned), (100, 100));
}
