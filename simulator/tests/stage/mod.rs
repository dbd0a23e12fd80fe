//! A simulator of one's own, and a business that receives its webhooks.

#![allow(dead_code)]

use std::{
    collections::VecDeque,
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub const SECRET: &str = "s3cret";
pub const TOKEN: &str = "token-1";
pub const NUMBER: &str = "1001";
pub const ANA: &str = "4915111111111";
const PATIENCE: Duration = Duration::from_secs(10);

/// One webhook as it came.
#[derive(Debug)]
pub struct Webhook {
    pub bytes: Vec<u8>,
    pub signature: String,
    pub body: Value,
}

impl Webhook {
    pub fn is_signed(&self) -> bool {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(&self.bytes);
        self.signature == format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }

    /// Every message and status in it.
    pub fn updates(&self) -> Vec<Value> {
        let mut updates = Vec::new();
        for entry in self.body["entry"].as_array().into_iter().flatten() {
            for change in entry["changes"].as_array().into_iter().flatten() {
                for list in ["messages", "statuses"] {
                    updates.extend(change["value"][list].as_array().into_iter().flatten().cloned());
                }
            }
        }
        updates
    }
}

#[derive(Clone)]
struct Business {
    webhooks: mpsc::UnboundedSender<Webhook>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

pub struct Stage {
    pub base: String,
    pub http: reqwest::Client,
    webhooks: mpsc::UnboundedReceiver<Webhook>,
    waiting: VecDeque<Value>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Stage {
    /// A fast simulator with one app, one number and a business that answers 200.
    pub async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(simulator::serve(listener, simulator::Options::default()));
        let (sender, webhooks) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let callback = receive(Business { webhooks: sender, answers: answers.clone() });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let stage = Self { base, http, webhooks, waiting: VecDeque::new(), answers };
        stage.control("POST", "/control/settings", json!({"sent_ms": 0, "delivery_ms": 5, "read_ms": 5, "retry_first_ms": 20})).await;
        let app = json!({"app_id": "A1", "app_secret": SECRET, "callback_url": callback, "verify_token": "verify"});
        let app = stage.control("POST", "/control/apps", app).await;
        assert_eq!(app["verified"], true, "{app}");
        stage.control("POST", "/control/numbers", json!({"phone_number_id": NUMBER, "app_id": "A1", "access_token": TOKEN})).await;
        stage
    }

    /// The next POSTs are answered with these statuses.
    pub fn business_answers(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub async fn request(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.base));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.bearer_auth(TOKEN).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// A call to the control API that must succeed.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.request(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A person writes a text; answers its id.
    pub async fn writes(&self, wa_id: &str, text: &str) -> String {
        let message = json!({"type": "text", "text": {"body": text}});
        let written = self.control("POST", &format!("/control/users/{wa_id}/messages"), message).await;
        written["id"].as_str().unwrap().to_owned()
    }

    pub async fn sends(&self, message: Value) -> (u16, Value) {
        let mut body = json!({"messaging_product": "whatsapp", "to": format!("+{ANA}")});
        for (name, value) in message.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.request("POST", &format!("/v24.0/{NUMBER}/messages"), body).await
    }

    /// The business sends a text to Ana; answers its id.
    pub async fn says(&self, text: &str) -> String {
        let (status, answer) = self.sends(json!({"type": "text", "text": {"body": text}})).await;
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    pub async fn webhook(&mut self) -> Webhook {
        tokio::time::timeout(PATIENCE, self.webhooks.recv()).await.expect("a webhook in time").unwrap()
    }

    /// The next message or status the business hears of.
    pub async fn update(&mut self) -> Value {
        while self.waiting.is_empty() {
            let webhook = self.webhook().await;
            self.waiting.extend(webhook.updates());
        }
        self.waiting.pop_front().unwrap()
    }

    /// The next status of this message.
    pub async fn status(&mut self, id: &str) -> Value {
        loop {
            let update = self.update().await;
            if update["id"] == id && update.get("status").is_some() {
                return update;
            }
        }
    }

    /// Asks until the counts are as wanted.
    pub async fn settle(&self, is_settled: impl Fn(&Value) -> bool) -> Value {
        self.until("/control/counts", is_settled).await
    }

    pub async fn until(&self, path: &str, is_there: impl Fn(&Value) -> bool) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let seen = self.control("GET", path, Value::Null).await;
            if is_there(&seen) {
                return seen;
            }
            assert!(tokio::time::Instant::now() < deadline, "{path} stays {seen}");
            tokio::task::yield_now().await;
        }
    }
}

fn receive(business: Business) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let callback = format!("http://{}/webhook", listener.local_addr().unwrap());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(business.clone()))
            .route("/webhook", web::get().to(challenge))
            .route("/webhook", web::post().to(take))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    callback
}

async fn challenge(request: HttpRequest) -> HttpResponse {
    let query = request.query_string();
    let named = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name).map(str::to_owned));
    match named("hub.verify_token=").as_deref() {
        Some("verify") => HttpResponse::Ok().body(named("hub.challenge=").unwrap()),
        _ => HttpResponse::Forbidden().finish(),
    }
}

async fn take(business: web::Data<Business>, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = business.answers.lock().unwrap().pop_front().unwrap_or(200);
    let signature = request.headers().get("x-hub-signature-256").unwrap().to_str().unwrap().to_owned();
    let body = serde_json::from_slice(&bytes).unwrap();
    business.webhooks.send(Webhook { bytes: bytes.to_vec(), signature, body }).unwrap();
    HttpResponse::build(answer.try_into().unwrap()).finish()
}
