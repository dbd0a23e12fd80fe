//! The sign-in form.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::setup::By;

use crate::house::{Browser, House, PASSWORD};

#[actix_web::test]
async fn the_right_password_leads_to_the_page_that_was_wanted() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let answer = house.sign_in(" Ana@Example.com ", PASSWORD).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/inbox?view=all"));
    let session = answer.cookies.iter().find(|cookie| cookie.name() == "baton").expect("a session");
    assert_eq!(session.http_only(), Some(true));
    assert!(session.value().starts_with(&house.workspace.to_string()));
}

#[actix_web::test]
async fn a_wrong_password_an_unknown_person_and_one_who_left_are_told_the_same() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let ben = house.hires("ben@example.com", Role::Agent).await;
    house.state.runner.deactivate(house.workspace, &By::System, ben).await.unwrap();
    for (email, password) in [
        ("ana@example.com", "wrong horse battery"),
        ("eve@example.com", PASSWORD),
        ("ben@example.com", PASSWORD),
        ("nonsense", ""),
        ("", ""),
    ] {
        let answer = house.sign_in(email, password).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(answer.body.contains("E-mail or password is wrong"), "{email}: {}", answer.body);
        assert!(answer.cookies.is_empty(), "{email}");
    }
}

#[actix_web::test]
async fn after_five_wrong_passwords_an_address_does_not_even_try_the_right_one_of_that_account() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    house.hires("ben@example.com", Role::Agent).await;
    for _ in 0..5 {
        assert_eq!(house.sign_in("ana@example.com", "wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = house.sign_in("ANA@example.com", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.body.contains("Too many attempts; try again in 5 minutes"), "{}", answer.body);
    let wait: u64 = answer.retry_after.unwrap().parse().unwrap();
    assert!((1..=300).contains(&wait), "{wait}");
    assert_eq!(house.sign_in("ben@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER, "a colleague is kept out too");
}

#[actix_web::test]
async fn wrong_passwords_from_elsewhere_keep_nobody_out() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    for address in ["198.51.100.7", "2001:db8::1"] {
        for _ in 0..6 {
            house.sign_in_from(address, "ana@example.com", "wrong").await;
        }
        assert_eq!(house.sign_in_from(address, "ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(house.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn an_account_that_the_whole_world_tries_opens_only_to_browsers_that_know_it() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut known = house.browser("ana@example.com").await;
    known.post("/sign-out", &[]).await;
    for address in 1..=25 {
        for _ in 0..5 {
            house.sign_in_from(&format!("198.51.100.{address}"), "ana@example.com", "wrong").await;
        }
    }
    let unknown = house.sign_in("ana@example.com", PASSWORD).await;
    assert_eq!(unknown.status, StatusCode::TOO_MANY_REQUESTS, "a hundred guesses from 25 addresses go on");
    assert_eq!(known.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_browser_that_has_signed_in_before_is_slowed_down_and_not_locked_out() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut known = house.browser("ana@example.com").await;
    known.post("/sign-out", &[]).await;
    // A neighbour at the same address uses up everything that an address may do.
    for guess in 0..25 {
        house.sign_in(&format!("guess{}@example.com", guess / 5), "wrong").await;
    }
    for _ in 0..5 {
        assert_eq!(known.sign_in("ana@example.com", "wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let slowed = known.sign_in("ana@example.com", PASSWORD).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(slowed.body.contains("Too many attempts; try again in "), "{}", slowed.body);
    assert!(slowed.body.contains(" seconds"), "{}", slowed.body);
    let wait: u64 = slowed.retry_after.unwrap().parse().unwrap();
    assert!((1..=15).contains(&wait), "{wait}");
}

#[actix_web::test]
async fn a_browser_is_known_for_the_accounts_that_signed_in_there_and_no_other() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    house.hires("ben@example.com", Role::Agent).await;
    house.hires("cem@example.com", Role::Agent).await;
    let mut shared = house.browser("ana@example.com").await;
    assert_eq!(shared.sign_in("ben@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
    for account in ["ana", "ben", "cem"] {
        for _ in 0..6 {
            house.sign_in(&format!("{account}@example.com"), "wrong").await;
        }
    }
    assert_eq!(shared.sign_in("cem@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "known for ana and ben only");
    assert_eq!(shared.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(shared.sign_in("ben@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn what_makes_a_browser_known_survives_signing_out_changes_with_each_sign_in_and_cannot_be_made_up() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    let mark = |browser: &Browser| browser.cookies.iter().find(|cookie| cookie.name() == "baton-device").cloned();
    let first = mark(&browser).expect("a mark of the browser");
    assert_eq!((first.http_only(), first.path()), (Some(true), Some("/")));
    assert!(!first.value().contains("ana"), "{first}");
    browser.post("/sign-out", &[]).await;
    assert_eq!(mark(&browser).as_ref(), Some(&first));
    browser.sign_in("ana@example.com", PASSWORD).await;
    let second = mark(&browser).expect("a mark of the browser");
    assert_ne!(first.value(), second.value());

    for _ in 0..6 {
        house.sign_in("ana@example.com", "wrong").await;
    }
    let mut forged = second.value().to_owned();
    let last = forged.pop().unwrap();
    // Hexadecimal digits of either case are one number: another letter need not be another mark.
    forged.push(if last == '0' { '1' } else { '0' });
    for value in ["", ".", "....", "x", &forged, &"x".repeat(4_000)] {
        let mut stranger = house.stranger();
        stranger.cookies.push(Cookie::new("baton-device", value.to_owned()));
        assert_eq!(stranger.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "{value}");
    }
    assert_eq!(browser.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn after_twenty_wrong_accounts_an_address_must_wait() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    for guess in 0..20 {
        assert_eq!(house.sign_in(&format!("guess{guess}@example.com"), "wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(house.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[actix_web::test]
async fn signing_in_often_is_not_an_attack() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    for _ in 0..22 {
        assert_eq!(house.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[actix_web::test]
async fn whoever_is_signed_in_needs_no_sign_in_page() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    assert_eq!(browser.get("/sign-in?next=/inbox").await.location, "/inbox");
    assert_eq!(browser.get("/sign-in?next=https://evil.example").await.location, "/inbox");
    assert_eq!(house.ask(TestRequest::with_uri("/sign-in")).await.status, StatusCode::OK);
}
