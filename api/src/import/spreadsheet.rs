//! What spreadsheets make of digits: `5.00116E+14`, `13800000000.0`, `１２３`.

use super::fault::FaultReason;

/// Why `text`, which was refused where digits belong, has become what it is; none
/// if no spreadsheet or keyboard explains it.
pub(super) fn spreadsheet(text: &str) -> Option<FaultReason> {
    if is_decimal_number(text) {
        Some(FaultReason::SpreadsheetNumber)
    } else if text.chars().any(|c| matches!(c, '０'..='９')) {
        Some(FaultReason::FullWidthDigits)
    } else {
        None
    }
}

/// Whether `text` is digits with an exponent, or with a fraction of zeros.
fn is_decimal_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.trim_start_matches('+'))),
        None => (text, None),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match exponent {
        Some(exponent) => {
            digits(exponent) && digits(integer) && (fraction.is_empty() || digits(fraction))
        }
        None => {
            digits(integer) && !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fixture::Sample;

    #[test]
    fn a_number_with_an_exponent_or_a_fraction_of_zeros_comes_from_a_spreadsheet() {
        for text in ["5.00116E+14", "5E14", "1.38e+10", "13800000000.0", "1981.00"] {
            assert_eq!(spreadsheet(text), Some(FaultReason::SpreadsheetNumber), "{text}");
        }
        for text in ["500116", "1.5", "E+14", "5.00116E", "5.E+", ".0", "1.0.0", "five", ""] {
            assert_eq!(spreadsheet(text), None, "{text}");
        }
    }

    #[test]
    fn codes_and_numbers_that_a_spreadsheet_rewrote_are_named_in_every_column_of_digits() {
        let reason = "a spreadsheet turned this into a decimal number; set the column to text and enter it again";
        for (file, line, column, value) in [
            ("areas.csv", 6, "parent", "500116001002.0"),
            ("people.csv", 5, "phone", "1E+10"),
            ("people.csv", 5, "area", "5.00116E+14"),
            ("people.csv", 5, "birth_year", "1956.0"),
            ("people.csv", 5, "weekly_minutes", "120.0"),
            ("beneficiaries.csv", 2, "grid", "500116001002001.0"),
            ("beneficiaries.csv", 2, "phone", "1.001E+10"),
            ("beneficiaries.csv", 2, "id_number", "9.99999E+17"),
            ("stations.csv", 2, "area", "500116001.0"),
            ("stations.csv", 2, "grid", "5.00116E+14"),
            ("stations.csv", 2, "phone", "1.0090000001E10"),
            ("memorials.csv", 2, "town", "500116001.0"),
            ("memorials.csv", 2, "grid", "5.00116E+14"),
        ] {
            assert_eq!(
                Sample::sound().cell(file, line, column, value).faults(),
                [format!("{file}:{line}: {column}: {reason}")]
            );
        }
    }

    #[test]
    fn full_width_digits_are_named_where_they_are_not_read() {
        let reason = "has full-width digits; use 0 to 9";
        for (file, column, value) in [
            ("people.csv", "birth_year", "１９５６"),
            ("beneficiaries.csv", "grid", "５００１１６００１００２００１"),
            ("beneficiaries.csv", "last_contact", "２０２６-01-15"),
        ] {
            let line = if file == "people.csv" { 5 } else { 2 };
            assert_eq!(
                Sample::sound().cell(file, line, column, value).faults(),
                [format!("{file}:{line}: {column}: {reason}")]
            );
        }
    }
}
