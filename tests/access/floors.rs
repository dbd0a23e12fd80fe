//! Floors over sockets: each page hears of what its person sees, in rows that changed and no others.

use baton::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use baton::domain::ids::RoleId;
use baton::domain::setup::{By, SetupCommand, value};
use serde_json::json;
use uuid::Uuid;

use crate::house::{HOME, House};
use crate::shop::Shop;
use crate::sockets::{Node, Page};

/// A second team with a queue of its own, in which somebody is.
const ELSEWHERE: &str = "
    INSERT INTO teams (workspace_id, id, name) VALUES ('{w}', '{t}', 'Elsewhere');
    INSERT INTO queues (workspace_id, id, key, name, team_id, hours)
    SELECT '{w}', '{t}', 'elsewhere', 'Far away', '{t}', hours FROM queues WHERE workspace_id = '{w}';
    INSERT INTO accounts (id, email, password_hash) VALUES ('{t}', 'zoltan@example.com', '');
    INSERT INTO users (workspace_id, id, account_id, name, role) VALUES ('{w}', '{t}', '{t}', 'Zoltan', 'agent');
    INSERT INTO agents (workspace_id, user_id) VALUES ('{w}', '{t}');
    INSERT INTO team_members (workspace_id, team_id, user_id) VALUES ('{w}', '{t}', '{t}')";

impl Page {
    /// Listens until what was told since is this.
    async fn hears_anew(&mut self, words: &str) {
        self.told.clear();
        self.hears(words).await;
    }
}

#[actix_web::test]
async fn each_page_hears_of_the_floor_that_its_person_sees_and_only_what_changed() {
    let house = House::new().await;
    let beside = house.beside().await;
    let (shop, cobalt) = (Shop::open_in(house).await, Shop::open_in(beside).await);
    let elsewhere = Uuid::now_v7();
    let sql = ELSEWHERE.replace("{w}", &shop.house.workspace.to_string()).replace("{t}", &elsewhere.to_string());
    shop.house.state.store.client().await.unwrap().batch_execute(&sql).await.unwrap();
    let role = RoleId(Uuid::now_v7());
    let rights = Rights { permissions: Permissions::of(&[Permission::SeeInbox, Permission::Supervise]), visibility: Visibility::OwnTeams };
    let new = SetupCommand::AddRole { role, new: value::Role { name: "Lead".to_owned(), rights } };
    shop.house.state.runner.configure(shop.house.workspace, &By::System, new, None).await.unwrap();
    let node = Node::serve(&shop.house);
    let iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let lead = shop.hires("lead@example.com", Role::Own(role)).await;
    let ana = shop.hires("ana@example.com", Role::Agent).await;
    let client = shop.house.state.store.client().await.unwrap();
    client.execute("UPDATE users SET name = 'Iris' WHERE id = $1", &[&iris.user.0]).await.unwrap();
    let eve = cobalt.hires("eve@example.com", Role::Admin).await;
    let mut pages = Vec::new();
    for (browser, floor) in [
        (&iris.browser, json!({ "type": "floor" })),
        (&lead.browser, json!({ "type": "floor", "team": null, "wall": false })),
        (&iris.browser, json!({ "type": "floor", "wall": true })),
        (&eve.browser, json!({ "type": "floor" })),
        (&ana.browser, json!({ "type": "floor" })),
    ] {
        let mut page = Page::open(node.port, browser, HOME).await.unwrap();
        page.says(floor).await;
        pages.push(page);
    }
    let [all, own, wall, beside, nobody] = &mut pages[..] else { panic!() };
    for page in [&mut *all, &mut *own, &mut *wall] {
        page.hears(r#""is_whole":true"#).await;
    }
    for words in ["Support", "Far away", "Zoltan", "Iris"] {
        assert!(all.told.contains(words), "{words}: {}", all.told);
    }
    assert!(own.told.contains("Support") && !own.told.contains("Far away") && !own.told.contains("Zoltan"), "{}", own.told);
    assert!(wall.told.contains("Far away") && !wall.told.contains("Zoltan") && !wall.told.contains("Iris"), "{}", wall.told);

    let support = format!(r#""id":"floor-queue-{}""#, shop.queue);
    all.told.clear();
    own.told.clear();
    shop.hears_text("34600000001", "hello").await;
    for page in [&mut *all, &mut *own] {
        page.hears(&support).await;
        assert!(page.told.contains(r#""is_whole":false"#) && !page.told.contains(&format!("floor-queue-{elsewhere}")), "{}", page.told);
    }
    wall.hears_anew(&support).await;
    // Whoever says it again is shown all again: so comes a page back that fell behind.
    all.says(json!({ "type": "floor", "team": elsewhere })).await;
    all.hears_anew(r#""is_whole":true"#).await;
    let anew = all.told.split(r#""is_whole":true"#).nth(1).unwrap();
    assert!(anew.contains("Far away") && !anew.contains("Support</bdi>"), "{anew}");

    // A word that comes after whatever else was said.
    for page in [&mut *beside, &mut *nobody] {
        page.says(json!({ "type": "beat" })).await;
        page.hears(r#""type":"beat""#).await;
        assert!(!page.told.contains("34600"), "{}", page.told);
    }
    assert!(!nobody.told.contains(r#""type":"floor""#), "{}", nobody.told);
    assert!(!beside.told.contains("Zoltan") && !beside.told.contains("Far away"), "{}", beside.told);
}
