//! Roles of the workspace's own, from an administrator's side.

use baton::domain::access::Role;
use baton::domain::ids::RoleId;

use crate::house::House;

const ROLES: &str = "/settings/roles";

#[actix_web::test]
async fn a_role_is_copied_changed_given_and_removed_when_nobody_has_it() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let mut root = house.browser("root@example.com").await;
    let matrix = root.get(ROLES).await.body;
    for words in ["See phone numbers in full", "Change everything under Settings", "Supervisor", "1 person", "Everything"] {
        assert!(matrix.contains(words), "{words}: {matrix}");
    }
    assert!(!matrix.contains("messages:send"), "words, and no codes");

    let added = root.post(ROLES, &[("name", "Outside"), ("from", "agent")]).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let path = added.location.split('?').next().unwrap_or_default().to_owned();
    let id: RoleId = path.rsplit('/').next().unwrap_or_default().parse().unwrap();
    let page = root.get(&path).await.body;
    assert!(page.contains(r#"value="contacts:phones" checked"#) && !page.contains(r#"value="setup:write" checked"#), "{page}");
    let seen = page.split(r#"name="seen" value=""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("name", "Outside"), ("permission", "conversations:read"), ("permission", "self:manage"), ("visibility", "own_teams")];
    let saved = root.post(&path, &[fields.as_slice(), &[("seen", &seen)]].concat()).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = root.get(&saved.location).await.body;
    for words in ["Saved.", "<ins><bdi>Everything of their teams</bdi></ins>", "<ins><bdi>See conversations and customers, Their own"] {
        assert!(page.contains(words), "{words}: {page}");
    }

    // Who has it feels it at once.
    let mut anas = house.browser("ana@example.com").await;
    let given = [("name", "Ana"), ("role", &*id.to_string()), ("capacity", "8")];
    assert_eq!(root.post(&format!("/settings/people/{ana}"), &given).await.status, 303);
    anas.waits_until_the_token_has_run_out();
    assert_eq!(anas.get("/inbox").await.status, 200);
    assert_eq!(anas.post("/conversations/01a21f76-4790-71b9-849f-36fe68721810/resolution", &[]).await.status, 403);
    let page = root.get(&path).await.body;
    assert!(page.contains(&format!("/settings/people/{ana}")) && page.contains("Only a role that nobody has"), "{page}");
    let kept = root.post(&format!("{path}/removal"), &[]).await;
    assert!(kept.status == 409 && kept.body.contains("still the role of somebody"), "{}", kept.body);
    assert_eq!(root.post(&format!("/settings/people/{ana}"), &[("name", "Ana"), ("role", "agent"), ("capacity", "8")]).await.status, 303);

    let copied = root.post(ROLES, &[("name", "Outside (copy)"), ("from", &id.to_string())]).await.location;
    assert!(root.get(&copied).await.body.contains(r#"value="own_teams" checked"#));
    let twin = root.post(ROLES, &[("name", "outside"), ("from", "agent")]).await;
    assert!(twin.status == 409 && twin.body.contains("role called"), "{}", twin.body);
    for from in ["supervisor", &id.to_string()] {
        let twin = root.post(ROLES, &[("name", "outside"), ("from", from)]).await.body;
        assert!(twin.contains(&format!(r#"value="{from}" selected"#)), "what it was to begin as stays chosen: {twin}");
    }
    let removed = root.post(&format!("{path}/removal"), &[]).await;
    assert_eq!((removed.status.as_u16(), root.get(&path).await.status.as_u16()), (303, 404));
}

#[actix_web::test]
async fn an_invitation_keeps_the_role_that_it_offers() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let path = root.post(ROLES, &[("name", "Trainee"), ("from", "agent")]).await.location;
    let path = path.split('?').next().unwrap_or_default().to_owned();
    let id = path.rsplit('/').next().unwrap_or_default();
    let made = root.post("/settings/invitations", &[("way", "link"), ("role", id), ("capacity", "1")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(root.get(&path).await.body.contains("1 open invitation offers it"));
    assert_eq!(root.post(&format!("{path}/removal"), &[]).await.status, 409);
}
