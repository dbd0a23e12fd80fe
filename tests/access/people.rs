//! The directory of a workspace.

use baton::domain::access::Role;
use baton::domain::agent::Availability;
use baton::domain::setup::By;
use baton::store::users::{FIRST_CAPACITY, NewUser, is_taken};
use uuid::Uuid;

use crate::house::House;

#[actix_web::test]
async fn colleagues_are_those_of_the_workspace_who_have_not_left() {
    let house = House::new().await;
    let other = House::in_store(house.state.store.clone()).await;
    let ana = house.hires("ana@example.com", Role::Supervisor).await;
    let ben = house.hires("ben@example.com", Role::Agent).await;
    other.hires("eve@example.com", Role::Agent).await;
    let team = Uuid::now_v7();
    let client = house.state.store.client().await.unwrap();
    client.execute("INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, 'Sales')", &[&house.workspace.0, &team]).await.unwrap();
    client
        .execute("INSERT INTO team_members (workspace_id, team_id, user_id) VALUES ($1, $2, $3)", &[&house.workspace.0, &team, &ana.0])
        .await
        .unwrap();
    house.state.runner.deactivate(house.workspace, &By::System, ben).await.unwrap();
    let people = house.state.store.people(house.workspace).await.unwrap();
    assert_eq!(people.len(), 1, "{people:?}");
    assert_eq!((people[0].id, people[0].role, people[0].availability), (ana, Role::Supervisor, Availability::Online));
    assert_eq!((people[0].load, people[0].capacity), (0, FIRST_CAPACITY));
    assert_eq!(people[0].teams.iter().map(|id| id.0).collect::<Vec<_>>(), [team]);
}

#[actix_web::test]
async fn one_email_address_is_one_person_of_a_workspace() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let twin = NewUser {
        workspace: house.workspace,
        id: Uuid::now_v7().into(),
        email: "ANA@example.com".parse().unwrap(),
        name: "Ana",
        role: Role::Agent,
        password_hash: "unused",
        locale: "en",
    };
    assert!(is_taken(&house.state.store.create_user(&twin).await.unwrap_err()));
    assert_eq!(house.state.store.people(house.workspace).await.unwrap().len(), 1);
}
