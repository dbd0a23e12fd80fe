//! What a node keeps of the set-up of workspaces.

use baton::domain::agent::Availability;
use baton::domain::ids::WorkspaceId;
use baton::domain::setup::SetupCommand;
use baton::runner::Runner;
use uuid::Uuid;

use crate::setups::{by, named, with_two_administrators};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_keeps_the_set_up_until_it_changes_and_reads_it_once_it_has() {
    let (shop, iris, _) = with_two_administrators().await;
    let (here, there) = (shop.node(4), shop.node(4));
    let name = async |runner: &Runner| runner.workplaces().get(shop.workspace).await.unwrap().queue(shop.support).unwrap().name.clone();
    assert_eq!((name(&here.runner).await, name(&there.runner).await), ("support".to_owned(), "support".to_owned()));
    shop.execute("UPDATE queues SET name = 'read again' WHERE id = $1", &[&shop.support.0]).await;
    there.runner.workplaces().compare().await.unwrap();
    assert_eq!(name(&there.runner).await, "support", "nothing was set up, so nothing is read");
    here.runner.configure(shop.workspace, &by(&iris), named(shop.support, "Help"), None).await.unwrap();
    assert_eq!(name(&here.runner).await, "Help", "whoever changed it knows");
    assert_eq!(name(&there.runner).await, "support", "nobody has told");
    there.runner.workplaces().compare().await.unwrap();
    assert_eq!(name(&there.runner).await, "Help");
    shop.execute("UPDATE queues SET name = 'read again' WHERE id = $1", &[&shop.support.0]).await;
    let away = SetupCommand::availability(iris.user, Availability::Away);
    here.runner.configure(shop.workspace, &by(&iris), away, None).await.unwrap();
    there.runner.workplaces().compare().await.unwrap();
    assert_eq!((name(&here.runner).await, name(&there.runner).await), ("Help".to_owned(), "Help".to_owned()), "it concerns nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_workspaces_that_are_not_there_pushes_no_other_out_of_what_a_node_keeps() {
    let (shop, _, _) = with_two_administrators().await;
    let here = shop.node(4);
    let name = async || here.runner.workplaces().get(shop.workspace).await.unwrap().queue(shop.support).unwrap().name.clone();
    assert_eq!(name().await, "support");
    shop.execute("UPDATE queues SET name = 'read again' WHERE id = $1", &[&shop.support.0]).await;
    for _ in 0..=2_000 {
        assert!(here.runner.workplaces().brand(Some(WorkspaceId(Uuid::now_v7()))).await.unwrap().is_none());
    }
    assert!(here.runner.workplaces().brand(Some(shop.workspace)).await.unwrap().is_some());
    assert_eq!(name().await, "support", "it was kept");
}
