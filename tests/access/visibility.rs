//! Who sees what: every address and every frame, by how much a role shows.

use std::collections::BTreeMap;

use actix_web::http::Method;
use baton::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use baton::domain::ids::{ConversationId, MessageId, RoleId};
use baton::domain::setup::command::RoleChange;
use baton::domain::setup::{By, SetupCommand, value};
use baton::web::edge::entry::Entry;
use serde_json::json;
use uuid::Uuid;

use crate::house::{HOME, House};
use crate::matrix::{ask, entries, is_file, names_a_thing};
use crate::shop::{Agent, Shop};
use crate::sockets::{Node, Page, VIEWS};

/// A conversation in which everything said holds this word, and the narrowest visibility that shows it to Ana.
struct Case {
    word: &'static str,
    conversation: ConversationId,
    message: MessageId,
    media: Uuid,
    shown_by: Visibility,
    phone: &'static str,
    is_under_way: bool,
}

/// A second team with a queue of its own, in which nobody is.
const ELSEWHERE: &str = "
    WITH team AS (
        INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, 'Elsewhere')
    )
    INSERT INTO queues (workspace_id, id, key, name, team_id, hours)
    SELECT $1, $2, 'elsewhere', 'Elsewhere', $2, hours FROM queues WHERE workspace_id = $1";

struct Place<'a> {
    shop: &'a Shop,
    elsewhere: Uuid,
    role: RoleId,
    ana: Agent<'a>,
    cases: Vec<Case>,
}

impl<'a> Place<'a> {
    async fn of(shop: &'a Shop) -> Self {
        let (elsewhere, role) = (Uuid::now_v7(), RoleId(Uuid::now_v7()));
        let client = shop.house.state.store.client().await.unwrap();
        client.execute(ELSEWHERE, &[&shop.house.workspace.0, &elsewhere]).await.unwrap();
        let chief = shop.hires("chief@example.com", Role::Admin).await;
        drop(chief);
        let all: Permissions = Permission::ALL.into_iter().filter(|permission| *permission != Permission::SetUp).collect();
        let new = value::Role { name: "Own".to_owned(), rights: Rights { permissions: all, visibility: Visibility::All } };
        let runner = &shop.house.state.runner;
        runner.configure(shop.house.workspace, &By::System, SetupCommand::AddRole { role, new }, None).await.unwrap();
        let ana = shop.hires("ana@example.com", Role::Own(role)).await;
        let mut place = Self { shop, elsewhere, role, ana, cases: Vec::new() };
        place.talk().await;
        place
    }

    async fn talk(&mut self) {
        let mut ben = self.shop.hires("ben@example.com", Role::Supervisor).await;
        self.case(&mut ben, "hazel", "34600000001", Visibility::All, ["held", "resolved", "elsewhere", "long ago"]).await;
        self.case(&mut ben, "amber", "34600000001", Visibility::Mine, ["mine", "elsewhere", "", ""]).await;
        self.case(&mut ben, "basil", "34600000002", Visibility::Mine, ["mine", "resolved by ana", "elsewhere", ""]).await;
        self.case(&mut ben, "cobalt", "34600000003", Visibility::MineAndUnassigned, [""; 4]).await;
        self.case(&mut ben, "damson", "34600000004", Visibility::OwnTeams, ["held", "", "", ""]).await;
        self.case(&mut ben, "ebony", "34600000005", Visibility::OwnTeams, ["held", "resolved", "", ""]).await;
        self.case(&mut ben, "flint", "34600000006", Visibility::All, ["elsewhere", "", "", ""]).await;
        self.case(&mut ben, "garnet", "34600000007", Visibility::All, ["held", "elsewhere", "", ""]).await;
    }

    async fn case(&mut self, ben: &mut Agent<'_>, word: &'static str, phone: &'static str, shown_by: Visibility, ways: [&str; 4]) {
        let conversation = self.shop.hears_text(phone, &format!("{word} question")).await;
        let client = self.shop.house.state.store.client().await.unwrap();
        let row = client.query_one("SELECT id FROM messages WHERE conversation_id = $1", &[&conversation.0]).await.unwrap();
        let (message, media) = (MessageId(row.get(0)), Uuid::now_v7());
        let picture = "INSERT INTO media (workspace_id, id, conversation_id, message_id, inbox_id, state, mime_type)
            SELECT workspace_id, $1, conversation_id, id, inbox_id, 'stored', 'image/jpeg' FROM messages WHERE id = $2";
        client.execute(picture, &[&media, &message.0]).await.unwrap();
        for way in ways {
            match way {
                "held" => ben.does(conversation, "assignment", &[]).await,
                "mine" => self.ana.does(conversation, "assignment", &[]).await,
                "resolved" => ben.does(conversation, "resolution", &[]).await,
                "resolved by ana" => self.ana.does(conversation, "resolution", &[]).await,
                "elsewhere" => {
                    let sql = "UPDATE conversations SET queue_id = $2 WHERE id = $1";
                    client.execute(sql, &[&conversation.0, &self.elsewhere]).await.unwrap();
                }
                "long ago" => {
                    let sql = "UPDATE conversations SET resolved_at = now() - interval '3 days' WHERE id = $1";
                    client.execute(sql, &[&conversation.0]).await.unwrap();
                }
                _ => {}
            }
        }
        let is_under_way = !ways.iter().any(|way| way.starts_with("resolved"));
        self.cases.push(Case { word, conversation, message, media, shown_by, phone, is_under_way });
    }

    /// Ana's role shows so much from now on.
    async fn shows(&self, visibility: Visibility) {
        let change = RoleChange { visibility: Some(visibility), ..RoleChange::default() };
        let command = SetupCommand::ChangeRole { role: self.role, change };
        self.shop.house.state.runner.configure(self.shop.house.workspace, &By::System, command, None).await.unwrap();
    }

    async fn journal(&self) -> BTreeMap<Uuid, i64> {
        let client = self.shop.house.state.store.client().await.unwrap();
        let rows = client.query("SELECT id, last_seq FROM conversations", &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

#[actix_web::test]
async fn every_address_shows_what_a_role_shows_and_nothing_else() {
    let shop = Shop::open_in(House::new().await).await;
    let mut place = Place::of(&shop).await;
    let mut faults = Vec::new();
    for visibility in Visibility::ALL {
        place.shows(visibility).await;
        let mut listed = String::new();
        for path in ["/inbox", "/inbox/rows"] {
            for view in VIEWS {
                listed.push_str(&place.ana.sees(&format!("{path}?view={view}")).await);
            }
        }
        let before = place.journal().await;
        for case in &place.cases {
            let is_shown = visibility >= case.shown_by;
            if listed.contains(case.word) != is_shown {
                faults.push(format!("{visibility:?}: lists have {}: {}", case.word, !is_shown));
            }
            // What is set up, how colleagues look, the floor and the installation itself are nobody's conversation.
            let is_beside =
                |entry: &Entry| ["/settings", "/people/", "/system/", "/floor/"].iter().any(|path| entry.path.starts_with(path));
            let of_conversations = |entry: &&Entry| names_a_thing(entry) && !is_beside(entry);
            for entry in entries().into_iter().filter(of_conversations).filter(|entry| !is_shown || entry.method == Method::GET) {
                let thing = match entry.path.split('/').nth(1) {
                    Some("conversations") => case.conversation.0,
                    Some("messages") => case.message.0,
                    Some("media") => case.media,
                    _ => panic!("{} names a thing this test knows nothing of", entry.path),
                };
                let (status, told) = ask(&mut place.ana.browser, entry, thing, "").await;
                let is_right = if is_shown { !matches!(status.as_u16(), 401 | 403 | 404 | 500..) || is_file(entry) } else { status == 404 };
                if !is_right {
                    faults.push(format!("{visibility:?}: {} {} of {} is answered {status}", entry.method, entry.path, case.word));
                }
                let others = place.cases.iter().filter(|other| visibility < other.shown_by && told.contains(other.word));
                faults.extend(others.map(|other| format!("{visibility:?}: {} {} tells of {}", entry.method, entry.path, other.word)));
            }
        }
        assert_eq!(place.journal().await, before, "{visibility:?}: something was done to what is not shown");
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[actix_web::test]
async fn frames_tell_of_what_a_role_shows_and_of_nothing_else() {
    let shop = Shop::open_in(House::new().await).await;
    let place = Place::of(&shop).await;
    let node = Node::serve(&shop.house);
    let mut last: Option<Page> = None;
    for (round, visibility) in Visibility::ALL.into_iter().enumerate() {
        place.shows(visibility).await;
        if let Some(page) = last.take() {
            page.ends().await;
        }
        let mut list = Page::open(node.port, &place.ana.browser, HOME).await.unwrap();
        list.says(json!({ "type": "list", "view": "all" })).await;
        list.hears("counts").await;
        let mut open = Vec::new();
        for case in &place.cases {
            let mut page = Page::open(node.port, &place.ana.browser, HOME).await.unwrap();
            page.says(json!({ "type": "open", "conversation": case.conversation, "since": 0 })).await;
            let answer = if visibility >= case.shown_by { format!("{} question", case.word) } else { r#"{"type":"gone""#.to_owned() };
            page.hears(&answer).await;
            open.push(page);
        }
        for case in place.cases.iter().filter(|case| case.is_under_way).rev() {
            shop.hears_text(case.phone, &format!("{} again {round}", case.word)).await;
        }
        // What is told last is always shown.
        for (case, page) in place.cases.iter().zip(&mut open) {
            let is_shown = visibility >= case.shown_by;
            if is_shown && case.is_under_way {
                page.hears(&format!("{} again {round}", case.word)).await;
            }
            assert_eq!(page.told.contains(case.word), is_shown, "{visibility:?}, {} open: {}", case.word, page.told);
        }
        list.hears(&format!("amber again {round}")).await;
        for case in place.cases.iter().filter(|case| case.is_under_way) {
            assert_eq!(list.told.contains(case.word), visibility >= case.shown_by, "{visibility:?}, {}: {}", case.word, list.told);
        }
        last = Some(list);
    }
}

#[actix_web::test]
async fn whoever_gives_away_what_they_see_no_longer_is_shown_how_it_went_and_can_take_it_back() {
    let shop = Shop::open_in(House::new().await).await;
    let mut place = Place::of(&shop).await;
    let node = Node::serve(&shop.house);
    place.shows(Visibility::Mine).await;
    let amber = place.cases.iter().find(|case| case.word == "amber").unwrap().conversation;
    let mut page = Page::open(node.port, &place.ana.browser, HOME).await.unwrap();
    page.says(json!({ "type": "open", "conversation": amber, "since": 0 })).await;
    page.hears("amber question").await;
    page.told.clear();
    let to = format!("queue:{}", shop.queue.0);
    let answer = place.ana.posts(amber, "transfer", &[("to", &to), ("note", "")]).await;
    assert_eq!((answer.status.as_u16(), answer.location.as_str()), (303, "/inbox"), "{}", answer.body);
    page.hears(r#"{"type":"gone""#).await;
    assert!(page.told.contains(r#""type":"event""#), "{}", page.told);
    shop.hears_text("34600000001", "amber afterwards").await;
    assert_eq!(place.ana.browser.get(&format!("/conversations/{amber}")).await.status, 404);
    let client = shop.house.state.store.client().await.unwrap();
    let act = "SELECT min(seq) FROM events WHERE subject_id = $1 AND kind = 'conversation_transferred'";
    let seq: i64 = client.query_one(act, &[&amber.0]).await.unwrap().get(0);
    place.ana.does(amber, "undo", &[("seq", &seq.to_string())]).await;
    page.says(json!({ "type": "open", "conversation": amber, "since": 0 })).await;
    page.hears("amber afterwards").await;
    let before = page.told.split("gone").next().unwrap();
    assert!(!before.contains("amber afterwards"), "{before}");
    // It is followed again, not only caught up with.
    shop.hears_text("34600000001", "amber goes on").await;
    page.hears("amber goes on").await;
}
