//! The form of an answer, with or without a picture.

use actix_multipart::Multipart;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use url::form_urlencoded;

use crate::domain::ids::{CannedReplyId, MessageId};
use crate::store::drafts::DraftPage;
use crate::web::conversations::act::text;
use crate::web::edge::error::{Error, Result};

/// Bytes of a field that is not the picture: the longest message four times over.
const LONGEST_FIELD: usize = 64 * 1024;

/// A filled-in form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ReplyForm {
    /// Made by the browser, so that a double click is one message.
    pub message_id: MessageId,
    pub text: String,
    /// The last sequence the person saw; none when they answer anyway.
    pub seen: Option<i64>,
    /// The draft it was, as the page counts.
    pub draft: Option<DraftPage>,
    /// The canned reply that it began from.
    pub canned: Option<CannedReplyId>,
    /// The conversation is resolved by this answer.
    pub resolves: bool,
    pub picture: Option<Bytes>,
}

/// The fields as they come.
#[derive(Default)]
struct Fields {
    message_id: String,
    text: String,
    seen: String,
    anyway: String,
    resolve: String,
    canned: String,
    writer: String,
    turn: String,
    seen_version: String,
    picture: Bytes,
}

impl ReplyForm {
    /// Reads a body that is bounded already.
    ///
    /// # Errors
    /// [`Error::BadRequest`] when it is no such form.
    pub async fn read(headers: &HeaderMap, body: Bytes) -> Result<Self> {
        let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes()).to_ascii_lowercase();
        let fields = if content_type.starts_with(b"multipart/form-data") { multipart(headers, body).await? } else { urlencoded(&body) };
        fields.try_into()
    }
}

impl TryFrom<Fields> for ReplyForm {
    type Error = Error;

    fn try_from(fields: Fields) -> Result<Self> {
        let seen = match fields.seen.as_str() {
            "" => None,
            seen => Some(seen.parse().map_err(|_| Error::BadRequest)?),
        };
        Ok(Self {
            message_id: fields.message_id.parse().map_err(|_| Error::BadRequest)?,
            text: text(&fields.text),
            seen: seen.filter(|_| fields.anyway.is_empty()),
            resolves: !fields.resolve.is_empty(),
            canned: fields.canned.parse().ok(),
            draft: fields.draft()?,
            // A browser sends the field empty when nothing was chosen.
            picture: Some(fields.picture).filter(|picture| !picture.is_empty()),
        })
    }
}

impl Fields {
    fn draft(&self) -> Result<Option<DraftPage>> {
        draft_page(&self.writer, &self.turn, &self.seen_version)
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        match name {
            "message_id" => Some(&mut self.message_id),
            "text" => Some(&mut self.text),
            "seen" => Some(&mut self.seen),
            "anyway" => Some(&mut self.anyway),
            "resolve" => Some(&mut self.resolve),
            "canned" => Some(&mut self.canned),
            "writer" => Some(&mut self.writer),
            "turn" => Some(&mut self.turn),
            "seen_version" => Some(&mut self.seen_version),
            _ => None,
        }
    }
}

/// The draft that a form was, when it says so. A page without scripts knows only which version it shows.
///
/// # Errors
/// [`Error::BadRequest`] when it cannot be read.
pub(in crate::web) fn draft_page(writer: &str, turn: &str, seen: &str) -> Result<Option<DraftPage>> {
    let number = |text: &str| text.parse::<i64>().map_err(|_| Error::BadRequest);
    match (writer, seen) {
        ("", "") => Ok(None),
        ("", seen) => Ok(Some(DraftPage { seen: number(seen)?, ..DraftPage::default() })),
        (writer, seen) => {
            let writer = writer.parse().map_err(|_| Error::BadRequest)?;
            Ok(Some(DraftPage { writer, turn: number(turn)?, seen: number(seen)? }))
        }
    }
}

fn urlencoded(body: &[u8]) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in form_urlencoded::parse(body) {
        if let Some(field) = fields.field(&name) {
            *field = value.into_owned();
        }
    }
    fields
}

async fn multipart(headers: &HeaderMap, body: Bytes) -> Result<Fields> {
    let mut fields = Fields::default();
    let largest_picture = body.len();
    let mut parts = Multipart::new(headers, stream::iter([Ok(body)]));
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| Error::BadRequest)?;
        let name = part.name().unwrap_or_default().to_owned();
        if name == "picture" {
            fields.picture = read(&mut part, largest_picture).await?;
        } else if let Some(field) = fields.field(&name) {
            *field = String::from_utf8(read(&mut part, LONGEST_FIELD).await?.into()).map_err(|_| Error::BadRequest)?;
        }
    }
    Ok(fields)
}

async fn read(part: &mut actix_multipart::Field, limit: usize) -> Result<Bytes> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|_| Error::BadRequest)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Error::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use uuid::Uuid;

    use super::*;

    async fn read(content_type: &'static str, body: &str) -> Result<ReplyForm> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        ReplyForm::read(&headers, Bytes::copy_from_slice(body.as_bytes())).await
    }

    fn id() -> MessageId {
        MessageId(Uuid::from_u128(7))
    }

    #[tokio::test]
    async fn a_plain_form_is_read() {
        let body = format!("csrf=x&message_id={}&text=Hi%0D%0Athere&seen=12&resolve=true", id());
        let expected = ReplyForm {
            message_id: id(),
            text: "Hi\nthere".to_owned(),
            seen: Some(12),
            draft: None,
            canned: None,
            resolves: true,
            picture: None,
        };
        assert_eq!(read("application/x-www-form-urlencoded", &body).await.unwrap(), expected);
        let draft = DraftPage { writer: Uuid::from_u128(8), turn: 3, seen: 2 };
        let with_draft = format!("{body}&writer={}&turn=3&seen_version=2", draft.writer);
        assert_eq!(read("application/x-www-form-urlencoded", &with_draft).await.unwrap().draft, Some(draft));
        let without_scripts = DraftPage { seen: 2, ..DraftPage::default() };
        let plain = format!("{body}&seen_version=2");
        assert_eq!(read("application/x-www-form-urlencoded", &plain).await.unwrap().draft, Some(without_scripts));
        assert!(read("application/x-www-form-urlencoded", &format!("{body}&writer=me")).await.is_err());
    }

    #[tokio::test]
    async fn a_form_with_a_picture_is_read() {
        let part = |name: &str, more: &str, value: &str| {
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
        };
        let body = [
            part("message_id", "", &id().to_string()),
            part("text", "", "Look"),
            part("seen", "", "3"),
            part("anyway", "", "1"),
            part("picture", "; filename=\"a.png\"\r\ncontent-type: image/png", "bytes"),
            "--b--\r\n".to_owned(),
        ]
        .concat();
        let read = read("multipart/form-data; boundary=b", &body).await.unwrap();
        let picture = Some(Bytes::from_static(b"bytes"));
        assert_eq!(
            read,
            ReplyForm { message_id: id(), text: "Look".to_owned(), seen: None, draft: None, canned: None, resolves: false, picture }
        );
    }

    #[tokio::test]
    async fn a_form_without_a_message_id_is_none() {
        assert!(matches!(read("application/x-www-form-urlencoded", "text=Hi").await, Err(Error::BadRequest)));
        assert!(matches!(read("multipart/form-data; boundary=b", "nonsense").await, Err(Error::BadRequest)));
    }
}
