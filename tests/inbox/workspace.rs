//! What is decided about the workspace as a whole, from an administrator's side.

use baton::domain::access::Role;

use crate::house::House;

const HERE: &str = "/settings/workspace";

#[actix_web::test]
async fn an_administrator_names_the_workspace_and_says_where_it_is_and_takes_it_back() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let page = root.get(HERE).await.body;
    assert!(
        page.contains(r#"<option value="America/Argentina/Ushuaia">"#) && page.contains(r#"name="time_zone" value="Europe/Madrid""#),
        "{page}"
    );
    let saved = root.post(HERE, &[("name", " Lamps & more "), ("locale", "es"), ("time_zone", "america/bogota")]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = root.get(&saved.location).await.body;
    for words in
        ["Saved.", r#"value="America/Bogota""#, "Changed the workspace <bdi>Lamps &amp; more</bdi>", "<del><bdi>Europe/Madrid</bdi></del>"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let did = saved.location.rsplit('=').next().unwrap_or_default();
    assert_eq!(root.post("/settings/changes", &[("seq", did)]).await.status, 303);
    assert!(root.get(HERE).await.body.contains(r#"name="time_zone" value="Europe/Madrid""#));
}

#[actix_web::test]
async fn an_administrator_says_for_how_long_people_keep_conversations_who_are_not_here() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let minutes = async |house: &House| {
        let row = house.state.store.workspace(house.workspace).await.unwrap();
        row.unwrap().lease_minutes
    };
    assert!(root.get(HERE).await.body.contains(r#"name="lease_minutes""#));
    assert_eq!(minutes(&house).await, 2);
    let with = |minutes| [("name", "Lamps"), ("locale", "en"), ("time_zone", "UTC"), ("lease_minutes", minutes)];
    let saved = root.post(HERE, &with("45")).await;
    assert_eq!((saved.status.as_u16(), minutes(&house).await), (303, 45), "{}", saved.body);
    assert!(root.get(&saved.location).await.body.contains("Minutes kept by who is not here"));
    for (typed, status) in [("0", 422), ("1441", 422), ("soon", 400)] {
        let refused = root.post(HERE, &with(typed)).await;
        assert_eq!((refused.status.as_u16(), minutes(&house).await), (status, 45), "{typed}: {}", refused.body);
    }
    let file = root.get("/settings/file/workspace.yaml").await.body;
    assert!(file.contains("\n  lease_minutes: 45\n"), "{file}");
    for (typed, status) in [("10", 303), ("1", 422), ("", 303)] {
        let saved = root.post(HERE, &[&with("45")[..], &[("answer_minutes", typed)]].concat()).await;
        assert_eq!(saved.status.as_u16(), status, "{typed}: {}", saved.body);
    }
    assert_eq!(house.state.store.workspace(house.workspace).await.unwrap().unwrap().answer_minutes, None);
    assert_eq!(root.post(HERE, &with("45")[..3]).await.status, 303, "a form without it leaves it");
    assert_eq!(minutes(&house).await, 45);
}

#[actix_web::test]
async fn what_no_clock_or_tongue_knows_is_refused_on_the_page_and_of_two_at_once_nobody_is_overwritten() {
    let house = House::new().await;
    for email in ["root@example.com", "gil@example.com"] {
        house.hires(email, Role::Admin).await;
    }
    let (mut root, mut gil) = (house.browser("root@example.com").await, house.browser("gil@example.com").await);
    for (fields, words) in [
        ([("name", "Lamps"), ("locale", "en"), ("time_zone", "Mars/Olympus")], "<bdi>Mars/Olympus</bdi> is no time zone"),
        ([("name", "Lamps"), ("locale", "tlh"), ("time_zone", "UTC")], "<bdi>tlh</bdi> is no language"),
        ([("name", " "), ("locale", "en"), ("time_zone", "UTC")], "is missing"),
    ] {
        let refused = root.post(HERE, &fields).await;
        assert!(refused.status == 422 && refused.body.contains(words), "{}", refused.body);
    }
    let fields = |name, seen| [("name", name), ("locale", "en"), ("time_zone", "UTC"), ("seen", seen)];
    assert_eq!(gil.post(HERE, &fields("Bulbs", "0")).await.status, 303);
    let late = root.post(HERE, &fields("Lights", "0")).await;
    assert!(late.status == 409 && late.body.contains("It is now: <bdi>Bulbs</bdi>"), "{}", late.body);
    assert!(late.body.contains(r#"name="name" value="Lights""#), "{}", late.body);
}
