//! Numbers that send nothing: pages are told that one stopped or goes on, and ask for the words.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::ids::{InboxId, WorkspaceId};
use crate::live::delivery::deliver;
use crate::store::allowances::Paused;
use crate::web::live::frames::ToPage;
use crate::web::state::State;

/// How often it is looked whether a number stopped or goes on; one small question, whatever the number of pages.
const ROUND: Duration = Duration::from_secs(2);

/// The numbers of a workspace that stand still, and the code of the reason.
type Stopped = HashMap<WorkspaceId, Vec<(InboxId, i64)>>;

/// Tells the pages of a workspace whenever its paused numbers are others than before.
pub(in crate::web) async fn show(state: &State) {
    let mut before = Stopped::new();
    loop {
        tokio::time::sleep(ROUND).await;
        if state.live.hub.is_empty() {
            continue;
        }
        match state.store.all_paused_numbers().await {
            Ok(paused) => {
                let now = stopped(&paused);
                for workspace in changed(&before, &now) {
                    deliver(&state.live.hub.pages_in(workspace), &ToPage::Paused.frame());
                }
                before = now;
            }
            Err(error) => tracing::debug!(%error, "pages keep what they say of paused numbers"),
        }
    }
}

fn stopped(paused: &[Paused]) -> Stopped {
    let mut stopped = Stopped::new();
    for number in paused {
        stopped.entry(number.workspace).or_default().push((number.inbox, number.reason.code));
    }
    stopped
}

fn changed(before: &Stopped, now: &Stopped) -> Vec<WorkspaceId> {
    let begun = now.keys().filter(|workspace| before.get(workspace) != now.get(workspace));
    let ended = before.keys().filter(|workspace| !now.contains_key(workspace));
    begun.chain(ended).copied().collect()
}
