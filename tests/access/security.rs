//! What a workspace decides about how people sign in to it.

use actix_web::http::StatusCode;
use baton::domain::access::Role;
use baton::domain::totp::TotpSecret;

use crate::house::{House, PASSWORD};

const HOUR: &str = "60";
const DAY: &str = "1440";

fn form(idle: &'static str, life: &'static str, least: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![("idle", idle), ("life", life), ("least", least), ("seen", "9999")]
}

#[actix_web::test]
async fn an_administrator_says_who_is_asked_for_a_code_and_takes_it_back() {
    let house = House::new().await;
    house.hires("eve@example.com", Role::Admin).await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut eve = house.browser("eve@example.com").await;
    let mut ana = house.browser("ana@example.com").await;
    let page = eve.get("/settings/security").await.body;
    assert!(page.contains("1 person · 1 without an app"), "{page}");
    let with_agents = [form("20160", "43200", "12"), vec![("role", "agent")]].concat();
    let done = eve.post("/settings/security", &with_agents).await;
    assert!(done.location.starts_with("/settings/security?did="), "{} {}", done.location, done.body);
    assert_eq!(ana.get("/").await.location, "/profile/second-factor", "it counts only at the next sign-in");
    let page = eve.get(&done.location).await.body;
    assert!(page.contains("Changed how people sign in") && page.contains("Asked for a code"), "{page}");
    let seq = done.location.split('=').nth(1).unwrap().to_owned();
    assert_eq!(eve.post("/settings/changes", &[("seq", &seq)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.get("/").await.location, "/inbox", "it was not taken back");
}

#[actix_web::test]
async fn what_cannot_be_is_refused_on_the_page_with_what_was_typed() {
    let house = House::new().await;
    house.hires("eve@example.com", Role::Admin).await;
    let mut eve = house.browser("eve@example.com").await;
    for (wrong, role) in [
        (form("5", DAY, "12"), "agent"),
        (form(DAY, "7", "12"), "agent"),
        (form(DAY, DAY, "99"), "agent"),
        (form(DAY, DAY, "12"), "captain"),
    ] {
        let answer = eve.post("/settings/security", &[wrong.clone(), vec![("role", role)]].concat()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    assert_eq!(eve.post("/settings/security", &[("idle", "x")]).await.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_shorter_life_counts_for_those_who_are_signed_in() {
    let house = House::new().await;
    house.hires("eve@example.com", Role::Admin).await;
    let id = house.hires("ana@example.com", Role::Agent).await;
    let mut eve = house.browser("eve@example.com").await;
    let mut ana = house.browser("ana@example.com").await;
    let signs_out = format!("/settings/people/{id}/sign-out");
    assert!(eve.get(&format!("/settings/people/{id}")).await.body.contains(&signs_out));
    let client = house.state.store.client().await.unwrap();
    let long_ago = "UPDATE sessions SET seen_at = now() - interval '2 hours' WHERE user_id = (SELECT id FROM users WHERE name = 'Ana' AND role = 'agent')";
    client.execute(long_ago, &[]).await.unwrap();
    ana.waits_until_the_token_has_run_out();
    assert_eq!(ana.get("/").await.location, "/inbox", "two hours are too long before anybody said so");
    client.execute(long_ago, &[]).await.unwrap();
    eve.post("/settings/security", &form(HOUR, DAY, "12")).await;
    ana.waits_until_the_token_has_run_out();
    assert!(ana.get("/").await.is_sent_to_sign_in(), "an idle session stays");
    assert!(!eve.get(&format!("/settings/people/{id}")).await.body.contains(&signs_out), "one that counts no more is counted");
    let mut ana = house.browser("ana@example.com").await;
    client.execute("UPDATE sessions SET created_at = now() - interval '25 hours'", &[]).await.unwrap();
    ana.waits_until_the_token_has_run_out();
    assert!(ana.get("/").await.is_sent_to_sign_in(), "an old session stays however much it is used");
}

#[actix_web::test]
async fn a_workspace_may_ask_for_longer_passwords() {
    let house = House::new().await;
    house.hires("eve@example.com", Role::Admin).await;
    let mut eve = house.browser("eve@example.com").await;
    eve.post("/settings/security", &form("20160", "43200", "24")).await;
    let short =
        eve.post("/profile/password", &[("current", PASSWORD), ("new", "tres tristes tigres"), ("again", "tres tristes tigres")]).await;
    assert!(short.body.contains("A password has at least 24 characters."), "{}", short.body);
}

#[actix_web::test]
async fn whoever_lost_their_telephone_is_helped_and_told() {
    let house = House::with_mail().await;
    house.hires("eve@example.com", Role::Admin).await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let store = &house.state.store;
    let account = store.credentials(house.workspace, ana).await.unwrap().unwrap().account;
    let sealed = store.sealed_totp(account, &TotpSecret::new([7; 20])).unwrap();
    let whose = (house.workspace, ana, account);
    assert!(house.state.runner.set_up_second_factor(whose, &sealed, 1, &[[1; 32]]).await.unwrap());
    assert!(house.sign_in("ana@example.com", PASSWORD).await.location.starts_with("/sign-in/code"));
    let mut eve = house.browser("eve@example.com").await;
    let path = format!("/settings/people/{ana}");
    assert!(eve.get(&path).await.body.contains("They use an authenticator app."));
    assert!(eve.post(&format!("{path}/second-factor"), &[]).await.location.starts_with(&path));
    assert!(eve.get("/settings/changes").await.body.contains("Removed the code at sign-in of"));
    assert_eq!(house.sign_in("ana@example.com", PASSWORD).await.location, "/inbox?view=all");
    let mail = store.claim_mails(std::time::Duration::from_secs(60), 10).await.unwrap().remove(0).mail.unwrap();
    assert_eq!(mail.to.as_str(), "ana@example.com");
    let left: i64 = store.client().await.unwrap().query_one("SELECT count(*) FROM recovery_codes", &[]).await.unwrap().get(0);
    assert_eq!(left, 0, "recovery codes outlive the app");
}

#[actix_web::test]
async fn an_administrator_ends_the_sessions_of_somebody() {
    let house = House::new().await;
    house.hires("eve@example.com", Role::Admin).await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    let mut eve = house.browser("eve@example.com").await;
    let path = format!("/settings/people/{ana}");
    assert!(eve.get(&path).await.body.contains("Signed in here in 1 browser."));
    assert_eq!(eve.post(&format!("{path}/sign-out"), &[]).await.location, path);
    assert!(browser.get("/").await.is_sent_to_sign_in());
    assert_eq!(browser.post(&format!("{path}/sign-out"), &[]).await.status, StatusCode::SEE_OTHER);
}
