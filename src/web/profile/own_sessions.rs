//! Where somebody is signed in, and ending it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;

use super::HERE;
use super::view::{Did, Place, SessionsPage, Shell};
use crate::domain::device::Device;
use crate::store::sessions::{ListedSession, Which};
use crate::web::conversations::around::chrome;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::{go_to, go_to_with};
use crate::web::sessions::network;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

#[derive(Deserialize)]
pub(in crate::web) struct Choice {
    /// A session, or `others`, or `all`.
    which: String,
}

/// `GET /profile/sessions`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    let sessions = state.store.sessions_of_account(signed.workspace, signed.user, Timestamp::now());
    let (chrome, sessions) = tokio::try_join!(chrome(&state, &signed), sessions)?;
    let here = network(&state, &request);
    let mut places: Vec<Place> = sessions.into_iter().map(|session| place(session, &signed, &here)).collect();
    places.sort_by_key(|place| !place.is_this);
    page(StatusCode::OK, &SessionsPage { chrome, shell: Shell::after(&did), places })
}

/// `POST /profile/sessions`: this one, all but this one, or all of them.
pub(in crate::web) async fn revoke(state: web::Data<State>, signed: Signed, choice: web::Form<Choice>) -> Result<HttpResponse> {
    let which = match choice.which.as_str() {
        "all" => Which::All,
        "others" => Which::AllBut(signed.session),
        one => Which::Only(one.parse().map_err(|_| Error::BadRequest)?),
    };
    let ended = state.runner.end_own_sessions(signed.workspace, signed.user, which).await?;
    if ended.iter().any(|(_, session)| *session == signed.session) {
        return go_to_with("/sign-in", &state.cookies().signed_out());
    }
    Ok(go_to(&format!("{HERE}/sessions?did=sessions")))
}

fn place(session: ListedSession, signed: &Signed, here: &str) -> Place {
    Place {
        id: session.id,
        device: Device::of(&session.user_agent),
        is_this_network: session.network == here,
        network: session.network,
        is_this: session.id == signed.session,
        since: session.created_at,
        seen: session.seen_at,
        workspace: (session.workspace != signed.workspace).then_some(session.workspace_name),
    }
}
