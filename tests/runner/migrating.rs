//! The schema is changed while nodes are at work.

use crate::shop::Shop;

const HISTORY: &str = "refinery_schema_history";

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_lets_those_pass_who_came_after_it_and_goes_on_when_the_table_is_free() {
    let shop = Shop::opens().await;
    let is_waited_for = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'refinery_schema_history'::regclass";
    let mut client = shop.store.unhurried().await.unwrap();
    let holds = client.transaction().await.unwrap();
    holds.batch_execute(&format!("LOCK TABLE {HISTORY} IN ACCESS EXCLUSIVE MODE")).await.unwrap();
    let store = shop.store.clone();
    let migrating = tokio::spawn(async move { store.migrate().await.map_err(|error| error.to_string()) });
    // It waits, it lets others pass, it waits again.
    for waits in [1, 0, 1] {
        while shop.count(is_waited_for).await != waits {
            assert!(!migrating.is_finished(), "it gave up: {:?}", migrating.await);
        }
    }
    holds.rollback().await.unwrap();
    assert_eq!(migrating.await.unwrap(), Ok(Vec::new()));
}
