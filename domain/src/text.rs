//! Pasted text: invisible characters.
//!
//! Contact lists, spreadsheets and chat programs add marks of direction, byte
//! order marks, zero-width characters and blanks of several widths to what is
//! copied from them. Two texts that look alike must be equal, so input is
//! cleaned where it enters.

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};

/// Whether `c` has no shape of its own and is never part of a name, a code or a number: a format
/// character (Unicode category Cf) or another one that programs ignore by default, such as a filler.
/// The selector of a variant gives the character before it another shape, so it is none.
pub fn is_invisible(c: char) -> bool {
    // Nearly all text is ASCII and Chinese, where there is none but a filler.
    let common = matches!(c, '\0'..='\u{ac}' | '\u{3000}'..='\u{3163}' | '\u{3165}'..='\u{d7ff}');
    !common && (is_ignorable(c) || get_general_category(c) == GeneralCategory::Format)
}

/// Whether `c` is ignored by default (Unicode property `Default_Ignorable_Code_Point`) without being
/// a format character or a selector, or is the blank of Braille.
const fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{2065}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Whether `c` has no meaning that two programs share: a character for private use, or a
/// noncharacter. Each font shows another shape.
pub const fn is_undefined(c: char) -> bool {
    let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    let is_noncharacter = matches!(c, '\u{fdd0}'..='\u{fdef}') || (c as u32) & 0xfffe == 0xfffe;
    is_private || is_noncharacter
}

/// Whether `text` shows nothing: it has only blanks, invisible characters and selectors.
pub fn shows_nothing(text: &str) -> bool {
    let is_selector = |c: char| matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    text.chars().all(|c| c.is_whitespace() || is_invisible(c) || is_selector(c))
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

    #[test]
    fn a_filler_is_invisible_and_a_rare_character_of_a_name_is_not() {
        for c in ['\u{3164}', '\u{ffa0}', '\u{115f}', '\u{34f}', '\u{2800}', '\u{e0041}'] {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "王·𠮷𬎆㐂葛\u{e0100}\u{fe00}Ä가".chars() {
            assert!(!is_invisible(c) && !is_undefined(c), "{c:?}");
        }
        for c in
            ['\u{e000}', '\u{f8ff}', '\u{fdd0}', '\u{fffe}', '\u{1ffff}', '\u{f0000}', '\u{10ffff}']
        {
            assert!(is_undefined(c), "{c:?}");
        }
    }

    #[test]
    fn a_text_of_blanks_fillers_and_selectors_shows_nothing() {
        assert!(shows_nothing(" \u{3164}\u{3000}\u{fe0f}\u{200b}"));
        assert!(!shows_nothing("\u{3164}王"));
    }
}
