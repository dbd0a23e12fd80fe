//! One account in several workspaces: signed in to once, and no workspace's alone to change.

use actix_web::http::StatusCode;
use baton::domain::access::Role;
use baton::domain::ids::UserId;
use baton::domain::refusal::Refusal;
use baton::domain::setup::command::{MemberChange, NewMember, NewTeams};
use baton::domain::setup::{By, Secret, SetupCommand, SetupRefusal};
use baton::runner::Error;
use uuid::Uuid;

use crate::house::{Browser, House, PASSWORD};

const ANA: &str = "ana@example.com";
const ANOTHER: &str = "another battery staple";

/// Ana works in both: first in the house, then in the other one.
async fn two_houses() -> (House, House, UserId, UserId) {
    let house = House::new().await;
    let other = house.beside().await;
    let here = house.hires(ANA, Role::Agent).await;
    let there = other.hires(ANA, Role::Admin).await;
    (house, other, here, there)
}

async fn goes_to(browser: &mut Browser<'_>, house: &House) {
    let workspace = house.workspace.to_string();
    let answer = browser.post("/workspaces", &[("workspace", &workspace)]).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/inbox"), "{}", answer.body);
}

/// In the other one she is an admin.
async fn is_in_the_other(browser: &mut Browser<'_>) -> bool {
    browser.get("/admin/notices").await.status == StatusCode::OK
}

async fn replaces_password(house: &House, by: &By, member: UserId) -> Result<(), Error> {
    let hash = Secret::new(house.state.passwords.hash(ANOTHER.to_owned()).await.unwrap());
    house.state.runner.configure(house.workspace, by, SetupCommand::ReplacePassword { member, hash }, None).await.map(drop)
}

fn chief(user: UserId) -> By {
    let rights = Role::Admin.rights().unwrap();
    By::Person(baton::domain::command::Person { user, name: "Chief".to_owned(), rights })
}

#[actix_web::test]
async fn whoever_works_in_two_workspaces_signs_in_once_and_comes_back_to_where_they_were() {
    let (house, other, ..) = two_houses().await;
    let mut ana = house.browser(ANA).await;
    assert!(!is_in_the_other(&mut ana).await, "she was in the first one before");
    let listed = ana.get("/workspaces").await.body;
    assert!(listed.contains("Lamp Shop") && listed.contains("Other Shop"), "{listed}");
    assert!(ana.get("/inbox").await.body.contains(r#"href="/workspaces""#), "nothing leads there");
    goes_to(&mut ana, &other).await;
    assert!(is_in_the_other(&mut ana).await);
    let mut again = house.browser(ANA).await;
    assert!(is_in_the_other(&mut again).await, "she was in the other one last");
    goes_to(&mut again, &house).await;
    assert!(!is_in_the_other(&mut again).await);
}

#[actix_web::test]
async fn whoever_goes_to_another_workspace_is_signed_in_no_longer_for_it() {
    let (house, other, ..) = two_houses().await;
    let mut ana = house.browser(ANA).await;
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE sessions SET created_at = created_at - interval '29 days'", &[]).await.unwrap();
    goes_to(&mut ana, &other).await;
    let age = "SELECT now() - created_at > interval '28 days' FROM sessions WHERE revoked_at IS NULL";
    assert!(client.query_one(age, &[]).await.unwrap().get::<_, bool>(0), "its life began anew");
}

#[actix_web::test]
async fn a_session_that_was_ended_goes_on_nowhere_though_its_token_has_not_run_out() {
    let (house, other, ..) = two_houses().await;
    let mut ana = house.browser(ANA).await;
    assert_eq!(ana.get("/").await.location, "/inbox");
    // As another node has it that has not heard of it yet.
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE sessions SET revoked_at = now()", &[]).await.unwrap();
    let workspace = other.workspace.to_string();
    assert_eq!(ana.post("/workspaces", &[("workspace", &workspace)]).await.status, StatusCode::UNAUTHORIZED);
    let alive = client.query_one("SELECT count(*) FROM sessions WHERE revoked_at IS NULL", &[]).await.unwrap();
    assert_eq!(alive.get::<_, i64>(0), 0, "a session came back to life");
}

#[actix_web::test]
async fn a_workspace_that_one_is_nobody_in_cannot_be_gone_to() {
    let (house, ..) = two_houses().await;
    let stranger = house.beside().await;
    stranger.hires("eve@example.com", Role::Admin).await;
    let mut ana = house.browser(ANA).await;
    assert!(!ana.get("/workspaces").await.body.contains(&stranger.workspace.to_string()));
    let workspace = stranger.workspace.to_string();
    assert_eq!(ana.post("/workspaces", &[("workspace", &workspace)]).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn whoever_left_one_workspace_goes_on_in_the_other() {
    let (house, other, _, there) = two_houses().await;
    let mut ana = house.browser(ANA).await;
    goes_to(&mut ana, &other).await;
    other.hires("chief@example.com", Role::Admin).await;
    other.state.runner.deactivate(other.workspace, &By::System, there).await.unwrap();
    ana.waits_until_the_token_has_run_out();
    assert!(ana.get("/inbox").await.is_sent_to_sign_in());
    let mut again = house.browser(ANA).await;
    assert_eq!(again.get("/inbox").await.status, StatusCode::OK);
    assert!(!again.get("/workspaces").await.body.contains("Other Shop"));
    assert!(!again.get("/inbox").await.body.contains(r#"href="/workspaces""#), "there is nowhere to go");
}

#[actix_web::test]
async fn whoever_is_added_with_an_account_keeps_the_password_that_they_have() {
    let house = House::new().await;
    let other = house.beside().await;
    house.hires(ANA, Role::Agent).await;
    let email = ANA.to_uppercase().parse().unwrap();
    let (name, locale) = ("Ana".to_owned(), "en".to_owned());
    let new = NewMember { name, email, role: Role::Agent, locale, capacity: 8, teams: NewTeams::All, languages: [].into() };
    let password = Secret::new(house.state.passwords.hash(ANOTHER.to_owned()).await.unwrap());
    let add = SetupCommand::AddMember { member: UserId(Uuid::now_v7()), new, password };
    let added = other.state.runner.configure(other.workspace, &By::CommandLine, add, None).await.unwrap();
    assert_eq!(added.had_account.iter().map(ToString::to_string).collect::<Vec<_>>(), [ANA]);
    assert_eq!(house.sign_in(ANA, ANOTHER).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.sign_in(ANA, PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn the_workspace_that_asks_most_of_a_password_is_asked_wherever_it_is_changed() {
    let (house, other, ..) = two_houses().await;
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE workspaces SET least_password = 24 WHERE id = $1", &[&other.workspace.0]).await.unwrap();
    let mut ana = house.browser(ANA).await;
    let form = [("current", PASSWORD), ("new", ANOTHER), ("again", ANOTHER)];
    let refused = ana.post("/profile/password", &form).await;
    assert!(refused.body.contains("A password has at least 24 characters."), "{}", refused.body);
    client.execute("UPDATE users SET active = false WHERE workspace_id = $1", &[&other.workspace.0]).await.unwrap();
    assert_eq!(ana.post("/profile/password", &form).await.location, "/profile/sign-in?did=password", "one that she left is asked");
}

#[actix_web::test]
async fn no_workspace_changes_what_somebody_of_another_one_signs_in_with() {
    let (house, other, here, there) = two_houses().await;
    let shared = |outcome: Result<(), Error>| matches!(outcome, Err(Error::Refused(Refusal::SetUp(SetupRefusal::AccountShared))));
    let by = chief(other.hires("chief@example.com", Role::Admin).await);
    assert!(shared(replaces_password(&other, &by, there).await));
    let change = MemberChange { email: Some("eve@example.com".parse().unwrap()), ..MemberChange::default() };
    let another = SetupCommand::ChangeMember { member: there, change };
    assert!(shared(other.state.runner.configure(other.workspace, &by, another, None).await.map(drop)));
    assert_eq!(house.sign_in(ANA, PASSWORD).await.status, StatusCode::SEE_OTHER);
    // Whoever keeps the installation may: it ends what is open in both.
    let mut ana = house.browser(ANA).await;
    let mut there_too = house.browser(ANA).await;
    goes_to(&mut there_too, &other).await;
    replaces_password(&house, &By::CommandLine, here).await.unwrap();
    for browser in [&mut ana, &mut there_too] {
        assert!(browser.get("/inbox").await.is_sent_to_sign_in());
    }
    assert_eq!(house.sign_in(ANA, ANOTHER).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn the_only_workspace_of_somebody_may_give_them_another_password() {
    let house = House::new().await;
    let ana = house.hires(ANA, Role::Agent).await;
    let by = chief(house.hires("chief@example.com", Role::Admin).await);
    replaces_password(&house, &by, ana).await.unwrap();
    assert_eq!(house.sign_in(ANA, ANOTHER).await.status, StatusCode::SEE_OTHER);
}
