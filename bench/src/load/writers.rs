//! Agents who answer: each sends the composer's form over a connection of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use baton::domain::ids::ConversationId;
use uuid::Uuid;

use super::http::{Answer, Connection};
use crate::seed::HOLDERS;
use crate::world::World;

/// One agent.
pub struct Writer {
    connection: Connection,
    server: SocketAddr,
    /// Names and values, as the browser has them now.
    cookies: BTreeMap<String, String>,
    csrf: String,
    conversations: Vec<ConversationId>,
}

/// Agents with the conversations that they hold.
pub async fn writers(world: &World, server: SocketAddr, count: usize) -> Result<Vec<Writer>> {
    let mut writers = Vec::with_capacity(count);
    for (agent, session) in world.installation.cookies[..count].iter().enumerate() {
        let conversations = world.installation.conversations.iter().skip(agent).step_by(HOLDERS).copied().collect();
        let connection = Connection::open(server).await?;
        let mut writer = Writer { connection, server, cookies: BTreeMap::new(), csrf: String::new(), conversations };
        writer.keep(session);
        let page = writer.asks("GET", "/inbox?view=mine", "").await?;
        ensure!(page.status == 200, "an agent's inbox was answered with {}", page.status);
        let page = String::from_utf8_lossy(&page.body);
        let csrf = page.split_once(r#"name="csrf-token" content=""#).and_then(|(_, rest)| rest.split_once('"'));
        writer.csrf = csrf.context("the inbox has no token for its forms")?.0.to_owned();
        writers.push(writer);
    }
    Ok(writers)
}

impl Writer {
    /// Answers the `turn`th of its conversations, round and round.
    pub async fn answers(&mut self, turn: usize, number: usize) -> Result<()> {
        let conversation = self.conversations[turn % self.conversations.len()];
        let text = format!("Your+parcel+is+on+its+way.+This+is+answer+{number}.");
        let form = format!("csrf={}&message_id={}&text={text}", self.csrf, Uuid::now_v7());
        let answer = self.asks("POST", &format!("/conversations/{conversation}/messages"), &form).await?;
        ensure!((200..400).contains(&answer.status), "an answer was refused with {}", answer.status);
        Ok(())
    }

    async fn asks(&mut self, method: &str, path: &str, form: &str) -> Result<Answer> {
        let server = self.server;
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\nAccept: text/html\r\nCookie: {cookies}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let answer = self.connection.ask(request.as_bytes()).await?;
        answer.cookies.iter().for_each(|cookie| self.keep(cookie));
        Ok(answer)
    }

    fn keep(&mut self, cookie: &str) {
        if let Some((name, value)) = cookie.split_once('=') {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
