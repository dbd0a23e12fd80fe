//! Teams and what becomes of them, from an administrator's side.

use actix_web::http::header::REFERER;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::ids::UserId;

use crate::house::{Answer, Browser, HOME, House};

const TEAMS: &str = "/settings/teams";

/// The value of the first field of this name.
pub fn value<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, field) = page.split_once(&format!(r#"name="{name}" value=""#)).unwrap_or_else(|| panic!("no {name}: {page}"));
    field.split('"').next().unwrap_or_default()
}

/// Adds a team; answers where its page is.
pub async fn adds(admin: &mut Browser<'_>, name: &str) -> String {
    let added = admin.post(TEAMS, &[("name", name)]).await;
    assert_eq!(added.status, 303, "{}", added.body);
    added.location.split('?').next().unwrap_or_default().to_owned()
}

pub async fn takes_back(admin: &mut Browser<'_>, seq: &str) -> Answer {
    admin.post("/settings/changes", &[("seq", seq)]).await
}

async fn members(house: &House, user: UserId) -> i64 {
    let client = house.state.store.client().await.unwrap();
    client.query_one("SELECT count(*) FROM team_members WHERE user_id = $1", &[&user.0]).await.unwrap().get(0)
}

#[actix_web::test]
async fn a_team_is_added_named_and_filled_and_each_act_can_be_taken_back_while_nobody_went_on_from_it() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let mut root = house.browser("root@example.com").await;
    assert!(root.get(TEAMS).await.body.contains("No team yet"));
    let team = adds(&mut root, " Sales ").await;
    let page = root.get(&team).await.body;
    assert_eq!((value(&page, "name"), page.contains("Added the team <bdi>Sales</bdi>")), ("Sales", true), "{page}");

    let person = ana.to_string();
    let saved = root.post(&team, &[("name", "Sales and more"), ("person", &person), ("seen", value(&page, "seen"))]).await;
    assert_eq!((saved.status.as_u16(), members(&house, ana).await), (303, 1), "{}", saved.body);
    let page = root.get(&saved.location).await.body;
    for words in
        ["Saved.", "Changed the team <bdi>Sales and more</bdi>", "<del><bdi>Sales</bdi></del>", "Changed <bdi>Ana</bdi>", "1 person"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let did = saved.location.rsplit('=').next().unwrap_or_default().to_owned();

    let list = root.get(TEAMS).await.body;
    assert!(list.contains("Sales and more") && list.contains("1 person") && list.contains("0 queues"), "{list}");
    let removal = root.post(&format!("{team}/removal"), &[]).await;
    assert!(removal.status == 409 && removal.body.contains("still has people or queues"), "{}", removal.body);

    assert_eq!(takes_back(&mut root, &did).await.status, 303);
    let page = root.get(&team).await.body;
    assert_eq!((value(&page, "name"), members(&house, ana).await), ("Sales", 0), "both, as one act");
    let again = takes_back(&mut root, &did).await;
    assert!(again.status == 409 && again.body.contains("changed again since"), "{}", again.body);

    let twin = root.post(TEAMS, &[("name", "Twin")]).await.location;
    let (csrf, did) = (root.csrf().await, twin.rsplit('=').next().unwrap_or_default());
    let request = TestRequest::post().uri("/settings/changes").insert_header((REFERER, format!("{HOME}{twin}")));
    let undone = root.ask(request.set_form([("seq", did), ("csrf", &csrf)])).await;
    assert!(undone.location.starts_with("/settings/teams?did="), "its page is gone with it: {}", undone.location);

    let removed = root.post(&format!("{team}/removal"), &[]).await;
    assert_eq!((removed.status.as_u16(), root.get(&team).await.status.as_u16()), (303, 404));
    let did = removed.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!((takes_back(&mut root, &did).await.status.as_u16(), root.get(&team).await.status.as_u16()), (303, 200));
    assert_eq!(takes_back(&mut root, "9999").await.status, 409);
}

#[actix_web::test]
async fn of_two_administrators_who_change_a_team_at_once_nobody_loses_a_word_and_the_second_sees_both() {
    let house = House::new().await;
    for email in ["root@example.com", "gil@example.com"] {
        house.hires(email, Role::Admin).await;
    }
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let (mut root, mut gil) = (house.browser("root@example.com").await, house.browser("gil@example.com").await);
    let team = adds(&mut root, "Sales").await;
    let seen = value(&root.get(&team).await.body, "seen").to_owned();
    assert_eq!(gil.post(&team, &[("name", "Shop"), ("person", &ana.to_string()), ("seen", &seen)]).await.status, 303);
    let late = root.post(&team, &[("name", "Trade"), ("seen", &seen)]).await;
    assert_eq!((late.status.as_u16(), value(&late.body, "name")), (409, "Trade"), "{}", late.body);
    for words in ["changed this while you were looking", "It is now: <bdi>Shop</bdi>"] {
        assert!(late.body.contains(words), "{words}: {}", late.body);
    }
    assert!(late.body.contains(&format!(r#"value="{ana}" checked"#)), "whom the other added is in, and stays: {}", late.body);
    let person = ana.to_string();
    let fields = [("name", "Trade"), ("was", &person), ("person", &person), ("seen", value(&late.body, "seen"))];
    let knowing = root.post(&team, &fields).await;
    assert_eq!((knowing.status.as_u16(), value(&root.get(&team).await.body, "name")), (303, "Trade"), "{}", knowing.body);
    assert_eq!(members(&house, ana).await, 1);
}

#[actix_web::test]
async fn what_cannot_be_a_team_is_said_beside_what_was_typed() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    adds(&mut root, "Sales").await;
    let twice = root.post(TEAMS, &[("name", "sales")]).await;
    assert_eq!((twice.status.as_u16(), value(&twice.body, "name")), (409, "sales"), "{}", twice.body);
    assert!(twice.body.contains("There is a team called <bdi>sales</bdi> already."), "{}", twice.body);
    for (name, status, words) in [("  ", 422, "is missing"), (&"x".repeat(81), 422, "at most <bdi>80</bdi>")] {
        let refused = root.post(TEAMS, &[("name", name)]).await;
        assert!(refused.status == status && refused.body.contains(words), "{}", refused.body);
    }
    let changes = root.get("/settings/changes").await.body;
    assert!(changes.contains("Added the team <bdi>Sales</bdi>") && changes.contains(r#"name="seq""#), "{changes}");
}
