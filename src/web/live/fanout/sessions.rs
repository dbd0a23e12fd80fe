//! Sessions that end, and people who see more or less than before, although nobody told their pages.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::access::{Rights, Visibility};
use crate::domain::ids::{SessionId, WorkspaceId};
use crate::web::state::State;

/// How often each session is looked up again.
const SESSION_ROUND: Duration = Duration::from_secs(60);

/// Looks every session up again within a minute, spread over it, and all at once when sign-outs may have been missed.
pub(super) async fn check(state: &State) {
    loop {
        let sessions = state.live.hub.sessions();
        tokio::select! {
            () = check_each(state, &sessions, SESSION_ROUND.div_f64(sessions.len().max(1) as f64)) => {}
            () = state.live.sessions_in_doubt.notified() => check_each(state, &state.live.hub.sessions(), Duration::ZERO).await,
        }
    }
}

/// Pages that see more or less than their person does by now come again: nobody may have been told.
async fn check_access(state: &State, workspace: WorkspaceId, session: SessionId, rights: Rights) {
    let Some((user, access)) = state.live.hub.access(workspace, session) else { return };
    let (visibility, mut known) = access.map_or((Visibility::All, Vec::new()), |access| (access.visibility, access.queues.clone()));
    let mut queues = Vec::new();
    if visibility == rights.visibility && visibility.is_by_team() {
        let Ok(found) = state.store.queues_of(workspace, user).await else { return };
        queues = found;
    }
    queues.sort_unstable();
    known.sort_unstable();
    if visibility != rights.visibility || queues != known {
        state.live.hub.reconnect_person(workspace, user);
    }
}

async fn check_each(state: &State, sessions: &[(WorkspaceId, SessionId)], pause: Duration) {
    if sessions.is_empty() {
        tokio::time::sleep(pause).await;
    }
    for (workspace, session) in sessions {
        tokio::time::sleep(pause).await;
        match state.store.session_rights(*workspace, *session, Timestamp::now()).await {
            Ok(None) => state.live.session_is_over(*workspace, *session),
            Ok(Some(rights)) => check_access(state, *workspace, *session, rights).await,
            Err(_) => {}
        }
    }
}
