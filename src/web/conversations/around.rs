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
    let (counts, availability) = state.store.own_board(signed.viewer()).await?;
    Ok(present::chrome(signed, availability, counts, Timestamp::now()))
}
