//! Faults on calls: real connection resets, false answers, and what stays true behind them.

mod stage;

use serde_json::{Value, json};
use stage::{ANA, NUMBER, Stage};

async fn send(stage: &Stage) -> Result<reqwest::Response, reqwest::Error> {
    let body = json!({"messaging_product": "whatsapp", "to": ANA, "type": "text", "text": {"body": "hi"}});
    stage.http.post(format!("{}/v24.0/{NUMBER}/messages", stage.base)).bearer_auth(stage::TOKEN).json(&body).send().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_after_the_body_keeps_the_message() {
    let mut stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    stage.control("POST", "/control/faults", json!([{"target": "messages", "reset": "after_body", "count": 1}])).await;
    let error = send(&stage).await.expect_err("not one byte of an answer");
    assert!(!error.is_timeout());
    let ledger = stage.control("GET", "/control/ledger", Value::Null).await;
    assert_eq!((&ledger[0]["status"], &ledger[0]["fault"]), (&json!(200), &json!("reset_after_body")));
    let id = ledger[0]["response"]["messages"][0]["id"].as_str().unwrap();
    assert_eq!(stage.status(id).await["status"], "sent");
    assert_eq!(send(&stage).await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_before_the_body_loses_it() {
    let stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    stage.control("POST", "/control/faults", json!([{"target": "messages", "reset": "before_body"}])).await;
    send(&stage).await.expect_err("not one byte of an answer");
    let ledger = stage.control("GET", &format!("/control/ledger?to={ANA}"), Value::Null).await;
    assert_eq!((&ledger[0]["status"], &ledger[0]["fault"]), (&Value::Null, &json!("reset_before_body")));
    assert_eq!(stage.control("GET", "/control/counts", Value::Null).await["accepted"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_false_answer_has_the_code_that_was_ordered() {
    let stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    let faults = json!([
        {"target": "messages", "code": 130_429},
        {"target": "messages", "status": 503, "code": 131_016, "message": "Gone fishing", "delay_ms": 1},
        {"target": "messages", "body": "<h1>Bad gateway</h1>"},
    ]);
    stage.control("POST", "/control/faults", faults).await;
    let answer = send(&stage).await.unwrap();
    assert_eq!(answer.status(), 400);
    let answer = send(&stage).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["message"], "(#131016) Gone fishing");
    let answer = send(&stage).await.unwrap();
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.text().await.unwrap(), "<h1>Bad gateway</h1>");
    assert_eq!(send(&stage).await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_faults_are_refused_in_a_sentence() {
    let stage = Stage::set().await;
    for fault in [json!({"target": "moon"}), json!([{"target": "messages", "typo": 1}]), json!(7), json!([{"target": "messages"}])] {
        let (status, answer) = stage.request("POST", "/control/faults", fault).await;
        assert_eq!(status, 400);
        assert!(answer["error"].is_string());
    }
}
