//! The floor of a workspace as it is now, for a page and for those that are live.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::domain::floor::history::quarter_of;
use crate::domain::floor::wait::Habits;
use crate::domain::floor::{Floor, FloorEntry, FloorFigures, Scope, Teams};
use crate::domain::ids::{QueueId, UserId, WorkspaceId};
use crate::domain::workplace::Workplace;
use crate::runner;
use crate::store;
use crate::web::state::State;

/// For how long what was done is shown, and how much of it.
const SHOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
const SHOWN: i64 = 12;

/// From how far back it is taken what is usual.
const USUAL_SINCE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Everything there is to show.
#[derive(Clone)]
pub struct FloorNow {
    pub floor: Floor,
    pub entries: Vec<FloorEntry>,
    /// What things and people are called.
    pub workplace: Arc<Workplace>,
}

/// Reads the floor of a workspace: so many statements, however much there is on it.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn floor_now(state: &State, workspace: WorkspaceId) -> store::Result<FloorNow> {
    let now = runner::now();
    let since = now.saturating_sub(SHOWN_FOR).unwrap_or(Timestamp::MIN);
    let (figures, entries, workplace) = tokio::try_join!(
        state.store.floor(workspace, now),
        state.store.floor_entries(workspace, since, SHOWN),
        state.runner.workplaces().get(workspace),
    )?;
    let habits = habits(state, workspace, &figures, now).await?;
    let figures = FloorFigures { habits, ..figures };
    let floor = Floor::of(figures, |user| state.live.is_connected(workspace, user), now);
    Ok(FloorNow { floor, entries, workplace })
}

/// How fast queues are usually worked off: reckoned once in a quarter of an hour, while somebody looks.
async fn habits(
    state: &State,
    workspace: WorkspaceId,
    figures: &FloorFigures,
    now: Timestamp,
) -> store::Result<Arc<HashMap<QueueId, Habits>>> {
    let quarter = quarter_of(now);
    if let Some(known) = state.live.habits.of(workspace, quarter) {
        return Ok(known);
    }
    let tallies = state.store.queue_tallies(workspace, now.saturating_sub(USUAL_SINCE).unwrap_or(Timestamp::MIN)).await?;
    let of = |(id, waiting): (QueueId, i64)| Some((id, Habits::of(tallies.get(&id)?, waiting, now)));
    let habits: HashMap<QueueId, Habits> = figures.queues.iter().map(|queue| (queue.id, queue.waiting)).filter_map(of).collect();
    let habits = Arc::new(habits);
    state.live.habits.keep(workspace, quarter, habits.clone());
    Ok(habits)
}

impl FloorNow {
    /// What was done of which somebody sees whom or what it concerned, or what they did themselves.
    #[must_use]
    pub fn entries_in(&self, scope: &Scope, own: Option<UserId>) -> Vec<&FloorEntry> {
        let is_seen = |entry: &&FloorEntry| {
            let queues = entry.act.queues().into_iter().filter_map(|id| self.floor.queue(id)).any(|queue| scope.has_queue(queue));
            let people = entry.act.people().into_iter().filter_map(|id| self.floor.person(id)).any(|person| scope.has_person(person));
            // Whoever works for no queue and holds nothing any more is on no floor.
            queues || people || own == Some(entry.by) || scope.people == Teams::All
        };
        self.entries.iter().filter(is_seen).collect()
    }
}
