//! The first account and workspace, and what a workspace begins with.

use actix_web::test::TestRequest;
use baton::domain::access::Role;

use crate::house::{Answer, Browser, House};
use crate::shop::Shop;

/// A house in which nobody has begun.
async fn empty() -> House {
    let house = House::new().await;
    house.state.store.client().await.unwrap().batch_execute("DELETE FROM workspaces").await.unwrap();
    house
}

async fn begins(browser: &mut Browser<'_>, secret: &str, fields: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("name", "Olga Ortega"),
        ("email", "olga@example.com"),
        ("password", "brass otter lantern"),
        ("workspace", "Lamp Shop"),
        ("locale", "es"),
        ("time_zone", "Europe/Madrid"),
    ];
    for (name, value) in fields {
        form.retain(|(known, _)| known != name);
        form.push((name, value));
    }
    browser.ask(TestRequest::post().uri(&format!("/begin/{secret}")).set_form(form)).await
}

#[actix_web::test]
async fn the_first_address_makes_the_account_that_looks_after_the_house_once_and_for_all_nodes() {
    let house = empty().await;
    let (first, second) =
        (house.state.runner.offer_beginning().await.unwrap().unwrap(), house.state.runner.offer_beginning().await.unwrap().unwrap());
    let mut olga = house.stranger();
    let page = olga.get(&format!("/begin/{second}")).await;
    assert_eq!((page.status.as_u16(), page.body.contains("Europe/Madrid")), (200, true), "{}", page.body);
    assert_eq!((page.header("referrer-policy"), page.body.contains("referrer")), ("strict-origin", false), "the address is told on");
    assert_eq!(olga.get("/begin/guessed").await.status, 404);

    for (field, value, words) in [
        ("email", "nobody", "correo"),
        ("password", "short", "12 caracteres"),
        ("time_zone", "Nowhere/Here", "zona horaria"),
        ("name", " ", "Faltan"),
        ("workspace", &"x".repeat(90), "80"),
    ] {
        let refused = begins(&mut olga, &second, &[(field, value)]).await;
        assert!(refused.status == 422 && refused.body.contains(words), "{field}: {} {}", refused.status, refused.body);
        assert!(!refused.body.contains("brass otter lantern"), "the password stands in the page");
    }

    let begun = begins(&mut olga, &second, &[]).await;
    assert_eq!((begun.status.as_u16(), begun.location.as_str()), (303, "/settings/start"), "{}", begun.body);
    let start = olga.get("/settings/start").await.body;
    assert!(start.contains("Primeros pasos") && start.contains("Faltan 6 pasos"), "{start}");
    assert_eq!(house.state.store.installation_owners().await.unwrap(), ["olga@example.com"]);
    let client = house.state.store.client().await.unwrap();
    let zone = client.query_one("SELECT name || ' ' || locale || ' ' || time_zone FROM workspaces", &[]).await.unwrap();
    assert_eq!(zone.get::<_, String>(0), "Lamp Shop es Europe/Madrid");

    let mut late = house.stranger();
    for secret in [&first, &second] {
        assert_eq!(late.get(&format!("/begin/{secret}")).await.status, 404);
        assert_eq!(begins(&mut late, secret, &[("email", "eve@example.com")]).await.status, 404);
    }
    assert!(house.state.runner.offer_beginning().await.unwrap().is_none(), "there is a workspace");
    assert_eq!(house.sign_in("olga@example.com", "brass otter lantern").await.status, 303);
    let changes = olga.get("/settings/changes").await.body;
    assert!(changes.contains("Olga Ortega"), "who made it stands in its history: {changes}");
}

#[actix_web::test]
async fn of_two_who_begin_at_once_one_does() {
    let house = empty().await;
    let secrets =
        [house.state.runner.offer_beginning().await.unwrap().unwrap(), house.state.runner.offer_beginning().await.unwrap().unwrap()];
    let (mut one, mut other) = (house.stranger(), house.stranger());
    let answers = tokio::join!(begins(&mut one, &secrets[0], &[]), begins(&mut other, &secrets[1], &[("email", "eve@example.com")]));
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
    let client = house.state.store.client().await.unwrap();
    let count: i64 = client.query_one("SELECT count(*) FROM workspaces", &[]).await.unwrap().get(0);
    assert_eq!(count, 1);
}

#[actix_web::test]
async fn an_old_address_opens_nothing() {
    let house = empty().await;
    let secret = house.state.runner.offer_beginning().await.unwrap().unwrap();
    let client = house.state.store.client().await.unwrap();
    client.batch_execute("UPDATE beginnings SET made_at = now() - interval '8 days'").await.unwrap();
    assert_eq!(house.stranger().get(&format!("/begin/{secret}")).await.status, 404);
}

#[actix_web::test]
async fn the_first_steps_tick_themselves_and_are_hidden_when_nothing_is_missing() {
    let shop = Shop::open().await;
    shop.house.hires("root@example.com", Role::Admin).await;
    let mut root = shop.house.browser("root@example.com").await;
    let done = |page: &str, key: &str| page.contains(&format!(r#"id="step-{key}" data-done="true""#));
    let page = root.get("/settings/start").await.body;
    assert_eq!([done(&page, "number"), done(&page, "talk"), done(&page, "hours")], [true, false, false], "{page}");
    let refused = root.post("/settings/start", &[("is_hidden", "true")]).await;
    assert_eq!(refused.location, "/settings/start", "something is missing");

    let client = shop.house.state.store.client().await.unwrap();
    assert_eq!(root.get("/settings").await.location, "/settings/start");
    let facts = shop.house.state.store.start_facts(shop.house.workspace).await.unwrap();
    assert!(!facts.are_complete());
    client.batch_execute("UPDATE queues SET hours = hours || '{\"holidays\": [\"2026-12-25\"]}'").await.unwrap();
    assert!(shop.house.state.store.start_facts(shop.house.workspace).await.unwrap().hours);
}
