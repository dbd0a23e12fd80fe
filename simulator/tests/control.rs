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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_put_together_as_at_meta() {
    let stage = Stage::set().await;
    let number = json!({
        "phone_number_id": "2002", "waba_id": "555", "app_id": "A1", "access_token": "token-2", "registered": false, "pin": "123456",
        "subscribed": false, "scopes": ["whatsapp_business_messaging"], "quality_rating": "YELLOW", "messaging_limit": "TIER_250",
    });
    stage.control("POST", "/control/numbers", number).await;
    let ask = |method: reqwest::Method, path: &str, token: &str, body: Value| {
        let request = stage.http.request(method, format!("{}{path}", stage.base)).bearer_auth(token).json(&body);
        async { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let app = ask(reqwest::Method::GET, "/v24.0/A1?fields=name", &format!("A1|{}", stage::SECRET), Value::Null).await;
    assert_eq!(app, json!({"id": "A1", "name": "Simulated app"}));
    assert_eq!(ask(reqwest::Method::GET, "/v24.0/A1", "A1|wrong", Value::Null).await["error"]["code"], 190);
    let told = format!("/v24.0/debug_token?input_token={}", "token-2");
    assert_eq!(ask(reqwest::Method::GET, &told, "nobody's", Value::Null).await["error"]["code"], 190);
    let told = ask(reqwest::Method::GET, &told, &format!("A1|{}", stage::SECRET), Value::Null).await;
    assert_eq!(told["data"]["granular_scopes"][0]["target_ids"], json!(["555"]), "{told}");
    assert_eq!((&told["data"]["app_id"], &told["data"]["scopes"][0]), (&json!("A1"), &json!("whatsapp_business_messaging")));
    let node = ask(reqwest::Method::GET, "/v24.0/2002?fields=platform_type,quality_rating", "token-2", Value::Null).await;
    assert_eq!((&node["platform_type"], &node["quality_rating"]), (&json!("NOT_APPLICABLE"), &json!("YELLOW")));
    let hello = json!({"messaging_product": "whatsapp", "to": ANA, "type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}});
    assert_eq!(ask(reqwest::Method::POST, "/v24.0/2002/messages", "token-2", hello).await["error"]["code"], 133_010);
    let register =
        |pin: &str| ask(reqwest::Method::POST, "/v24.0/2002/register", "token-2", json!({"messaging_product": "whatsapp", "pin": pin}));
    assert_eq!(register("654321").await["error"]["code"], 133_005);
    assert_eq!(register("123456").await, json!({"success": true}));
    let subscribed = ask(reqwest::Method::GET, "/v24.0/555/subscribed_apps", "token-2", Value::Null).await;
    assert_eq!(subscribed, json!({"data": []}));
    // Also one that came before its app.
    let early = json!({"phone_number_id": "3003", "waba_id": "777", "app_id": "A9", "access_token": "token-3", "subscribed": false});
    stage.control("POST", "/control/numbers", early).await;
    stage.control("POST", "/control/apps", json!({"app_id": "A9"})).await;
    let subscribed = ask(reqwest::Method::GET, "/v24.0/777/subscribed_apps", "token-3", Value::Null).await;
    assert_eq!(subscribed, json!({"data": []}), "the business itself subscribes it");
    assert_eq!(ask(reqwest::Method::GET, "/v24.0/555/message_templates", "token-2", Value::Null).await["data"][0]["name"], "hello_world");
    stage.control("POST", "/control/numbers", json!({"phone_number_id": "2002", "expires_at": 1})).await;
    assert_eq!(ask(reqwest::Method::GET, "/v24.0/2002", "token-2", Value::Null).await["error"]["code"], 190);
}
