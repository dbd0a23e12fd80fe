//! The second step of signing in.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::totp::TotpSecret;
use jiff::{SignedDuration, Timestamp};

use crate::house::{Answer, Browser, House, PASSWORD};

/// The value of a hidden field.
fn field(body: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    body.split(&start).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

/// The secret that a page tells an app.
fn secret(body: &str) -> TotpSecret {
    let words = body.split("class=\"secret\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a secret");
    let bytes = data_encoding::BASE32_NOPAD.decode(words.replace(' ', "").as_bytes()).unwrap();
    TotpSecret::of(&bytes).unwrap()
}

fn codes(body: &str) -> Vec<String> {
    body.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect()
}

/// The code that counts next: those of this step may have been used up.
fn next_code(secret: &TotpSecret) -> String {
    secret.code(Timestamp::now() + SignedDuration::from_secs(30))
}

/// Sets up an app; answers what it knows, and the recovery codes.
async fn sets_up(browser: &mut Browser<'_>) -> (TotpSecret, Vec<String>) {
    let page = browser.get("/profile/second-factor").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.location);
    let secret = secret(&page.body);
    let sealed = field(&page.body, "sealed");
    assert!(sealed.starts_with("sealed:1:"), "{sealed}");
    let wrong = browser.post("/profile/second-factor", &[("sealed", &sealed), ("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(field(&wrong.body, "sealed"), sealed, "another secret after a typing error");
    let done = browser.post("/profile/second-factor", &[("sealed", &sealed), ("code", &secret.code(Timestamp::now()))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    (secret, codes(&done.body))
}

async fn answers(browser: &mut Browser<'_>, code: &str) -> Answer {
    browser.ask(TestRequest::post().uri("/sign-in/code").set_form([("code", code), ("next", "/inbox?view=all")])).await
}

async fn with_app(house: &House) -> (TotpSecret, Vec<String>) {
    house.hires("ana@example.com", Role::Agent).await;
    sets_up(&mut house.browser("ana@example.com").await).await
}

#[actix_web::test]
async fn with_an_app_the_password_alone_opens_nothing_and_a_code_opens_once() {
    let house = House::new().await;
    let (secret, codes) = with_app(&house).await;
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
    let mut browser = house.stranger();
    let half = browser.sign_in("ana@example.com", PASSWORD).await;
    assert_eq!((half.status, half.location.as_str()), (StatusCode::SEE_OTHER, "/sign-in/code?next=%2Finbox%3Fview%3Dall"));
    assert!(browser.cookies.iter().all(|cookie| cookie.name() != "baton"), "half signed in is a session");
    for path in ["/profile", "/profile/sessions", "/workspaces", "/settings/teams"] {
        assert!(browser.get(path).await.is_sent_to_sign_in(), "{path} is open to somebody half signed in");
    }
    assert_eq!(browser.get("/sign-in/code").await.status, StatusCode::OK);
    assert_eq!(answers(&mut browser, "000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let used = secret.code(Timestamp::now());
    assert_eq!(answers(&mut browser, &used).await.status, StatusCode::UNPROCESSABLE_ENTITY, "the code of the set-up counts again");
    let next = next_code(&secret);
    let open = answers(&mut browser, &next).await;
    assert_eq!((open.status, open.location.as_str()), (StatusCode::SEE_OTHER, "/inbox?view=all"));
    assert_eq!(browser.get("/").await.location, "/inbox");
    // Somebody who looked over the shoulder.
    let mut thief = house.stranger();
    thief.sign_in("ana@example.com", PASSWORD).await;
    assert_eq!(answers(&mut thief, &next).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a code counts twice");
}

#[actix_web::test]
async fn of_two_nodes_that_are_shown_a_code_at_once_one_takes_it() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    sets_up(&mut browser).await;
    let client = house.state.store.client().await.unwrap();
    let row = client.query_one("SELECT id, totp_step, totp_secret FROM accounts", &[]).await.unwrap();
    let (account, step): (uuid::Uuid, i64) = (row.get(0), row.get(1));
    assert!(row.get::<_, &str>(2).starts_with("sealed:1:"), "the secret lies open");
    let store = &house.state.store;
    let (one, two) = tokio::join!(store.take_totp_step(account, step + 1), store.take_totp_step(account, step + 1));
    assert_eq!(u8::from(one.unwrap()) + u8::from(two.unwrap()), 1);
    assert!(!store.take_totp_step(account, step).await.unwrap());
}

#[actix_web::test]
async fn a_recovery_code_works_once_however_it_is_typed() {
    let house = House::new().await;
    let (_, codes) = with_app(&house).await;
    let typed = codes[3].to_uppercase().replace('-', " ");
    let mut browser = house.stranger();
    browser.sign_in("ana@example.com", PASSWORD).await;
    assert_eq!(answers(&mut browser, &typed).await.status, StatusCode::SEE_OTHER);
    assert!(browser.get("/profile/sign-in").await.body.contains("9 recovery codes are left."));
    let mut again = house.stranger();
    again.sign_in("ana@example.com", PASSWORD).await;
    assert_eq!(answers(&mut again, &codes[3]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // New ones end the others.
    let fresh = browser.post("/profile/second-factor/codes", &[]).await;
    assert_eq!(fresh.status, StatusCode::OK);
    assert_eq!(answers(&mut again, &codes[4]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answers(&mut again, &self::codes(&fresh.body)[0]).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn codes_are_not_guessed_on_and_on_from_wherever_it_is_tried() {
    let house = House::new().await;
    let (secret, _) = with_app(&house).await;
    for _ in 0..5 {
        let mut browser = house.stranger();
        browser.sign_in("ana@example.com", PASSWORD).await;
        assert_eq!(answers(&mut browser, "000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut browser = house.stranger();
    browser.sign_in("ana@example.com", PASSWORD).await;
    let refused = answers(&mut browser, &next_code(&secret)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.retry_after.is_some());
}

#[actix_web::test]
async fn what_somebody_does_to_their_codes_stands_in_the_history() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    sets_up(&mut root).await;
    root.post("/profile/second-factor/codes", &[]).await;
    root.post("/profile/second-factor/removal", &[]).await;
    assert_eq!(root.post("/profile/second-factor/codes", &[]).await.location, "/profile/sign-in", "there is no app any more");
    let told = root.get("/settings/changes?thing=second_factor").await.body;
    let lines = ["Removed the code at sign-in of", "Made new recovery codes for", "Set up the code at sign-in of"];
    let places: Vec<usize> = lines.iter().filter_map(|line| told.find(&format!("{line} <bdi>Ana</bdi>"))).collect();
    assert!(places.len() == 3 && places.is_sorted(), "{told}");
    assert!(!told.contains("name=\"seq\""), "what cannot be undone is offered to be: {told}");
    let client = house.state.store.client().await.unwrap();
    let sql = "SELECT seq FROM events WHERE kind = 'second_factor_set_up'";
    let seq = client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0).to_string();
    let refused = root.post("/settings/changes", &[("seq", &seq)]).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("This cannot be undone"), "{refused:?}");
}

#[actix_web::test]
async fn whoever_knows_the_password_alone_keeps_nobody_out_who_has_signed_in_before() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut ana = house.browser("ana@example.com").await;
    let (secret, codes) = sets_up(&mut ana).await;
    ana.post("/sign-out", &[]).await;
    for _ in 0..6 {
        let mut thief = house.stranger();
        thief.sign_in("ana@example.com", PASSWORD).await;
        answers(&mut thief, "000000").await;
    }
    ana.sign_in("ana@example.com", PASSWORD).await;
    assert_eq!(answers(&mut ana, &next_code(&secret)).await.status, StatusCode::SEE_OTHER, "her own browser is kept out");
    ana.sign_in("ana@example.com", PASSWORD).await;
    for _ in 0..5 {
        assert_eq!(answers(&mut ana, "000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(answers(&mut ana, &codes[0]).await.status, StatusCode::TOO_MANY_REQUESTS, "it guesses on and on");
}

#[actix_web::test]
async fn what_is_half_signed_in_cannot_be_made_up_and_ends_with_the_password() {
    let house = House::new().await;
    let (secret, _) = with_app(&house).await;
    let mut browser = house.stranger();
    assert_eq!(answers(&mut browser, &next_code(&secret)).await.location, "/sign-in", "a code without a password");
    browser.sign_in("ana@example.com", PASSWORD).await;
    let half = browser.cookies.iter().find(|cookie| cookie.name() == "baton-half").expect("a cookie").value().to_owned();
    let mut forged = half.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == '0' { '1' } else { '0' });
    for value in ["", "....", "x.y.z", &forged, &"x".repeat(4_000)] {
        let mut stranger = house.stranger();
        stranger.cookies.push(actix_web::cookie::Cookie::new("baton-half", value.to_owned()));
        assert_eq!(answers(&mut stranger, &next_code(&secret)).await.location, "/sign-in", "{value}");
    }
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE accounts SET password_hash = 'another'", &[]).await.unwrap();
    assert_eq!(answers(&mut browser, &next_code(&secret)).await.location, "/sign-in", "it outlives the password");
}

#[actix_web::test]
async fn whose_role_is_asked_for_a_code_sets_it_up_before_anything_else() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    house.hires("eve@example.com", Role::Admin).await;
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE workspaces SET second_factor_roles = '{admin}'", &[]).await.unwrap();
    client.execute("UPDATE accounts SET is_owner = true", &[]).await.unwrap();
    assert_eq!(house.browser("ana@example.com").await.get("/").await.location, "/inbox", "an agent is asked too");
    let mut eve = house.browser("eve@example.com").await;
    for path in ["/", "/profile", "/profile/sessions", "/settings/teams", "/workspaces", "/system", "/system/quarantine"] {
        assert_eq!(eve.get(path).await.location, "/profile/second-factor", "{path}");
    }
    assert_eq!(eve.get("/inbox/rows").await.status, StatusCode::FORBIDDEN);
    assert_eq!(eve.get("/metrics").await.status, StatusCode::FORBIDDEN);
    assert_eq!(eve.get("/live").await.status, StatusCode::FORBIDDEN);
    assert_eq!(eve.post("/settings/teams", &[("name", "x")]).await.location, "/profile/second-factor");
    sets_up(&mut eve).await;
    assert_eq!(eve.get("/").await.location, "/inbox");
}
