//! What a business may send, and what becomes of it.

mod stage;

use serde_json::{Value, json};
use stage::{ANA, NUMBER, Stage};

async fn person(stage: &Stage, change: Value) {
    stage.control("PATCH", &format!("/control/users/{ANA}"), change).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_climb_from_sent_to_read() {
    let mut stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    let message = json!({"type": "text", "text": {"body": "hi"}, "biz_opaque_callback_data": "outbox-7"});
    let (_, answer) = stage.sends(message).await;
    assert_eq!(answer["contacts"][0], json!({"input": format!("+{ANA}"), "wa_id": ANA}));
    let id = answer["messages"][0]["id"].as_str().unwrap().to_owned();
    for wanted in ["sent", "delivered", "read"] {
        let status = stage.status(&id).await;
        assert_eq!(status["status"], wanted);
        assert_eq!(status["recipient_id"], ANA);
        assert_eq!(status["biz_opaque_callback_data"], "outbox-7");
        assert!(status.get("conversation").is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offline_phone_gets_its_messages_when_it_is_back() {
    let mut stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    person(&stage, json!({"online": false, "receipts": false})).await;
    let id = stage.says("are you there?").await;
    assert_eq!(stage.status(&id).await["status"], "sent");
    stage.settle(|counts| counts["tasks_waiting"] == 0).await;
    let written =
        stage.control("POST", &format!("/control/users/{ANA}/messages"), json!({"type": "text", "text": {"body": "in a tunnel"}})).await;
    assert_eq!(written["pending"], true);
    person(&stage, json!({"online": true})).await;
    assert_eq!(stage.update().await["text"]["body"], "in a tunnel");
    assert_eq!(stage.status(&id).await["status"], "delivered");
    let counts = stage.settle(|counts| counts["tasks_waiting"] == 0 && counts["webhooks_pending"] == 0).await;
    assert!(counts["statuses"].get("read").is_none(), "receipts are off");
    let chat = stage.control("GET", &format!("/control/users/{ANA}/chat"), Value::Null).await;
    assert_eq!(chat["unread"], 0, "but it was seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_blocked_the_business_is_not_reached() {
    let mut stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    person(&stage, json!({"blocked": true})).await;
    let id = stage.says("sorry").await;
    let status = stage.status(&id).await;
    assert_eq!((&status["status"], &status["errors"][0]["code"]), (&json!("failed"), &json!(131_026)));
    let counts = stage.settle(|counts| counts["tasks_waiting"] == 0 && counts["webhooks_pending"] == 0).await;
    assert_eq!(counts["statuses"], json!({"failed": 1}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_the_window_only_templates_may_be_sent() {
    let mut stage = Stage::set().await;
    let text = json!({"type": "text", "text": {"body": "hi"}});
    stage.writes(ANA, "hello").await;
    stage.control("POST", "/control/clock", json!({"advance_seconds": 86_399})).await;
    assert_eq!(stage.sends(text.clone()).await.0, 200);
    stage.control("POST", "/control/clock", json!({"advance_seconds": 2})).await;
    let (status, answer) = stage.sends(text.clone()).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_047)));
    assert!(answer["error"]["fbtrace_id"].is_string() && answer["error"]["error_data"]["details"].is_string());
    let template = json!({"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}});
    let (status, answer) = stage.sends(template).await;
    assert_eq!((status, &answer["messages"][0]["message_status"]), (200, &json!("accepted")));

    stage.control("POST", "/control/settings", json!({"window_errors": "async"})).await;
    let (status, answer) = stage.sends(text.clone()).await;
    assert_eq!(status, 200);
    let failed = stage.status(answer["messages"][0]["id"].as_str().unwrap()).await;
    assert_eq!((&failed["status"], &failed["errors"][0]["code"]), (&json!("failed"), &json!(131_047)));

    stage.writes(ANA, "hello again").await;
    assert_eq!(stage.sends(text).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_come_in_metas_envelope_and_are_in_the_ledger() {
    let stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    let (status, answer) = stage.sends(json!({"type": "text", "text": {"body": "x".repeat(4_097)}})).await;
    assert_eq!((status, &answer["error"]["code"], &answer["error"]["type"]), (400, &json!(100), &json!("OAuthException")));
    let (status, answer) = stage.sends(json!({"type": "image", "image": {"id": "404"}})).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_009)));
    let (status, answer) = stage.request("POST", "/v24.0/999/messages", json!({})).await;
    assert_eq!((status, &answer["error"]["error_subcode"]), (400, &json!(33)));
    let stranger = stage.http.post(format!("{}/{NUMBER}/messages", stage.base)).bearer_auth("wrong").body("{oops");
    let stranger = stranger.send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    assert_eq!(stranger.json::<Value>().await.unwrap()["error"]["code"], 190);
    stage.says("fine").await;
    let ledger = stage.control("GET", "/control/ledger", Value::Null).await;
    let statuses: Vec<_> = ledger.as_array().unwrap().iter().map(|entry| entry["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [400, 400, 400, 401, 200]);
    assert_eq!(ledger[3]["request"], "{oops");
    let own = stage.control("GET", &format!("/control/ledger?to=%2B{ANA}&since=2"), Value::Null).await;
    assert_eq!(own.as_array().unwrap().len(), 1);
    assert_eq!(own[0]["request"]["text"]["body"], "fine");
    assert_eq!(own[0]["to"], ANA);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_five_at_once_and_no_more() {
    let stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    for _ in 0..45 {
        stage.says("x").await;
    }
    let text = json!({"type": "text", "text": {"body": "x"}});
    assert_eq!(stage.sends(text.clone()).await.1["error"]["code"], 131_056);
    stage.control("POST", "/control/settings", json!({"pair_rate": false, "mps": 1})).await;
    stage.control("POST", "/control/clock", json!({"advance_seconds": 10})).await;
    assert_eq!(stage.sends(text.clone()).await.0, 200);
    assert_eq!(stage.sends(text).await.1["error"]["code"], 130_429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_shows_blue_ticks_and_typing_for_25_seconds() {
    let stage = Stage::set().await;
    let first = stage.writes(ANA, "hello").await;
    let second = stage.writes(ANA, "anyone?").await;
    let path = format!("/control/users/{ANA}/chat");
    let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": second, "typing_indicator": {"type": "text"}});
    let (status, answer) = stage.request("POST", &format!("/{NUMBER}/messages"), body).await;
    assert_eq!((status, answer), (200, json!({"success": true})));
    let chat = stage.control("GET", &path, Value::Null).await;
    assert_eq!(chat["typing"], true);
    assert_eq!(chat["messages"][0]["id"], first);
    assert!(chat["messages"].as_array().unwrap().iter().all(|message| message["ticks"] == "read"));
    stage.control("POST", "/control/clock", json!({"advance_seconds": 26})).await;
    assert_eq!(stage.control("GET", &path, Value::Null).await["typing"], false);
}
