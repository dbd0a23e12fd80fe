//! The hand-over of a shift: what is open, what is late next, and who could take what.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::view::HandoverPage;
use super::view::handover::{OpenRow, TakesRow};
use super::view::names::Names;
use super::{Question, Shown, choices, scope_of, shown};
use crate::domain::floor::handover::who_takes_what;
use crate::domain::ids::{QueueId, UserId};
use crate::store::access::Viewer;
use crate::store::handover::Open;
use crate::web::conversations::around::chrome;
use crate::web::edge::answer::page;
use crate::web::edge::error::Result;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Lines of each list.
const SHOWN: i64 = 20;

/// `GET /floor/hand-over`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, question: web::Query<Question>) -> Result<HttpResponse> {
    let team = question.team();
    let (chrome, Shown { floor, now, .. }) = tokio::try_join!(chrome(&state, &signed), shown(&state, &signed, team))?;
    let queues: Vec<QueueId> = floor.queues.iter().map(|queue| queue.id).collect();
    let people: Vec<UserId> = floor.people.iter().map(|person| person.id).collect();
    let viewer = Viewer { workspace: signed.workspace, user: signed.user, visibility: signed.role.rights.visibility };
    let (waiting, owed, due) = tokio::try_join!(
        state.store.waiting_longest(viewer, &queues, SHOWN),
        state.store.owed_longest(viewer, &people, SHOWN),
        state.store.due_first(viewer, &queues, SHOWN),
    )?;
    let set_up = state.runner.workplaces().setup(signed.workspace).await?;
    let teams = choices(&set_up, &scope_of(&state, &signed, None).await?, team);
    let (names, locale) = (Names::of(now.workplace.clone()), signed.locale);
    let due = due.into_iter().map(|open| OpenRow::due(locale, open, &names, chrome.now)).collect();
    let rows = |open: Vec<Open>| open.into_iter().map(|open| OpenRow::of(locale, open, &names)).collect();
    let takes = who_takes_what(&floor.people).into_iter().map(|takes| TakesRow::of(locale, takes, &names)).collect();
    let (waiting, owed) = (rows(waiting), rows(owed));
    page(StatusCode::OK, &HandoverPage { chrome, locale, strip: floor.strip(), waiting, owed, due, takes, teams, team })
}
