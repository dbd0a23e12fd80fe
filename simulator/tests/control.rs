//! The control API, the Graph side's reads, traffic and the page.

mod stage;

use serde_json::{Value, json};
use stage::{ANA, NUMBER, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_described_route_is_served() {
    let stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    let description = stage.control("GET", "/control/openapi.json", Value::Null).await;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|method| *method != "delete") {
            let path = path.replace("{wa_id}", ANA);
            let (status, answer) = stage.request(&method.to_uppercase(), &path, Value::Null).await;
            assert!(status < 500 && status != 404 && status != 405, "{method} {path}: {status} {answer}");
        }
    }
    let (status, answer) = stage.request("GET", "/control/nowhere", Value::Null).await;
    assert!(status == 404 && answer["error"].is_string());
    let (status, answer) = stage.request("PUT", "/control/apps", Value::Null).await;
    assert!(status == 404 && answer["error"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traffic_writes_reacts_and_finishes() {
    let mut stage = Stage::set().await;
    stage.control("POST", "/control/settings", json!({"mps": 0})).await;
    let plan = json!({"customers": 8, "rate": 400, "turns": 2, "think_ms": 0, "pick": 1});
    let begun = stage.control("POST", "/control/traffic", plan.clone()).await;
    assert_eq!((&begun["running"], &begun["customers"]), (&json!(true), &json!(8)));
    assert_eq!(stage.request("POST", "/control/traffic", plan).await.0, 409);
    let mut picked = 0;
    let mut replied = 0;
    while replied < 8 {
        let update = stage.update().await;
        let Some(from) = update["from"].as_str().map(str::to_owned) else { continue };
        let answer = match update["type"].as_str().unwrap() {
            "interactive" => {
                assert_eq!(update["interactive"]["button_reply"]["id"], "no");
                picked += 1;
                json!({"type": "text", "text": {"body": "Which order?"}})
            }
            _ if update["text"]["body"] == "since yesterday" => {
                replied += 1;
                continue;
            }
            _ => json!({"type": "interactive", "interactive": {"type": "button", "body": {"text": "New here?"}, "action": {"buttons": [
                {"type": "reply", "reply": {"id": "yes", "title": "Yes"}}, {"type": "reply", "reply": {"id": "no", "title": "No"}}]}}}),
        };
        let mut body = json!({"messaging_product": "whatsapp", "to": from});
        for (name, value) in answer.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_eq!(stage.request("POST", &format!("/{NUMBER}/messages"), body).await.0, 200);
    }
    assert_eq!(picked, 8);
    let progress = stage.until("/control/traffic", |progress| progress["running"] == false).await;
    for (name, wanted) in [("started", 8), ("acknowledged", 8), ("finished", 8), ("answered", 16)] {
        assert_eq!(progress[name], wanted, "{name}");
    }
    assert!(progress["ack_ms"]["p50"].as_f64().unwrap() <= progress["ack_ms"]["max"].as_f64().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_forgets_everything_and_goes_on_listening() {
    let stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    stage.control("POST", "/control/clock", json!({"advance_seconds": 100})).await;
    stage.control("DELETE", "/control", Value::Null).await;
    for list in ["apps", "numbers", "users", "ledger", "faults"] {
        assert_eq!(stage.control("GET", &format!("/control/{list}"), Value::Null).await, json!([]), "{list}");
    }
    assert_eq!(stage.control("GET", "/control/clock", Value::Null).await["advanced_seconds"], 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graph_describes_numbers_accounts_and_tokens() {
    let stage = Stage::set().await;
    let (_, number) = stage.request("GET", &format!("/v24.0/{NUMBER}?fields=verified_name,status"), Value::Null).await;
    assert_eq!(number, json!({"id": NUMBER, "verified_name": "Harbour Supplies", "status": "CONNECTED"}));
    let numbers = stage.control("GET", "/control/numbers", Value::Null).await;
    let account = numbers[0]["waba_id"].as_str().unwrap();
    let (_, list) = stage.request("GET", &format!("/v24.0/{account}/phone_numbers"), Value::Null).await;
    assert_eq!(list["data"][0]["id"], NUMBER);
    let subscribed = format!("/v24.0/{account}/subscribed_apps");
    assert_eq!(stage.request("DELETE", &subscribed, Value::Null).await.1, json!({"success": true}));
    stage.writes(ANA, "nobody listens").await;
    assert_eq!(stage.control("GET", "/control/counts", Value::Null).await["webhooks_unrouted"], 1);
    assert_eq!(stage.request("POST", &subscribed, Value::Null).await.1, json!({"success": true}));
    assert_eq!(stage.request("GET", &subscribed, Value::Null).await.1["data"][0]["whatsapp_business_api_data"]["id"], "A1");
    let (_, token) = stage.request("GET", "/v24.0/debug_token?input_token=token-1", Value::Null).await;
    assert_eq!(token["data"]["is_valid"], true);
    let (status, answer) =
        stage.request("POST", "/v24.0/A1/subscriptions", json!({"callback_url": "http://127.0.0.1:1/", "verify_token": "v"})).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(2_200)));
    let (status, answer) = stage.request("GET", "/v24.0/what/is/this", Value::Null).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(2_500)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_strict_and_other_sites_are_refused() {
    let stage = Stage::set().await;
    for path in ["/", "/phones/4915111111111", "/static/phones.js", "/favicon.ico", "/healthz"] {
        let answer = stage.http.get(format!("{}{path}", stage.base)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    let page = stage.http.get(format!("{}/", stage.base)).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let foreign = stage.http.delete(format!("{}/control", stage.base)).header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 400);
    assert_eq!(stage.control("GET", "/control/numbers", Value::Null).await.as_array().unwrap().len(), 1);
}
