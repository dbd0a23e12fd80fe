//! Looking for settings: pages by their words, things by their names.

use std::time::Instant;

use baton::domain::access::Role;

use crate::house::House;

#[actix_web::test]
async fn pages_are_found_by_their_words_in_ones_language_and_things_by_their_names() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    root.post("/settings/teams", &[("name", "Night shift")]).await;
    let role = root.post("/settings/roles", &[("name", "Night guard"), ("from", "agent")]).await;
    let role = format!(r#"href="{}""#, role.location.split('?').next().unwrap());
    for (q, path) in [
        ("guard", role.as_str()),
        ("time+zone", r#"href="/settings/workspace""#),
        ("YAML", r#"No setting"#),
        ("download+table", r#"href="/settings/changes""#),
        ("night", "<bdi>Night shift</bdi>"),
        ("SHIFT+nig", "<bdi>Night shift</bdi>"),
        ("root@example", r#"href="/settings/people/"#),
    ] {
        let found = root.get(&format!("/settings/search?q={q}")).await;
        let content = found.body.split("settings__content").nth(1).unwrap();
        assert!(found.status == 200 && content.contains(path), "{q}: {content}");
    }
    root.post("/locale", &[("locale", "es")]).await;
    assert!(root.get("/settings/search?q=zona+horaria").await.body.contains(r#"<bdi>Espacio de trabajo</bdi>"#));
    assert_eq!(root.get("/settings/search").await.status, 200);
}

#[actix_web::test]
async fn among_very_many_things_a_page_of_them_comes_at_once_and_the_next_one_follows() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let client = house.state.store.client().await.unwrap();
    let teams = "INSERT INTO teams (workspace_id, id, name) SELECT $1, gen_random_uuid(), 'Team ' || n FROM generate_series(1, 700) AS n";
    client.execute(teams, &[&house.workspace.0]).await.unwrap();
    let replies = "INSERT INTO canned_replies (workspace_id, id, shortcut, body)
        SELECT $1, gen_random_uuid(), 'reply' || n, repeat('lamp ', 200) FROM generate_series(1, 2000) AS n";
    client.execute(replies, &[&house.workspace.0]).await.unwrap();
    let mut root = house.browser("root@example.com").await;
    root.get("/settings/search?q=warm").await;
    let begun = Instant::now();
    let first = root.get("/settings/search?q=team").await.body;
    let took = begun.elapsed();
    let names = |page: &str| page.matches("<bdi>Team ").count();
    let next = first.split(r#"class="button" href="/settings/search?"#).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let second = root.get(&format!("/settings/search?{}", next.replace("&#38;", "&").replace("&amp;", "&"))).await.body;
    assert!(names(&first) > 40 && names(&second) == 50, "{} {}", names(&first), names(&second));
    assert!(took.as_millis() < 1_000, "{took:?}");
}
