//! What WhatsApp says of a connected number.

use serde::Deserialize;

use super::{Client, Error};

/// A number as its owner's token sees it; each part may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PhoneNumber {
    pub display_phone_number: Option<String>,
    pub verified_name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub quality_rating: Option<String>,
    /// `CONNECTED` when all is well.
    pub status: Option<String>,
}

impl Client {
    /// Reads a number: the cheapest proof that token and number belong together.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn phone_number(&self, phone_number_id: &str, access_token: &str) -> Result<PhoneNumber, Error> {
        let mut address = self.address(&[phone_number_id]);
        address.query_pairs_mut().append_pair("fields", "display_phone_number,verified_name,quality_rating,status");
        let answer = self.ask(self.http.get(address).bearer_auth(access_token)).await?;
        serde_json::from_value(answer).map_err(|error| Error::Unexpected { reason: error.to_string() })
    }
}
