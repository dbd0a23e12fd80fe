//! What stands around every page, as it is now.

use jiff::Timestamp;

use super::present;
use crate::store;
use crate::web::layouts::chrome::Chrome;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Reads what stands around a page of somebody's.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn chrome(state: &State, signed: &Signed) -> store::Result<Chrome> {
    let counts = state.store.view_counts(signed.viewer());
    let (counts, agents) = tokio::try_join!(counts, state.store.agents(signed.workspace))?;
    Ok(present::chrome(signed, &agents, counts, Timestamp::now()))
}
