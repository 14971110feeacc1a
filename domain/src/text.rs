//! Pasted text: invisible characters.
//!
//! Contact lists, spreadsheets and chat programs add marks of direction, byte
//! order marks, zero-width characters and blanks of several widths to what is
//! copied from them. Two texts that look alike must be equal, so input is
//! cleaned where it enters.

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};

/// Whether `c` is a format character (Unicode category Cf): it has no shape of
/// its own and is never part of a name, a code or a number.
pub fn is_invisible(c: char) -> bool {
    // Nearly all text is ASCII and Chinese, where there is none.
    let common = matches!(c, '\0'..='\u{ac}' | '\u{3000}'..='\u{d7ff}');
    !common && get_general_category(c) == GeneralCategory::Format
}

/// Whether `c` is a blank of any width. Line breaks and tabulators are control
/// characters, not blanks.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() && !c.is_control()
}

/// Whether [`clean`] leaves `text` as it is.
pub fn is_clean(text: &str) -> bool {
    let ends_blank = text.starts_with(is_blank) || text.ends_with(is_blank);
    !ends_blank && (text.is_ascii() || !text.contains(is_invisible))
}

/// `text` without invisible characters and without blanks at its ends.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_invisible) {
        return Cow::Borrowed(text.trim_matches(is_blank));
    }
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    Cow::Owned(visible.trim_matches(is_blank).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_and_blanks_at_the_ends_are_dropped() {
        for pasted in [
            "张 三",
            "\u{feff}张 三",
            "\u{200b}张\u{200d} 三\u{ad}",
            "\u{202e}张 三\u{202c}",
            "\u{2066} 张 三 \u{2069}",
            "\u{a0}\u{3000}张 三 \u{2009}",
        ] {
            assert_eq!(clean(pasted), "张 三", "{pasted:?}");
        }
        assert_eq!(clean(" \u{200b}\u{3000}"), "");
    }

    #[test]
    fn control_characters_and_variants_of_ideographs_are_left() {
        assert_eq!(clean("a\t"), "a\t");
        assert_eq!(clean("葛\u{e0100}"), "葛\u{e0100}", "a variant is another shape");
    }

    #[test]
    fn text_without_such_characters_is_not_copied() {
        assert!(matches!(clean("几江街道"), Cow::Borrowed("几江街道")));
        assert!(matches!(clean(" 12 "), Cow::Borrowed("12")));
    }

    #[test]
    fn ascii_and_the_range_of_chinese_have_no_format_character() {
        for c in ('\0'..='\u{ac}').chain('\u{3000}'..='\u{d7ff}') {
            assert_ne!(get_general_category(c), GeneralCategory::Format, "{c:?}");
        }
    }
}
