//! Every address of the table, asked by everybody there is, about things of their own workspace, of another one, and of none.

use std::collections::BTreeSet;

use actix_web::http::header::ACCEPT;
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use baton::domain::access::{AssignedRole, Permission, Role};
use baton::domain::ids::{ConversationId, MessageId};
use baton::domain::inbound::InboundContent;
use baton::web::edge::csrf;
use baton::web::edge::entry::{Entry, Kind, Who};
use baton::web::routes::ROUTES;
use uuid::Uuid;

use crate::house::{Browser, House};
use crate::shop::Shop;

/// What only admins may see, said once more than in the table.
const FOR_ADMINS: &[&str] = &[
    "/admin/quarantine",
    "/admin/notices",
    "/metrics",
    "/settings",
    "/settings/workspace",
    "/settings/start",
    "/settings/numbers",
    "/settings/numbers/new",
    "/settings/numbers/new/app",
    "/settings/numbers/new/token",
    "/settings/numbers/new/account",
    "/settings/numbers/new/number",
    "/settings/numbers/new/registration",
    "/settings/numbers/new/subscription",
    "/settings/numbers/new/end",
    "/settings/numbers/{id}",
    "/settings/numbers/{id}/state",
    "/settings/numbers/{id}/disconnection",
    "/settings/numbers/{id}/token",
    "/settings/numbers/{id}/health",
    "/settings/numbers/{id}/test",
    "/settings/brand",
    "/settings/teams",
    "/settings/teams/{id}",
    "/settings/teams/{id}/removal",
    "/settings/queues",
    "/settings/queues/{id}",
    "/settings/queues/{id}/preview",
    "/settings/queues/{id}/copy",
    "/settings/queues/{id}/place",
    "/settings/queues/{id}/rest",
    "/settings/queues/{id}/removal",
    "/settings/flows",
    "/settings/flows/{id}",
    "/settings/flows/{id}/versions",
    "/settings/flows/{id}/archive",
    "/settings/flows/{id}/restoration",
    "/settings/flows/{id}/export",
    "/settings/flows/new",
    "/settings/flows/imports",
    "/settings/flows/{id}/edit",
    "/settings/flows/{id}/draft",
    "/settings/flows/{id}/draft/removal",
    "/settings/flows/{id}/trial",
    "/settings/flows/{id}/publication",
    "/settings/security",
    "/settings/people/{id}/second-factor",
    "/settings/people/{id}/sign-out",
    "/settings/tags",
    "/settings/tags/{id}",
    "/settings/tags/{id}/archiving",
    "/settings/tags/{id}/merging",
    "/settings/skills",
    "/settings/skills/{id}",
    "/settings/skills/{id}/removal",
    "/settings/sla",
    "/settings/sla/{id}",
    "/settings/sla/{id}/removal",
    "/settings/rules",
    "/settings/rules/new",
    "/settings/rules/{id}",
    "/settings/rules/{id}/draft",
    "/settings/rules/{id}/place",
    "/settings/rules/{id}/removal",
    "/settings/fields",
    "/settings/fields/{id}",
    "/settings/fields/{id}/place",
    "/settings/fields/{id}/removal",
    "/settings/canned-replies/export",
    "/settings/canned-replies/import",
    "/settings/search",
    "/settings/changes",
    "/settings/roles",
    "/settings/roles/{id}",
    "/settings/roles/{id}/removal",
    "/settings/changes.csv",
    "/settings/people",
    "/settings/people/{id}",
    "/settings/people/{id}/leaving",
    "/settings/people/{id}/return",
    "/settings/invitations",
    "/settings/invitations/{id}/renewal",
    "/settings/invitations/{id}/revocation",
    "/settings/newcomers",
    "/settings/file",
    "/settings/file/workspace.yaml",
];

/// What anybody may ask who is nobody.
const FOR_EVERYBODY: &[&str] = &[
    "/sign-in",
    "/sign-in/code",
    "/reset",
    "/reset/new",
    "/email/new",
    "/begin/{secret}",
    "/invitations/{token}",
    "/healthz",
    "/readyz",
    "/schemas/flow.json",
    "/webhooks/whatsapp/{app_id}",
    "/assets/{version}/{path:.*}",
    "/assets/brand/{name}",
    "/schemas/workspace.json",
];

/// A workspace in which every text that anybody wrote holds its own secret word.
pub struct Place {
    pub shop: Shop,
    pub secret: &'static str,
    conversation: ConversationId,
    message: MessageId,
    media: Uuid,
    team: Uuid,
    queue: Uuid,
    flow: Uuid,
    reply: Uuid,
    /// Somebody of the team.
    colleague: Uuid,
}

const SECRETS: &str = "
    UPDATE contacts SET name = '{s} contact' WHERE workspace_id = '{w}';
    UPDATE teams SET name = '{s} team' WHERE workspace_id = '{w}';
    UPDATE queues SET name = '{s} queue' WHERE workspace_id = '{w}';
    UPDATE inboxes SET name = '{s} number' WHERE workspace_id = '{w}';
    INSERT INTO accounts (id, email, password_hash) SELECT id, '{s}-guest@example.com', '' FROM teams WHERE workspace_id = '{w}' LIMIT 1;
    INSERT INTO users (workspace_id, id, account_id, name, role)
    SELECT workspace_id, id, id, 'guest', 'agent' FROM teams WHERE workspace_id = '{w}' LIMIT 1;
    INSERT INTO agents (workspace_id, user_id) SELECT workspace_id, id FROM teams WHERE workspace_id = '{w}' LIMIT 1;
    INSERT INTO roles (workspace_id, id, name, permissions, visibility)
    SELECT workspace_id, id, '{s} role', '{}', 'mine' FROM teams WHERE workspace_id = '{w}' LIMIT 1;
    INSERT INTO invitations (workspace_id, id, email, role, capacity, team_ids, standing, secret_hash, expires_at)
    SELECT workspace_id, id, '{s}@example.com', 'agent', 1, '{}', 'open', '', now() FROM teams WHERE workspace_id = '{w}' LIMIT 1;
    INSERT INTO flows (workspace_id, id, name, published_version) VALUES ('{w}', '{i}', '{s} flow', 1);
    INSERT INTO flow_versions (workspace_id, flow_id, version, definition) VALUES ('{w}', '{i}', 1, to_jsonb('{s} words'::text));
    UPDATE users SET name = '{s} colleague' WHERE workspace_id = '{w}';
    INSERT INTO floor_acts (workspace_id, id, user_id, at, act)
    SELECT workspace_id, '{i}', id, now(), '{}' FROM users WHERE workspace_id = '{w}' LIMIT 1;
    INSERT INTO tags (workspace_id, id, name, colour) VALUES ('{w}', '{i}', '{s} tag', 'red');
    INSERT INTO fields (workspace_id, id, key, label, of_what, kind) VALUES ('{w}', '{i}', 'size', '{s} field', 'contact', 'text');
    INSERT INTO skills (workspace_id, id, key, name) VALUES ('{w}', '{i}', 'size', '{s} skill');
    INSERT INTO entry_rules (workspace_id, id, name, conditions) VALUES ('{w}', '{i}', '{s} rule', '{\"all\": []}');
    INSERT INTO sla_policies (workspace_id, id, name, resolution) VALUES ('{w}', '{i}', '{s} policy', '{60}');
    INSERT INTO canned_replies (workspace_id, id, shortcut, body) VALUES ('{w}', '{i}', '{s}', '{s} prepared');
    INSERT INTO quarantine (id, workspace_id, source, payload_seq, reason, item, at) VALUES ('{i}', '{w}', '1', 1, '{s} reason', '{s} item', now());
    INSERT INTO notices (workspace_id, id, kind, field, value, digest, at) VALUES ('{w}', '{i}', 'account', '{s} field', '{}', '{s}', now());
    INSERT INTO drafts (workspace_id, conversation_id, user_id, kind, body, version, writer, turn, updated_at)
    SELECT workspace_id, '{c}', id, 'reply', '{s} draft', 1, '{i}', 1, now() FROM users WHERE workspace_id = '{w}';
    INSERT INTO media (workspace_id, id, conversation_id, message_id, inbox_id, state, mime_type)
    SELECT workspace_id, '{i}', '{c}', id, inbox_id, 'stored', 'image/jpeg' FROM messages WHERE workspace_id = '{w}' LIMIT 1;";

impl Place {
    pub async fn of(house: House, secret: &'static str, phone: &str) -> Self {
        let shop = Shop::open_in(house).await;
        for role in Role::BUILT_IN {
            shop.hires(&format!("{role}@{secret}.example.com"), role).await;
        }
        let mut ana = shop.hires(&format!("ana@{secret}.example.com"), Role::Agent).await;
        let conversation = shop.hears(phone, InboundContent::Text { body: format!("{secret} question") }).await;
        ana.does(conversation, "assignment", &[]).await;
        let message = ana.replies(conversation, &format!("{secret} answer")).await;
        ana.does(conversation, "notes", &[("note_id", &Uuid::now_v7().to_string()), ("body", &format!("{secret} note"))]).await;
        let (media, workspace) = (Uuid::now_v7(), shop.house.workspace.0);
        let names =
            [("{s}", secret.to_owned()), ("{w}", workspace.to_string()), ("{c}", conversation.to_string()), ("{i}", media.to_string())];
        let sql = names.iter().fold(SECRETS.to_owned(), |sql, (name, value)| sql.replace(name, value));
        let client = shop.house.state.store.client().await.unwrap();
        client.batch_execute(&sql).await.unwrap();
        let one_of = async |table: &str| -> Uuid {
            client.query_one(&format!("SELECT id FROM {table} WHERE workspace_id = $1 LIMIT 1"), &[&workspace]).await.unwrap().get(0)
        };
        let (team, queue, reply) = (one_of("teams").await, one_of("queues").await, one_of("canned_replies").await);
        let member = "SELECT user_id FROM team_members WHERE workspace_id = $1 ORDER BY user_id LIMIT 1";
        let colleague = client.query_one(member, &[&workspace]).await.unwrap().get(0);
        Self { shop, secret, conversation, message, media, team, queue, reply, flow: media, colleague }
    }

    pub async fn browser(&self, role: Role) -> Browser<'_> {
        self.shop.house.browser(&format!("{role}@{}.example.com", self.secret)).await
    }

    /// The thing of this workspace that the address names.
    pub fn named_by(&self, entry: &Entry) -> Uuid {
        match entry.path.split('/').nth(1) {
            Some("conversations") => self.conversation.0,
            Some("messages") => self.message.0,
            Some("media") => self.media,
            Some("people") => self.team,
            Some("system") => self.media,
            Some("floor") if entry.path.starts_with("/floor/queues") => self.queue,
            Some("floor") if entry.path.starts_with("/floor/people") => self.colleague,
            Some("floor") => self.media,
            Some("settings") if entry.path.starts_with("/settings/queues") => self.queue,
            Some("settings") if entry.path.starts_with("/settings/numbers") => self.shop.inbox.0,
            Some("settings") if entry.path.starts_with("/settings/flows/") => self.flow,
            Some("settings") if entry.path.starts_with("/settings/tags") || entry.path.starts_with("/settings/fields") => self.media,
            Some("settings")
                if entry.path.starts_with("/settings/rules")
                    || entry.path.starts_with("/settings/skills")
                    || entry.path.starts_with("/settings/sla") =>
            {
                self.media
            }
            Some("settings") if entry.path.starts_with("/settings/canned-replies") => self.reply,
            Some("settings") => self.team,
            _ => panic!("{} names a thing this test knows nothing of: add one to `Place`", entry.path),
        }
    }
}

/// The whole table; what ends the session comes last.
pub fn entries() -> Vec<&'static Entry> {
    let (last, first): (Vec<_>, Vec<_>) = ROUTES.iter().partition(|entry| entry.path == "/sign-out");
    first.into_iter().chain(last).collect()
}

pub fn names_a_thing(entry: &Entry) -> bool {
    entry.path.contains("{id}")
}

/// The address, with what it names in place of the names.
fn address(entry: &Entry, thing: Uuid, app_id: &str) -> String {
    let names = [
        ("{id}", thing.to_string()),
        ("{app_id}", app_id.to_owned()),
        ("{version}", "0".to_owned()),
        ("{token}", "x".to_owned()),
        ("{secret}", "guessed".to_owned()),
        ("{path:.*}", "icon.svg".to_owned()),
        ("{name}", "0f766e-0.css".to_owned()),
    ];
    let path = names.iter().fold(entry.path.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "{path}: say here what stands for its names");
    format!("{path}?view=all&before=9")
}

/// A request that is complete but for who sends it.
pub async fn ask(browser: &mut Browser<'_>, entry: &Entry, thing: Uuid, app_id: &str) -> (StatusCode, String) {
    let token = browser.csrf().await;
    let mut request = TestRequest::with_uri(&address(entry, thing, app_id)).method(entry.method.clone());
    request = request.insert_header((csrf::HEADER, token)).insert_header((ACCEPT, "text/html"));
    if entry.method == Method::POST {
        let (message, to) = (Uuid::now_v7().to_string(), format!("queue:{}", Uuid::now_v7()));
        let fields =
            [("message_id", message.as_str()), ("note_id", &message), ("text", "hi"), ("body", "hi"), ("seen", "99"), ("seq", "1")];
        let more = [
            ("to", to.as_str()),
            ("note", ""),
            ("choice", "leave"),
            ("priority", "high"),
            ("token", ""),
            ("phone", "1"),
            ("locale", "en"),
            ("availability", "online"),
            ("other", &message),
            ("is_hidden", "true"),
        ];
        request = request.set_form(fields.into_iter().chain(more).collect::<Vec<_>>());
    }
    let answer = browser.ask(request).await;
    (answer.status, format!("{} {:?} {}", answer.location, answer.headers, answer.body))
}

/// Whether somebody of this role, or nobody, may ask for that at all.
fn may(entry: &Entry, role: Option<Role>) -> bool {
    match (entry.who, role) {
        (Who::Public | Who::Anyone, _) => true,
        (Who::May(permission) | Who::Scraper(permission), Some(role)) => AssignedRole::from(role).may(permission),
        (Who::May(_) | Who::Scraper(_), None) => false,
        // Whatever the role: that is asked of the account.
        (Who::Owner, _) => false,
    }
}

/// What is wrong with an answer.
fn fault(entry: &Entry, role: Option<Role>, whose: &str, status: StatusCode) -> Option<String> {
    let is_right = match role {
        // Whoever has begun has used it up.
        _ if entry.path.starts_with("/begin/") => status == StatusCode::NOT_FOUND,
        // Cookies open no machine's door.
        _ if entry.kind == Kind::Door => matches!(status.as_u16(), 401 | 403),
        _ if may(entry, role) && names_a_thing(entry) && whose != "own" => status == StatusCode::NOT_FOUND,
        _ if may(entry, role) => !matches!(status.as_u16(), 401 | 403 | 404 | 500..) || entry.path.ends_with("thumbnail") || is_file(entry),
        None => matches!(status.as_u16(), 401 | 303),
        Some(_) => status == StatusCode::FORBIDDEN,
    };
    (!is_right).then(|| format!("{} {}: {role:?} is answered {status} about a thing of {whose}", entry.method, entry.path))
}

/// The picture of this test is a row without a file.
pub fn is_file(entry: &Entry) -> bool {
    entry.path.starts_with("/media/") || entry.path.starts_with("/people/")
}

#[actix_web::test]
async fn everybody_is_shown_what_their_role_may_see_of_their_own_workspace_and_nothing_else() {
    let house = House::new().await;
    let beside = house.beside().await;
    let here = Place::of(house, "amber", "34600000001").await;
    let there = Place::of(beside, "cobalt", "34600000002").await;
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    for role in [None, Some(Role::Agent), Some(Role::Supervisor), Some(Role::Admin)] {
        let mut browser = match role {
            Some(role) => here.browser(role).await,
            None => here.shop.house.stranger(),
        };
        for entry in entries() {
            let things: &[&str] = if names_a_thing(entry) { &["nobody", "another workspace", "own"] } else { &["own"] };
            for whose in things {
                let thing = match *whose {
                    "own" if names_a_thing(entry) => here.named_by(entry),
                    "another workspace" => there.named_by(entry),
                    _ => Uuid::now_v7(),
                };
                let (status, told) = ask(&mut browser, entry, thing, &there.shop.app_id).await;
                faults.extend(fault(entry, role, whose, status));
                if told.contains(there.secret) || role.is_none() && told.contains(here.secret) {
                    faults.push(format!(
                        "{} {}: {role:?} is shown what is not theirs, asking about a thing of {whose}",
                        entry.method, entry.path
                    ));
                }
                if told.contains(here.secret) {
                    seen.insert(entry.path);
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    // The secrets are there to be seen, where they may be.
    let inbox = ["/inbox", "/inbox/rows", "/conversations/{id}", "/conversations/{id}/earlier"];
    for path in inbox.into_iter().chain(["/floor", "/floor/queues/{id}", "/floor/people/{id}"]).chain([
        "/admin/quarantine",
        "/admin/notices",
        "/settings/teams",
        "/settings/teams/{id}",
        "/settings/queues/{id}",
    ]) {
        assert!(seen.contains(path), "{path} shows nothing of its own workspace: {seen:?}");
    }
}

#[test]
fn the_table_says_of_no_address_that_it_is_for_more_than_it_is_for() {
    for entry in ROUTES {
        let is_for_everybody = matches!(entry.who, Who::Public | Who::Anyone);
        assert_eq!(is_for_everybody, FOR_EVERYBODY.contains(&entry.path), "{} {}", entry.method, entry.path);
        let is_for_admins = may(entry, Some(Role::Admin)) && !may(entry, Some(Role::Supervisor));
        assert_eq!(is_for_admins, FOR_ADMINS.contains(&entry.path), "{} {}", entry.method, entry.path);
        assert!(!is_for_admins || !may(entry, Some(Role::Agent)), "{}", entry.path);
    }
    assert!(Permission::ALL.iter().all(|permission| AssignedRole::from(Role::Admin).may(*permission)));
}
