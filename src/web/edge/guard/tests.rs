//! Every route of the table as every visitor, without a database: what the guard lets through then fails in the handler, which is
//! all the same here.

use actix_web::App;
use actix_web::cookie::Cookie;
use actix_web::dev::Service;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use actix_web::test::{TestRequest, init_service};
use jiff::SignedDuration;
use uuid::Uuid;

use super::*;
use crate::domain::access::{AssignedRole, Permission, Role};
use crate::domain::ids::{SessionId, WorkspaceId};
use crate::web::routes::{ROUTES, configure};
use crate::web::sessions::cookies::SessionCookie;
use crate::web::sessions::tokens::tests::ana;
use crate::web::state::tests::{METRICS_TOKEN, state_without_database};

const HOME: &str = "https://inbox.example";

/// What a visitor was told.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: StatusCode,
    location: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn is_sent_to_sign_in(&self) -> bool {
        self.status == StatusCode::SEE_OTHER && self.location.starts_with("/sign-in")
    }

    fn is_admitted(&self) -> bool {
        !self.is_sent_to_sign_in()
            && !matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// A node that knows Ana's session by its token.
struct Node {
    state: web::Data<State>,
}

impl Node {
    fn new() -> Self {
        Self { state: web::Data::new(state_without_database(HOME)) }
    }

    fn session_of_ana() -> SessionCookie {
        let ana = ana(Role::Agent);
        SessionCookie::new(ana.workspace, ana.session, [1; 32])
    }

    async fn cookies_of(&self, role: Role) -> Vec<Cookie<'static>> {
        let token = self.state.tokens.sign(&ana(role), Timestamp::now()).await.unwrap();
        vec![self.state.cookies().token_cookie(token), self.state.cookies().session_cookie(&Self::session_of_ana())]
    }

    async fn ask(&self, request: TestRequest) -> Answer {
        let app = init_service(App::new().app_data(self.state.clone()).configure(configure)).await;
        let response = app.call(request.to_request()).await.unwrap();
        let (status, headers) = (response.status(), all(response.headers()));
        let location = headers.iter().find(|(name, _)| name == LOCATION.as_str()).map(|(_, value)| value.clone()).unwrap_or_default();
        let body = actix_web::body::to_bytes(response.into_body()).await.map_err(|_| "unreadable").unwrap();
        Answer { status, location, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// As a browser on one of our pages asks: with its origin, and the token of Ana's forms.
    async fn visit(&self, entry: &Entry, role: Option<Role>) -> Answer {
        let mut request = request(entry);
        if let Some(role) = role {
            request = as_ana(request, self.cookies_of(role).await);
        }
        self.ask(request.insert_header((csrf::HEADER, ana(Role::Agent).csrf))).await
    }
}

fn all(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned())).collect()
}

fn as_ana(request: TestRequest, cookies: Vec<Cookie<'static>>) -> TestRequest {
    cookies.into_iter().fold(request, TestRequest::cookie)
}

fn request(entry: &Entry) -> TestRequest {
    let path = entry.path.replace("{path:.*}", "missing.css").split('/').map(filled_in).collect::<Vec<_>>().join("/");
    TestRequest::with_uri(&path).method(entry.method.clone()).insert_header((ORIGIN, HOME)).insert_header((ACCEPT, "text/html"))
}

fn filled_in(part: &str) -> String {
    if part.starts_with('{') { Uuid::from_u128(7).to_string() } else { part.to_owned() }
}

fn named(entry: &Entry) -> String {
    format!("{} {}", entry.method, entry.path)
}

fn permission(entry: &Entry) -> Option<Permission> {
    match entry.who {
        Who::Public | Who::Anyone => None,
        Who::May(permission) | Who::Scraper(permission) => Some(permission),
        // No role has it: that is asked of the account.
        Who::Owner => Some(Permission::SeeAdmin),
    }
}

/// The second step of a sign-in: whoever has not done the first is led to that one.
fn is_second_step(entry: &Entry) -> bool {
    entry.path == "/sign-in/code" && entry.method == actix_web::http::Method::GET
}

fn is_form(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Form | Kind::Upload)
}

#[actix_web::test]
async fn nobody_gets_in_without_signing_in() {
    let node = Node::new();
    for entry in ROUTES {
        let answer = node.visit(entry, None).await;
        match (permission(entry), entry.kind) {
            (None, _) if is_second_step(entry) => assert!(answer.is_sent_to_sign_in(), "{} {answer:?}", named(entry)),
            (None, _) => assert!(answer.is_admitted(), "{} {answer:?}", named(entry)),
            (Some(_), Kind::Page | Kind::Form | Kind::Upload) => assert!(answer.is_sent_to_sign_in(), "{} {answer:?}", named(entry)),
            (Some(_), _) => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", named(entry)),
        }
    }
}

#[actix_web::test]
async fn every_role_gets_exactly_where_its_permissions_lead() {
    let node = Node::new();
    for entry in ROUTES {
        for role in Role::BUILT_IN {
            let answer = node.visit(entry, Some(role)).await;
            if is_second_step(entry) {
                assert!(answer.is_sent_to_sign_in(), "{role} at {}: {answer:?}", named(entry));
            } else if entry.who != Who::Owner && permission(entry).is_none_or(|permission| AssignedRole::from(role).may(permission)) {
                assert!(answer.is_admitted(), "{role} is refused at {}: {answer:?}", named(entry));
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} gets into {}", named(entry));
            }
        }
    }
}

#[actix_web::test]
async fn no_form_is_taken_without_its_token() {
    let node = Node::new();
    for entry in ROUTES.iter().filter(|entry| is_form(entry)) {
        let bare = as_ana(request(entry), node.cookies_of(Role::Admin).await);
        assert_eq!(node.ask(bare).await.status, StatusCode::FORBIDDEN, "{}", named(entry));
        let other = as_ana(request(entry), node.cookies_of(Role::Admin).await).insert_header((csrf::HEADER, "another"));
        assert_eq!(node.ask(other).await.status, StatusCode::FORBIDDEN, "{}", named(entry));
        let in_body = as_ana(request(entry), node.cookies_of(Role::Admin).await)
            .insert_header((CONTENT_TYPE, "application/x-www-form-urlencoded"))
            .set_payload(format!("locale=en&csrf={}", ana(Role::Admin).csrf));
        // Whether somebody looks after the installation is asked of the database.
        assert_eq!(node.ask(in_body).await.is_admitted(), entry.who != Who::Owner, "{}", named(entry));
    }
}

#[actix_web::test]
async fn nothing_is_changed_and_no_socket_opened_for_another_sites_page() {
    let node = Node::new();
    for entry in ROUTES.iter().filter(|entry| is_form(entry) || matches!(entry.kind, Kind::SignIn | Kind::Live)) {
        for origin in ["https://evil.example", "null", "http://inbox.example"] {
            let cookies = node.cookies_of(Role::Admin).await;
            let foreign =
                as_ana(request(entry), cookies).insert_header((csrf::HEADER, ana(Role::Admin).csrf)).insert_header((ORIGIN, origin));
            assert_eq!(node.ask(foreign).await.status, StatusCode::FORBIDDEN, "{} from {origin}", named(entry));
        }
    }
}

#[actix_web::test]
async fn a_visitor_comes_back_to_the_page_they_wanted() {
    let node = Node::new();
    let answer = node.ask(TestRequest::with_uri("/?view=mine&after=a%20b")).await;
    assert_eq!(answer.location, "/sign-in?next=%2F%3Fview%3Dmine%26after%3Da%2520b");
}

#[actix_web::test]
async fn a_token_without_its_session_or_with_another_one_is_not_enough() {
    let node = Node::new();
    let entry = ROUTES.iter().find(|entry| entry.path == "/").unwrap();
    let mut cookies = node.cookies_of(Role::Agent).await;
    let token = cookies.remove(0);
    assert!(node.ask(request(entry).cookie(token.clone())).await.is_sent_to_sign_in());
    let ana = ana(Role::Agent);
    for other in [
        SessionCookie::new(ana.workspace, SessionId(Uuid::from_u128(9)), [1; 32]),
        SessionCookie::new(WorkspaceId(Uuid::from_u128(9)), ana.session, [1; 32]),
    ] {
        let request = request(entry).cookie(token.clone()).cookie(node.state.cookies().session_cookie(&other));
        let answer = node.ask(request).await;
        // The session was looked up, which fails here: the token alone was not believed.
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    }
}

#[actix_web::test]
async fn a_token_that_ran_out_leads_to_the_session_behind_it() {
    let node = Node::new();
    let old = node.state.tokens.sign(&ana(Role::Agent), Timestamp::now() - SignedDuration::from_mins(6)).await.unwrap();
    let entry = ROUTES.iter().find(|entry| entry.path == "/").unwrap();
    let cookies = vec![node.state.cookies().token_cookie(old), node.state.cookies().session_cookie(&Node::session_of_ana())];
    let answer = node.ask(as_ana(request(entry), cookies)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[actix_web::test]
async fn the_figures_are_shown_to_who_knows_the_token_and_to_admins_only() {
    let node = Node::new();
    let from = |address: &str| TestRequest::with_uri("/metrics").peer_addr(format!("{address}:1").parse().unwrap());
    // A proxy on this machine that is set up no further looks like this, whoever stands behind it.
    let through_a_proxy = || from("127.0.0.1").insert_header(("host", "127.0.0.1:8080")).insert_header(("connection", "close"));
    for request in [from("127.0.0.1"), through_a_proxy(), from("192.0.2.1"), from("[::1]").insert_header(("host", "localhost"))] {
        assert_eq!(node.ask(request).await.status, StatusCode::UNAUTHORIZED);
    }
    let knows = |token: &str| from("192.0.2.1").insert_header((AUTHORIZATION, token.to_owned()));
    assert_eq!(node.ask(knows(&format!("Bearer {METRICS_TOKEN}"))).await.status, StatusCode::OK);
    for wrong in ["Bearer ", "Bearer guessed", "Basic Zm9v", "none", METRICS_TOKEN, &format!("Bearer {METRICS_TOKEN}x")] {
        assert_eq!(node.ask(knows(wrong)).await.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let elsewhere = TestRequest::with_uri("/inbox").insert_header((AUTHORIZATION, format!("Bearer {METRICS_TOKEN}")));
    assert!(node.ask(elsewhere).await.is_sent_to_sign_in(), "the token opens more than the figures");
    assert_eq!(node.ask(as_ana(from("192.0.2.1"), node.cookies_of(Role::Supervisor).await)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(node.ask(as_ana(from("192.0.2.1"), node.cookies_of(Role::Admin).await)).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn without_a_token_set_no_token_opens_the_figures() {
    let mut state = state_without_database(HOME);
    state.config.metrics_token = None;
    let node = Node { state: web::Data::new(state) };
    for guess in ["Bearer none", "Bearer ", "Bearer"] {
        let asked = TestRequest::with_uri("/metrics").insert_header((AUTHORIZATION, guess));
        assert_eq!(node.ask(asked).await.status, StatusCode::UNAUTHORIZED, "{guess}");
    }
}

#[actix_web::test]
async fn scripts_are_told_that_nobody_is_signed_in_instead_of_being_sent_around() {
    let node = Node::new();
    let posted = || TestRequest::post().uri("/sign-out").insert_header((ORIGIN, HOME));
    assert_eq!(node.ask(posted().insert_header(("x-baton", "live"))).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(node.ask(posted().insert_header((ACCEPT, "text/vnd.turbo-stream.html, text/html"))).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(node.ask(TestRequest::with_uri("/").insert_header(("turbo-frame", "rows"))).await.status, StatusCode::UNAUTHORIZED);
    assert!(node.ask(posted()).await.is_sent_to_sign_in());
}

#[actix_web::test]
async fn every_answer_has_its_headers_and_every_failure_its_words() {
    let node = Node::new();
    let page = node.ask(TestRequest::with_uri("/missing").insert_header((ACCEPT, "text/html"))).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header("content-type").starts_with("text/html"));
    for name in ["content-security-policy", "x-content-type-options", "referrer-policy", "strict-transport-security", "x-request-id"] {
        assert_ne!(page.header(name), "", "{name} is missing");
    }
    assert_eq!(page.header("cache-control"), "no-store");
    let program = node.ask(TestRequest::with_uri("/missing").insert_header((ACCEPT, "application/json"))).await;
    let told: serde_json::Value = serde_json::from_str(&program.body).unwrap();
    assert_eq!((&told["error"], &told["request"]), (&"not found".into(), &program.header("x-request-id").into()));
    let plain = node.ask(TestRequest::delete().uri("/healthz")).await;
    assert_eq!((plain.status, plain.body.as_str()), (StatusCode::METHOD_NOT_ALLOWED, "that page does not take this method\n"));
}

#[actix_web::test]
async fn a_fault_says_its_request_and_nothing_of_its_inside() {
    let node = Node::new();
    let session = node.state.cookies().session_cookie(&Node::session_of_ana());
    let answer = node.ask(TestRequest::with_uri("/").cookie(session)).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not available just now\n"));
    assert_ne!(answer.header("x-request-id"), "");
}

#[actix_web::test]
async fn a_sign_in_that_cannot_be_checked_sets_no_cookie() {
    let node = Node::new();
    let posted =
        TestRequest::post().uri("/sign-in").insert_header((ORIGIN, HOME)).set_form([("email", "ana@example.com"), ("password", "x")]);
    let answer = node.ask(posted).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header(SET_COOKIE.as_str()), "");
}
