//! The repair of JSON whose strings are not all UTF-8.
//!
//! Each byte that is not UTF-8 becomes `\udcXX`, half of a surrogate pair, as in PEP 383:
//! still JSON, but no string, so that only the value with it is unreadable, its bytes
//! recognisable. That suffices for Android's modified UTF-8 and for most of GBK and Big5.
//! The second byte of a character of GBK or Big5 may also be `\`, which JSON takes for an
//! escape: `"誠"` does not end at its quote. Such strings are read two bytes at a time.

use std::fmt::Write as _;
use std::iter;

/// The texts that `json` may have been meant as, the likeliest first.
pub fn repaired(json: &[u8]) -> impl Iterator<Item = String> {
    let first = iter::once_with(|| byte_by_byte(json));
    first.chain(iter::once_with(|| string_by_string(json)).flatten())
}

/// With every byte that is not UTF-8 as `\udcXX`, wherever it is.
fn byte_by_byte(json: &[u8]) -> String {
    let mut text = String::new();
    for chunk in json.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| push_byte(&mut text, *byte));
    }
    text
}

/// With each string read as UTF-8, else as an encoding of two bytes, else byte by byte;
/// `None` if a string fits none of them.
fn string_by_string(json: &[u8]) -> Option<String> {
    // A string is scanned up to three times; more is an attempt to keep the server busy.
    let mut steps = 4 * json.len();
    let (mut text, mut rest) = (String::new(), json);
    while let Some(quote) = rest.iter().position(|byte| *byte == b'"') {
        let (outside, string) = rest.split_at(quote + 1);
        text.push_str(str::from_utf8(outside).ok()?);
        let single = end_of_string(string, Width::Single, &mut steps);
        let utf8 = single.and_then(|end| str::from_utf8(&string[..end]).ok());
        let end = if let Some(utf8) = utf8 {
            text.push_str(utf8);
            utf8.len()
        } else if let Some(end) = end_of_string(string, Width::Double, &mut steps) {
            push_double(&mut text, &string[..end]);
            end
        } else {
            text.push_str(&byte_by_byte(&string[..single?]));
            single?
        };
        text.push('"');
        rest = &string[end + 1..];
    }
    text.push_str(str::from_utf8(rest).ok()?);
    Some(text)
}

/// How many bytes a character outside ASCII has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Each byte is for itself, as in UTF-8, whose further bytes are never `\`.
    Single,
    /// A byte outside ASCII takes the next one with it, as in GBK and Big5.
    Double,
}

/// The position of the quote that ends the string before `rest`, if the string and the
/// token after it are JSON.
fn end_of_string(rest: &[u8], width: Width, steps: &mut usize) -> Option<usize> {
    let mut at = 0;
    loop {
        *steps = steps.checked_sub(1)?;
        at += match rest.get(at..)? {
            [b'"', after @ ..] => return ends_a_value(after).then_some(at),
            [b'\\', escape @ ..] => 1 + escape_length(escape)?,
            [0..0x20, ..] => return None,
            pair if width == Width::Double && is_pair(pair) => 2,
            [_, ..] => 1,
            [] => return None,
        }
    }
}

/// Whether `bytes` begin with a character of two bytes of GBK or Big5.
const fn is_pair(bytes: &[u8]) -> bool {
    matches!(bytes, [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe, ..])
}

/// The length of an escape sequence after its `\`.
fn escape_length(escape: &[u8]) -> Option<usize> {
    match escape {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(1),
        [b'u', digits @ ..] => digits.get(..4)?.iter().all(u8::is_ascii_hexdigit).then_some(5),
        _ => None,
    }
}

/// Whether JSON may go on like this after a string.
fn ends_a_value(after: &[u8]) -> bool {
    match after.trim_ascii_start() {
        [b',' | b':', next @ ..] => matches!(
            next.trim_ascii_start(),
            [b'"' | b'{' | b'[' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n', ..]
        ),
        [b'}' | b']', ..] | [] => true,
        _ => false,
    }
}

/// Appends a string of an encoding of two bytes: ASCII as it is, all else as `\udcXX`.
fn push_double(text: &mut String, string: &[u8]) {
    let mut is_second = false;
    for (at, byte) in string.iter().enumerate() {
        if byte.is_ascii() && !(is_second && *byte == b'\\') {
            text.push(char::from(*byte));
        } else {
            push_byte(text, *byte);
        }
        is_second = !is_second && is_pair(&string[at..]);
    }
}

fn push_byte(text: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\\udc{byte:02x}");
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    /// The first text that is JSON, as a list of the raw values in it.
    fn read(json: &[u8]) -> Option<Vec<String>> {
        let values = |text: String| serde_json::from_str::<Vec<Box<RawValue>>>(&text).ok();
        let values = repaired(json).find_map(values)?;
        Some(values.into_iter().map(|value| value.get().to_owned()).collect())
    }

    /// 誠 運 診 in GBK, 功 許 in Big5, and 岚孿 in GBK, whose first three bytes are UTF-8 too.
    const ENDING_IN_BACKSLASH: [&[u8]; 6] =
        [b"\xd5\x5c", b"\xdf\x5c", b"\xd4\x5c", b"\xa5\x5c", b"\xb3\x5c", b"\xe1\xb0\x8c\x5c"];

    #[test]
    fn bytes_that_are_no_text_are_escaped() {
        assert_eq!(byte_by_byte("好\u{0}".as_bytes()), "好\u{0}");
        let read = read(b"[\"a\xed\xa0\xbdb\"]").expect("JSON");
        assert_eq!(read, [r#""a\udced\udca0\udcbdb""#]);
    }

    /// A list in JSON.
    fn list(values: &[&[u8]]) -> Vec<u8> {
        [b"[", &values.join(&b","[..])[..], b"]"].concat()
    }

    #[test]
    fn a_character_that_ends_in_a_backslash_ends_only_its_own_value() {
        for character in ENDING_IN_BACKSLASH {
            let string = [b"\"", character, b"\""].concat();
            let mut kept = "\"".to_owned();
            for byte in character {
                push_byte(&mut kept, *byte);
            }
            kept.push('"');
            let values = read(&list(&[&string, b"\"a\"", b"{}"])).expect("JSON");
            assert_eq!(values, [kept.as_str(), "\"a\"", "{}"]);
            // Beside strings that are UTF-8, an odd number of bytes before an escape.
            let healthy = r#""好\"\n好\\""#;
            let values = read(&list(&[healthy.as_bytes(), &string])).expect("JSON");
            assert_eq!(values, [healthy, kept.as_str()]);
        }
    }

    #[test]
    fn a_string_of_two_byte_characters_keeps_its_escapes() {
        // 誠\n安\u0041 before a string that only reads two bytes at a time.
        let escapes = b"\"\xd5\x5c\x5cn\xb0\xb2\x5cu0041\xa1A\"";
        let values = read(&list(&[escapes, b"\"\xd5\x5c\""])).expect("JSON");
        assert_eq!(values[0], r#""\udcd5\udc5c\n\udcb0\udcb2\u0041\udca1A""#);
    }

    #[test]
    fn bytes_that_an_encoder_escaped_one_by_one_stay_readable() {
        // The `\` of 誠 as an escape, before a string that only reads two bytes at a time.
        let values = read(&list(&[b"\"\xd5\x5c\x5c\"", b"\"\xd5\x5c\""])).expect("JSON");
        assert_eq!(values, [r#""\udcd5\\""#, r#""\udcd5\udc5c""#]);
    }

    #[test]
    fn a_body_that_makes_the_server_scan_again_and_again_is_given_up() {
        let attack = [&b"[\""[..], &b"\xd5\x5c\":1\xd5\x5c\":1".repeat(60_000)].concat();
        assert_eq!(string_by_string(&attack), None);
    }
}
