//! Who a request comes from.
//!
//! Two cookies: a token that is believed for a minute, and the session behind it, which is asked for when the token has run out or
//! this node heard that something ended. So a request costs no query, and a changed role, a revoked session or a person who left counts
//! at once while nodes hear each other, and within a minute while they do not.

pub mod cookies;
pub mod devices;
pub mod signed;
pub mod tokens;

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use self::cookies::{SESSION_DAYS, SessionCookie};
use self::signed::Signed;
use super::edge::csrf;
use super::edge::error::Result;
use super::locale::Locale;
use super::state::State;
use crate::domain::ids::{SessionId, UserId, WorkspaceId};
use crate::store::sessions::{NewSession, Renewal, SessionUser};

/// How long a session lives without a request.
pub const LIFE: SignedDuration = SignedDuration::from_hours(24 * SESSION_DAYS);

/// How long a session lives however much it is used: after this a person proves again who they are.
pub const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What a browser calls itself is kept to this many characters.
const LONGEST_USER_AGENT: usize = 200;

/// A person, and the cookies that the answer must bring.
pub struct Found {
    pub signed: Signed,
    pub cookies: Vec<Cookie<'static>>,
}

/// Who this request comes from, if it carries a good session.
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
    let user = state.store.renew_session(session.workspace, session.session, &session.secret_hash(), renewal(now)).await?;
    match user {
        Some(user) => found(state, person(user, &session), &session, now).await.map(Some),
        None => Ok(None),
    }
}

/// What using a session at `now` does to it.
#[must_use]
pub fn renewal(now: Timestamp) -> Renewal {
    let before = |life| now.saturating_sub(life).unwrap_or(Timestamp::MIN);
    Renewal { now, expires_at: now + LIFE, begun_after: before(LONGEST_LIFE) }
}

/// Opens a session for a person who proved who they are; answers the cookies.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn begin(
    state: &State,
    workspace: WorkspaceId,
    user: UserId,
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
        created_at: now,
        expires_at: now + LIFE,
    };
    state.store.create_session(&new).await?;
    Ok(vec![state.cookies().session_cookie(&session), state.cookies().no_token_cookie()])
}

/// Ends a session: its row, its tokens and its sockets. Answers the cookies that make the browser forget it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn end(state: &State, workspace: WorkspaceId, session: SessionId, now: Timestamp) -> Result<[Cookie<'static>; 2]> {
    state.store.revoke_session(workspace, session, now).await?;
    state.tokens.end(session, now);
    state.sockets.close_session(workspace, session);
    Ok(state.cookies().signed_out())
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
        csrf: csrf::token(&cookie.secret_hash(), cookie.session),
    }
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

fn user_agent(request: &HttpRequest) -> String {
    let text = request.headers().get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().take(LONGEST_USER_AGENT).collect()
}
