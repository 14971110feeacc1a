//! Media types and limits of attachments.

use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, Word as _, unknown};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// The media types of attachments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<MediaType>)]
pub enum MediaType {
    /// A photo or a signature.
    #[serde(rename = "image/jpeg")]
    #[strum(serialize = "image/jpeg")]
    Jpeg,
    /// A photo or a signature.
    #[serde(rename = "image/png")]
    #[strum(serialize = "image/png")]
    Png,
    /// A photo or a signature.
    #[serde(rename = "image/webp")]
    #[strum(serialize = "image/webp")]
    Webp,
    /// A voice recording.
    #[serde(rename = "audio/mp4")]
    #[strum(serialize = "audio/mp4")]
    Mp4,
    /// A voice recording.
    #[serde(rename = "audio/ogg")]
    #[strum(serialize = "audio/ogg")]
    Ogg,
    /// A voice recording.
    #[serde(rename = "audio/amr")]
    #[strum(serialize = "audio/amr")]
    Amr,
    /// A document of a case.
    #[serde(rename = "application/pdf")]
    #[strum(serialize = "application/pdf")]
    Pdf,
}

text_column!(MediaType);

/// Maximum size of a photo, a signature or a document in bytes.
const IMAGE: i64 = 10 * 1024 * 1024;
/// Maximum size of a voice recording in bytes.
const VOICE: i64 = 5 * 1024 * 1024;
/// Maximum size of any attachment in bytes.
pub const LARGEST: i64 = IMAGE;
/// Maximum number of attachments per person and task or case.
pub const MOST: i64 = 10;

impl MediaType {
    /// Maximum size of this type in bytes.
    pub const fn largest(self) -> i64 {
        match self {
            Self::Jpeg | Self::Png | Self::Webp | Self::Pdf => IMAGE,
            Self::Mp4 | Self::Ogg | Self::Amr => VOICE,
        }
    }

    /// The usual extension of a file of this type.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Mp4 => "m4a",
            Self::Ogg => "ogg",
            Self::Amr => "amr",
            Self::Pdf => "pdf",
        }
    }

    /// Whether the first bytes match this type.
    pub fn is_of(self, bytes: &[u8]) -> bool {
        let found = infer::get(bytes).map(|kind| kind.mime_type()).unwrap_or_default();
        match self {
            // The container is the same for sound alone and with pictures.
            Self::Mp4 => matches!(found, "audio/m4a" | "audio/mp4" | "video/mp4"),
            other => found == other.as_str(),
        }
    }
}

/// A mismatch between the uploaded and the announced content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// The hash differs.
    #[error("the SHA-256 differs from the announced one")]
    Hash,
    /// The type differs.
    #[error("the content does not match the announced media type")]
    Type,
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridward_domain::word::VariantArray as _;

    #[test]
    fn a_type_is_known_by_how_its_bytes_begin() {
        let begins: [(MediaType, &[u8]); 7] = [
            (MediaType::Jpeg, &[0xFF, 0xD8, 0xFF, 0xE0]),
            (MediaType::Png, b"\x89PNG\r\n\x1a\n"),
            (MediaType::Webp, b"RIFF\x00\x00\x00\x00WEBPVP8 "),
            (MediaType::Mp4, b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00"),
            (MediaType::Ogg, b"OggS\x00\x02"),
            (MediaType::Pdf, b"%PDF-1.7\n"),
            (MediaType::Amr, b"#!AMR\n\x3c\x08\x00\x00\x00\x00\x00\x00"),
        ];
        for (of, bytes) in begins {
            for other in MediaType::VARIANTS {
                assert_eq!(other.is_of(bytes), *other == of, "{of} as {other}");
            }
        }
        assert!(!MediaType::Jpeg.is_of(b"<svg onload=alert(1)>"));
    }
}
