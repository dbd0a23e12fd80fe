//! A picture that an agent sends: looked at, and kept.

use actix_web::web::Bytes;
use uuid::Uuid;

use crate::domain::channel::Pictures;
use crate::domain::command::ReplyContent;
use crate::domain::ids::{MediaId, WorkspaceId};
use crate::media::{self, Picture, Reason};
use crate::store::media::StoredMedia;
use crate::web::error::{Error, Result};
use crate::web::locale::Locale;
use crate::web::state::State;
use crate::web::views::Html;

pub(super) use crate::store::media::MediaPlace as Place;

/// Why a picture is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsuitable {
    TooLarge,
    WrongType,
    /// A part of it is missing.
    Damaged,
}

impl Unsuitable {
    /// For the person.
    pub fn words(self, locale: Locale) -> Html {
        let key = match self {
            Self::TooLarge => "composer.too_large",
            Self::WrongType => "composer.wrong_type",
            Self::Damaged => "composer.damaged",
        };
        Html::trusted(locale.t(key).into_owned())
    }
}

/// A picture that can be sent.
pub(super) struct Kept {
    media: MediaId,
    picture: Picture,
}

impl Kept {
    pub fn with_caption(self, caption: &str) -> ReplyContent {
        ReplyContent::Image {
            media: self.media,
            mime_type: self.picture.mime_type.to_owned(),
            caption: Some(caption.to_owned()),
            size: (self.picture.width, self.picture.height),
        }
    }
}

/// Looks at a picture and keeps it with its thumbnail, if it is one that the channel takes.
///
/// # Errors
/// A fault; what the person can do something about is [`Unsuitable`].
pub(super) async fn keep(state: &State, place: Place, allowed: Pictures, bytes: Bytes) -> Result<Result<Kept, Unsuitable>> {
    if bytes.len() > allowed.largest {
        return Ok(Err(Unsuitable::TooLarge));
    }
    let picture = match suitable(media::inspect(bytes.clone()).await?, allowed) {
        Ok(picture) => picture,
        Err(unsuitable) => return Ok(Err(unsuitable)),
    };
    let media = MediaId(Uuid::now_v7());
    let stored = stored(&picture, bytes.len());
    state.media.put_new(place.workspace, media, bytes, Bytes::copy_from_slice(&picture.thumbnail)).await?;
    if let Err(error) = state.store.add_media(place, media, &stored).await {
        // Nobody knows of the files: they would stay for ever.
        drop_again(state, place.workspace, media).await;
        return Err(error.into());
    }
    Ok(Ok(Kept { media, picture }))
}

/// Drops a picture whose message was refused. Nobody waits for it: a fault leaves a file that nothing shows.
pub(super) async fn drop_again(state: &State, workspace: WorkspaceId, media: MediaId) {
    let dropped = async {
        state.store.remove_media(workspace, media).await?;
        Ok::<_, Error>(state.media.remove(workspace, media).await?)
    };
    if let Err(error) = dropped.await {
        tracing::warn!(%media, %error, "a picture that was not sent could not be dropped");
    }
}

fn suitable(inspected: Result<Picture, Reason>, allowed: Pictures) -> Result<Picture, Unsuitable> {
    let picture = inspected.map_err(|reason| match reason {
        Reason::TooLarge => Unsuitable::TooLarge,
        Reason::NotAPicture => Unsuitable::WrongType,
        Reason::Damaged => Unsuitable::Damaged,
    })?;
    match allowed.types.contains(&picture.mime_type) {
        true if picture.is_whole => Ok(picture),
        true => Err(Unsuitable::Damaged),
        false => Err(Unsuitable::WrongType),
    }
}

fn stored(picture: &Picture, length: usize) -> StoredMedia {
    let pixels = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    StoredMedia {
        mime_type: picture.mime_type.to_owned(),
        byte_count: i64::try_from(length).unwrap_or(i64::MAX),
        width: pixels(picture.width),
        height: pixels(picture.height),
    }
}

impl From<media::Error> for Error {
    fn from(error: media::Error) -> Self {
        match error {
            media::Error::Missing => Self::NotFound,
            media::Error::Place(_) | media::Error::Failed(_) => Self::fault(error),
        }
    }
}

impl From<media::Busy> for Error {
    fn from(_: media::Busy) -> Self {
        Self::Crowded
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat};

    use super::*;
    use crate::domain::channel::WHATSAPP_PICTURES;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(4, 3).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    async fn looked_at(bytes: Vec<u8>) -> Result<Picture, Unsuitable> {
        suitable(media::inspect(bytes.into()).await.unwrap(), WHATSAPP_PICTURES)
    }

    #[tokio::test]
    async fn jpeg_and_png_can_be_sent_whatever_they_are_called() {
        for (format, mime_type) in [(ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::Png, "image/png")] {
            let picture = looked_at(encoded(format)).await.unwrap();
            assert_eq!((picture.mime_type, picture.width, picture.height), (mime_type, 4, 3));
        }
    }

    #[tokio::test]
    async fn anything_else_is_refused_in_words() {
        assert_eq!(looked_at(encoded(ImageFormat::WebP)).await.unwrap_err(), Unsuitable::WrongType);
        assert_eq!(looked_at(b"<svg onload=alert(1)>".to_vec()).await.unwrap_err(), Unsuitable::WrongType);
        let whole = encoded(ImageFormat::Jpeg);
        assert_eq!(looked_at(whole[..whole.len() - 2].to_vec()).await.unwrap_err(), Unsuitable::Damaged);
        let whole = encoded(ImageFormat::Png);
        assert_eq!(looked_at(whole[..whole.len() / 2].to_vec()).await.unwrap_err(), Unsuitable::Damaged);
        for unsuitable in [Unsuitable::TooLarge, Unsuitable::WrongType, Unsuitable::Damaged] {
            assert!(!unsuitable.words(Locale::default()).as_str().starts_with("composer."));
        }
    }
}
