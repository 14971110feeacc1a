//! Entity tags: of a content, and as changed by proxies.

use crate::db::column::Hash;

/// The bytes of a hash in a tag: enough that two contents never have the same tag.
const LENGTH: usize = 16;

/// The strong validator of a content, with its quotes.
pub fn of_content(content: impl AsRef<[u8]>) -> String {
    format!("\"{}\"", hex::encode(&Hash::sha256(content).as_ref()[..LENGTH]))
}

/// The content codings of proxies.
const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// The opaque part of a tag without the suffix of a proxy that compresses answers
/// (`v7-gzip`, `v7--gzip`, `v7;gzip`).
pub(super) fn without_coding(tag: &str) -> &str {
    let coded = CODINGS.iter().find_map(|coding| tag.strip_suffix(coding));
    let bare = coded.map(|tag| tag.trim_end_matches(['-', ';']));
    match (coded, bare) {
        (Some(coded), Some(bare)) if bare.len() < coded.len() => bare,
        _ => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_a_coding_behind_a_separator_is_dropped() {
        for tag in ["v7", "v7-gzip", "v7--gzip", "v7;br"] {
            assert_eq!(without_coding(tag), "v7");
        }
        for other in ["v7-other", "v7gzip", "gzip", "-"] {
            assert_eq!(without_coding(other), other);
        }
    }
}
