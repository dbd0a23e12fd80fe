//! Looking at a picture: its type by its bytes, its size, and a small copy of it. Pure, and heavy.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage, RgbaImage};

use super::{jpeg, pixels};

/// Longest side of a picture that is decoded, in pixels.
pub const LARGEST_SIDE: u32 = 8_192;
/// Longest side of a thumbnail, in pixels.
pub const THUMBNAIL_SIDE: u32 = 480;

/// Side of a portrait in pixels.
pub const PORTRAIT_SIDE: u32 = 192;

/// Most memory that decoding one picture may take, in bytes.
const MOST_MEMORY: u64 = 128 * 1024 * 1024;
const THUMBNAIL_QUALITY: u8 = 80;
const PORTRAIT_QUALITY: u8 = 85;
/// What shows through where a picture is transparent.
const BACKGROUND: u8 = 255;

/// A picture that could be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`, `image/png` or `image/webp`, by its bytes; what the sender declared is not asked.
    pub mime_type: &'static str,
    /// In pixels, as it is to be looked at (turned as its metadata says).
    pub width: u32,
    pub height: u32,
    /// A JPEG of at most [`THUMBNAIL_SIDE`] pixels a side, upright, without metadata, on white.
    pub thumbnail: Vec<u8>,
    /// Nothing of the file is missing. What a customer sent is shown as far as it goes; what is cut off is not sent.
    pub is_whole: bool,
}

/// Why bytes are not a picture that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("it is not a JPEG, PNG or WebP picture")]
    NotAPicture,
    #[error("it is larger than {LARGEST_SIDE} pixels a side or takes too much memory")]
    TooLarge,
    #[error("it is damaged")]
    Damaged,
}

/// Decodes a picture within fixed limits of size and memory. For [`inspect`](super::inspect), which lets in a few at a time.
///
/// # Errors
/// The [`Reason`] it cannot be shown.
pub(super) fn inspect(bytes: &[u8]) -> Result<Picture, Reason> {
    let (format, mime_type) = kind(bytes)?;
    let Decoded { small, size: (width, height), orientation } = decode(bytes, format)?;
    let (width, height) = if turns(orientation) { (height, width) } else { (width, height) };
    // The other formats are not decoded at all when something is missing.
    let is_whole = format != ImageFormat::Jpeg || jpeg::is_whole(bytes);
    Ok(Picture { mime_type, width, height, thumbnail: thumbnail(small, orientation)?, is_whole })
}

/// Somebody's picture: the middle of one, as a square JPEG of [`PORTRAIT_SIDE`] pixels, without anything that came with it.
///
/// # Errors
/// As [`inspect`].
pub(super) fn portrait(bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    let picture = inspect(bytes)?;
    if !picture.is_whole {
        return Err(Reason::Damaged);
    }
    let small = image::load_from_memory_with_format(&picture.thumbnail, ImageFormat::Jpeg).map_err(reason)?;
    let side = small.width().min(small.height());
    let middle = small.crop_imm((small.width() - side) / 2, (small.height() - side) / 2, side, side);
    let square = middle.resize_exact(PORTRAIT_SIDE, PORTRAIT_SIDE, FilterType::Triangle).into_rgb8();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, PORTRAIT_QUALITY).encode_image(&square).map_err(reason)?;
    Ok(jpeg)
}

/// Draws a picture anew, upright and of at most [`THUMBNAIL_SIDE`] pixels a side, as a PNG: nothing else of the file is left. For
/// [`redraw`](super::redraw).
///
/// # Errors
/// As [`inspect`].
pub(super) fn redraw(bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    let (format, _) = kind(bytes)?;
    let Decoded { mut small, orientation, .. } = decode(bytes, format)?;
    small.apply_orientation(orientation);
    let mut png = Cursor::new(Vec::new());
    small.write_to(&mut png, ImageFormat::Png).map_err(reason)?;
    Ok(png.into_inner())
}

fn kind(bytes: &[u8]) -> Result<(ImageFormat, &'static str), Reason> {
    match infer::get(bytes).map(|kind| kind.mime_type()) {
        Some("image/jpeg") => Ok((ImageFormat::Jpeg, "image/jpeg")),
        Some("image/png") => Ok((ImageFormat::Png, "image/png")),
        Some("image/webp") => Ok((ImageFormat::WebP, "image/webp")),
        _ => Err(Reason::NotAPicture),
    }
}

/// What is left of a picture once it was looked at.
struct Decoded {
    /// At most [`THUMBNAIL_SIDE`] pixels a side, as it lies in the file.
    small: DynamicImage,
    /// The size in the file, in pixels.
    size: (u32, u32),
    orientation: Orientation,
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<Decoded, Reason> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(reason)?;
    // The decoders count what they use themselves; the pixels they hand over count here.
    if decoder.total_bytes() > MOST_MEMORY {
        return Err(Reason::TooLarge);
    }
    // Metadata that cannot be read only means that nobody turned the camera.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let size = decoder.dimensions();
    Ok(Decoded { small: pixels::reduced(decoder, THUMBNAIL_SIDE)?, size, orientation })
}

pub(super) fn reason(error: ImageError) -> Reason {
    match error {
        ImageError::Limits(_) => Reason::TooLarge,
        ImageError::Unsupported(_)
        | ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => Reason::Damaged,
    }
}

fn turns(orientation: Orientation) -> bool {
    matches!(orientation, Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH)
}

fn thumbnail(mut small: DynamicImage, orientation: Orientation) -> Result<Vec<u8>, Reason> {
    small.apply_orientation(orientation);
    let pixels = if small.color().has_alpha() { on_background(&small.to_rgba8()) } else { small.to_rgb8() };
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, THUMBNAIL_QUALITY).encode_image(&pixels).map_err(|_| Reason::Damaged)?;
    Ok(jpeg)
}

fn on_background(image: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0;
        let alpha = u16::from(alpha);
        let mixed = |colour: u8| ((u16::from(colour) * alpha + u16::from(BACKGROUND) * (255 - alpha)) / 255) as u8;
        Rgb([mixed(red), mixed(green), mixed(blue)])
    })
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Rgba};

    use super::*;

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn plain(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        encoded(&DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb([200, 30, 30]))), format)
    }

    fn size(jpeg: &[u8]) -> (u32, u32) {
        let image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap();
        (image.width(), image.height())
    }

    #[test]
    fn each_kind_of_picture_is_known_by_its_bytes() {
        let kinds = [(ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::Png, "image/png"), (ImageFormat::WebP, "image/webp")];
        for (format, mime_type) in kinds {
            let picture = inspect(&plain(960, 600, format)).unwrap();
            assert_eq!((picture.mime_type, picture.width, picture.height), (mime_type, 960, 600));
            assert_eq!(size(&picture.thumbnail), (480, 300));
        }
    }

    #[test]
    fn a_small_picture_is_not_blown_up() {
        assert_eq!(size(&inspect(&plain(20, 10, ImageFormat::Png)).unwrap().thumbnail), (20, 10));
        assert_eq!(size(&inspect(&plain(1, 2_000, ImageFormat::Png)).unwrap().thumbnail), (1, 480));
    }

    #[test]
    fn a_portrait_is_the_middle_of_a_picture_as_a_square() {
        let mut wide = RgbImage::from_pixel(300, 100, Rgb([10, 10, 200]));
        for (x, _, pixel) in wide.enumerate_pixels_mut() {
            if (100..200).contains(&x) {
                *pixel = Rgb([200, 30, 30]);
            }
        }
        let shown = portrait(&encoded(&DynamicImage::ImageRgb8(wide), ImageFormat::Png)).unwrap();
        assert_eq!(size(&shown), (PORTRAIT_SIDE, PORTRAIT_SIDE));
        let middle = image::load_from_memory(&shown).unwrap().to_rgb8();
        assert!(middle.get_pixel(96, 96).0[0] > 150 && middle.get_pixel(8, 96).0[0] > 120, "{:?}", middle.get_pixel(8, 96));
        assert_eq!(size(&portrait(&plain(20, 10, ImageFormat::WebP)).unwrap()), (PORTRAIT_SIDE, PORTRAIT_SIDE));
        assert_eq!(portrait(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(Reason::NotAPicture));
        let jpeg = plain(640, 480, ImageFormat::Jpeg);
        assert_eq!(portrait(&jpeg[..jpeg.len() * 2 / 3]), Err(Reason::Damaged));
    }

    #[test]
    fn what_is_transparent_is_white() {
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0])));
        let picture = inspect(&encoded(&clear, ImageFormat::Png)).unwrap();
        let shown = image::load_from_memory(&picture.thumbnail).unwrap().to_rgb8();
        assert!(shown.pixels().all(|pixel| pixel.0.iter().all(|colour| *colour > 250)));
    }

    #[test]
    fn a_turned_camera_is_set_upright() {
        let mut jpeg = plain(40, 20, ImageFormat::Jpeg);
        // An EXIF block with one entry: orientation (0x0112) 6, a quarter turn.
        let exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        drop(jpeg.splice(2..2, exif.iter().copied()));
        let picture = inspect(&jpeg).unwrap();
        assert_eq!((picture.width, picture.height), (20, 40));
        assert_eq!(size(&picture.thumbnail), (20, 40));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
        let others: [&[u8]; 6] = [b"", b"\xff", svg, b"<html><img>", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", b"%PDF-1.7"];
        for bytes in others {
            assert_eq!(inspect(bytes), Err(Reason::NotAPicture));
        }
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let png = plain(64, 64, ImageFormat::Png);
        assert_eq!(inspect(&png[..png.len() / 2]), Err(Reason::Damaged));
        assert_eq!(inspect(b"\xff\xd8\xff\xe0nothing"), Err(Reason::Damaged));
    }

    #[test]
    fn a_jpeg_that_was_cut_off_is_shown_as_far_as_it_goes_and_known_for_it() {
        let jpeg = plain(640, 480, ImageFormat::Jpeg);
        assert_eq!(inspect(&jpeg).map(|picture| picture.is_whole), Ok(true));
        assert_eq!(inspect(&jpeg[..jpeg.len() * 2 / 3]).map(|picture| picture.is_whole), Ok(false));
        assert_eq!(inspect(&plain(64, 64, ImageFormat::Png)).map(|picture| picture.is_whole), Ok(true));
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let wide = DynamicImage::ImageLuma8(GrayImage::new(LARGEST_SIDE + 1, 1));
        assert_eq!(inspect(&encoded(&wide, ImageFormat::Png)), Err(Reason::TooLarge));
        // A header that promises 8192 by 8192 pixels of 4 bytes: 256 MB.
        let mut png = encoded(&DynamicImage::ImageRgba8(RgbaImage::new(1, 1)), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 0, 0x20, 0, 0, 0, 0x20, 0]);
        let checksum = checksum(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&checksum);
        assert_eq!(inspect(&png), Err(Reason::TooLarge));
    }

    /// The CRC-32 of a PNG chunk.
    fn checksum(bytes: &[u8]) -> u32 {
        let step = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)));
        !bytes.iter().fold(u32::MAX, step)
    }
}
