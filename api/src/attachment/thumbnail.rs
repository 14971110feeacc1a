//! A small copy of a photo, without its metadata.
//!
//! The dimensions are read before anything is decoded, so that a small file cannot fill the memory,
//! and a few photos are decoded at a time, on threads of their own.

use std::io::Cursor;
use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::model::MediaType;

/// The most pixels of a photo; the camera of a phone has 12 million as a rule.
const MOST_PIXELS: u64 = 25_000_000;
/// The most pixels of a side.
const LONGEST_SIDE: u32 = 20_000;
/// The most memory of a decoder, in bytes: [`MOST_PIXELS`] with four bytes each, and its buffers.
const MOST_MEMORY: u64 = 160 * 1024 * 1024;
/// The quality of the copy, of 100.
const QUALITY: u8 = 80;
/// A copy is at most this many times as high as wide.
const HIGHEST: u32 = 4;
/// The photos that are decoded at a time.
const AT_A_TIME: usize = 2;

/// Why a file has no small copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoThumbnail {
    /// A voice recording.
    #[error("is not a photo")]
    NotAPhoto,
    /// It would need too much memory.
    #[error("has more than 25 million pixels, or a side of more than 20,000")]
    TooLarge,
    /// It cannot be decoded.
    #[error("is damaged")]
    Damaged,
    /// The server failed.
    #[error("cannot be decoded now")]
    Failed,
}

/// Makes small copies.
#[derive(Clone)]
pub struct Thumbnails(Arc<Semaphore>);

impl Default for Thumbnails {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }
}

impl Thumbnails {
    /// A JPEG of the photo `bytes` that is at most `width` pixels wide, upright and without metadata.
    ///
    /// # Errors
    /// [`NoThumbnail`].
    pub async fn make(
        &self,
        of: MediaType,
        bytes: Vec<u8>,
        width: u32,
    ) -> Result<Vec<u8>, NoThumbnail> {
        let format = format(of)?;
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(|_| NoThumbnail::Failed)?;
        let made = tokio::task::spawn_blocking(move || {
            let made = thumbnail(format, &bytes, width);
            // Held by the work, which goes on if the request is dropped.
            drop(permit);
            made
        });
        // A decoder that panics has met a damaged file.
        made.await.map_err(|_| NoThumbnail::Damaged)?
    }
}

const fn format(of: MediaType) -> Result<ImageFormat, NoThumbnail> {
    match of {
        MediaType::Jpeg => Ok(ImageFormat::Jpeg),
        MediaType::Png => Ok(ImageFormat::Png),
        MediaType::Webp => Ok(ImageFormat::WebP),
        MediaType::Mp4 | MediaType::Ogg | MediaType::Amr | MediaType::Pdf => {
            Err(NoThumbnail::NotAPhoto)
        }
    }
}

fn thumbnail(format: ImageFormat, bytes: &[u8], width: u32) -> Result<Vec<u8>, NoThumbnail> {
    let damaged = |_| NoThumbnail::Damaged;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (columns, rows) = decoder.dimensions();
    if u64::from(columns) * u64::from(rows) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return Err(NoThumbnail::TooLarge);
    }
    // The metadata that turns a photo upright is not in the copy.
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut photo = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    let sideways = matches!(
        orientation,
        image::metadata::Orientation::Rotate90
            | image::metadata::Orientation::Rotate270
            | image::metadata::Orientation::Rotate90FlipH
            | image::metadata::Orientation::Rotate270FlipH
    );
    let (wide, high) = (width, width * HIGHEST);
    let (wide, high) = if sideways { (high, wide) } else { (wide, high) };
    if photo.width() > wide || photo.height() > high {
        photo = photo.thumbnail(wide, high);
    }
    photo.apply_orientation(orientation);
    let mut copy = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut copy, QUALITY);
    on_white(&photo).write_with_encoder(encoder).map_err(|_| NoThumbnail::Failed)?;
    Ok(copy)
}

fn refusal(error: image::ImageError) -> NoThumbnail {
    match error {
        image::ImageError::Limits(_) => NoThumbnail::TooLarge,
        _ => NoThumbnail::Damaged,
    }
}

/// The photo without transparency: a signature is dark on nothing.
fn on_white(photo: &DynamicImage) -> RgbImage {
    let rgba = photo.to_rgba8();
    let mut flat = RgbImage::new(rgba.width(), rgba.height());
    for (from, to) in rgba.pixels().zip(flat.pixels_mut()) {
        let [red, green, blue, alpha] = from.0.map(u16::from);
        // At most 255 * 255 + 127, and a byte after the division.
        let blend = |colour: u16| {
            u8::try_from((colour * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
        };
        *to = Rgb([red, green, blue].map(blend));
    }
    flat
}

#[cfg(test)]
mod tests {
    use image::RgbaImage;

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let image = RgbaImage::from_fn(width, height, |x, _| {
            image::Rgba([u8::try_from(x % 256).unwrap_or(0), 0, 0, if x == 0 { 0 } else { 255 }])
        });
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
        bytes.into_inner()
    }

    fn size(jpeg: &[u8]) -> (u32, u32) {
        let copy = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).expect("a JPEG");
        (copy.width(), copy.height())
    }

    #[test]
    fn a_copy_is_smaller_and_never_larger() {
        let copy = |width, height, to| {
            size(&thumbnail(ImageFormat::Png, &png(width, height), to).expect("a copy"))
        };
        assert_eq!(copy(640, 320, 160), (160, 80));
        assert_eq!(copy(100, 50, 160), (100, 50));
        assert_eq!(copy(100, 5000, 160), (13, 640), "a long strip is not as long as it was");
    }

    #[test]
    fn what_is_transparent_is_white() {
        let flat = on_white(&image::load_from_memory(&png(2, 1)).expect("a photo"));
        assert_eq!((flat.get_pixel(0, 0).0, flat.get_pixel(1, 0).0), ([255; 3], [1, 0, 0]));
    }

    #[test]
    fn a_photo_is_upright_and_has_no_metadata() {
        let mut jpeg = Vec::new();
        RgbImage::new(400, 200).write_with_encoder(JpegEncoder::new(&mut jpeg)).expect("a JPEG");
        // An APP1 segment: TIFF, little-endian, one entry: orientation 6, and a place as text.
        let exif =
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0GPS 29.28";
        let length = u16::try_from(exif.len() + 2).expect("a length").to_be_bytes();
        let segment = [&[0xFF, 0xE1][..], &length, exif].concat();
        jpeg.splice(2..2, segment);
        let copy = thumbnail(ImageFormat::Jpeg, &jpeg, 100).expect("a copy");
        assert_eq!(size(&copy), (100, 200), "turned upright");
        let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|at| at == what);
        assert!(holds(&jpeg, b"GPS 29") && !holds(&copy, b"GPS 29") && !holds(&copy, b"Exif"));
    }

    #[test]
    fn a_bomb_is_refused_by_its_header() {
        // Only the header announces 30,000 x 30,000 pixels.
        let mut bomb = png(1, 1);
        bomb.splice(16..24, [0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        let mut crc = flate2::Crc::new();
        crc.update(&bomb[12..29]);
        bomb.splice(29..33, crc.sum().to_be_bytes());
        assert_eq!(thumbnail(ImageFormat::Png, &bomb, 160), Err(NoThumbnail::TooLarge));
        // 6,000 x 5,000 within the sides, beyond the pixels.
        let mut bomb = png(1, 1);
        bomb.splice(16..24, [0, 0, 0x17, 0x70, 0, 0, 0x13, 0x88]);
        let mut crc = flate2::Crc::new();
        crc.update(&bomb[12..29]);
        bomb.splice(29..33, crc.sum().to_be_bytes());
        assert_eq!(thumbnail(ImageFormat::Png, &bomb, 160), Err(NoThumbnail::TooLarge));
    }

    #[test]
    fn what_is_cut_or_no_photo_is_damaged() {
        let whole = png(300, 300);
        let cut = &whole[..whole.len() / 2];
        assert_eq!(thumbnail(ImageFormat::Png, cut, 160), Err(NoThumbnail::Damaged));
        let text = b"\x89PNG\r\n\x1a\n<svg onload=alert(1)>";
        assert_eq!(thumbnail(ImageFormat::Png, text, 160), Err(NoThumbnail::Damaged));
        assert_eq!(thumbnail(ImageFormat::WebP, &whole, 160), Err(NoThumbnail::Damaged));
        assert_eq!(format(MediaType::Ogg), Err(NoThumbnail::NotAPhoto));
    }
}
