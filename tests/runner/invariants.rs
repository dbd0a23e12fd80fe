//! What must always be so, broken on purpose: it is put right, and counted.

use baton::domain::Command;
use baton::domain::access::Role;
use baton::domain::setup::command::WorkspaceChange;
use baton::domain::setup::{By, SetupCommand};
use baton::runner::invariants::{Looked, PutRight};

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn what_must_always_be_so_is_put_right_and_counted_where_it_is_not() {
    let shop = Shop::opens().await;
    let node = shop.node(2);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let change = WorkspaceChange { answer_minutes: Some(Some(10)), ..WorkspaceChange::default() };
    let change = SetupCommand::ChangeWorkspace { change };
    node.runner.configure(shop.workspace, &By::System, change, None).await.unwrap();
    for conversation in shop.customers_wait(shop.support, 3).await {
        node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    let look = async || node.runner.look_at_invariants(&mut Looked::default()).await.unwrap();
    assert_eq!(look().await, PutRight::default());
    assert_eq!(shop.count("SELECT count(*) FROM timers WHERE kind = 'overdue'").await, 3);
    // What is being reckoned anew is let alone.
    shop.execute("DELETE FROM recounts", &[]).await;

    shop.execute("UPDATE agents SET load = 5", &[]).await;
    shop.execute("DELETE FROM timers WHERE subject_id = (SELECT min(id::text)::uuid FROM conversations)", &[]).await;
    assert_eq!(look().await, PutRight { loads: 1, timers: 1 });
    assert_eq!(look().await, PutRight::default());
    assert_eq!(shop.count("SELECT count(*) FROM timers WHERE kind = 'overdue'").await, 3);
    shop.is_consistent().await;
}
