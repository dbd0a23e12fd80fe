//! Pictures: what they are by their bytes, and where they are kept. Knows nobody but the ids of `domain`.

mod picture;
mod shelf;

pub use picture::{LARGEST_SIDE, Picture, Reason, THUMBNAIL_SIDE, inspect};
pub use shelf::{Error, MediaStore, Stored};
