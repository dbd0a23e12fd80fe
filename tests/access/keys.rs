//! The keys of the tokens, shared by all nodes.

use baton::domain::access::Role;
use baton::store::signing_keys::{KEPT_FOR, SIGNS_FOR};
use baton::web::sessions;
use jiff::{SignedDuration, Timestamp};

use crate::house::{House, fresh_store};

#[actix_web::test]
async fn a_key_is_replaced_after_a_week_and_forgotten_when_nothing_it_signed_counts_any_more() {
    let store = fresh_store().await;
    let start: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let kids = async |now: Timestamp| store.signing_keys(now).await.unwrap().into_iter().map(|key| key.kid).collect::<Vec<_>>();
    store.rotate_signing_key(&[1; 32], start).await.unwrap();
    store.rotate_signing_key(&[2; 32], start + SIGNS_FOR - SignedDuration::from_secs(1)).await.unwrap();
    assert_eq!(kids(start).await, ["2026-11-20"]);
    for week in 1..14 {
        store.rotate_signing_key(&[week; 32], start + SIGNS_FOR * i32::from(week)).await.unwrap();
    }
    let last_moment = start + KEPT_FOR - SignedDuration::from_secs(1);
    let kept = kids(last_moment).await;
    assert_eq!(
        (kept.len(), kept.first().map(String::as_str), kept.last().map(String::as_str)),
        (14, Some("2027-02-19"), Some("2026-11-20"))
    );
    assert_eq!(kids(start + KEPT_FOR).await.len(), 13);
    store.rotate_signing_key(&[14; 32], start + KEPT_FOR).await.unwrap();
    assert_eq!(kids(start).await.last().map(String::as_str), Some("2026-11-27"), "the spent key is still stored");
}

#[actix_web::test]
async fn nodes_that_rotate_at_once_agree_on_one_key() {
    let store = fresh_store().await;
    let now = Timestamp::now();
    let rotations = (0..8u8).map(|node| {
        let store = store.clone();
        async move { store.rotate_signing_key(&[node; 32], now).await.unwrap() }
    });
    futures_util::future::join_all(rotations).await;
    assert_eq!(store.signing_keys(now).await.unwrap().len(), 1);
}

#[actix_web::test]
async fn a_token_of_one_node_is_believed_by_another_that_has_not_seen_its_key() {
    let here = House::new().await;
    let there = House::in_store(here.state.store.clone()).await;
    here.hires("ana@example.com", Role::Agent).await;
    let mut browser = here.browser("ana@example.com").await;
    browser.get("/").await;
    let request =
        browser.cookies.iter().cloned().fold(actix_web::test::TestRequest::get(), actix_web::test::TestRequest::cookie).to_http_request();
    let found = sessions::find(&there.state, &request, Timestamp::now()).await.unwrap().expect("a person");
    assert!(found.cookies.is_empty(), "the token was not believed but made anew");
    assert_eq!(found.signed.workspace, here.workspace);
}
