//! Each connected number: whether Meta takes its token.

use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::channels::whatsapp::client::{Client, Error, Settings};
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
    let settings = Settings { timeout: ANSWER, ..Settings::new(config.graph_url.clone(), &config.graph_version) };
    let client = match Client::new(settings) {
        Ok(client) => client,
        Err(error) => return vec![Finding::wrong(format!("Meta cannot be asked ({error}); install ca-certificates."))],
    };
    let mut findings: Vec<Finding> =
        stream::iter(&connections).map(|connection| ask(&client, connection)).buffered(AT_ONCE).collect().await;
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
async fn ask(client: &Client, connection: &Connection) -> Finding {
    let name = &connection.inbox.name;
    let token = match connection.secret() {
        Ok(token) => token,
        Err(error) => return Finding::wrong(format!("“{name}” cannot send: {error}.")),
    };
    match client.phone_number(&connection.address, token).await {
        Ok(_) => Finding::fine(format!("Meta takes the token of “{name}”.")),
        Err(Error::Refused { failure, .. }) => refused(connection, &failure),
        Err(error @ Error::Unreachable { .. }) => {
            Finding::wrong(format!("Meta cannot be asked about “{name}” ({error}); check the way to BATON_GRAPH_URL."))
        }
        Err(error) => Finding::doubtful(format!("Meta was asked about “{name}” ({error}); ask again later.")),
    }
}

/// Why Meta says nothing of a number, by the code of its answer (Meta, "Error Codes").
fn refused(connection: &Connection, failure: &Failure) -> Finding {
    let (name, Failure { code, title }) = (&connection.inbox.name, failure);
    match code {
        0 | 10 | 190 | 200..=299 => {
            Finding::wrong(format!("Meta refuses the token of “{name}” ({code}, {title}); make a new one in Meta's business settings."))
        }
        33 | 100 => Finding::wrong(format!(
            "Meta does not know the number of “{name}” under this token ({code}, {title}); compare its phone number id, {}.",
            connection.address
        )),
        _ => Finding::doubtful(format!("Meta answers {code} ({title}) about “{name}”; ask again later.")),
    }
}
