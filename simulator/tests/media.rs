//! Files: uploaded, sent by people, and addresses that die.

mod stage;

use serde_json::{Value, json};
use stage::{ANA, NUMBER, Stage, TOKEN};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

async fn upload(stage: &Stage, mime_type: &str) -> (u16, Value) {
    let file = reqwest::multipart::Part::bytes(PNG).file_name("a.png").mime_str(mime_type).unwrap();
    let form = reqwest::multipart::Form::new().text("messaging_product", "whatsapp").part("file", file);
    let request = stage.http.post(format!("{}/v24.0/{NUMBER}/media", stage.base)).bearer_auth(TOKEN).multipart(form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_address_needs_the_token_and_dies_after_five_minutes() {
    let stage = Stage::set().await;
    let (status, uploaded) = upload(&stage, "image/png").await;
    assert_eq!(status, 200, "{uploaded}");
    let id = uploaded["id"].as_str().unwrap();
    let (_, described) = stage.request("GET", &format!("/v24.0/{id}"), Value::Null).await;
    assert_eq!((&described["mime_type"], &described["file_size"]), (&json!("image/png"), &json!(PNG.len())));
    let url = described["url"].as_str().unwrap();
    let download = || stage.http.get(url).bearer_auth(TOKEN).send();
    assert_eq!(download().await.unwrap().bytes().await.unwrap(), PNG);
    assert_eq!(stage.http.get(url).send().await.unwrap().status(), 401);
    stage.control("POST", "/control/clock", json!({"advance_seconds": 301})).await;
    assert_eq!(download().await.unwrap().status(), 404);
    assert_eq!(stage.request("DELETE", &format!("/v24.0/{id}"), Value::Null).await, (200, json!({"success": true})));
    assert_eq!(stage.request("GET", &format!("/v24.0/{id}"), Value::Null).await.0, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_meta_does_not_take_is_refused() {
    let stage = Stage::set().await;
    let (status, answer) = upload(&stage, "image/svg+xml").await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sends_a_picture() {
    let mut stage = Stage::set().await;
    let image = json!({"type": "image", "image": {"data_base64": "iVBORw0KGgo=", "caption": "look"}});
    stage.control("POST", &format!("/control/users/{ANA}/messages"), image).await;
    let image = stage.update().await["image"].clone();
    assert_eq!((&image["mime_type"], &image["caption"]), (&json!("image/png"), &json!("look")));
    assert!(image.get("data_base64").is_none());
    let (_, described) = stage.request("GET", &format!("/{}", image["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!(described["sha256"].as_str().unwrap().len(), 64);
    let answer = stage.http.get(image["url"].as_str().unwrap()).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_nobody_serves_fails_by_status() {
    let mut stage = Stage::set().await;
    stage.writes(ANA, "hello").await;
    let (status, answer) = stage.sends(json!({"type": "image", "image": {"link": "http://127.0.0.1:1/a.png"}})).await;
    assert_eq!(status, 200);
    let failed = stage.status(answer["messages"][0]["id"].as_str().unwrap()).await;
    assert_eq!(failed["errors"][0]["code"], 131_053);
}
