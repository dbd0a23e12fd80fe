//! Each connected number: whether Meta takes its token.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use reqwest::{Client, StatusCode};

use crate::config::Config;
use crate::domain::channel::Channel;
use crate::domain::message::Failure;
use crate::store::Store;
use crate::store::allowances::Paused;
use crate::store::inboxes::Connection;

use super::Finding;

const ANSWER: Duration = Duration::from_secs(10);

const AT_ONCE: usize = 8;

pub(super) async fn examine(store: &Store, config: &Config) -> Vec<Finding> {
    let connections = match store.connections().await {
        Ok(connections) => connections.into_iter().filter(|connection| connection.inbox.channel == Channel::WHATSAPP).collect::<Vec<_>>(),
        Err(error) => return vec![Finding::wrong(format!("The connected numbers cannot be read ({error}); look at PostgreSQL's log."))],
    };
    if connections.is_empty() {
        return vec![Finding::doubtful("No number is connected yet; nobody can write to you.")];
    }
    let client = match Client::builder().timeout(ANSWER).build() {
        Ok(client) => client,
        Err(error) => return vec![Finding::wrong(format!("Meta cannot be asked ({error}); install ca-certificates."))],
    };
    let mut findings: Vec<Finding> =
        stream::iter(&connections).map(|connection| ask(&client, config, connection)).buffered(AT_ONCE).collect().await;
    match store.all_paused_numbers().await {
        Ok(paused) => findings.extend(paused.iter().map(stopped)),
        Err(error) => findings.push(Finding::wrong(format!("Paused numbers cannot be read ({error}); look at PostgreSQL's log."))),
    }
    findings
}

/// A number that Meta would not let send.
fn stopped(paused: &Paused) -> Finding {
    let Paused { inbox, reason: Failure { code, title }, .. } = paused;
    let what_to_do = match code {
        0 | 190 => format!("make a new token in Meta's business settings, then `baton inbox update --inbox {inbox}`"),
        _ => "look at the account in Meta's business settings".to_owned(),
    };
    Finding::wrong(format!("The number {inbox} sends nothing: Meta refused with {code} ({title}); {what_to_do}."))
}

/// Reads the number's own node, which any token that may send can read.
async fn ask(client: &Client, config: &Config, connection: &Connection) -> Finding {
    let token = match connection.secret() {
        Ok(token) => token,
        Err(error) => return Finding::wrong(format!("“{}” cannot send: {error}.", connection.inbox.name)),
    };
    let mut url = config.graph_url.clone();
    url.set_path(&format!("{}/{}", config.graph_version, connection.address));
    url.set_query(Some("fields=display_phone_number"));
    match client.get(url).bearer_auth(token).send().await {
        Ok(answer) => judge(connection, answer.status()),
        Err(error) => Finding::wrong(format!(
            "Meta cannot be asked about “{}” ({}); check the way to {}.",
            connection.inbox.name,
            reason(&error),
            config.graph_url
        )),
    }
}

fn judge(connection: &Connection, status: StatusCode) -> Finding {
    let name = &connection.inbox.name;
    match status.as_u16() {
        200 => Finding::fine(format!("Meta takes the token of “{name}”.")),
        401 | 403 => Finding::wrong(format!("Meta refuses the token of “{name}” ({status}); make a new one in Meta's business settings.")),
        400 | 404 => Finding::wrong(format!(
            "Meta does not know the number of “{name}” under this token ({status}); compare its phone number id ({}) with Meta's.",
            connection.address
        )),
        _ => Finding::doubtful(format!("Meta answers {status} about “{name}”; ask again later.")),
    }
}

/// The innermost cause: "connection refused" says more than "error sending request".
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
