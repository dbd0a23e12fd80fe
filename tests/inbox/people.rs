//! People as an administrator sees them, changes them, and lets them go.

use baton::domain::access::Role;
use baton::domain::inbound::InboundContent;
use baton::domain::setup::{By, Secret, SetupCommand};

use crate::shop::Shop;

const PEOPLE: &str = "/settings/people";

#[actix_web::test]
async fn people_are_found_by_name_team_role_and_standing() {
    let shop = Shop::open().await;
    let mut root = shop.hires("root@example.com", Role::Admin).await.browser;
    let ana = shop.hires("ana@example.com", Role::Agent).await;
    shop.hears("34600000001", InboundContent::Text { body: "Hello".to_owned() }).await;
    let list = root.get(PEOPLE).await.body;
    for words in ["ana@example.com", "root@example.com", "2 people", "0 open conversations", "Everybody", "Administrator"] {
        let words = if words == "Administrator" { "Admin" } else { words };
        assert!(list.contains(words), "{words}: {list}");
    }
    for (query, ana_is, root_is) in [
        ("q=ANA@", true, false),
        ("role=admin", false, true),
        ("role=agent&q=example", true, false),
        ("state=left", false, false),
        ("team=00000000-0000-7000-8000-000000000000", false, false),
        ("team=nonsense&role=nonsense", true, true),
    ] {
        let found = root.get(&format!("{PEOPLE}?{query}")).await.body;
        assert_eq!((found.contains("ana@example.com"), found.contains("root@example.com")), (ana_is, root_is), "{query}: {found}");
    }
    assert_eq!(root.get(&format!("{PEOPLE}/{}", ana.user)).await.status, 200);
}

#[actix_web::test]
async fn what_somebody_is_changes_on_their_page_and_can_be_taken_back() {
    let shop = Shop::open().await;
    let mut root = shop.hires("root@example.com", Role::Admin).await.browser;
    let ana = shop.hires("ana@example.com", Role::Agent).await;
    let path = format!("{PEOPLE}/{}", ana.user);
    let fields = [("name", "Ana María"), ("role", "supervisor"), ("capacity", "3"), ("language", "es"), ("more_languages", "pt-BR, nb")];
    let saved = root.post(&path, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = root.get(&saved.location).await.body;
    for words in ["Saved.", "<bdi>Ana María</bdi>", r#"value="nb" checked"#, r#"value="supervisor" selected"#, r#"value="3""#] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("Languages:") && page.contains("<ins><bdi>es, nb, pt-BR</bdi></ins>"), "{page}");
    let replaced = SetupCommand::ReplacePassword { member: ana.user, hash: Secret::new("$argon2id$x".to_owned()) };
    shop.house.state.runner.configure(shop.house.workspace, &By::CommandLine, replaced, None).await.unwrap();
    let page = root.get(&path).await.body;
    assert!(page.contains("Replaced the password of <bdi>Ana María</bdi>"), "what was done to them is on their page: {page}");
    let seq = saved.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!(root.post("/settings/changes", &[("seq", &seq)]).await.status, 303);
    let page = root.get(&path).await.body;
    assert!(page.contains(r#"value="agent" selected"#) && !page.contains(r#"value="nb""#), "{page}");
    for (fields, words) in [
        ([("name", "Ana"), ("role", "agent"), ("capacity", "3"), ("language", "Klingonese!")], "is no code of a language"),
        ([("name", "Ana"), ("role", "agent"), ("capacity", "1001"), ("language", "es")], "1001"),
        ([("name", " "), ("role", "agent"), ("capacity", "1"), ("language", "es")], "missing"),
    ] {
        let refused = root.post(&path, &fields).await;
        assert!(refused.status == 422 && refused.body.contains(words), "{words}: {} {}", refused.status, refused.body);
    }
}

#[actix_web::test]
async fn the_last_administrator_is_told_before_and_stays() {
    let shop = Shop::open().await;
    let admin = shop.hires("root@example.com", Role::Admin).await;
    let (id, mut root) = (admin.user, admin.browser);
    let path = format!("{PEOPLE}/{id}");
    for path in [path.clone(), format!("{path}/leaving")] {
        let page = root.get(&path).await.body;
        assert!(page.contains("Nobody else could administer this workspace") && !page.contains(r#"name="goes""#), "{page}");
    }
    let refused = root.post(&format!("{path}/leaving"), &[("goes", "queue")]).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let refused = root.post(&path, &[("name", "Root"), ("role", "agent"), ("capacity", "1")]).await;
    assert!(refused.status == 409 && refused.body.contains("It is now: <bdi>Admin</bdi>"), "{}", refused.body);
    shop.hires("gil@example.com", Role::Admin).await;
    assert!(!root.get(&path).await.body.contains("Nobody else could administer"));
}

#[actix_web::test]
async fn what_somebody_held_goes_where_the_administrator_chose_and_they_can_come_back() {
    let shop = Shop::open().await;
    let mut root = shop.hires("root@example.com", Role::Admin).await.browser;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let ben = shop.hires("ben@example.com", Role::Agent).await;
    let mut held = Vec::new();
    for number in 1..=3 {
        let conversation = shop.hears(&format!("3460000000{number}"), InboundContent::Text { body: "Hello".to_owned() }).await;
        ana.does(conversation, "assignment", &[]).await;
        held.push(conversation);
    }
    let path = format!("{PEOPLE}/{}", ana.user);
    assert!(root.get(&format!("{path}/leaving")).await.body.contains("3 open conversations"));
    let nobody = root.post(&format!("{path}/leaving"), &[("goes", "person"), ("to", &ana.user.to_string())]).await;
    assert_eq!(nobody.status, 422, "{}", nobody.body);
    assert!(nobody.body.contains(r#"value="person" checked"#), "what was chosen stays chosen: {}", nobody.body);
    let gone = root.post(&format!("{path}/leaving"), &[("goes", "person"), ("to", "")]).await;
    assert!(gone.status == 422 && gone.body.contains(r#"value="person" checked"#), "{}", gone.body);
    let left = root.post(&format!("{path}/leaving"), &[("goes", "person"), ("to", &ben.user.to_string())]).await;
    assert_eq!(left.status, 303, "{}", left.body);
    let client = shop.house.state.store.client().await.unwrap();
    let of_ben = "SELECT count(*) FROM conversations WHERE agent_id = $1 AND controller = 'agent'";
    assert_eq!(client.query_one(of_ben, &[&ben.user.0]).await.unwrap().get::<_, i64>(0), 3);
    assert!(ana.browser.get("/inbox").await.is_sent_to_sign_in());
    // Somebody read that she was here a moment before, and gave her one more.
    client.execute("UPDATE conversations SET agent_id = $1 WHERE id = $2", &[&ana.user.0, &held[0].0]).await.unwrap();
    shop.house.state.runner.return_what_nobody_holds().await.unwrap();
    assert_eq!(client.query_one(of_ben, &[&ben.user.0]).await.unwrap().get::<_, i64>(0), 3);

    let page = root.get(&path).await.body;
    assert!(page.contains("What they held went to: <bdi>Ana</bdi>") && page.contains("/return"), "{page}");
    assert_eq!(root.post(&format!("{path}/return"), &[]).await.status, 303);
    assert!(root.get(&path).await.body.contains("/leaving"));
    assert_eq!(shop.house.browser("ana@example.com").await.get("/inbox").await.status, 200);
}
