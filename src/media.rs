//! Pictures: what they are by their bytes, and where they are kept. Knows nobody but the ids of `domain`.

mod inspection;
mod jpeg;
mod picture;
mod pixels;
mod shelf;

pub use inspection::{Busy, inspect, portrait, redraw};
pub use picture::{LARGEST_SIDE, PORTRAIT_SIDE, Picture, Reason, THUMBNAIL_SIDE};
pub use shelf::{Error, MediaStore, Stored};
