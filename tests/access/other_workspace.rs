//! Things of another workspace look exactly as if they did not exist.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::web::edge::csrf;
use baton::web::edge::entry::{Entry, Who};
use baton::web::routes::ROUTES;
use uuid::Uuid;

use crate::house::{Browser, House};

/// Something of each kind that an address can name.
struct Things {
    conversation: Uuid,
    message: Uuid,
    media: Uuid,
    team: Uuid,
}

const INSERT_THINGS: &str = "
    INSERT INTO teams (workspace_id, id, name) VALUES ('{w}', '{t}', 'Sales');
    INSERT INTO accounts (id, email, password_hash) VALUES ('{t}', '{t}@example.com', '');
    INSERT INTO users (workspace_id, id, account_id, name, role) VALUES ('{w}', '{t}', '{t}', 'Zoe', 'agent');
    INSERT INTO agents (workspace_id, user_id) VALUES ('{w}', '{t}');
    INSERT INTO team_members (workspace_id, team_id, user_id) VALUES ('{w}', '{t}', '{t}');
    INSERT INTO floor_acts (workspace_id, id, user_id, at, act) VALUES ('{w}', '{t}', '{t}', now(), '{}');
    INSERT INTO roles (workspace_id, id, name, permissions, visibility) VALUES ('{w}', '{t}', 'Zoe', '{}', 'mine');
    INSERT INTO invitations (workspace_id, id, role, capacity, team_ids, standing, secret_hash, expires_at)
    VALUES ('{w}', '{t}', 'agent', 1, '{}', 'open', '', now());
    INSERT INTO queues (workspace_id, id, key, name, team_id, hours) VALUES ('{w}', '{t}', 'sales', 'Sales', '{t}', '{}');
    INSERT INTO tags (workspace_id, id, name, colour) VALUES ('{w}', '{t}', 'VIP', 'red');
    INSERT INTO fields (workspace_id, id, key, label, of_what, kind) VALUES ('{w}', '{t}', 'size', 'Size', 'contact', 'text');
    INSERT INTO skills (workspace_id, id, key, name) VALUES ('{w}', '{t}', 'spanish', 'Spanish');
    INSERT INTO entry_rules (workspace_id, id, name, conditions) VALUES ('{w}', '{t}', 'All', '{\"all\": []}');
    INSERT INTO sla_policies (workspace_id, id, name, resolution) VALUES ('{w}', '{t}', 'Gold', '{60}');
    INSERT INTO canned_replies (workspace_id, id, shortcut, body) VALUES ('{w}', '{t}', 'hello', 'Hello!');
    INSERT INTO apps (app_id, app_secret, verify_token) VALUES ('{t}', 'secret', 'token');
    INSERT INTO inboxes (workspace_id, id, name, channel, default_queue_id) VALUES ('{w}', '{t}', 'Main', 'whatsapp', '{t}');
    INSERT INTO whatsapp_numbers (workspace_id, inbox_id, app_id, phone_number_id, waba_id, display_phone_number, access_token)
    VALUES ('{w}', '{t}', '{t}', '{t}', '1', '+34', 'token');
    INSERT INTO contacts (workspace_id, id, name) VALUES ('{w}', '{t}', 'Zoe');
    INSERT INTO conversations (workspace_id, id, contact_id, inbox_id, state, controller, queue_id, opened_at, last_message_at)
    VALUES ('{w}', '{c}', '{t}', '{t}', 'open', 'queue', '{t}', now(), now());
    INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, seq, direction, author_kind, content, status, at)
    VALUES ('{w}', '{m}', '{c}', '{t}', 1, 'outbound', 'flow', '{}', 'unknown', now());
    INSERT INTO media (workspace_id, id, conversation_id, message_id, inbox_id, state, mime_type)
    VALUES ('{w}', '{p}', '{c}', '{m}', '{t}', 'stored', 'image/jpeg');
    INSERT INTO flows (workspace_id, id, name, published_version) VALUES ('{w}', '{t}', 'Welcome', 1);
    INSERT INTO flow_versions (workspace_id, flow_id, version, definition) VALUES ('{w}', '{t}', 1, '{}');";

impl Things {
    async fn of(house: &House) -> Self {
        let things = Self { conversation: Uuid::now_v7(), message: Uuid::now_v7(), media: Uuid::now_v7(), team: Uuid::now_v7() };
        let names = [
            ("{w}", house.workspace.0),
            ("{t}", things.team),
            ("{c}", things.conversation),
            ("{m}", things.message),
            ("{p}", things.media),
        ];
        let sql = names.iter().fold(INSERT_THINGS.to_owned(), |sql, (name, id)| sql.replace(name, &id.to_string()));
        house.state.store.client().await.unwrap().batch_execute(&sql).await.unwrap();
        things
    }

    /// The thing that the address of this line names.
    fn named_by(&self, entry: &Entry) -> Uuid {
        match entry.path.split('/').nth(1) {
            Some("conversations") => self.conversation,
            Some("messages") => self.message,
            Some("media") => self.media,
            Some("people") => self.team,
            Some("floor") => self.team,
            Some("settings") => self.team,
            _ => panic!("{} names a thing this test knows nothing of: add one to `Things`", entry.path),
        }
    }
}

/// Lines that name a thing of a workspace.
fn lines() -> Vec<&'static Entry> {
    ROUTES.iter().filter(|entry| entry.path.contains('{') && matches!(entry.who, Who::May(_))).collect()
}

/// A request that is complete but for the thing it names.
async fn ask(browser: &mut Browser<'_>, entry: &Entry, id: Uuid) -> (StatusCode, String) {
    let path = entry.path.replace("{id}", &id.to_string());
    assert!(!path.contains('{'), "{path}");
    let token = browser.csrf().await;
    let mut request =
        TestRequest::with_uri(&format!("{path}?view=all&before=9")).method(entry.method.clone()).insert_header((csrf::HEADER, token));
    if entry.method == Method::POST {
        let (me, message) = (Uuid::from_u128(1).to_string(), Uuid::from_u128(2).to_string());
        let fields = [("message_id", message.as_str()), ("note_id", &message), ("text", "hi"), ("body", "hi"), ("seen", "1"), ("seq", "1")];
        let to = format!("agent:{me}");
        request = request.set_form(
            fields
                .into_iter()
                .chain([
                    ("to", to.as_str()),
                    ("note", ""),
                    ("other", &me),
                    ("choice", "leave"),
                    ("token", "x"),
                    ("phone", "1"),
                    ("priority", "low"),
                ])
                .collect::<Vec<_>>(),
        );
    }
    let answer = browser.ask(request).await;
    (answer.status, answer.body.replace(&id.to_string(), "<id>"))
}

#[actix_web::test]
async fn a_thing_of_another_workspace_looks_as_if_it_did_not_exist() {
    let house = House::new().await;
    let things = Things::of(&house).await;
    let other = House::in_store(house.state.store.clone()).await;
    other.hires("eve@example.com", Role::Admin).await;
    let mut eve = other.browser("eve@example.com").await;
    for entry in lines() {
        let missing = ask(&mut eve, entry, Uuid::now_v7()).await;
        let theirs = ask(&mut eve, entry, things.named_by(entry)).await;
        assert_eq!(theirs, missing, "{} {}", entry.method, entry.path);
        assert_eq!(missing.0, StatusCode::NOT_FOUND, "{} {}: {}", entry.method, entry.path, missing.1);
    }
    assert!(!lines().is_empty(), "no address names a thing");
}

#[actix_web::test]
async fn another_workspaces_visitor_changes_nothing() {
    let house = House::new().await;
    let things = Things::of(&house).await;
    let other = House::in_store(house.state.store.clone()).await;
    other.hires("eve@example.com", Role::Admin).await;
    let mut eve = other.browser("eve@example.com").await;
    let client = house.state.store.client().await.unwrap();
    let written = "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM notes) + (SELECT count(*) FROM events)
                        + (SELECT count(*) FROM drafts) + (SELECT count(*) FROM reads) + (SELECT count(*) FROM outbox)";
    let before: i64 = client.query_one(written, &[]).await.unwrap().get(0);
    for entry in lines() {
        ask(&mut eve, entry, things.named_by(entry)).await;
    }
    assert_eq!(client.query_one(written, &[]).await.unwrap().get::<_, i64>(0), before);
}
