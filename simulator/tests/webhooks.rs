//! What a business hears: signed, at least once, in order.

mod stage;

use serde_json::{Value, json};
use stage::{ANA, NUMBER, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_in_arabic_with_emoji_arrive_escaped_and_signed() {
    let mut stage = Stage::set().await;
    stage.control("POST", "/control/users", json!({"wa_id": ANA, "name": "ليلى 😀"})).await;
    let id = stage.writes(ANA, "a/b ä").await;
    let webhook = stage.webhook().await;
    assert!(webhook.is_signed());
    let text = String::from_utf8(webhook.bytes.clone()).unwrap();
    assert!(text.is_ascii());
    assert!(text.contains(r"\u0644\u064a\u0644\u0649 \ud83d\ude00") && text.contains(r"a\/b \u00e4"), "{text}");
    let value = &webhook.body["entry"][0]["changes"][0]["value"];
    assert_eq!(value["contacts"][0], json!({"profile": {"name": "ليلى 😀"}, "wa_id": ANA}));
    assert_eq!(value["metadata"]["phone_number_id"], NUMBER);
    let message = &value["messages"][0];
    assert_eq!((&message["id"], &message["from"]), (&json!(id), &json!(ANA)));
    assert!(message["timestamp"].as_str().unwrap().parse::<i64>().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_answered_200_is_tried_again_with_the_same_bytes() {
    let mut stage = Stage::set().await;
    stage.business_answers(&[503, 204, 302]);
    stage.writes(ANA, "hello").await;
    let first = stage.webhook().await;
    for _ in 0..3 {
        assert_eq!(stage.webhook().await.bytes, first.bytes);
    }
    let counts = stage.settle(|counts| counts["webhooks_pending"] == 0).await;
    assert_eq!(counts["webhooks_failed"], 3);
    assert_eq!(counts["webhooks_acknowledged"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_go_on_for_seven_days_of_the_clock() {
    let mut stage = Stage::set().await;
    stage.control("POST", "/control/settings", json!({"retry_first_ms": 60_000})).await;
    stage.business_answers(&[500, 500]);
    stage.writes(ANA, "hello").await;
    stage.webhook().await;
    stage.settle(|counts| counts["webhooks_failed"] == 1).await;
    stage.control("POST", "/control/clock", json!({"advance_seconds": 8 * 86_400})).await;
    stage.webhook().await;
    let counts = stage.settle(|counts| counts["webhooks_pending"] == 0).await;
    assert_eq!(counts["webhooks_abandoned"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_is_heard_in_order() {
    let mut stage = Stage::set().await;
    for number in 0..30 {
        stage.writes(ANA, &number.to_string()).await;
    }
    for number in 0..30 {
        assert_eq!(stage.update().await["text"]["body"], number.to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_duplicate_batch_and_reorder() {
    let mut stage = Stage::set().await;
    stage.control("POST", "/control/faults", json!([{"target": "webhooks", "duplicate": true}])).await;
    stage.writes(ANA, "twice").await;
    assert_eq!(stage.webhook().await.bytes, stage.webhook().await.bytes);

    stage.control("POST", "/control/faults", json!([{"target": "webhooks", "batch": 3, "delay_ms": 9_000}])).await;
    for text in ["a", "b", "c"] {
        stage.writes(ANA, text).await;
    }
    let batch = stage.webhook().await.updates();
    assert_eq!(batch.iter().map(|update| update["text"]["body"].as_str().unwrap()).collect::<String>(), "abc");

    stage.control("POST", "/control/faults", json!({"target": "webhooks", "reorder": true, "delay_ms": 100})).await;
    stage.writes(ANA, "overtaken").await;
    stage.writes(ANA, "overtakes").await;
    assert_eq!(stage.update().await["text"]["body"], "overtakes");
    assert_eq!(stage.update().await["text"]["body"], "overtaken");
    assert_eq!(stage.control("GET", "/control/faults", Value::Null).await, json!([]));
    stage.settle(|counts| counts["webhooks_pending"] == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hidden_phone_is_known_by_its_user_id_only() {
    let mut stage = Stage::set().await;
    stage.control("POST", "/control/users", json!({"wa_id": ANA, "name": "Ana", "phone_hidden": true})).await;
    stage.writes(ANA, "hello").await;
    let webhook = stage.webhook().await;
    let value = &webhook.body["entry"][0]["changes"][0]["value"];
    let user_id = value["contacts"][0]["user_id"].as_str().unwrap().to_owned();
    assert!(value["contacts"][0].get("wa_id").is_none() && value["messages"][0].get("from").is_none());
    assert_eq!(value["messages"][0]["from_user_id"], user_id);
    let body = json!({"messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": {"body": "hi"}});
    let (status, answer) = stage.request("POST", &format!("/{NUMBER}/messages"), body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["contacts"][0], json!({"input": user_id, "user_id": user_id}));
    let sent = stage.update().await;
    assert_eq!(sent["recipient_user_id"], user_id);
    assert!(sent.get("recipient_id").is_none());
    let ledger = stage.control("GET", &format!("/control/ledger?to={ANA}"), Value::Null).await;
    assert_eq!(ledger.as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_body_can_be_sent() {
    let mut stage = Stage::set().await;
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [{"field": "new/field"}]}]});
    stage.control("POST", "/control/webhooks", json!({"body": body})).await;
    let webhook = stage.webhook().await;
    assert!(webhook.is_signed());
    assert_eq!(webhook.body, body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_fails_the_challenge_is_kept_and_asked_again() {
    let mut stage = Stage::set().await;
    let app = stage.control("POST", "/control/apps", json!({"app_id": "A1", "verify_token": "wrong"})).await;
    assert_eq!(app["verified"], false);
    assert!(app["error"].as_str().unwrap().contains("403"), "{app}");
    stage.writes(ANA, "patience").await;
    stage.settle(|counts| counts["webhooks_failed"].as_u64() > Some(0)).await;
    let app = stage.control("POST", "/control/apps", json!({"app_id": "A1", "verify_token": "verify"})).await;
    assert_eq!(app["verified"], true);
    stage.control("POST", "/control/webhooks/retry", Value::Null).await;
    assert_eq!(stage.update().await["text"]["body"], "patience");
}
