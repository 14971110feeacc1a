//! The number of an identity card (GB 11643-1999).

use super::fault::FaultReason;

/// The number with its check character in upper case. The region and the day of birth
/// are not checked: regions change.
pub(super) fn parse(text: &str) -> Result<String, FaultReason> {
    let number = text.to_ascii_uppercase();
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let values = number.bytes().enumerate().map(|(place, byte)| match (place, byte) {
        (17, b'X') => Some(10),
        _ => digit(byte),
    });
    let values: Vec<u32> = values.collect::<Option<_>>().ok_or(FaultReason::NotIdNumber)?;
    if values.len() != 18 {
        return Err(FaultReason::NotIdNumber);
    }
    // ISO 7064, MOD 11-2: the characters are the digits of a number in base two
    // that is congruent to 1 modulo 11.
    let rest = values.iter().fold(0, |rest, value| (rest * 2 + value) % 11);
    if rest == 1 { Ok(number) } else { Err(FaultReason::IdNumberCheck) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_examples_are_right() {
        for number in ["11010519491231002X", "440524188001010014"] {
            assert_eq!(parse(number), Ok(number.to_owned()));
        }
        assert_eq!(parse("11010519491231002x"), Ok("11010519491231002X".to_owned()));
    }

    #[test]
    fn any_one_wrong_digit_and_any_two_neighbours_swapped_are_noticed() {
        let right = "440524188001010014";
        for place in 0..18 {
            for digit in b'0'..=b'9' {
                let mut bytes = right.as_bytes().to_vec();
                bytes[place] = digit;
                let number = String::from_utf8(bytes).expect("digits");
                assert_eq!(parse(&number).is_ok(), number == right, "{number}");
            }
        }
        for place in 0..17 {
            let mut bytes = right.as_bytes().to_vec();
            bytes.swap(place, place + 1);
            let number = String::from_utf8(bytes).expect("digits");
            assert_eq!(parse(&number).is_ok(), number == right, "{number}");
        }
    }

    #[test]
    fn what_has_not_the_form_is_told_from_a_wrong_check() {
        for wrong in ["", "4405241880010100", "4405241880010100144", "X40524188001010014", "四"] {
            assert_eq!(parse(wrong), Err(FaultReason::NotIdNumber), "{wrong}");
        }
        assert_eq!(parse("440524188001010015"), Err(FaultReason::IdNumberCheck));
    }
}
