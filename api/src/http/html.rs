//! Printed pages: their policy, and texts in them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::db::column::Hash;

/// The `Content-Security-Policy` of a page that loads nothing and applies this style alone, which
/// is its only `<style>`.
pub fn policy(style: &str) -> String {
    let hash = BASE64_STANDARD.encode(Hash::sha256(style));
    format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'")
}

/// The text with the characters of HTML replaced.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_markup() {
        assert_eq!(escape("<b title=\"1\">王&"), "&lt;b title=&quot;1&quot;&gt;王&amp;");
    }
}
