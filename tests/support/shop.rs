//! The workspace of a world: an invented lamp shop with two queues, one team, a flow and one number.

use baton::domain::access::Role;
use baton::domain::channel::{Channel, WHATSAPP};
use baton::domain::flows::validation;
use baton::domain::hours::Hours;
use baton::domain::ids::{FlowId, InboxId, QueueId, TeamId, UserId, WorkspaceId};
use baton::domain::inbox::Inbox;
use baton::domain::queue::Queue;
use baton::store::Store;
use baton::store::apps::App;
use baton::store::inboxes::NewInbox;
use baton::store::users::NewUser;
use baton::web::sign_in::passwords::Passwords;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use uuid::Uuid;

pub const APP_ID: &str = "1001";
pub const APP_SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub const NUMBER: &str = "2001";
pub const WABA: &str = "3001";
const VERIFY_TOKEN: &str = "lamps";
const ACCESS_TOKEN: &str = "token-of-the-lamp-shop";
const DISPLAY: &str = "+44 20 7946 0999";

pub const PASSWORD: &str = "correct horse battery";

/// What a world needs to know of it.
pub struct Shop {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    pub team: TeamId,
    /// Where conversations about orders go, and all others.
    pub orders: QueueId,
    pub support: QueueId,
    /// Meta's id of its number, and the number as customers see it.
    pub phone_number_id: &'static str,
    pub display: &'static str,
}

impl Shop {
    pub async fn open(store: &Store) -> Self {
        Self::with_number(store, NUMBER, DISPLAY).await
    }

    /// Another workspace of the installation, whose number speaks through the same app.
    pub async fn opens_another(&self, store: &Store) -> Self {
        Self::with_number(store, "2002", "+44 20 7946 0998").await
    }

    async fn with_number(store: &Store, phone_number_id: &'static str, display: &'static str) -> Self {
        let fresh = Uuid::now_v7;
        let shop = Self {
            phone_number_id,
            display,
            workspace: fresh().into(),
            inbox: fresh().into(),
            team: fresh().into(),
            orders: fresh().into(),
            support: fresh().into(),
        };
        store.create_workspace(shop.workspace, "Lamp Shop", "en", "UTC").await.unwrap();
        store.add_team(shop.workspace, shop.team, "Everybody").await.unwrap();
        for (position, (id, key, name)) in (0..).zip([(shop.orders, "orders", "Orders"), (shop.support, "support", "Everything else")]) {
            let (key, name) = (key.to_owned(), name.to_owned());
            let queue = Queue { id, key, name, team: shop.team, hours: Hours::always(), promise_minutes: 10 };
            store.add_queue(shop.workspace, &queue, position).await.unwrap();
        }
        shop.connect(store).await;
        shop
    }

    async fn connect(&self, store: &Store) {
        let json: Value = serde_json::from_str(include_str!("flow.json")).unwrap();
        let definition = validation::check(&json, &["orders", "support"], &WHATSAPP).unwrap();
        let flow = FlowId(Uuid::now_v7());
        store.add_flow(self.workspace, flow, &definition.name).await.unwrap();
        store.publish_flow(self.workspace, flow, &definition).await.unwrap();
        let (app_id, app_secret, verify_token) = (APP_ID.to_owned(), APP_SECRET.to_owned(), VERIFY_TOKEN.to_owned());
        store.save_app(&App { app_id, app_secret, verify_token }).await.unwrap();
        let name = "Lamp Shop".to_owned();
        let inbox =
            Inbox { id: self.inbox, name, channel: Channel::WHATSAPP, flow: Some(flow), default_queue: self.support, reopen_hours: 24 };
        let new = NewInbox {
            workspace: self.workspace,
            inbox,
            app_id: APP_ID.to_owned(),
            phone_number_id: self.phone_number_id.to_owned(),
            waba_id: WABA.to_owned(),
            display_phone_number: self.display.to_owned(),
            access_token: ACCESS_TOKEN.to_owned(),
            rate_per_second: 1_000,
        };
        store.add_inbox(&new).await.unwrap();
    }

    /// The number as the simulator is told of it.
    pub fn number(&self) -> Value {
        json!({
            "phone_number_id": self.phone_number_id, "display_phone_number": self.display, "waba_id": WABA, "app_id": APP_ID,
            "access_token": ACCESS_TOKEN, "verified_name": "Lamp Shop",
        })
    }

    /// Somebody of the team, who signs in with [`PASSWORD`].
    pub async fn hires(&self, store: &Store, name: &str, role: Role, capacity: i32) -> UserId {
        static HASH: OnceCell<String> = OnceCell::const_new();
        let hash = HASH.get_or_init(async || Passwords::new().unwrap().hash(PASSWORD.to_owned()).await.unwrap()).await;
        let id = UserId(Uuid::now_v7());
        let email = email(name).parse().unwrap();
        let user = NewUser { workspace: self.workspace, id, email, name, role, password_hash: hash, locale: "en" };
        store.create_user(&user).await.unwrap();
        store.add_member(self.workspace, self.team, id).await.unwrap();
        let client = store.client().await.unwrap();
        client.execute("UPDATE agents SET capacity = $2 WHERE user_id = $1", &[&id.0, &capacity]).await.unwrap();
        id
    }
}

/// The address that somebody signs in with.
pub fn email(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase().replace(' ', "."))
}

/// The app as the simulator is told of it.
pub fn app(callback: &str) -> Value {
    json!({ "app_id": APP_ID, "app_secret": APP_SECRET, "callback_url": callback, "verify_token": VERIFY_TOKEN })
}
