//! A house with a database of its own, and people who come to its door.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::cookie::Cookie;
use actix_web::dev::Service;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE, LOCATION, ORIGIN, SET_COOKIE};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, web};
use baton::channels::Adapters;
use baton::channels::whatsapp::WhatsApp;
use baton::channels::whatsapp::client::{Client, Settings};
use baton::config::Config;
use baton::demo::postgres::Durability;
use baton::domain::access::Role;
use baton::domain::channel::Rulebook;
use baton::domain::ids::{SessionId, UserId, WorkspaceId};
use baton::live::Live;
use baton::live::bus::Bus;
use baton::live::change::Change;
use baton::live::rate_limits::RateLimits;
use baton::media::MediaStore;
use baton::runner::Runner;
use baton::runner::intake::Intake;
use baton::store::Store;
use baton::store::users::NewUser;
use baton::web::assets::others::Others;
use baton::web::edge::bodies::budget::Budgets;
use baton::web::live::receipts::Receipts;
use baton::web::routes::configure;
use baton::web::sessions::tokens::Tokens;
use baton::web::sign_in::passwords::Passwords;
use baton::web::state::{Sockets, State};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::sync::OnceCell;
use tokio::sync::mpsc;
use url::Url;
use uuid::Uuid;

use crate::servers::Servers;
use crate::servers::keys::{SECRET_KEYS, keys};

pub const PASSWORD: &str = "correct horse battery";

/// Where people ask from, unless it is said.
pub const HERE: &str = "192.0.2.1";

pub const HOME: &str = "http://127.0.0.1:8080";

/// Sockets that remember which sessions they were told to leave.
#[derive(Default)]
pub struct Closed(pub Mutex<Vec<SessionId>>);

impl Sockets for Closed {
    fn close_session(&self, _: WorkspaceId, session: SessionId) {
        self.0.lock().unwrap().push(session);
    }
}

/// One node, one database, one workspace to begin with.
pub struct House {
    pub state: web::Data<State>,
    pub closed: Arc<Closed>,
    pub workspace: WorkspaceId,
    /// What its sockets would be shown; nothing while there are none.
    pub changes: Mutex<mpsc::Receiver<Change>>,
}

/// What somebody was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub cookies: Vec<Cookie<'static>>,
    pub retry_after: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The first header of this name, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn is_sent_to_sign_in(&self) -> bool {
        self.status == StatusCode::SEE_OTHER && self.location.starts_with("/sign-in")
    }
}

/// Templates give attributes lines of their own; whoever looks for two beside each other finds one space between them.
pub fn with_single_spaces_in_tags(html: &str) -> String {
    let mut read = String::with_capacity(html.len());
    let (mut is_tag, mut is_value) = (false, false);
    for c in html.chars() {
        match c {
            '<' if !is_value => is_tag = true,
            '"' if is_tag => is_value = !is_value,
            '>' if is_tag && !is_value => {
                is_tag = false;
                read.truncate(read.trim_ascii_end().len());
            }
            _ => {}
        }
        if !is_tag || is_value || !c.is_ascii_whitespace() {
            read.push(c);
        } else if !read.ends_with(' ') {
            read.push(' ');
        }
    }
    read
}

impl House {
    pub async fn new() -> Self {
        Self::in_store(fresh_store().await).await
    }

    /// Another node of the house in `store`, with a workspace of its own.
    pub async fn in_store(store: Store) -> Self {
        Self::in_store_with(store, &[]).await
    }

    /// A house that asks this address in place of WhatsApp.
    pub async fn with_graph(url: &str) -> Self {
        Self::in_store_with(fresh_store().await, &[("BATON_GRAPH_URL", url.to_owned())]).await
    }

    /// A house that sends mails, or would.
    pub async fn with_mail() -> Self {
        let settings = [
            ("BATON_SMTP_HOST", "127.0.0.1".to_owned()),
            ("BATON_SMTP_PORT", "9".to_owned()),
            ("BATON_SMTP_TLS", "none".to_owned()),
            ("BATON_SMTP_FROM", "Baton <baton@shop.example>".to_owned()),
        ];
        Self::in_store_with(fresh_store().await, &settings).await
    }

    /// As [`in_store`](Self::in_store), with more settings.
    pub async fn in_store_with(store: Store, more: &[(&'static str, String)]) -> Self {
        let workspace = WorkspaceId(Uuid::now_v7());
        store.create_workspace(workspace, "Lamp Shop", "en", "Europe/Madrid").await.unwrap();
        let closed = Arc::new(Closed::default());
        let mut pairs = more.to_vec();
        pairs.extend([
            ("BATON_DATABASE_URL", "host=/unused".to_owned()),
            ("BATON_REDIS_URL", "redis://unused".to_owned()),
            ("BATON_SECRET_KEYS", SECRET_KEYS.to_owned()),
            ("BATON_PUBLIC_URL", HOME.to_owned()),
            ("BATON_GRAPH_URL", "http://127.0.0.1:9".to_owned()),
        ]);
        let config = Config::from_pairs(&pairs).unwrap();
        let (live, changes) = Live::new(Bus::new(&config.redis_url).unwrap().0);
        let folder = std::env::temp_dir().join("baton-tests");
        let client = Client::new(Settings::new(config.graph_url.clone(), &config.graph_version)).unwrap();
        let graph = client.clone();
        let adapters = Adapters::new(vec![Arc::new(WhatsApp::new(client))]);
        let state = State {
            tokens: Tokens::new(store.clone(), live.endings.clone()),
            runner: Runner::new(store.clone(), live.clone(), Rulebook::WHATSAPP),
            intake: Intake::start(&store, &live, baton::channels::whatsapp::understand),
            live,
            media: Arc::new(MediaStore::at(&Url::from_file_path(folder).unwrap()).unwrap()),
            adapters,
            graph,
            receipts: Receipts::default(),
            bodies: Budgets::default(),
            other_builds: Others::default(),
            config,
            watch: store.clone(),
            store,
            passwords: Passwords::new().unwrap(),
            rate_limits: RateLimits::alone(),
            sockets: closed.clone(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
        };
        Self { state: web::Data::new(state), closed, workspace, changes: Mutex::new(changes) }
    }

    /// Another workspace on the same node.
    pub async fn beside(&self) -> Self {
        let workspace = WorkspaceId(Uuid::now_v7());
        self.state.store.create_workspace(workspace, "Other Shop", "en", "Europe/Madrid").await.unwrap();
        Self { state: self.state.clone(), closed: self.closed.clone(), workspace, changes: Mutex::new(mpsc::channel(1).1) }
    }

    /// Somebody with this role, who signs in with [`PASSWORD`].
    pub async fn hires(&self, email: &str, role: Role) -> UserId {
        let id = UserId(Uuid::now_v7());
        let password_hash = self.state.passwords.hash(PASSWORD.to_owned()).await.unwrap();
        let new = NewUser {
            workspace: self.workspace,
            id,
            email: email.parse().unwrap(),
            name: "Ana",
            role,
            password_hash: &password_hash,
            locale: "en",
        };
        self.state.store.create_user(&new).await.unwrap();
        // Nobody goes through the door here, so the node is told by hand.
        self.state.runner.workplaces().refresh(self.workspace).await.unwrap();
        id
    }

    /// Asks from elsewhere on the network, as a browser on one of our pages does.
    pub async fn ask(&self, request: TestRequest) -> Answer {
        self.ask_from(HERE, request).await
    }

    /// As [`ask`](Self::ask), from this address.
    pub async fn ask_from(&self, address: &str, request: TestRequest) -> Answer {
        let app = init_service(App::new().app_data(self.state.clone()).configure(configure)).await;
        let request = request
            .insert_header((ORIGIN, HOME))
            .insert_header(("host", "127.0.0.1:8080"))
            .peer_addr(SocketAddr::new(address.parse().unwrap(), 1));
        let response = app.call(request.to_request()).await.unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, retry_after) = (header(LOCATION).unwrap_or_default(), header(actix_web::http::header::RETRY_AFTER));
        let set = response.headers().get_all(SET_COOKIE).map(|value| Cookie::parse(value.to_str().unwrap().to_owned()).unwrap());
        let (status, cookies) = (response.status(), set.collect());
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect();
        let is_html = header(CONTENT_TYPE).is_some_and(|kind| kind.contains("html"));
        let body = actix_web::body::to_bytes(response.into_body()).await.map_err(|_| "unreadable").unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        let body = if is_html { with_single_spaces_in_tags(&body) } else { body };
        Answer { status, location, cookies, retry_after, headers, body }
    }

    /// Fills in the sign-in form.
    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.sign_in_from(HERE, email, password).await
    }

    /// Fills in the sign-in form at this address, in a browser that nobody has used before.
    pub async fn sign_in_from(&self, address: &str, email: &str, password: &str) -> Answer {
        self.ask_from(address, sign_in_form(email, password)).await
    }

    /// A browser that nobody has used before.
    pub fn stranger(&self) -> Browser<'_> {
        Browser { house: self, cookies: Vec::new() }
    }

    /// Signs in and comes back as a browser.
    pub async fn browser(&self, email: &str) -> Browser<'_> {
        let answer = self.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        let mut browser = self.stranger();
        browser.keep(&answer);
        browser
    }
}

fn sign_in_form(email: &str, password: &str) -> TestRequest {
    let form = [("email", email), ("password", password), ("next", "/inbox?view=all")];
    TestRequest::post().uri("/sign-in").insert_header((ACCEPT, "text/html")).set_form(form)
}

/// A browser keeps the cookies it is given.
pub struct Browser<'a> {
    house: &'a House,
    pub cookies: Vec<Cookie<'static>>,
}

impl Browser<'_> {
    pub async fn ask(&mut self, request: TestRequest) -> Answer {
        let request = self.cookies.iter().cloned().fold(request, TestRequest::cookie);
        let answer = self.house.ask(request).await;
        self.keep(&answer);
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(TestRequest::with_uri(path).insert_header((ACCEPT, "text/html"))).await
    }

    /// Fills in the sign-in form, whoever used this browser before.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.ask(sign_in_form(email, password)).await
    }

    /// Posts a form of one of our pages.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let form: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.ask(TestRequest::post().uri(path).insert_header((ACCEPT, "text/html")).set_form(form)).await
    }

    /// Lets the token run out.
    pub fn waits_until_the_token_has_run_out(&mut self) {
        self.cookies.retain(|cookie| cookie.name() != "baton-token");
    }

    /// The token that forms of this session carry.
    pub async fn csrf(&mut self) -> String {
        let state = &self.house.state;
        let request = self.cookies.iter().cloned().fold(TestRequest::get(), TestRequest::cookie).to_http_request();
        let found = baton::web::sessions::find(state, &request, jiff::Timestamp::now()).await.unwrap();
        found.map(|found| found.signed.csrf).unwrap_or_default()
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in &answer.cookies {
            self.cookies.retain(|own| own.name() != cookie.name());
            if !cookie.value().is_empty() {
                self.cookies.push(cookie.clone());
            }
        }
    }
}

/// The PostgreSQL and the Redis of this process.
pub async fn servers() -> &'static Servers {
    static SERVERS: OnceCell<Servers> = OnceCell::const_new();
    SERVERS.get_or_init(|| Servers::start(Durability::GivenUp)).await
}

/// A migrated database of its own on the server of the tests; the first is the one the server came with.
pub async fn fresh_store() -> Store {
    static CAME_WITH_IT: AtomicBool = AtomicBool::new(true);
    let server = servers().await.database_url();
    if CAME_WITH_IT.swap(false, Ordering::Relaxed) {
        return Store::new(&server, 4, keys()).unwrap();
    }
    let name = format!("access_{}", Uuid::now_v7().simple());
    let client = Store::new(&server, 1, keys()).unwrap().client().await.unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name} STRATEGY wal_log")).await.unwrap();
    let url = match Url::parse(&server) {
        Ok(mut url) => {
            url.set_path(&name);
            url.to_string()
        }
        Err(_) => format!("{server} dbname={name}"),
    };
    let store = Store::new(&url, 4, keys()).unwrap();
    store.migrate().await.unwrap();
    store
}
