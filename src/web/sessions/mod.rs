//! Who a request comes from.
//!
//! Two cookies: a token that is believed for a minute, and the session behind it, which is asked for when the token has run out or
//! this node heard that something ended. So a request costs no query, and a changed role, a revoked session or a person who left counts
//! at once while nodes hear each other, and within a minute while they do not.

pub mod cookies;
pub mod devices;
pub mod half;
pub mod proof;
pub mod signed;
mod stamp;
pub mod tokens;

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use jiff::Timestamp;
use uuid::Uuid;

use self::cookies::SessionCookie;
use self::signed::Signed;
use super::edge::client_address::{client_address, shortened};
use super::edge::csrf;
use super::edge::error::{Error, Result};
use super::locale::Locale;
use super::state::State;
use crate::domain::ids::{SessionId, UserId, WorkspaceId};
use crate::domain::setup::Noted;
use crate::live::trouble::Trouble;
use crate::store::sessions::{HandedOver, NewSession, SessionUser};

/// What a browser calls itself is kept to this many characters.
const LONGEST_USER_AGENT: usize = 200;

static UNNOTED: Trouble = Trouble::new("who signed in could not be written down");

/// A person, and the cookies that the answer must bring.
pub struct Found {
    pub signed: Signed,
    pub cookies: Vec<Cookie<'static>>,
}

/// Who this request comes from, if it carries a good session. A page that asks by itself lengthens nothing: whoever has left their desk
/// is signed out in spite of it.
///
/// # Errors
/// When the session must be looked up and the database is away.
pub async fn find(state: &State, request: &HttpRequest, now: Timestamp) -> Result<Option<Found>> {
    let Some(session) = session_cookie(state, request) else { return Ok(None) };
    if let Some(signed) = read_token(state, request, now).await? {
        // Signing in again may leave the old token behind, and a token alone is no session.
        if (signed.workspace, signed.session) == (session.workspace, session.session) {
            return Ok(Some(Found { signed, cookies: Vec::new() }));
        }
    }
    let network = (!asks_by_itself(request)).then(|| network(state, request));
    let user = state.store.renew_session(session.workspace, session.session, &session.secret_hash(), network.as_deref(), now).await?;
    match (user.map(|user| person(user, &session)), network) {
        (Some(signed), Some(_)) => found(state, signed, &session, now).await.map(Some),
        // With a token of its own it would spare its person's next request the renewal.
        (Some(signed), None) => Ok(Some(Found { signed, cookies: Vec::new() })),
        (None, _) => Ok(None),
    }
}

/// Opens a session for a person who proved who they are by this password, in PHC form; answers the cookies.
///
/// # Errors
/// [`Error::Unsigned`] when their password is another one by now, and as PostgreSQL answers.
pub async fn begin(
    state: &State,
    (workspace, user): (WorkspaceId, UserId),
    password_hash: &str,
    request: &HttpRequest,
    now: Timestamp,
) -> Result<Vec<Cookie<'static>>> {
    let proved = HandedOver { proven_at: now, created_at: now, password_hash: password_hash.to_owned() };
    open(state, (workspace, user), proved, request, now).await
}

/// As [`begin`], for somebody who comes from another session of their account, which ends: it proves no more than that one did, and is no
/// younger.
///
/// # Errors
/// [`Error::Unsigned`] when that one counts no more, whatever its token says, and as PostgreSQL answers.
pub async fn go_on(
    state: &State,
    to: (WorkspaceId, UserId),
    request: &HttpRequest,
    from: &Signed,
    now: Timestamp,
) -> Result<Vec<Cookie<'static>>> {
    let handed_over = state.store.hand_over_session(from.workspace, from.session, now).await?;
    close(state, from.workspace, from.session, now);
    open(state, to, handed_over.ok_or(Error::Unsigned)?, request, now).await
}

/// Whether the session still counts, whatever its token says.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn counts(state: &State, signed: &Signed, now: Timestamp) -> Result<bool> {
    Ok(state.store.session_rights(signed.workspace, signed.session, now).await?.is_some())
}

async fn open(
    state: &State,
    (workspace, user): (WorkspaceId, UserId),
    proved: HandedOver,
    request: &HttpRequest,
    now: Timestamp,
) -> Result<Vec<Cookie<'static>>> {
    let session = SessionCookie::new(workspace, SessionId(Uuid::now_v7()), rand::random());
    let new = NewSession {
        workspace,
        id: session.session,
        user,
        secret_hash: session.secret_hash(),
        user_agent: &user_agent(request),
        network: &network(state, request),
        now,
        created_at: proved.created_at,
        proven_at: proved.proven_at,
        password_hash: &proved.password_hash,
    };
    if !state.store.create_session(&new).await? {
        return Err(Error::Unsigned);
    }
    // Whoever came in stays in, also when that could not be kept.
    let back = async {
        state.runner.note(workspace, user, Noted::SignedIn).await?;
        state.runner.comes_back(workspace, user).await
    };
    match back.await {
        Ok(()) => UNNOTED.is_over(),
        Err(error) => UNNOTED.failed(&error),
    }
    Ok(vec![state.cookies().session_cookie(&session), state.cookies().no_token_cookie()])
}

/// Ends a session: its row, its tokens and its sockets. Answers the cookies that make the browser forget it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn end(state: &State, workspace: WorkspaceId, session: SessionId, now: Timestamp) -> Result<[Cookie<'static>; 2]> {
    state.store.revoke_session(workspace, session, now).await?;
    close(state, workspace, session, now);
    Ok(state.cookies().signed_out())
}

/// Ends what is open of a session that counts no more.
fn close(state: &State, workspace: WorkspaceId, session: SessionId, now: Timestamp) {
    state.tokens.end(session, now);
    state.sockets.close_session(workspace, session);
}

fn person(user: SessionUser, cookie: &SessionCookie) -> Signed {
    Signed {
        workspace: cookie.workspace,
        user: user.id,
        session: cookie.session,
        role: user.role,
        name: user.name,
        locale: Locale::of(&user.locale).unwrap_or_default(),
        works_elsewhere: user.works_elsewhere,
        is_owner: user.is_owner,
        looks: user.looks,
        picture: user.picture,
        owes_second_factor: user.owes_second_factor,
        csrf: csrf::token(&cookie.secret_hash(), cookie.session),
    }
    .reading()
}

/// Whether a script asks for a page again that waits for something (`await_controller.js`).
fn asks_by_itself(request: &HttpRequest) -> bool {
    request.headers().get("x-baton").is_some_and(|value| value == "waits")
}

fn session_cookie(state: &State, request: &HttpRequest) -> Option<SessionCookie> {
    request.cookie(state.cookies().session_name())?.value().parse().ok()
}

async fn read_token(state: &State, request: &HttpRequest, now: Timestamp) -> Result<Option<Signed>> {
    match request.cookie(state.cookies().token_name()) {
        Some(cookie) => Ok(state.tokens.read(cookie.value(), now).await?),
        None => Ok(None),
    }
}

async fn found(state: &State, signed: Signed, session: &SessionCookie, now: Timestamp) -> Result<Found> {
    let token = state.tokens.sign(&signed, now).await?;
    let cookies = vec![state.cookies().token_cookie(token), state.cookies().session_cookie(session)];
    Ok(Found { signed, cookies })
}

/// Where a request comes from, as far as its person needs to know.
pub(in crate::web) fn network(state: &State, request: &HttpRequest) -> String {
    shortened(client_address(request, &state.config.trusted_proxies))
}

fn user_agent(request: &HttpRequest) -> String {
    let text = request.headers().get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(LONGEST_USER_AGENT).collect()
}
