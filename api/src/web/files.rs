//! The files of the web apps.

use std::borrow::Cow;

use actix_web::http::header::ContentEncoding;
use rust_embed::RustEmbed;

/// The folder that `make web` writes. A release build embeds it; a debug build reads it when a file
/// is requested.
#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Dist;

/// A file in one encoding.
pub struct File {
    /// The bytes, in that encoding.
    pub bytes: Cow<'static, [u8]>,
    /// The encoding.
    pub encoding: ContentEncoding,
    /// An entity tag without quotes, different for each encoding.
    pub tag: String,
}

/// Whether `make web` has built the app in this folder, such as `m`.
pub fn is_built(app: &str) -> bool {
    Dist::get(&format!("{app}/index.html")).is_some()
}

/// The file at a path, in the first of the encodings in which it exists; `None` if there is none.
pub fn find(path: &str, encodings: &[ContentEncoding]) -> Option<File> {
    encodings.iter().find_map(|encoding| {
        let file = match encoding {
            ContentEncoding::Brotli => Dist::get(&format!("{path}.br")),
            ContentEncoding::Gzip => Dist::get(&format!("{path}.gz")),
            ContentEncoding::Identity => Dist::get(path),
            _ => None,
        }?;
        let hash = file.metadata.sha256_hash();
        let tag = hex::encode(hash.get(..12).unwrap_or(&hash));
        Some(File { bytes: file.data, encoding: *encoding, tag })
    })
}
