//! Meta's limits on media.

use std::time::Duration;

/// Largest picture that may be sent, in bytes (Meta, "Media": 5 MB).
pub const LARGEST_PICTURE: usize = 5 * 1024 * 1024;

/// Largest picture that is fetched, in bytes. Meta passes on media of up to 100 MB; the phones it comes from make pictures of a few.
pub const LARGEST_FETCH: usize = 16 * 1024 * 1024;

/// How long an uploaded file can be sent by its id (Meta: 30 days), less a day.
pub const UPLOAD_LIFE: Duration = Duration::from_secs(29 * 24 * 60 * 60);

/// The types of picture that may be sent.
pub const SENDABLE_PICTURES: [&str; 2] = ["image/jpeg", "image/png"];

/// Why a picture cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    #[error("WhatsApp takes JPEG and PNG pictures, not {mime_type}")]
    Type { mime_type: String },
    #[error("the picture has {length} bytes and may have {LARGEST_PICTURE}")]
    TooLarge { length: usize },
}

/// Whether WhatsApp takes a picture of this type, as told by its bytes, and length.
///
/// # Errors
/// [`Unsendable`], with the reason.
pub fn sendable(mime_type: &str, length: usize) -> Result<(), Unsendable> {
    if !SENDABLE_PICTURES.contains(&mime_type) {
        return Err(Unsendable::Type { mime_type: mime_type.to_owned() });
    }
    if length > LARGEST_PICTURE {
        return Err(Unsendable::TooLarge { length });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_whatsapp_takes_is_sendable() {
        assert_eq!(sendable("image/jpeg", LARGEST_PICTURE), Ok(()));
        assert_eq!(sendable("image/png", 1), Ok(()));
        assert_eq!(sendable("image/png", LARGEST_PICTURE + 1), Err(Unsendable::TooLarge { length: LARGEST_PICTURE + 1 }));
        for mime_type in ["image/webp", "image/svg+xml", "IMAGE/PNG", ""] {
            assert_eq!(sendable(mime_type, 1), Err(Unsendable::Type { mime_type: mime_type.to_owned() }));
        }
    }
}
