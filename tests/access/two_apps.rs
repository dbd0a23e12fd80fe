//! Two apps and two workspaces, each with a number through either app: what a body says reaches whose it is, and nobody else.

use actix_web::test::TestRequest;
use baton::channels::whatsapp::understand;
use baton::domain::channel::{Channel, source};
use baton::domain::hours::Hours;
use baton::domain::ids::{InboxId, QueueId, TeamId, WorkspaceId};
use baton::domain::inbox::Inbox;
use baton::domain::queue::Queue;
use baton::store::apps::App;
use baton::store::inboxes::NewInbox;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::house::House;

/// App, workspace, number and account of each connection.
const CONNECTIONS: [(&str, usize, &str, &str); 5] = [
    ("1001", 0, "2001", "3001"),
    ("1001", 1, "2002", "3002"),
    ("1002", 0, "2003", "3003"),
    ("1002", 1, "2004", "3004"),
    // An account that two workspaces have numbers of.
    ("1001", 1, "2005", "3001"),
];

const APPS: [&str; 2] = ["1001", "1002"];

/// Numbers and accounts, among them some that nobody has.
const NUMBERS: [&str; 7] = ["2001", "2002", "2003", "2004", "2005", "2999", ""];
const ACCOUNTS: [&str; 6] = ["3001", "3002", "3003", "3004", "3999", ""];

/// Who gets to see something of a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Reached {
    /// Workspaces with a message of it.
    messages: Vec<usize>,
    /// Workspaces whose admins see a notice.
    notices: Vec<usize>,
    /// Workspaces whose admins see it in quarantine.
    quarantines: Vec<usize>,
    /// Things that only the operator sees.
    operator: i64,
}

struct World {
    house: House,
    workspaces: [WorkspaceId; 2],
}

impl World {
    async fn new() -> Self {
        let house = House::new().await;
        let beside = house.beside().await;
        let world = Self { workspaces: [house.workspace, beside.workspace], house };
        for app_id in APPS {
            let app = App { app_id: app_id.to_owned(), app_secret: secret(app_id), verify_token: "token".to_owned() };
            world.house.state.store.save_app(&app).await.unwrap();
        }
        for (app, workspace, number, account) in CONNECTIONS {
            world.connects(app, world.workspaces[workspace], number, account).await;
        }
        world
    }

    async fn connects(&self, app: &str, workspace: WorkspaceId, number: &str, account: &str) {
        let store = &self.house.state.store;
        let (team, queue) = (TeamId(Uuid::now_v7()), QueueId(Uuid::now_v7()));
        store.add_team(workspace, team, number).await.unwrap();
        let queue = Queue { id: queue, key: number.to_owned(), name: number.to_owned(), team, hours: Hours::always(), promise_minutes: 10 };
        store.add_queue(workspace, &queue, 0).await.unwrap();
        let inbox = Inbox {
            id: InboxId(Uuid::now_v7()),
            name: number.to_owned(),
            channel: Channel::WHATSAPP,
            flow: None,
            default_queue: queue.id,
            reopen_hours: 24,
        };
        let new = NewInbox {
            workspace,
            inbox,
            app_id: app.to_owned(),
            phone_number_id: number.to_owned(),
            waba_id: account.to_owned(),
            display_phone_number: "+34 600 000 000".to_owned(),
            access_token: "token".to_owned(),
            rate_per_second: 80,
        };
        store.add_inbox(&new).await.unwrap();
    }

    /// A body comes through the door of an app, signed with its secret, and all is done that follows.
    async fn takes_in(&self, app: &str, body: &Value) -> Reached {
        let bytes = body.to_string().into_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret(app).as_bytes()).unwrap();
        mac.update(&bytes);
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        let request = TestRequest::post().uri(&format!("/webhooks/whatsapp/{app}")).insert_header(("x-hub-signature-256", signature));
        assert_eq!(self.house.ask(request.set_payload(bytes)).await.status, 200);
        let runner = &self.house.state.runner;
        for lane in runner.sort(&source(&Channel::WHATSAPP, app), understand).await.unwrap().lanes {
            runner.run_lane(lane).await.unwrap();
        }
        self.reached().await
    }

    /// Who has something now; then nobody has.
    async fn reached(&self) -> Reached {
        let client = self.house.state.store.client().await.unwrap();
        let of = async |table: &str| {
            let rows = client.query(&format!("SELECT DISTINCT workspace_id FROM {table}"), &[]).await.unwrap();
            let found: Vec<Uuid> = rows.iter().filter_map(|row| row.get(0)).collect();
            (0..2).filter(|workspace| found.contains(&self.workspaces[*workspace].0)).collect()
        };
        let reached = Reached {
            messages: of("messages").await,
            notices: of("notices").await,
            quarantines: of("quarantine").await,
            operator: client.query_one("SELECT count(*) FROM quarantine WHERE workspace_id IS NULL", &[]).await.unwrap().get(0),
        };
        let seen = self.house.state.store.quarantined_of_nobody(100).await.unwrap().len();
        assert_eq!(i64::try_from(seen).unwrap(), reached.operator, "the operator's list shows what belongs to nobody");
        client.batch_execute("TRUNCATE contacts, conversations, messages, notices, quarantine CASCADE").await.unwrap();
        reached
    }
}

fn secret(app: &str) -> String {
    format!("secret of {app}")
}

/// Who has this number or account through this app.
fn owners(app: &str, is_meant: impl Fn(&(&str, usize, &str, &str)) -> bool) -> Vec<usize> {
    let mut owners: Vec<usize> =
        CONNECTIONS.iter().filter(|connection| connection.0 == app && is_meant(connection)).map(|connection| connection.1).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

fn envelope(account: &str, field: &str, value: Value) -> Value {
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": account, "time": 1_763_600_801, "changes": [{ "field": field, "value": value }] }] })
}

fn message_to(account: &str, number: &str) -> Value {
    let message = json!({
        "from": "34600000009", "id": format!("wamid.{}", Uuid::now_v7()), "timestamp": "1763600801", "type": "text", "text": { "body": "hi" }
    });
    let metadata = json!({ "display_phone_number": "34600000000", "phone_number_id": number });
    let contacts = json!([{ "wa_id": "34600000009", "profile": { "name": "Zoe" } }]);
    envelope(
        account,
        "messages",
        json!({ "messaging_product": "whatsapp", "metadata": metadata, "contacts": contacts, "messages": [message] }),
    )
}

/// Nothing reached anybody but the one who may: the owner of the account when there is but one, otherwise the operator.
fn set_aside(owners: &[usize]) -> Reached {
    match owners {
        [only] => Reached { quarantines: vec![*only], ..Reached::default() },
        _ => Reached { operator: 1, ..Reached::default() },
    }
}

#[actix_web::test]
async fn a_message_reaches_the_workspace_that_has_its_number_through_the_app_that_proved_it_and_nobody_else() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for app in APPS {
        for number in NUMBERS {
            for account in ACCOUNTS {
                let of_number = owners(app, |(_, _, known, _)| *known == number);
                let expected = match of_number.is_empty() {
                    false => Reached { messages: of_number, ..Reached::default() },
                    true => set_aside(&owners(app, |(_, _, _, known)| *known == account)),
                };
                let reached = world.takes_in(app, &message_to(account, number)).await;
                if reached != expected {
                    wrong.push(format!("signed by {app}, for number `{number}` of account `{account}`: {reached:?}, not {expected:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[actix_web::test]
async fn a_notice_reaches_those_who_have_its_account_through_the_app_that_proved_it_and_nobody_else() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    let ban = json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": "DISABLE", "waba_ban_date": "November 20, 2026" } });
    for app in APPS {
        for account in ACCOUNTS {
            for field in ["account_update", "account_alerts", "a_field_nobody_knows"] {
                let of_account = owners(app, |(_, _, _, known)| *known == account);
                let expected = match of_account.is_empty() {
                    false => Reached { notices: of_account, ..Reached::default() },
                    true => Reached { operator: 1, ..Reached::default() },
                };
                let reached = world.takes_in(app, &envelope(account, field, ban.clone())).await;
                if reached != expected {
                    wrong.push(format!("{field} signed by {app}, about account `{account}`: {reached:?}, not {expected:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[actix_web::test]
async fn a_body_signed_by_another_app_is_not_even_kept() {
    let world = World::new().await;
    let bytes = message_to("3001", "2001").to_string().into_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret("1002").as_bytes()).unwrap();
    mac.update(&bytes);
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let request = TestRequest::post().uri("/webhooks/whatsapp/1001").insert_header(("x-hub-signature-256", signature));
    assert_eq!(world.house.ask(request.set_payload(bytes)).await.status, 401);
    let client = world.house.state.store.client().await.unwrap();
    assert_eq!(client.query_one("SELECT count(*) FROM payloads", &[]).await.unwrap().get::<_, i64>(0), 0);
}
