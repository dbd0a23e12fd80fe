//! The sign-in form.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use baton::domain::user::Role;

use crate::house::{House, PASSWORD};

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
    house.state.store.deactivate_user(house.workspace, ben).await.unwrap();
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
async fn after_five_wrong_passwords_not_even_the_right_one_is_tried() {
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
