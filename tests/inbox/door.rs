//! Meta's door.

use actix_web::test::TestRequest;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::house::Answer;
use crate::shop::{APP_SECRET, Shop, VERIFY_TOKEN};

fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

async fn knocks(shop: &Shop, app_id: &str, body: &[u8], signature: Option<&str>) -> Answer {
    let request = TestRequest::post().uri(&format!("/webhooks/whatsapp/{app_id}")).set_payload(body.to_vec());
    let request = signature.into_iter().fold(request, |request, value| request.insert_header(("x-hub-signature-256", value)));
    shop.house.ask(request).await
}

#[actix_web::test]
async fn a_signed_body_is_stored_as_it_came() {
    let shop = Shop::open().await;
    let body = b"{\"truncated\": \"\\u00e9 \xff";
    let answer = knocks(&shop, &shop.app_id, body, Some(&signature(body))).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    let client = shop.house.state.store.client().await.unwrap();
    let stored: Vec<u8> = client.query_one("SELECT body FROM payloads", &[]).await.unwrap().get(0);
    assert_eq!(stored, body);
}

#[actix_web::test]
async fn whatever_is_not_signed_by_the_app_gets_the_same_answer_and_leaves_nothing() {
    let shop = Shop::open().await;
    let body = b"{}";
    let good = signature(body);
    let wrong = [None, Some(""), Some("sha256="), Some(&good[..good.len() - 1]), Some(&good[7..])];
    let upper = format!("sha256={}", good[7..].to_uppercase());
    let other = signature(b"{ }");
    let mut answers = Vec::new();
    for signature in wrong.into_iter().chain([Some(upper.as_str()), Some(&other)]) {
        answers.push(knocks(&shop, &shop.app_id, body, signature).await);
    }
    answers.push(knocks(&shop, "nobody", body, Some(&good)).await);
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, answers[0].body.as_str()));
    }
    assert_eq!(shop.count("payloads").await, 0);
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_not_taken() {
    let shop = Shop::open().await;
    let body = vec![b' '; 10 * 1024 * 1024];
    assert_eq!(knocks(&shop, &shop.app_id, &body, Some(&signature(&body))).await.status, 413);
    let largest = vec![b' '; 4 * 1024 * 1024];
    assert_eq!(knocks(&shop, &shop.app_id, &largest, Some(&signature(&largest))).await.status, 200);
    assert_eq!(shop.count("payloads").await, 1);
}

#[actix_web::test]
async fn metas_question_is_answered_only_to_who_knows_the_token() {
    let shop = Shop::open().await;
    let asks = async |app_id: &str, token: &str| {
        let query = format!("hub.mode=subscribe&hub.challenge=%3Cb%3E42&hub.verify_token={}", token.replace(' ', "%20"));
        shop.house.ask(TestRequest::with_uri(&format!("/webhooks/whatsapp/{app_id}?{query}"))).await
    };
    let answer = asks(&shop.app_id, VERIFY_TOKEN).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "<b>42"));
    assert_eq!((answer.header("content-type"), answer.header("x-content-type-options")), ("text/plain; charset=utf-8", "nosniff"));
    assert_eq!(asks(&shop.app_id, "guess").await.status, 403);
    assert_eq!(asks("nobody", VERIFY_TOKEN).await.status, 403);
    assert_eq!(shop.house.ask(TestRequest::delete().uri(&format!("/webhooks/whatsapp/{}", shop.app_id))).await.status, 405);
}

#[actix_web::test]
async fn what_cannot_be_an_apps_id_is_answered_like_an_unknown_app_and_is_no_fault() {
    let shop = Shop::open().await;
    let body = b"{}";
    let unknown = knocks(&shop, "nobody", body, Some(&signature(body))).await;
    let long = "9".repeat(65);
    for id in ["%00", "1%00", "%FF", "%2e%2e", "a%20b", "%3Cb%3E", "%C3%B1", "'", &long] {
        let answer = knocks(&shop, id, body, Some(&signature(body))).await;
        assert_eq!((answer.status, &answer.body), (unknown.status, &unknown.body), "{id}");
        let challenge = shop.house.ask(TestRequest::with_uri(&format!("/webhooks/whatsapp/{id}?hub.mode=subscribe"))).await;
        assert_eq!(challenge.status, 403, "{id}");
    }
}

/// The three are asked in turns and each counts with its quickest answer: a machine that is busy with something else only adds to it.
#[actix_web::test]
async fn an_unknown_app_costs_as_much_as_a_known_one() {
    let shop = Shop::open().await;
    let (body, signed) = (vec![b'x'; 3_000_000], signature(b"another"));
    let mut quickest = [shop.app_id.as_str(), "4711", "%00"].map(|app_id| (app_id, u128::MAX));
    for _ in 0..21 {
        for (app_id, took) in &mut quickest {
            let began = std::time::Instant::now();
            assert_eq!(knocks(&shop, app_id, &body, Some(&signed)).await.status, 401);
            *took = (*took).min(began.elapsed().as_micros());
        }
    }
    let [(_, known), others @ ..] = quickest;
    for (app_id, took) in others {
        assert!(took * 2 > known && took < known * 2, "{app_id}: {took} µs, known: {known} µs");
    }
}
