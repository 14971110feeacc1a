//! What an attachment may be.

use thiserror::Error;

use crate::words;

words! {
    /// The types of what may be attached.
    MediaType {
        /// A photo or a signature.
        Jpeg = "image/jpeg",
        /// A photo or a signature.
        Png = "image/png",
        /// A photo or a signature.
        Webp = "image/webp",
        /// A voice.
        Mp4 = "audio/mp4",
        /// A voice.
        Ogg = "audio/ogg",
        /// A voice.
        Amr = "audio/amr",
    }
}

/// The most bytes of a photo or a signature.
const IMAGE: i64 = 10 * 1024 * 1024;
/// The most bytes of a voice.
const VOICE: i64 = 5 * 1024 * 1024;
/// The most bytes of anything.
pub const LARGEST: i64 = IMAGE;
/// The most attachments of one person to one task.
pub const MOST: i64 = 10;

impl MediaType {
    /// The most bytes of this type.
    pub const fn largest(self) -> i64 {
        match self {
            Self::Jpeg | Self::Png | Self::Webp => IMAGE,
            Self::Mp4 | Self::Ogg | Self::Amr => VOICE,
        }
    }

    /// Whether the bytes begin as this type does.
    pub fn is_of(self, bytes: &[u8]) -> bool {
        let found = infer::get(bytes).map(|kind| kind.mime_type()).unwrap_or_default();
        match self {
            // The container is the same for sound alone and with pictures.
            Self::Mp4 => matches!(found, "audio/m4a" | "audio/mp4" | "video/mp4"),
            other => found == other.word(),
        }
    }
}

/// What was sent is not what was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Misfit {
    /// Another hash.
    #[error("its SHA-256 is not the one that was announced")]
    Hash,
    /// Another type.
    #[error("its content is not of the type that was announced")]
    Type,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_how_its_bytes_begin() {
        let begins: [(MediaType, &[u8]); 6] = [
            (MediaType::Jpeg, &[0xFF, 0xD8, 0xFF, 0xE0]),
            (MediaType::Png, b"\x89PNG\r\n\x1a\n"),
            (MediaType::Webp, b"RIFF\x00\x00\x00\x00WEBPVP8 "),
            (MediaType::Mp4, b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00"),
            (MediaType::Ogg, b"OggS\x00\x02"),
            (MediaType::Amr, b"#!AMR\n\x3c\x08\x00\x00\x00\x00\x00\x00"),
        ];
        for (of, bytes) in begins {
            for other in MediaType::ALL {
                assert_eq!(other.is_of(bytes), *other == of, "{of} as {other}");
            }
        }
        assert!(!MediaType::Jpeg.is_of(b"<svg onload=alert(1)>"));
    }
}
