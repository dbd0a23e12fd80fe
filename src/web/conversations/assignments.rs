//! Taking, handing on, resolving and reopening conversations, and taking that back.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};
use jiff::Timestamp;
use serde::Deserialize;

use super::act::{person, run, text};
use crate::domain::command::{Command, TransferTarget};
use crate::domain::event::{Destination, Event, Recorded};
use crate::domain::ids::{ContactId, ConversationId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::undoing::undoable;
use crate::runner::contact::Done;
use crate::web::edge::answer::{Asked, stream};
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::{FIRST_PAGE, go_to};
use crate::web::edge::view::refusal_words;
use crate::web::layouts::toast::{Offered, Toast};
use crate::web::live::streams;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct Transfer {
    to: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    held_by: String,
}

/// What a form of our pages says beside what it asks for.
#[derive(Deserialize)]
pub(in crate::web) struct Seen {
    /// Who had the conversation when the person looked, or where it waited.
    #[serde(default)]
    held_by: String,
}

/// The command of a person who saw the conversation so; what no form tells is not checked.
fn as_seen(signed: &Signed, seen: Option<web::Form<Seen>>, command: Command) -> Command {
    let holder = seen.and_then(|seen| seen.held_by.parse().ok());
    command.as_seen(holder, signed.user)
}

/// `POST /conversations/{id}/assignment`: I take it.
pub(in crate::web) async fn create(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
    seen: Option<web::Form<Seen>>,
) -> Result<HttpResponse> {
    let take = as_seen(&signed, seen, Command::Take { by: person(&signed) });
    act(&state, &signed, &asked, *id, take).await
}

/// `POST /conversations/{id}/transfer`
pub(in crate::web) async fn transfer(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
    form: web::Form<Transfer>,
) -> Result<HttpResponse> {
    let Transfer { to, note, held_by } = form.into_inner();
    let to = target(&to).ok_or(Error::BadRequest)?;
    let transfer = Command::Transfer { by: person(&signed), to, note: Some(text(&note)) };
    let transfer = as_seen(&signed, Some(web::Form(Seen { held_by })), transfer);
    act(&state, &signed, &asked, *id, transfer).await
}

/// `POST /conversations/{id}/resolution`
pub(in crate::web) async fn resolve(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
    seen: Option<web::Form<Seen>>,
) -> Result<HttpResponse> {
    let resolve = as_seen(&signed, seen, Command::Resolve { by: person(&signed) });
    act(&state, &signed, &asked, *id, resolve).await
}

/// `POST /conversations/{id}/reopening`
pub(in crate::web) async fn reopen(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse> {
    act(&state, &signed, &asked, *id, Command::Reopen { by: person(&signed) }).await
}

#[derive(Deserialize)]
pub(in crate::web) struct Prioritised {
    priority: String,
}

/// `POST /conversations/{id}/priority`: how urgent it is.
pub(in crate::web) async fn prioritise(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
    form: web::Form<Prioritised>,
) -> Result<HttpResponse> {
    let to = form.priority.parse().map_err(|_| Error::BadRequest)?;
    act(&state, &signed, &asked, *id, Command::SetPriority { by: person(&signed), to }).await
}

#[derive(Deserialize)]
pub(in crate::web) struct Undo {
    /// The event that tells of the act.
    seq: i64,
}

/// `POST /conversations/{id}/undo`: I take back what I did a moment ago. Live pages are told where the offer stood.
pub(in crate::web) async fn undo(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
    form: web::Form<Undo>,
) -> Result<HttpResponse> {
    let outcome = run(&state, &signed, *id, Command::Undo { by: person(&signed), seq: form.seq }).await;
    match (outcome, &asked) {
        (Ok(done), Asked::Live) => Ok(stream(StatusCode::OK, streams::toast(&Toast::undone(signed.locale, *id, &done.contact)))),
        (Ok(_), Asked::Plain { .. }) | (Err(Error::Refused(Refusal::Duplicate)), _) => back(&state, &signed, &asked, *id).await,
        (Err(Error::Refused(refusal)), Asked::Live) => {
            let words = refusal_words(signed.locale, &refusal);
            Ok(stream(Error::Refused(refusal).status_code(), streams::toast(&Toast::refused(signed.locale, *id, words))))
        }
        (Err(error), _) => Err(error),
    }
}

async fn act(state: &State, signed: &Signed, asked: &Asked, id: ConversationId, command: Command) -> Result<HttpResponse> {
    let done = run(state, signed, id, command).await?;
    acted(state, signed, asked, &done).await
}

/// An act is done, and can be taken back for a while.
///
/// # Errors
/// As PostgreSQL answers.
pub(in crate::web) async fn acted(state: &State, signed: &Signed, asked: &Asked, done: &Done) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let offer = undoable(&done.events, signed.user, now);
    match (asked, offer) {
        (Asked::Live, Some((recorded, act))) => {
            let offered = Offered { csrf: signed.csrf.clone(), conversation: done.conversation, act, seq: recorded.seq };
            let toast = Toast::offer(signed.locale, &done.contact, offered, now.duration_since(recorded.at));
            let toast = match given_to(recorded) {
                Some((user, name)) if !state.live.is_connected(signed.workspace, user) => {
                    toast.to_somebody_gone(&done.contact, name, state.runner.workplaces().get(signed.workspace).await?.lease)
                }
                Some(_) | None => toast,
            };
            Ok(stream(StatusCode::OK, streams::toast(&toast)))
        }
        (Asked::Live, None) | (Asked::Plain { .. }, _) => back(state, signed, asked, done.conversation).await,
    }
}

/// Whom an act gave the conversation to.
fn given_to(recorded: &Recorded) -> Option<(UserId, &str)> {
    let Event::ConversationTransferred { to: Destination::Agent { user, name }, .. } = &recorded.event else { return None };
    Some((*user, name))
}

/// To the conversation, or to the list when it is no longer theirs to see.
async fn back(state: &State, signed: &Signed, asked: &Asked, conversation: ConversationId) -> Result<HttpResponse> {
    match asked {
        Asked::Plain { .. } if state.store.sight(signed.viewer(), conversation).await?.is_none() => Ok(go_to(FIRST_PAGE)),
        Asked::Plain { .. } | Asked::Live => Ok(asked.done(conversation)),
    }
}

#[derive(Deserialize)]
pub(in crate::web) struct Parting {
    other: ContactId,
}

/// `POST /conversations/{id}/parting`: what was joined here is two people.
pub(in crate::web) async fn part(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    id: web::Path<ConversationId>,
    form: web::Form<Parting>,
) -> Result<HttpResponse> {
    match run(&state, &signed, *id, Command::Part { by: person(&signed), other: form.other }).await {
        // They are two, whoever said so.
        Ok(_) | Err(Error::Refused(Refusal::Duplicate)) => Ok(asked.done(*id)),
        Err(error) => Err(error),
    }
}

/// `agent:<uuid>` or `queue:<uuid>`.
fn target(text: &str) -> Option<TransferTarget> {
    let (kind, id) = text.split_once(':')?;
    match kind {
        "agent" => id.parse().ok().map(TransferTarget::Agent),
        "queue" => id.parse().ok().map(TransferTarget::Queue),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::QueueId;

    #[test]
    fn a_conversation_is_handed_to_a_person_or_a_queue() {
        let id = Uuid::from_u128(7);
        assert_eq!(target(&format!("agent:{id}")), Some(TransferTarget::Agent(UserId(id))));
        assert_eq!(target(&format!("queue:{id}")), Some(TransferTarget::Queue(QueueId(id))));
        for text in ["", "agent:", "agent:7", "team:00000000-0000-0000-0000-000000000007", &id.to_string()] {
            assert_eq!(target(text), None, "{text}");
        }
    }
}
