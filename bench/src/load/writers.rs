//! Agents who answer: each sends the composer's form over a connection of its own.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use baton::domain::ids::ConversationId;
use uuid::Uuid;

use super::http::Connection;
use super::pages;
use crate::seed::HOLDERS;
use crate::world::World;

/// One agent.
pub struct Writer {
    connection: Connection,
    server: SocketAddr,
    cookie: String,
    csrf: String,
    conversations: Vec<ConversationId>,
}

/// Agents with the conversations that they hold.
pub async fn writers(world: &World, server: SocketAddr, count: usize) -> Result<Vec<Writer>> {
    let cookies = pages::cookies_with_token(server, &world.installation.cookies[..count]).await?;
    let mut writers = Vec::with_capacity(count);
    for (agent, cookie) in cookies.into_iter().enumerate() {
        let mut connection = Connection::open(server).await?;
        let page = format!("GET /inbox?view=mine HTTP/1.1\r\nHost: {server}\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n");
        let (status, page) = connection.ask(page.as_bytes()).await?;
        ensure!(status == 200, "an agent's inbox was answered with {status}");
        let page = String::from_utf8_lossy(&page);
        let csrf = page.split_once(r#"name="csrf-token" content=""#).and_then(|(_, rest)| rest.split_once('"'));
        let csrf = csrf.context("the inbox has no token for its forms")?.0.to_owned();
        let conversations = world.installation.conversations.iter().skip(agent).step_by(HOLDERS).copied().collect();
        writers.push(Writer { connection, server, cookie, csrf, conversations });
    }
    Ok(writers)
}

impl Writer {
    /// Answers the `turn`th of its conversations, round and round.
    pub async fn answers(&mut self, turn: usize, number: usize) -> Result<()> {
        let (server, cookie, csrf) = (self.server, &self.cookie, &self.csrf);
        let conversation = self.conversations[turn % self.conversations.len()];
        let form = format!("csrf={csrf}&message_id={}&text=Your+parcel+is+on+its+way.+This+is+answer+{number}.", Uuid::now_v7());
        let request = format!(
            "POST /conversations/{conversation}/messages HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\nAccept: text/html\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nCookie: {cookie}\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let status = self.connection.send(request.as_bytes()).await?;
        ensure!((200..400).contains(&status), "an answer was refused with {status}");
        Ok(())
    }
}
