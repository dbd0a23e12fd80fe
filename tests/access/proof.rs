//! What is sensitive asks again who somebody is.

use actix_web::http::StatusCode;
use baton::domain::access::Role;
use baton::domain::setup::{By, SetupCommand};
use baton::domain::totp::TotpSecret;
use baton::web::routes::ROUTES;

use crate::house::{Browser, House, PASSWORD};

/// Signed in, and silent for a while.
async fn a_while_ago(house: &House) -> Browser<'_> {
    house.hires("ana@example.com", Role::Admin).await;
    let browser = house.browser("ana@example.com").await;
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE sessions SET proven_at = now() - interval '11 minutes'", &[]).await.unwrap();
    browser
}

const CODES: &str = "/profile/second-factor/codes";

#[actix_web::test]
async fn after_ten_minutes_a_sensitive_form_asks_and_goes_on_with_what_was_sent() {
    let house = House::new().await;
    let mut browser = a_while_ago(&house).await;
    let asked = browser.post(CODES, &[("note", "two\r\nlines & \"more\""), ("seen", "7")]).await;
    assert_eq!(asked.status, StatusCode::FORBIDDEN);
    assert!(asked.body.contains("Is it you?") && asked.body.contains(&format!("action=\"{CODES}?\"").replace('?', "")), "{}", asked.body);
    for kept in ["name=\"seen\" value=\"7\"", "name=\"note\" value=\"two\r\nlines &#38; &#34;more&#34;\"", "name=\"csrf\""] {
        assert!(asked.body.contains(kept), "{kept} is lost: {}", asked.body);
    }
    let wrong = browser.post(CODES, &[("seen", "7"), ("proof", "wrong")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("name=\"seen\" value=\"7\"") && !wrong.body.contains("value=\"wrong\""), "{}", wrong.body);
    let right = browser.post(CODES, &[("seen", "7"), ("proof", PASSWORD)]).await;
    assert_eq!(right.location, "/profile/sign-in", "what was asked for was not done");
    assert_eq!(browser.post(CODES, &[]).await.location, "/profile/sign-in", "it is asked again at once");
}

#[actix_web::test]
async fn a_sensitive_page_asks_and_comes_back() {
    let house = House::new().await;
    let mut browser = a_while_ago(&house).await;
    let away = browser.get("/profile/second-factor").await;
    assert_eq!(away.location, "/proof?next=%2Fprofile%2Fsecond-factor");
    assert_eq!(browser.get(&away.location).await.status, StatusCode::OK);
    assert_eq!(browser.post("/proof", &[("next", "/profile/second-factor")]).await.status, StatusCode::FORBIDDEN);
    let back = browser.post("/proof", &[("next", "/profile/second-factor"), ("proof", PASSWORD)]).await;
    assert_eq!(back.location, "/profile/second-factor");
    assert_eq!(browser.get("/profile/second-factor").await.status, StatusCode::OK);
    assert_eq!(browser.post("/proof", &[("next", "//evil.example")]).await.location, "/inbox");
}

#[actix_web::test]
async fn a_stolen_session_does_not_guess_the_password_on_and_on() {
    let house = House::new().await;
    let mut browser = a_while_ago(&house).await;
    for _ in 0..10 {
        assert_eq!(browser.post(CODES, &[("proof", "wrong")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(browser.post(CODES, &[("proof", PASSWORD)]).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[test]
fn what_is_sensitive_is_marked() {
    let marked: Vec<String> =
        ROUTES.iter().filter(|entry| entry.asks_proof).map(|entry| format!("{} {}", entry.method, entry.path)).collect();
    for sensitive in [
        "POST /profile/second-factor",
        "POST /profile/second-factor/removal",
        "POST /profile/second-factor/codes",
        "POST /settings/changes",
        "POST /settings/people/{id}/return",
        "POST /settings/roles",
        "POST /settings/roles/{id}/removal",
    ] {
        assert!(marked.iter().any(|line| line == sensitive), "{sensitive} is done by whoever finds an open browser");
    }
}

#[actix_web::test]
async fn a_password_of_nothing_but_digits_is_no_code() {
    const DIGITS: &str = "8401 5526 1937";
    let house = House::new().await;
    let hash = house.state.passwords.hash(DIGITS.to_owned()).await.unwrap();
    let mut browser = a_while_ago(&house).await;
    let client = house.state.store.client().await.unwrap();
    let account: uuid::Uuid = client.query_one("SELECT id FROM accounts WHERE email = 'ana@example.com'", &[]).await.unwrap().get(0);
    let sealed = house.state.store.sealed_totp(account, &TotpSecret::new(rand::random())).unwrap();
    let with_app = "UPDATE accounts SET password_hash = $2, totp_secret = $3 WHERE id = $1";
    client.execute(with_app, &[&account, &hash, &sealed]).await.unwrap();
    assert_eq!(browser.post("/profile/second-factor/removal", &[("proof", DIGITS)]).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn what_was_proved_to_be_done_is_proved_to_be_taken_back() {
    let house = House::new().await;
    let mut browser = a_while_ago(&house).await;
    let ben = house.hires("ben@example.com", Role::Admin).await;
    let less = SetupCommand::role(ben, Role::Agent);
    let act = house.state.runner.configure(house.workspace, &By::CommandLine, less, None).await.unwrap();
    let seq = act.seq.to_string();
    assert_eq!(browser.post("/settings/changes", &[("seq", &seq)]).await.status, StatusCode::FORBIDDEN);
    let texts = browser.post("/settings/canned-replies/undo", &[("seq", &seq)]).await;
    assert!(texts.status.is_client_error(), "{texts:?}");
    let client = house.state.store.client().await.unwrap();
    let role: String = client.query_one("SELECT role FROM users WHERE id = $1", &[&ben.0]).await.unwrap().get(0);
    assert_eq!(role, "agent", "somebody is an administrator again, and nobody proved anything");
    assert_eq!(browser.post("/settings/changes", &[("seq", &seq), ("proof", PASSWORD)]).await.status, StatusCode::SEE_OTHER);
}

/// Its token is believed for a minute where nobody heard of it.
#[actix_web::test]
async fn in_a_session_that_was_ended_nothing_is_proved_any_more() {
    let house = House::new().await;
    let mut browser = a_while_ago(&house).await;
    assert_eq!(browser.get("/profile").await.status, StatusCode::OK);
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE sessions SET revoked_at = now()", &[]).await.unwrap();
    assert_eq!(browser.get("/profile").await.status, StatusCode::OK, "the token is not believed");
    let done = browser.post(CODES, &[("proof", PASSWORD)]).await;
    assert_eq!(done.status, StatusCode::UNAUTHORIZED, "{} {}", done.location, done.body);
}
