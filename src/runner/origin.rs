//! Where an act comes from: known where requests come in, and kept with what they decide.

use crate::domain::setup::Origin;

tokio::task_local! {
    static ORIGIN: Origin;
}

/// Does `work` as something that comes from there.
pub async fn coming_from<F: Future>(origin: Origin, work: F) -> F::Output {
    ORIGIN.scope(origin, work).await
}

/// Where this comes from; nothing of what nobody asked for from outside.
pub(super) fn here() -> Option<Origin> {
    ORIGIN.try_with(Clone::clone).ok()
}
