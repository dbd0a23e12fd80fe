//! A session from its first request to its end.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::ids::SessionId;
use baton::domain::setup::{By, Secret, SetupCommand};
use baton::store::sessions::NewSession;
use baton::web::sessions::cookies::SessionCookie;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::house::{Browser, House};

fn session_of(browser: &Browser<'_>) -> SessionCookie {
    let cookie = browser.cookies.iter().find(|cookie| cookie.name() == "baton").expect("a session");
    cookie.value().parse().unwrap_or_else(|_| panic!("{} is no session", cookie.value()))
}

fn has_token(browser: &Browser<'_>) -> bool {
    browser.cookies.iter().any(|cookie| cookie.name() == "baton-token")
}

#[actix_web::test]
async fn a_session_gets_a_new_token_whenever_it_needs_one() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    assert!(!has_token(&browser));
    assert_eq!(browser.get("/").await.location, "/inbox");
    assert!(has_token(&browser));
    assert!(browser.get("/").await.cookies.is_empty(), "a good token was replaced");
    browser.waits_until_the_token_has_run_out();
    assert_eq!(browser.get("/").await.location, "/inbox");
    assert!(has_token(&browser));
}

#[actix_web::test]
async fn signing_out_ends_the_session_its_token_and_its_sockets() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    browser.get("/").await;
    let session = session_of(&browser);
    let stolen = browser.cookies.clone();
    assert!(browser.post("/sign-out", &[]).await.is_sent_to_sign_in());
    let left: Vec<&str> = browser.cookies.iter().map(|cookie| cookie.name()).collect();
    assert_eq!(left, ["baton-device"], "only what makes this browser known stays");
    assert_eq!(*house.closed.0.lock().unwrap(), [session.session]);
    browser.cookies = stolen;
    assert!(browser.get("/").await.is_sent_to_sign_in(), "the old token still counts");
    browser.waits_until_the_token_has_run_out();
    assert!(browser.get("/").await.is_sent_to_sign_in(), "the old session still counts");
    assert!(house.state.store.session_rights(house.workspace, session.session, Timestamp::now()).await.unwrap().is_none());
}

#[actix_web::test]
async fn signing_out_of_one_browser_leaves_the_other_alone() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut office = house.browser("ana@example.com").await;
    let mut home = house.browser("ana@example.com").await;
    office.post("/sign-out", &[]).await;
    assert_eq!(home.get("/").await.location, "/inbox");
}

#[actix_web::test]
async fn a_form_without_its_token_does_not_sign_out() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    let answer = browser.ask(actix_web::test::TestRequest::post().uri("/sign-out").set_form([("csrf", "guessed")])).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/").await.location, "/inbox");
}

#[actix_web::test]
async fn a_person_who_left_is_out_when_the_token_has_run_out_at_the_latest() {
    let house = House::new().await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    browser.get("/").await;
    let session = session_of(&browser).session;
    house.state.store.client().await.unwrap().execute("UPDATE users SET active = false WHERE id = $1", &[&ana.0]).await.unwrap();
    assert!(house.state.store.session_rights(house.workspace, session, Timestamp::now()).await.unwrap().is_none());
    assert_eq!(house.state.store.revoke_sessions_of(house.workspace, ana, Timestamp::now()).await.unwrap(), [session]);
    browser.waits_until_the_token_has_run_out();
    assert!(browser.get("/").await.is_sent_to_sign_in());
}

#[actix_web::test]
async fn a_changed_role_counts_with_the_next_token() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Admin).await;
    let mut browser = house.browser("ana@example.com").await;
    assert_eq!(browser.get("/metrics").await.status, StatusCode::OK);
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE users SET role = 'agent' WHERE workspace_id = $1", &[&house.workspace.0]).await.unwrap();
    browser.waits_until_the_token_has_run_out();
    assert_eq!(browser.get("/metrics").await.status, StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn a_session_lives_two_weeks_from_its_last_use() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let session = session_of(&house.browser("ana@example.com").await);
    let (store, now, day) = (&house.state.store, Timestamp::now(), SignedDuration::from_hours(24));
    let used = async |at: Timestamp| {
        store.renew_session(session.workspace, session.session, &session.secret_hash(), Some(""), at).await.unwrap().is_some()
    };
    assert!(used(now + day * 13).await);
    assert!(used(now + day * 26).await);
    assert!(!used(now + day * 41).await);
}

#[actix_web::test]
async fn a_session_ends_after_a_month_however_much_it_is_used() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let session = session_of(&house.browser("ana@example.com").await);
    let (store, now, day) = (&house.state.store, Timestamp::now(), SignedDuration::from_hours(24));
    let used = async |at: Timestamp| {
        store.renew_session(session.workspace, session.session, &session.secret_hash(), Some(""), at).await.unwrap().is_some()
    };
    for days in [10, 20, 29] {
        assert!(used(now + day * days).await, "day {days}");
    }
    let end = now + day * 30;
    assert!(!used(end).await);
    assert!(store.session_rights(session.workspace, session.session, end).await.unwrap().is_none(), "its pages stay");
}

#[actix_web::test]
async fn using_a_session_writes_its_row_only_now_and_then() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let session = session_of(&house.browser("ana@example.com").await);
    let (store, now, minute) = (&house.state.store, Timestamp::now(), SignedDuration::from_mins(1));
    let client = store.client().await.unwrap();
    let mut ends = Vec::new();
    for minutes in [0, 1, 4, 6, 7] {
        let renewed =
            store.renew_session(session.workspace, session.session, &session.secret_hash(), Some(""), now + minute * minutes).await;
        assert!(renewed.unwrap().is_some());
        ends.push(client.query_one("SELECT expires_at FROM sessions", &[]).await.unwrap().get::<_, Timestamp>(0));
    }
    ends.dedup();
    assert_eq!(ends.len(), 2, "{ends:?}");
}

#[actix_web::test]
async fn a_page_that_asks_by_itself_keeps_nobody_signed_in() {
    let house = House::new().await;
    house.hires("eve@example.com", Role::Admin).await;
    let mut browser = house.browser("eve@example.com").await;
    let client = house.state.store.client().await.unwrap();
    let idle =
        async || -> bool { client.query_one("SELECT seen_at < now() - interval '30 minutes' FROM sessions", &[]).await.unwrap().get(0) };
    client.execute("UPDATE sessions SET seen_at = now() - interval '1 hour'", &[]).await.unwrap();
    browser.waits_until_the_token_has_run_out();
    let asks = || TestRequest::get().uri("/settings/start").insert_header(("x-baton", "waits"));
    assert_eq!(browser.ask(asks()).await.status, StatusCode::OK);
    assert!(idle().await, "the page was taken for its person");
    assert_eq!(browser.get("/settings/start").await.status, StatusCode::OK);
    assert!(!idle().await, "what its person does counts all the same");
    client.execute("UPDATE sessions SET seen_at = now() - interval '15 days'", &[]).await.unwrap();
    browser.waits_until_the_token_has_run_out();
    assert!(browser.ask(asks()).await.is_sent_to_sign_in());
}

#[actix_web::test]
async fn whoever_is_signed_out_by_somebody_else_is_out_at_once_though_the_token_has_not_run_out() {
    let house = House::new().await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    assert_eq!(browser.get("/").await.location, "/inbox");
    assert_eq!(house.state.runner.sign_out_of_workspace(house.workspace, ana).await.unwrap(), 1);
    assert!(browser.get("/").await.is_sent_to_sign_in());
    let mut again = house.browser("ana@example.com").await;
    assert_eq!(again.get("/").await.location, "/inbox", "a new sign-in is held against the old sessions");
    house.state.runner.deactivate(house.workspace, &By::System, ana).await.unwrap();
    assert!(again.get("/").await.is_sent_to_sign_in());
    house.state.runner.configure(house.workspace, &By::System, SetupCommand::Activate { member: ana }, None).await.unwrap();
    assert_eq!(house.browser("ana@example.com").await.get("/").await.location, "/inbox");
}

#[actix_web::test]
async fn a_role_that_is_taken_away_counts_with_the_next_request() {
    let house = House::new().await;
    let ana = house.hires("ana@example.com", Role::Admin).await;
    let mut browser = house.browser("ana@example.com").await;
    assert_eq!(browser.get("/admin/notices").await.status, StatusCode::OK);
    house.hires("eve@example.com", Role::Admin).await;
    house.state.runner.configure(house.workspace, &By::System, SetupCommand::role(ana, Role::Agent), None).await.unwrap();
    assert_eq!(browser.get("/admin/notices").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/").await.location, "/inbox");
}

#[actix_web::test]
async fn a_sign_in_under_way_ends_with_the_password_that_it_began_with() {
    let house = House::new().await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let (store, now) = (&house.state.store, Timestamp::now());
    let proved = store.credentials(house.workspace, ana).await.unwrap().unwrap().password_hash;
    let opens = async |id: u128| {
        let new = NewSession {
            workspace: house.workspace,
            id: SessionId(Uuid::from_u128(id)),
            user: ana,
            secret_hash: [7; 32],
            user_agent: "",
            network: "",
            now,
            created_at: now,
            proven_at: now,
            password_hash: &proved,
        };
        store.create_session(&new).await.unwrap()
    };
    assert!(opens(1).await);
    let hash = Secret::new(house.state.passwords.hash("another battery staple".to_owned()).await.unwrap());
    let command = SetupCommand::ReplacePassword { member: ana, hash };
    house.state.runner.configure(house.workspace, &By::System, command, None).await.unwrap();
    assert!(!opens(2).await, "whoever knows the old password is in");
}

#[actix_web::test]
async fn a_session_needs_its_own_secret() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let session = session_of(&house.browser("ana@example.com").await);
    let now = Timestamp::now();
    let find =
        async |id: SessionId, hash: [u8; 32]| house.state.store.renew_session(session.workspace, id, &hash, Some(""), now).await.unwrap();
    assert!(find(session.session, session.secret_hash()).await.is_some());
    assert!(find(session.session, [0; 32]).await.is_none());
    assert!(find(SessionId(uuid::Uuid::now_v7()), session.secret_hash()).await.is_none());
}

#[actix_web::test]
async fn the_chosen_language_is_spoken_from_the_next_page_on() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    let answer = browser.post("/locale", &[("locale", "es")]).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/inbox"));
    let request =
        browser.cookies.iter().cloned().fold(actix_web::test::TestRequest::get(), actix_web::test::TestRequest::cookie).to_http_request();
    let found = baton::web::sessions::find(&house.state, &request, Timestamp::now()).await.unwrap().unwrap();
    assert_eq!(found.signed.locale.as_str(), "es");
    assert_eq!(browser.post("/locale", &[("locale", "xx")]).await.status, StatusCode::BAD_REQUEST);
    browser.post("/sign-out", &[]).await;
    assert!(browser.get("/sign-in").await.body.contains("lang=\"es\""), "the sign-in page forgot");
}
