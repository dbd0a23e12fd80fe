//! Somebody of the team, in front of a browser.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton::domain::ids::{ConversationId, MessageId, UserId};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Method, redirect};
use url::form_urlencoded;
use uuid::Uuid;

use super::page::Page;
use super::shop::{PASSWORD, email};

/// A person who has signed in. Cheap to clone.
#[derive(Clone)]
pub struct Agent {
    pub user: UserId,
    pub name: String,
    /// The node, or the balancer, that the browser speaks to.
    at: SocketAddr,
    browser: Arc<Browser>,
}

/// A browser keeps the cookies it is given.
struct Browser {
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<String>,
}

/// What somebody was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: String,
}

/// What has no connection yet.
fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(redirect::Policy::none()).timeout(Duration::from_secs(30)).build().unwrap()
}

impl Agent {
    pub async fn signs_in(user: UserId, name: &str, at: SocketAddr) -> Self {
        let browser = Arc::new(Browser { http: client(), cookies: Mutex::default(), csrf: Mutex::default() });
        let agent = Self { user, name: name.to_owned(), at, browser };
        let answer = agent.ask(Method::POST, "/sign-in", &[("email", &email(name)), ("password", PASSWORD)]).await.unwrap();
        assert_eq!(answer.status, 303, "{name} cannot sign in: {answer:?}");
        let inbox = agent.looks_at("/inbox?view=mine").await;
        let token = inbox.body.split_once(r#"name="csrf-token" content=""#).and_then(|(_, rest)| rest.split_once('"'));
        *agent.browser.csrf.lock().unwrap() = token.expect("the inbox has a token for its forms").0.to_owned();
        agent
    }

    /// The same browser, speaking to another node.
    pub fn at(&self, at: SocketAddr) -> Self {
        Self { at, ..self.clone() }
    }

    /// Somebody who has copied all that the browser sends, and forgets nothing of it.
    pub fn keeps_cookies(&self) -> Self {
        let browser = Browser {
            http: self.browser.http.clone(),
            cookies: Mutex::new(self.browser.cookies.lock().unwrap().clone()),
            csrf: Mutex::new(self.browser.csrf.lock().unwrap().clone()),
        };
        Self { browser: Arc::new(browser), ..self.clone() }
    }

    /// Opens a page: signed in, and alive.
    pub async fn opens_page(&self) -> Page {
        Page::open(self.at, &self.cookies()).await.expect("the socket opens")
    }

    /// As [`Agent::opens_page`], where the node may be down.
    pub async fn tries_to_open_page(&self) -> Option<Page> {
        Page::open(self.at, &self.cookies()).await
    }

    /// The whole page of an address.
    ///
    /// # Panics
    /// When it is not shown.
    pub async fn looks_at(&self, path: &str) -> Answer {
        let answer = self.asks_for(path).await;
        assert_eq!(answer.status, 200, "{} sees no {path}: {answer:?}", self.name);
        answer
    }

    /// As a browser does, once more where a connection that was kept ended under it: on a new one, for the others that are kept may have
    /// ended too.
    pub async fn asks_for(&self, path: &str) -> Answer {
        match self.ask(Method::GET, path, &[]).await {
            Err(error) if error.is_request() => self.ask_by(&client(), Method::GET, path, &[]).await.unwrap(),
            answer => answer.unwrap(),
        }
    }

    pub async fn replies(&self, conversation: ConversationId, text: &str) -> MessageId {
        let message = MessageId(Uuid::now_v7());
        let answer = self.posts_reply(conversation, message, text).await.unwrap();
        assert!((200..400).contains(&answer.status), "{} cannot reply: {answer:?}", self.name);
        message
    }

    /// Sends the form of a reply, with an id that the browser made.
    pub async fn posts_reply(&self, conversation: ConversationId, message: MessageId, text: &str) -> reqwest::Result<Answer> {
        let path = format!("/conversations/{conversation}/messages");
        self.posts(&path, &[("message_id", &message.to_string()), ("text", text)]).await
    }

    pub async fn takes(&self, conversation: ConversationId) {
        self.does(&format!("/conversations/{conversation}/assignment"), &[]).await;
    }

    pub async fn resolves(&self, conversation: ConversationId) {
        self.does(&format!("/conversations/{conversation}/resolution"), &[]).await;
    }

    pub async fn transfers(&self, conversation: ConversationId, to: &str, note: &str) {
        self.does(&format!("/conversations/{conversation}/transfer"), &[("to", to), ("note", note)]).await;
    }

    pub async fn notes(&self, conversation: ConversationId, body: &str) {
        let note = Uuid::now_v7().to_string();
        self.does(&format!("/conversations/{conversation}/notes"), &[("note_id", &note), ("body", body)]).await;
    }

    async fn does(&self, path: &str, fields: &[(&str, &str)]) {
        let answer = self.posts(path, fields).await.unwrap();
        assert!((200..400).contains(&answer.status), "{} cannot {path}: {answer:?}", self.name);
    }

    /// Sends a form of one of our pages.
    pub async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<Answer> {
        let csrf = self.browser.csrf.lock().unwrap().clone();
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.ask(Method::POST, path, &fields).await
    }

    /// Sends the composer's form with a picture; answers the status.
    pub async fn posts_picture(&self, conversation: ConversationId, message: MessageId, picture: &[u8]) -> u16 {
        let here = format!("http://{}", self.at);
        let mut body = Vec::new();
        let csrf = self.browser.csrf.lock().unwrap().clone();
        for (name, value) in [("csrf", csrf), ("message_id", message.to_string()), ("text", String::new())] {
            body.extend(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        body.extend(b"--b\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n");
        body.extend(picture);
        body.extend(b"\r\n--b--\r\n");
        let request = self.browser.http.post(format!("{here}/conversations/{conversation}/messages"));
        let request = request.header(ACCEPT, "text/html").header(COOKIE, self.cookies()).header(ORIGIN, here);
        let request = request.header(CONTENT_TYPE, "multipart/form-data; boundary=b").body(body).timeout(Duration::from_secs(120));
        request.send().await.unwrap().status().as_u16()
    }

    async fn ask(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<Answer> {
        self.ask_by(&self.browser.http, method, path, fields).await
    }

    async fn ask_by(&self, http: &reqwest::Client, method: Method, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<Answer> {
        let here = format!("http://{}", self.at);
        let mut request = http.request(method.clone(), format!("{here}{path}"));
        request = request.header(ACCEPT, "text/html").header(COOKIE, self.cookies());
        if method == Method::POST {
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            request = request.header(ORIGIN, here).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        }
        let answer = request.send().await?;
        for cookie in answer.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let location = answer.headers().get(LOCATION).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        Ok(Answer { status: answer.status().as_u16(), location, body: answer.text().await? })
    }

    fn keep(&self, cookie: &str) {
        let Some((name, rest)) = cookie.split_once('=') else { return };
        let value = rest.split(';').next().unwrap_or_default();
        let mut cookies = self.browser.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        if value.is_empty() {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// What its browser sends along.
    pub fn cookies(&self) -> String {
        let cookies = self.browser.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}
