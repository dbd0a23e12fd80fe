//! Whether a JPEG was cut off. Decoders fill up what is missing with grey, which nobody wants to send.

/// Whether the file has its end: a marker that only stands behind the last line of pixels (ITU T.81, B.1 and B.2). What comes behind
/// it is not looked at: phones put films and depth there.
#[must_use]
pub fn is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes.strip_prefix(b"\xff\xd8").unwrap_or_default();
    while let Some((marker, behind)) = marker(rest) {
        rest = match marker {
            0xd9 => return true,
            // Stands alone.
            0x01 | 0xd0..=0xd7 => behind,
            // A line of pixels follows its head.
            0xda => pixels(segment(behind)),
            _ => segment(behind),
        };
    }
    false
}

/// The marker at the beginning, and what is behind it.
fn marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let bytes = bytes.strip_prefix(b"\xff")?;
    let filled = bytes.iter().take_while(|byte| **byte == 0xff).count();
    bytes.get(filled).map(|marker| (*marker, &bytes[filled + 1..]))
}

/// What is behind a segment, which begins with its length.
fn segment(bytes: &[u8]) -> &[u8] {
    let length = match bytes {
        [high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
        _ => return &[],
    };
    bytes.get(length.max(2)..).unwrap_or_default()
}

/// What is behind the pixels: the next marker that does not belong to them.
fn pixels(bytes: &[u8]) -> &[u8] {
    let belongs = |byte: u8| matches!(byte, 0x00 | 0xd0..=0xd7);
    let end = bytes.windows(2).position(|pair| pair[0] == 0xff && pair[1] != 0xff && !belongs(pair[1]));
    end.map_or(&[], |end| &bytes[end..])
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;

    fn jpeg() -> Vec<u8> {
        let colourful = RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8 * 3, y as u8 * 3, (x * y) as u8]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(colourful).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_is_whole_until_a_byte_of_it_is_missing() {
        let whole = jpeg();
        assert!(is_whole(&whole));
        for length in 0..whole.len() {
            assert!(!is_whole(&whole[..length]), "cut at {length} of {}", whole.len());
        }
    }

    #[test]
    fn what_phones_put_behind_a_picture_does_not_matter() {
        assert!(is_whole(&[jpeg(), b"a film, and \xff\xd8 another".to_vec()].concat()));
    }

    #[test]
    fn the_end_of_a_picture_inside_the_metadata_is_not_its_own() {
        let inside = jpeg();
        let length = u16::try_from(inside.len() + 2).unwrap().to_be_bytes();
        let whole = [b"\xff\xd8\xff\xe1", &length[..], &inside, &jpeg()[2..]].concat();
        assert!(is_whole(&whole));
        assert!(!is_whole(&whole[..whole.len() - 2]));
    }

    #[test]
    fn nonsense_is_no_whole_picture_and_ends() {
        let nonsense: [&[u8]; 5] =
            [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x00", b"\xff\xd8\xff\xff\xff\xff", b"\xff\xd8\xff\xda\x00\x02\xff\x00"];
        for bytes in nonsense {
            assert!(!is_whole(bytes), "{bytes:?}");
        }
    }
}
