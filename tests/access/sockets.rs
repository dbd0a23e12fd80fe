//! What travels over sockets: each page hears of its own workspace, whatever it asks for.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use baton::domain::access::Role;
use baton::domain::ids::ConversationId;
use baton::live::PersonChange;
use baton::web::edge::server::{Connections, build, raise};
use baton::web::live::fanout;
use baton::web::routes;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::house::{Browser, HOME, House};
use crate::shop::Shop;

/// How long a frame may take.
const SOON: Duration = Duration::from_secs(20);

/// A page's socket, and all it was told.
pub struct Page {
    pub socket: WebSocketStream<TcpStream>,
    pub told: String,
}

impl Page {
    pub async fn open(port: u16, browser: &Browser<'_>, origin: &str) -> Result<Self, Error> {
        let mut request = format!("ws://127.0.0.1:{port}/live").into_client_request().unwrap();
        let cookies: Vec<String> = browser.cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        request.headers_mut().insert("host", HOME.trim_start_matches("http://").parse().unwrap());
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        Ok(Self { socket: client_async(request, stream).await?.0, told: String::new() })
    }

    pub async fn says(&mut self, words: Value) {
        self.socket.send(Message::text(words.to_string())).await.unwrap();
    }

    /// Listens until it is told this.
    pub async fn hears(&mut self, words: &str) {
        let heard = async {
            while !self.told.contains(words) {
                match self.socket.next().await.unwrap().unwrap() {
                    Message::Text(text) => self.told.push_str(&text),
                    other => assert!(!matches!(other, Message::Close(_)), "the socket ended before it heard {words}: {}", self.told),
                }
            }
        };
        tokio::time::timeout(SOON, heard).await.unwrap_or_else(|_| panic!("{words} was not heard, but {}", self.told));
    }

    /// Listens until the server ends it.
    pub async fn ends(mut self) {
        let ends = async { while !matches!(self.socket.next().await, None | Some(Ok(Message::Close(_)) | Err(_))) {} };
        tokio::time::timeout(SOON, ends).await.expect("the socket stays open");
    }

    /// Asks for everything a page can ask for, about one conversation.
    async fn asks_about(&mut self, conversation: ConversationId) {
        self.says(json!({ "type": "typing", "conversation": conversation })).await;
        for since in [-1, 0, 1, i64::MAX] {
            self.says(json!({ "type": "open", "conversation": conversation, "since": since })).await;
            self.says(json!({ "type": "typing", "conversation": conversation })).await;
            self.says(json!({ "type": "beat" })).await;
        }
    }
}

/// A node that serves what it has, until it is dropped.
pub struct Node {
    pub port: u16,
    stop: CancellationToken,
}

impl Node {
    pub fn serve(house: &House) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let most = raise().unwrap().for_connections(4);
        let connections = Arc::new(Connections::new(most, house.state.config.trusted_proxies.clone()));
        let server = build(house.state.clone(), &connections, listener, routes::configure).unwrap();
        let stop = CancellationToken::new();
        let changes = Arc::new(Mutex::new(std::mem::replace(&mut *house.changes.lock().unwrap(), mpsc::channel(1).1)));
        actix_web::rt::spawn(fanout::run(house.state.clone(), changes, stop.clone()));
        let (handle, stopped) = (server.handle(), stop.clone());
        actix_web::rt::spawn(server);
        actix_web::rt::spawn(async move {
            stopped.cancelled().await;
            handle.stop(false).await;
        });
        Self { port, stop }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub const VIEWS: [&str; 5] = ["mine", "queues", "unassigned", "all", "resolved"];

#[actix_web::test]
async fn no_frame_tells_of_another_workspace_whatever_a_page_asks_for() {
    let house = House::new().await;
    let beside = house.beside().await;
    let (amber, cobalt) = (Shop::open_in(house).await, Shop::open_in(beside).await);
    let node = Node::serve(&amber.house);
    let mut ana = amber.hires("ana@example.com", Role::Agent).await;
    let eve = cobalt.hires("eve@example.com", Role::Admin).await;
    let mut eva = cobalt.hires("eva@example.com", Role::Agent).await;
    let theirs = amber.hears_text("34600000001", "amber begins").await;
    let own = cobalt.hears_text("34600000002", "cobalt begins").await;
    let mut listening = Page::open(node.port, &ana.browser, HOME).await.unwrap();
    listening.says(json!({ "type": "list", "view": "all" })).await;
    listening.says(json!({ "type": "open", "conversation": theirs, "since": 0 })).await;
    listening.hears("amber begins").await;
    let mut pages = Vec::new();
    for view in VIEWS {
        let mut page = Page::open(node.port, &eve.browser, HOME).await.unwrap();
        page.says(json!({ "type": "list", "view": view })).await;
        page.says(json!({ "type": "open", "conversation": own, "since": 0 })).await;
        page.hears("cobalt begins").await;
        page.asks_about(theirs).await;
        pages.push(page);
    }
    // Everything happens there that changes a list, a thread, or who is at it.
    ana.does(theirs, "assignment", &[]).await;
    ana.replies(theirs, "amber answer").await;
    ana.does(theirs, "notes", &[("note_id", &Uuid::now_v7().to_string()), ("body", "amber note")]).await;
    listening.says(json!({ "type": "typing", "conversation": theirs })).await;
    amber.hears_text("34600000001", "amber again").await;
    ana.does(theirs, "resolution", &[]).await;
    let next = amber.hears_text("34600000003", "amber next").await;
    for words in ["amber answer", "amber note", "amber again", "amber next"] {
        listening.hears(words).await;
    }
    // What comes last of their own has everything before it.
    eva.does(own, "assignment", &[]).await;
    eva.replies(own, "cobalt end").await;
    for (page, view) in pages.iter_mut().zip(VIEWS) {
        page.says(json!({ "type": "open", "conversation": own, "since": 0 })).await;
        page.hears("cobalt end").await;
        for word in ["amber", &theirs.to_string(), &next.to_string(), &ana.user.to_string()] {
            assert!(!page.told.contains(word), "a page that shows {view} of another workspace was told of {word}: {}", page.told);
        }
    }
    for word in ["cobalt", &own.to_string()] {
        assert!(!listening.told.contains(word), "{word}: {}", listening.told);
    }
}

#[actix_web::test]
async fn a_list_is_told_what_is_in_it_and_what_is_not_any_more() {
    let shop = Shop::open_in(House::new().await).await;
    let node = Node::serve(&shop.house);
    let (mut ana, ben) = (shop.hires("ana@example.com", Role::Agent).await, shop.hires("ben@example.com", Role::Agent).await);
    let mut pages = Vec::new();
    for (browser, view) in [(&ana.browser, "mine"), (&ana.browser, "all"), (&ana.browser, "resolved"), (&ben.browser, "mine")] {
        let mut page = Page::open(node.port, browser, HOME).await.unwrap();
        page.says(json!({ "type": "list", "view": view })).await;
        page.hears("counts").await;
        pages.push(page);
    }
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    ana.does(id, "resolution", &[]).await;
    shop.hears_text("34600000002", "the last").await;
    let (comes, goes) =
        (|view| format!(r#""view":"{view}","conversation":"{id}","html""#), |view| format!(r#""view":"{view}","conversation":"{id}"}}"#));
    for (page, view) in pages.iter_mut().zip(["mine", "all"]) {
        page.hears(&comes(view)).await;
        page.hears(&goes(view)).await;
    }
    pages[2].hears(&comes("resolved")).await;
    assert!(!pages[2].told.contains(&goes("resolved")), "{}", pages[2].told);
    pages[1].hears("the last").await;
    pages[3].says(json!({ "type": "beat" })).await;
    pages[3].hears(r#"{"type":"beat"}"#).await;
    assert!(!pages[3].told.contains(&id.to_string()), "it was never Ben's: {}", pages[3].told);
}

#[actix_web::test]
async fn who_may_hand_a_conversation_over_is_told_when_others_are_away_or_back() {
    let shop = Shop::open_in(House::new().await).await;
    let node = Node::serve(&shop.house);
    let (ana, mut ben) = (shop.hires("ana@example.com", Role::Agent).await, shop.hires("ben@example.com", Role::Agent).await);
    let id = shop.hears_text("34600000001", "Hi").await;
    let mut page = Page::open(node.port, &ana.browser, HOME).await.unwrap();
    page.says(json!({ "type": "open", "conversation": id, "since": 0 })).await;
    page.hears("caught_up").await;
    // Once may be for the page itself, which has just come.
    for availability in ["away", "online", "away"] {
        page.told.clear();
        let answer = ben.browser.post("/availability", &[("availability", availability)]).await;
        assert!(answer.status.is_redirection(), "{}", answer.status);
        page.hears(r#"{"type":"team"}"#).await;
    }
}

/// Meta refuses what the number of a shop sends, or takes it again.
async fn token_of(shop: &Shop, is_refused: bool) {
    let client = shop.house.state.store.client().await.unwrap();
    let reason = is_refused.then(|| json!({ "code": 190, "title": "Error validating access token" }));
    let until = "CASE WHEN $2::jsonb IS NULL THEN NULL ELSE now() + interval '5 minutes' END";
    let sql = format!("UPDATE allowances SET paused_until = {until}, pause_reason = $2 WHERE inbox_id = $1");
    assert_eq!(client.execute(&sql, &[&shop.inbox.0, &reason]).await.unwrap(), 1);
}

#[actix_web::test]
async fn a_page_is_told_when_a_number_of_its_own_stops_and_when_it_sends_again() {
    const STOPPED: &str = "sends nothing now";
    let house = House::new().await;
    let beside = house.beside().await;
    let (amber, cobalt) = (Shop::open_in(house).await, Shop::open_in(beside).await);
    let node = Node::serve(&amber.house);
    let mut ana = amber.hires("ana@example.com", Role::Agent).await;
    let mut eva = cobalt.hires("eva@example.com", Role::Agent).await;
    let mut page = Page::open(node.port, &ana.browser, HOME).await.unwrap();
    let mut other = Page::open(node.port, &eva.browser, HOME).await.unwrap();
    for (is_refused, shown) in [(true, true), (false, false)] {
        page.told.clear();
        token_of(&amber, is_refused).await;
        page.hears(r#"{"type":"paused"}"#).await;
        assert_eq!(ana.sees("/inbox/paused").await.contains(STOPPED), shown);
        assert!(!eva.sees("/inbox/paused").await.contains(STOPPED));
    }
    token_of(&cobalt, true).await;
    other.hears(r#"{"type":"paused"}"#).await;
    assert_eq!(other.told.matches(r#"{"type":"paused"}"#).count(), 1, "another workspace's number is nothing to it: {}", other.told);
}

#[actix_web::test]
async fn whoever_signs_out_is_given_no_work_any_more_and_whoever_loads_a_page_anew_is() {
    let house = House::new().await;
    let shop = Shop::open_in(house).await;
    let node = Node::serve(&shop.house);
    let ana = shop.hires("ana@example.com", Role::Agent).await;
    let ben = shop.hires("ben@example.com", Role::Agent).await;
    let live = &shop.house.state.live;
    let is_there = |user| live.is_connected(shop.house.workspace, user);
    let (of_ana, of_ben) =
        (Page::open(node.port, &ana.browser, HOME).await.unwrap(), Page::open(node.port, &ben.browser, HOME).await.unwrap());
    assert!(is_there(ana.user) && is_there(ben.user));
    live.person_changed(shop.house.workspace, ana.user, PersonChange::SignedOut);
    of_ana.ends().await;
    assert!(!is_there(ana.user));
    let mut closed = of_ben.socket;
    closed.close(None).await.unwrap();
    while live.hub.has_user(shop.house.workspace, ben.user) {
        tokio::task::yield_now().await;
    }
    assert!(is_there(ben.user), "a reload takes less");
}

#[actix_web::test]
async fn a_socket_opens_to_who_has_signed_in_on_a_page_of_ours() {
    let house = House::new().await;
    let shop = Shop::open_in(house).await;
    let node = Node::serve(&shop.house);
    let ana = shop.hires("ana@example.com", Role::Agent).await;
    let stranger = shop.house.stranger();
    let refused = async |browser: &Browser<'_>, origin: &str| match Page::open(node.port, browser, origin).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
        Ok(_) => 101,
    };
    assert_eq!(refused(&ana.browser, HOME).await, 101);
    assert_eq!(refused(&ana.browser, "https://elsewhere.example.com").await, 403);
    assert_eq!(refused(&stranger, HOME).await, 401);
}

#[actix_web::test]
async fn a_browser_that_is_signed_out_from_another_one_loses_its_pages_within_a_second() {
    let shop = Shop::open().await;
    let node = Node::serve(&shop.house);
    let ana = shop.hires("ana@example.com", Role::Agent).await;
    let page = Page::open(node.port, &ana.browser, HOME).await.unwrap();
    let mut elsewhere = shop.house.browser("ana@example.com").await;
    let begun = std::time::Instant::now();
    elsewhere.post("/profile/sessions", &[("which", "others")]).await;
    page.ends().await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(elsewhere.get("/").await.location, "/inbox");
}
