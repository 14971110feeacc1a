//! Empty files for an import.

use super::{areas, beneficiaries, headings, holidays, people, places};

/// The columns of a CSV file; none if there is no such file.
pub(super) fn columns(file: &str) -> Option<&'static [&'static str]> {
    let sheets = [
        &areas::AREAS,
        &people::PEOPLE,
        &beneficiaries::BENEFICIARIES,
        &places::STATIONS,
        &places::MEMORIALS,
        &holidays::HOLIDAYS,
    ];
    sheets.into_iter().find(|sheet| sheet.file == file).map(|sheet| sheet.columns)
}

/// A header in Chinese, with the byte order mark that spreadsheets need to recognise UTF-8; none
/// if there is no such file.
pub(super) fn csv(file: &str) -> Option<String> {
    let names: Vec<&str> = columns(file)?.iter().map(|column| headings::usual(column)).collect();
    Some(format!("\u{feff}{}\r\n", names.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fixture::Sample;

    #[test]
    fn the_header_of_a_template_is_read() {
        for file in ["areas.csv", "people.csv", "beneficiaries.csv", "holidays.csv"] {
            let sample = Sample::sound();
            let lines = sample.lines(file)[1..].join("\n") + "\n";
            let filled = csv(file).expect("a template") + &lines;
            let expected = sample.read().expect("readable");
            let filled = sample.bytes(file, filled.as_bytes()).read().expect("readable");
            assert_eq!(filled, expected, "{file}");
        }
    }

    #[test]
    fn there_is_no_template_for_another_file() {
        assert_eq!(csv("grids.geojson"), None);
        assert_eq!(csv("../people.csv"), None);
    }
}
