//! The fields of a form that may bring a file.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use url::form_urlencoded;

use super::error::{Error, Result};

/// Fields of a form by their names; of several of one name the last.
#[derive(Debug, Default)]
pub struct Parts(HashMap<String, Bytes>);

/// Whether a body comes in parts, as one with files does.
#[must_use]
pub fn is_in_parts(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    content_type.to_ascii_lowercase().starts_with(b"multipart/form-data")
}

/// The fields of a body that is bounded already, in their order.
///
/// # Errors
/// [`Error::BadRequest`] when it is no form.
pub async fn fields(headers: &HeaderMap, body: Bytes) -> Result<Vec<(String, Bytes)>> {
    if !is_in_parts(headers) {
        let fields = form_urlencoded::parse(&body);
        return Ok(fields.map(|(name, value)| (name.into_owned(), Bytes::from(value.into_owned()))).collect());
    }
    let mut read = Vec::new();
    let mut fields = Multipart::new(headers, stream::iter([Ok(body)]));
    while let Some(field) = fields.next().await {
        let mut field = field.map_err(|_| Error::BadRequest)?;
        let name = field.name().unwrap_or_default().to_owned();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = field.next().await {
            bytes.extend_from_slice(&chunk.map_err(|_| Error::BadRequest)?);
        }
        read.push((name, bytes.freeze()));
    }
    Ok(read)
}

impl Parts {
    /// Reads a body that is bounded already.
    ///
    /// # Errors
    /// [`Error::BadRequest`] when it is no form.
    pub async fn read(headers: &HeaderMap, body: Bytes) -> Result<Self> {
        Ok(Self(fields(headers, body).await?.into_iter().collect()))
    }

    /// A file, or nothing where none was chosen.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<Bytes> {
        self.0.get(name).filter(|bytes| !bytes.is_empty()).cloned()
    }

    /// A text; nothing where it is no text, empty or not there. Line ends are those of files, not of forms.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        let text = std::str::from_utf8(self.0.get(name)?).ok()?;
        Some(text.replace("\r\n", "\n")).filter(|text| !text.is_empty())
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
