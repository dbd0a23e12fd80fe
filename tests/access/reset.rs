//! Links in mails: another password for whoever forgot theirs, another address for whoever has one.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::ids::InvitationId;
use baton::domain::mail::Mail;
use baton::domain::setup::command::NewInvitation;
use baton::domain::setup::{By, Secret, SetupCommand};
use baton::web::invitations::token::Token;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::house::{Answer, House, PASSWORD};

const NEW: &str = "tres tristes tigres";
const SOON: Duration = Duration::from_secs(20);

async fn asks(house: &House, address: &str, email: &str) -> Answer {
    house.ask_from(address, TestRequest::post().uri("/reset").set_form([("email", email)])).await
}

/// The mails that wait to be sent, oldest first, once there are so many.
async fn mails(house: &House, count: usize) -> Vec<Mail> {
    let waiting = async {
        loop {
            let due = house.state.store.claim_mails(Duration::ZERO, 100).await.unwrap();
            let mut mails: Vec<_> = due.into_iter().filter_map(|due| Some((due.id, due.mail.ok()?))).collect();
            if mails.len() >= count {
                mails.sort_by_key(|(id, _)| id.0);
                return mails.into_iter().map(|(_, mail)| mail).collect();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.expect("the mails were not written")
}

/// The secret of the link in a mail.
fn token(mail: &Mail) -> String {
    mail.text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

async fn follows(house: &House, token: &str, new: &str) -> Answer {
    let form = [("token", token), ("new", new), ("again", new)];
    house.ask(TestRequest::post().uri("/reset/new").set_form(form)).await
}

#[actix_web::test]
async fn a_link_gives_another_password_once_and_ends_every_session() {
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut before = house.browser("ana@example.com").await;
    assert_eq!(asks(&house, "192.0.2.1", " Ana@example.com ").await.status, StatusCode::OK);
    let mail = mails(&house, 1).await.remove(0);
    assert_eq!(mail.to.as_str(), "ana@example.com");
    let token = token(&mail);
    let client = house.state.store.client().await.unwrap();
    let stored: String = client.query_one("SELECT account_links::text FROM account_links", &[]).await.unwrap().get(0);
    assert!(!stored.contains(&token), "the secret is stored");
    let page = house.ask(TestRequest::with_uri(&format!("/reset/new?token={token}"))).await;
    assert_eq!((page.status, page.header("referrer-policy"), page.header("cache-control")), (StatusCode::OK, "strict-origin", "no-store"));
    assert_eq!(before.get("/").await.location, "/inbox", "looking at the link changes something");
    let weak = follows(&house, &token, "password12345").await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = follows(&house, &token, NEW).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(done.cookies.is_empty(), "a link signs in");
    assert!(before.get("/").await.is_sent_to_sign_in(), "a session outlives the password");
    assert_eq!(follows(&house, &token, "otros tres tristes tigres").await.status, StatusCode::GONE, "a link counts twice");
    assert_eq!(house.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.sign_in("ana@example.com", NEW).await.status, StatusCode::SEE_OTHER);
    let journal: String = client.query_one("SELECT event::text FROM events WHERE kind = 'password_replaced'", &[]).await.unwrap().get(0);
    assert!(journal.contains("Ana") && !journal.contains("argon2"), "{journal}");
}

#[actix_web::test]
async fn two_who_follow_one_link_at_once_give_one_password() {
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    asks(&house, "192.0.2.1", "ana@example.com").await;
    let token = token(&mails(&house, 1).await[0]);
    let (one, two) = tokio::join!(follows(&house, &token, NEW), follows(&house, &token, "otros tres tristes tigres"));
    let statuses = BTreeSet::from([one.status.as_u16(), two.status.as_u16()]);
    assert_eq!(statuses, BTreeSet::from([200, 410]));
}

#[actix_web::test]
async fn a_link_ends_after_half_an_hour_with_a_newer_one_and_with_another_password() {
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    let client = house.state.store.client().await.unwrap();
    asks(&house, "192.0.2.1", "ana@example.com").await;
    let first = token(&mails(&house, 1).await[0]);
    asks(&house, "192.0.2.1", "ana@example.com").await;
    let second = token(&mails(&house, 2).await[1]);
    assert_eq!(follows(&house, &first, NEW).await.status, StatusCode::GONE, "an older link counts beside a newer one");
    client.execute("UPDATE account_links SET expires_at = expires_at - interval '31 minutes'", &[]).await.unwrap();
    assert_eq!(follows(&house, &second, NEW).await.status, StatusCode::GONE, "it counts for ever");
    asks(&house, "192.0.2.1", "ana@example.com").await;
    let third = token(&mails(&house, 3).await[2]);
    let mut browser = house.browser("ana@example.com").await;
    browser.post("/profile/password", &[("current", PASSWORD), ("new", NEW), ("again", NEW)]).await;
    assert_eq!(follows(&house, &third, "otros tres tristes tigres").await.status, StatusCode::GONE, "it outlives the password");
}

#[actix_web::test]
async fn what_is_guessed_forwarded_or_shortened_opens_nothing() {
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    asks(&house, "192.0.2.1", "ana@example.com").await;
    let token = token(&mails(&house, 1).await[0]);
    let mut other = token.clone();
    let first = other.remove(0);
    other.insert(0, if first == 'A' { 'B' } else { 'A' });
    for wrong in ["", "x", &token[1..], &format!("{token}A"), &other, "%00", "ñ"] {
        assert_eq!(follows(&house, wrong, NEW).await.status, StatusCode::GONE, "{wrong}");
    }
    let email_link = TestRequest::post().uri("/email/new").set_form([("token", token.as_str())]);
    assert_eq!(house.ask(email_link).await.status, StatusCode::GONE, "a link for a password changes an address");
    assert_eq!(follows(&house, &token, NEW).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn whoever_asks_is_told_the_same_whether_there_is_an_account_or_not() {
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    let ben = house.hires("ben@example.com", Role::Agent).await;
    house.state.runner.deactivate(house.workspace, &baton::domain::setup::By::System, ben).await.unwrap();
    let mut told = BTreeSet::new();
    for email in ["ana@example.com", "ben@example.com", "eve@example.com", "nonsense", ""] {
        let answer = asks(&house, "192.0.2.1", email).await;
        assert!(answer.cookies.is_empty());
        let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| name != "x-request-id").cloned().collect();
        told.insert(format!("{} {headers:?} {}", answer.status, answer.body));
    }
    assert_eq!(told.len(), 1, "{told:#?}");
    let to: Vec<String> = mails(&house, 1).await.iter().map(|mail| mail.to.to_string()).collect();
    assert_eq!(to, ["ana@example.com"], "somebody who has left gets a link");
}

#[actix_web::test]
async fn an_account_gets_three_mails_an_hour_and_an_address_asks_ten_times() {
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    for address in 1..=5 {
        assert_eq!(asks(&house, &format!("198.51.100.{address}"), "ana@example.com").await.status, StatusCode::OK);
    }
    // Whoever is written to last shows that all before were decided: links are written in turn.
    house.hires("eve@example.com", Role::Agent).await;
    for _ in 0..10 {
        assert_eq!(asks(&house, "192.0.2.1", "eve@example.com").await.status, StatusCode::OK);
    }
    assert_eq!(asks(&house, "192.0.2.1", "eve@example.com").await.status, StatusCode::TOO_MANY_REQUESTS);
    let to: Vec<String> = mails(&house, 6).await.iter().map(|mail| mail.to.to_string()).collect();
    let count = |email: &str| to.iter().filter(|to| to.as_str() == email).count();
    assert_eq!((count("ana@example.com"), count("eve@example.com")), (3, 3), "{to:?}");
}

/// With `BATON_TIMING_TRIES=1000` it is the thorough one.
#[actix_web::test]
async fn how_long_an_answer_takes_says_nothing_about_accounts() {
    let tries = std::env::var("BATON_TIMING_TRIES").ok().and_then(|tries| tries.parse().ok()).unwrap_or(40);
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..2 * tries {
        // Each from a network of its own, and in a mixed order.
        let is_known = (n * 7919) % 13 % 2 == 0;
        let email = if is_known { "ana@example.com" } else { "eve@example.com" };
        let begun = Instant::now();
        assert_eq!(asks(&house, &format!("2001:db8:{:x}:{:x}::1", n / 65_536, n % 65_536), email).await.status, StatusCode::OK);
        if is_known { &mut known } else { &mut unknown }.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let (t, means) = welch(&trimmed(known), &trimmed(unknown));
    assert!(t.abs() < 4.5, "a difference shows: t = {t:.2}, means {means:?} ms of {tries} tries each");
}

/// Neither whoever guesses links nor whoever has one that is for anybody learns who has an account, as long as nothing is said of it.
#[actix_web::test]
async fn how_long_an_invitation_takes_says_nothing_about_accounts() {
    let tries = std::env::var("BATON_TIMING_TRIES").ok().and_then(|tries| tries.parse().ok()).unwrap_or(40);
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let bound = [("ana@elsewhere.example", InvitationId(Uuid::now_v7())), ("eve@example.com", InvitationId(Uuid::now_v7()))];
    house.beside().await.hires("ana@elsewhere.example", Role::Agent).await;
    let open = Token::new(house.workspace, InvitationId(Uuid::now_v7()));
    let everyone = bound.iter().map(|(email, id)| (Some(*email), Token::new(house.workspace, *id))).chain([(None, open.clone())]);
    for (email, token) in everyone {
        let new = NewInvitation {
            email: email.map(|email| email.parse().unwrap()),
            role: Role::Agent,
            capacity: 5,
            teams: BTreeSet::new(),
            languages: BTreeSet::new(),
            expires_at: Timestamp::now() + SignedDuration::from_hours(1),
        };
        let invite = SetupCommand::Invite { invitation: token.invitation, new, secret: Secret::new(hex::encode(token.hash())) };
        house.state.runner.configure(house.workspace, &By::CommandLine, invite, None).await.unwrap();
    }
    let guess = |n: usize, place: usize| {
        let uri = format!("/invitations/{}", Token::new(house.workspace, bound[place].1));
        (format!("2001:db8:{:x}:{:x}::1", n / 65_536, n % 65_536), TestRequest::with_uri(&uri), StatusCode::GONE)
    };
    let join = |n: usize, place: usize| {
        let form = [("name", "Bo"), ("email", ["ana@example.com", "bob@example.com"][place]), ("password", "short")];
        let form = TestRequest::post().uri(&format!("/invitations/{open}")).set_form(form);
        (format!("2001:db8:{:x}:{:x}::1", n / 65_536, n % 65_536), form, StatusCode::UNPROCESSABLE_ENTITY)
    };
    for (what, ask) in [("opening", &guess as &dyn Fn(usize, usize) -> (String, TestRequest, StatusCode)), ("joining", &join)] {
        let mut times = [Vec::new(), Vec::new()];
        for n in 0..2 * tries {
            let place = (n * 7919) % 13 % 2;
            let (address, request, status) = ask(n, place);
            let begun = Instant::now();
            assert_eq!(house.ask_from(&address, request).await.status, status, "{what}");
            times[place].push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let [known, unknown] = times.map(trimmed);
        let (t, means) = welch(&known, &unknown);
        assert!(t.abs() < 4.5, "{what}: a difference shows: t = {t:.2}, means {means:?} ms of {tries} tries each");
        println!("{what}: t = {t:.2}, means {means:?} ms of {tries} tries each");
    }
}

/// Without the slowest tenth, which is the machine's.
fn trimmed(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times.truncate(times.len() * 9 / 10);
    times
}

/// Welch's t of two samples, and their means.
fn welch(one: &[f64], two: &[f64]) -> (f64, (f64, f64)) {
    let mean = |times: &[f64]| times.iter().sum::<f64>() / times.len() as f64;
    let (a, b) = (mean(one), mean(two));
    let spread = |times: &[f64], mean: f64| {
        let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
        squares / (times.len() as f64 - 1.0) / times.len() as f64
    };
    ((a - b) / (spread(one, a) + spread(two, b)).sqrt(), (a, b))
}

#[actix_web::test]
async fn an_address_is_changed_by_whoever_reads_its_mail_and_the_old_one_is_told() {
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    let wrong = browser.post("/profile/email", &[("email", "ana@other.example"), ("current", "wrong")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("email", " Ana@Other.example "), ("current", PASSWORD)];
    assert_eq!(browser.post("/profile/email", &form).await.location, "/profile/sign-in?did=email");
    let mail = mails(&house, 1).await.remove(0);
    assert_eq!(mail.to.as_str(), "ana@other.example");
    assert_eq!(house.sign_in("ana@other.example", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY, "before it is confirmed");
    let token = token(&mail);
    let page = house.ask(TestRequest::with_uri(&format!("/email/new?token={token}"))).await;
    assert_eq!((page.status, page.header("referrer-policy")), (StatusCode::OK, "strict-origin"));
    assert!(!page.body.contains("referrer"), "the page says otherwise: {}", page.body);
    let form = [("token", token.as_str())];
    let back = format!("/sign-in?next=%2Femail%2Fnew%3Ftoken%3D{token}");
    assert_eq!(house.stranger().post("/email/new", &form).await.location, back, "whoever reads that mail has the account");
    house.hires("eve@example.com", Role::Agent).await;
    let mut eve = house.browser("eve@example.com").await;
    assert_eq!(eve.post("/email/new", &form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/email/new", &form).await.status, StatusCode::OK);
    assert_eq!(browser.post("/email/new", &form).await.status, StatusCode::GONE, "a link counts twice");
    assert_eq!(house.sign_in("ana@other.example", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = mails(&house, 2).await.remove(1);
    assert_eq!(told.to.as_str(), "ana@example.com");
    assert!(!told.text.contains("other.example"), "{}", told.text);
}

#[actix_web::test]
async fn an_address_that_somebody_has_is_not_given_twice_and_nobody_is_told_whose_it_is() {
    let house = House::with_mail().await;
    house.hires("ana@example.com", Role::Agent).await;
    house.hires("ben@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    let form = [("email", "ben@example.com"), ("current", PASSWORD)];
    assert_eq!(browser.post("/profile/email", &form).await.location, "/profile/sign-in?did=email");
    let token = token(&mails(&house, 1).await[0]);
    assert_eq!(browser.post("/email/new", &[("token", &token)]).await.status, StatusCode::GONE);
    assert_eq!(house.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
}
