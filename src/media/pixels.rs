//! The pixels of a picture while it is made small. They lie in memory of their own, which the system has back the moment they are let
//! go: an allocator keeps what was freed for a while, and of pictures of 128 MB it must not keep one.

use std::marker::PhantomData;
use std::ops::Deref;

use bytemuck::Pod;
use image::{ColorType, DynamicImage, ImageBuffer, ImageDecoder, Luma, LumaA, Pixel, Rgb, Rgba, imageops};
use memmap2::MmapMut;

use super::picture::{Reason, reason};

/// Subpixels of one type.
struct Pixels<T> {
    memory: MmapMut,
    of: PhantomData<T>,
}

impl<T: Pod> Deref for Pixels<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        bytemuck::cast_slice(&self.memory)
    }
}

/// A copy with at most `side` pixels a side, in the same proportions.
///
/// # Errors
/// The [`Reason`] it cannot be decoded.
pub(super) fn reduced(decoder: impl ImageDecoder, side: u32) -> Result<DynamicImage, Reason> {
    let (width, height) = decoder.dimensions();
    if width <= side && height <= side {
        return DynamicImage::from_decoder(decoder).map_err(reason);
    }
    let (small_width, small_height) = within(side, width, height);
    macro_rules! small {
        ($pixel:ty) => {
            imageops::thumbnail(&whole::<$pixel>(decoder)?, small_width, small_height).into()
        };
    }
    Ok(match decoder.color_type() {
        ColorType::L8 => small!(Luma<u8>),
        ColorType::La8 => small!(LumaA<u8>),
        ColorType::Rgb8 => small!(Rgb<u8>),
        ColorType::Rgba8 => small!(Rgba<u8>),
        ColorType::L16 => small!(Luma<u16>),
        ColorType::La16 => small!(LumaA<u16>),
        ColorType::Rgb16 => small!(Rgb<u16>),
        ColorType::Rgba16 => small!(Rgba<u16>),
        // Of the formats that are read here none has another.
        _ => DynamicImage::from_decoder(decoder).map_err(reason)?.thumbnail(side, side),
    })
}

fn whole<P: Pixel>(decoder: impl ImageDecoder) -> Result<ImageBuffer<P, Pixels<P::Subpixel>>, Reason>
where
    P::Subpixel: Pod,
{
    let (width, height) = decoder.dimensions();
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| Reason::TooLarge)?;
    let mut memory = MmapMut::map_anon(length).map_err(|_| Reason::TooLarge)?;
    decoder.read_image(&mut memory).map_err(reason)?;
    ImageBuffer::from_raw(width, height, Pixels { memory, of: PhantomData }).ok_or(Reason::Damaged)
}

/// The largest size of the same proportions that fits; no side is nothing.
fn within(side: u32, width: u32, height: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height)).max(1);
    let fitted = |length: u32| {
        let fitted = (u64::from(length) * u64::from(side) + longest / 2) / longest;
        u32::try_from(fitted).unwrap_or(side).clamp(1, side)
    };
    (fitted(width), fitted(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_proportions() {
        let sizes = [(8_192, 4_095), (960, 600), (1, 2_000), (2_000, 1), (481, 481)];
        let expected = [(480, 240), (480, 300), (1, 480), (480, 1), (480, 480)];
        assert_eq!(sizes.map(|(width, height)| within(480, width, height)), expected);
    }
}
