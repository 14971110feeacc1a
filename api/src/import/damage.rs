//! Detects text that was damaged by a wrong encoding.
//!
//! Chinese spreadsheet programs save CSV in GBK. Most rows of such a file are not
//! UTF-8 and are refused; but the bytes of some names (谢志强, 姚志英) happen to be
//! valid UTF-8 and would be stored as Cyrillic and Hebrew letters.

use encoding_rs::GB18030;

use super::fault::FaultReason;

/// The replacement character of decoders, and the three characters that two of them
/// become when decoded as GBK.
const REPLACEMENTS: [&str; 2] = ["\u{fffd}", "锟斤拷"];

/// The damage to `text`, if any.
pub(super) fn of(text: &str) -> Option<FaultReason> {
    if text.is_ascii() {
        None
    } else if REPLACEMENTS.iter().any(|mark| text.contains(mark)) {
        Some(FaultReason::Replaced)
    } else if !text.contains(is_han) && is_gbk(text.as_bytes()) {
        Some(FaultReason::Gbk)
    } else {
        None
    }
}

/// Whether `bytes` are Chinese in GBK (or GB 18030, its superset). Latin text with
/// accents decodes to a few Han characters among more ASCII letters.
pub(super) fn is_gbk(bytes: &[u8]) -> bool {
    let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(bytes) else {
        return false;
    };
    let han = text.chars().filter(|c| is_han(*c)).count();
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    han > letters && text.chars().all(is_chinese_text)
}

/// Whether `bytes` decode as GB 18030 to ASCII and Chinese only. Chinese in UTF-8 does not,
/// but for rare texts: its bytes decode to characters of private use and to other scripts.
pub(super) fn decodes_as_gbk(bytes: &[u8]) -> bool {
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    text.is_some_and(|text| text.chars().all(is_chinese_text))
}

const fn is_chinese_text(c: char) -> bool {
    c.is_ascii() || is_han(c) || is_punctuation(c)
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

/// Whether `c` is Chinese punctuation.
const fn is_punctuation(c: char) -> bool {
    matches!(c, '·' | '—' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fixture::Sample;

    #[test]
    fn a_name_in_gbk_that_happens_to_be_utf_8_is_refused_in_every_column_of_text() {
        for name in ["谢志强", "郑志强", "姚志英", "叶志强", "郑"] {
            let (gbk, _, _) = GB18030.encode(name);
            let damaged = std::str::from_utf8(&gbk).expect("valid by accident");
            assert_eq!(of(damaged), Some(FaultReason::Gbk), "{damaged}");
        }
        let damaged = "л־ǿ";
        for (file, line, column) in [
            ("areas.csv", 5, "name"),
            ("people.csv", 5, "name"),
            ("beneficiaries.csv", 2, "name"),
            ("beneficiaries.csv", 2, "address"),
            ("stations.csv", 2, "name"),
            ("stations.csv", 2, "hours"),
            ("memorials.csv", 2, "name"),
            ("holidays.csv", 2, "name_zh"),
            ("holidays.csv", 2, "lunar_date"),
        ] {
            assert_eq!(
                Sample::sound().cell(file, line, column, damaged).faults(),
                [format!(
                    "{file}:{line}: {column}: appears to be Chinese in GBK; save the file as UTF-8"
                )]
            );
        }
    }

    #[test]
    fn bytes_in_gbk_that_are_no_utf_8_are_named_as_gbk() {
        let (gbk, _, _) = GB18030.encode("孙瑶悦");
        let sample = Sample::sound().cell("people.csv", 5, "name", "\u{1}").replace_bytes(
            "people.csv",
            b"\x01",
            &gbk,
        );
        assert_eq!(
            sample.faults(),
            ["people.csv:5: name: appears to be Chinese in GBK; save the file as UTF-8"]
        );
    }

    #[test]
    fn replacement_characters_are_refused() {
        for damaged in ["孙\u{fffd}", "锟斤拷"] {
            assert_eq!(
                Sample::sound().cell("people.csv", 5, "name", damaged).faults(),
                ["people.csv:5: name: contains replacement characters; the original text was lost"]
            );
        }
    }

    #[test]
    fn chinese_and_latin_names_are_not_damaged() {
        for name in ["谢志强", "买买提·吐尔逊", "José Müller", "A座", "—", "第1网格", "㐂", "𠮷田"]
        {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
