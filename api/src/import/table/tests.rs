//! Files of tables with faults, and files that only look faulty.

use crate::import::fixture::Sample;

#[test]
fn a_missing_column_is_a_fault_of_the_header_and_the_rows_are_left_alone() {
    let sample = Sample::sound().line("holidays.csv", 1, "date,code,calendar,lunar_date,name_zh_");
    assert_eq!(
        sample.faults(),
        [
            "holidays.csv:1: column 5 of the header is unknown",
            "holidays.csv:1: the column name_zh is missing",
        ]
    );
}

#[test]
fn an_unknown_column_is_a_fault_and_the_rows_are_still_checked() {
    let sample = Sample::sound()
        .line("holidays.csv", 1, "date,code,name_zh,calendar,lunar_date,colour")
        .line("holidays.csv", 2, "2026-10-01,national_day,国庆节,solar,,red")
        .line("holidays.csv", 3, "2026-02-30,no_day,假节,solar,,red");
    assert_eq!(
        sample.faults(),
        [
            "holidays.csv:1: column 6 of the header is unknown",
            "holidays.csv:3: date: 2026-02-30 does not exist in the calendar",
        ]
    );
}

#[test]
fn a_column_that_stands_twice_is_a_fault() {
    let sample = Sample::sound()
        .line("holidays.csv", 1, "date,code,name_zh,calendar,lunar_date,code")
        .line("holidays.csv", 2, "2026-10-01,national_day,国庆节,solar,,national_day")
        .drop_line("holidays.csv", 3);
    assert_eq!(sample.faults(), ["holidays.csv:1: the header names the column code twice"]);
}

#[test]
fn columns_may_stand_in_any_order_and_spare_ones_may_be_left_out() {
    let sample =
        Sample::sound().line("stations.csv", 1, "hours,phone,lon,lat,grid,name,area,id").line(
            "stations.csv",
            2,
            "mon-fri 0900-1730,10090000001,106.25500,29.28500,500116001002001,服务站,500116001,S1",
        );
    let reading = sample.read().expect("readable");
    assert_eq!(reading.faults, []);
    assert_eq!(reading.records.stations[0].hours, "mon-fri 0900-1730");
}

#[test]
fn a_row_of_too_few_or_too_many_fields_is_told_and_skipped() {
    let sample = Sample::sound().line("holidays.csv", 2, "2026-10-01,national_day").line(
        "holidays.csv",
        3,
        "2026-10-01,national_day,国庆节,solar,,1,2",
    );
    assert_eq!(
        sample.faults(),
        [
            "holidays.csv:2: the row has 2 fields, the header has 5",
            "holidays.csv:3: the row has 7 fields, the header has 5",
        ]
    );
}

#[test]
fn bytes_that_are_not_text_are_told_by_line_and_column_and_the_next_row_is_read() {
    let sample = Sample::sound()
        .line("people.csv", 5, "018cc7af-0000-7000-8000-000000000004,volunteer,\u{1}\u{1}\u{1},M,1980,10000000004,500116001002001,29.28500,106.25500,,0,")
        .replace_bytes("people.csv", b"\x01\x01\x01", b"\xe5\xad\xff")
        .push("people.csv", "018cc7af-0000-7000-8000-000000000005,volunteer,周,M,1980,1,500116001002001,29.28500,106.25500,,0,");
    assert_eq!(
        sample.faults(),
        [
            "people.csv:5: name: is not UTF-8",
            "people.csv:6: phone: a phone number must have 5 to 20 digits",
        ]
    );
}

#[test]
fn a_character_split_between_two_fields_is_not_text() {
    let sample = Sample::sound()
        .line("holidays.csv", 2, "2026-10-01,\u{1},\u{2},solar,")
        .replace_bytes("holidays.csv", b"\x01", b"\xe5\xad")
        .replace_bytes("holidays.csv", b"\x02", b"\x99");
    let reason = "appears to be Chinese in GBK; save the file as UTF-8";
    assert_eq!(sample.faults(), [format!("holidays.csv:2: code: {reason}")]);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_fault() {
    let plain = Sample::sound().read().expect("readable");
    let mut sample = Sample::sound();
    for file in crate::import::FILES {
        sample = sample.replace_bytes(file, b"\n", b"\r\n").prefix(file, b"\xef\xbb\xbf");
    }
    assert_eq!(sample.read().expect("readable"), plain);
}

#[test]
fn lines_are_counted_over_empty_lines_quoted_line_breaks_and_carriage_returns() {
    let rows = [
        "date,code,name_zh,calendar,lunar_date",
        "",
        "",
        "2026-02-30,a,甲,solar,",
        "2026-02-28,b,\"乙",
        "乙\",solar,",
        "",
        "2026-02-31,c,丙,solar,",
        "",
        "2026-02-32,d,丁,solar,",
    ];
    let expected = [
        "holidays.csv:4: date: 2026-02-30 does not exist in the calendar",
        "holidays.csv:5: name_zh: contains a control character",
        "holidays.csv:8: date: 2026-02-31 does not exist in the calendar",
        "holidays.csv:10: date: 2026-02-32 does not exist in the calendar",
    ];
    for end in ["\n", "\r\n"] {
        let sample = Sample::sound().bytes("holidays.csv", rows.join(end).as_bytes());
        assert_eq!(sample.faults(), expected, "{end:?}");
    }
}

#[test]
fn a_quote_that_is_never_closed_is_told_where_it_opens() {
    let sample = Sample::sound().line("holidays.csv", 2, "2026-10-01,\"national_day,国庆节");
    assert_eq!(sample.faults(), ["holidays.csv:2: the row has 2 fields, the header has 5"]);
}

/// All CSV files of the folder.
fn sheets() -> impl Iterator<Item = &'static str> {
    crate::import::FILES.into_iter().filter(|file| *file != "grids.geojson")
}

#[test]
fn rows_of_blank_fields_are_passed_over_wherever_they_are() {
    let plain = Sample::sound().read().expect("readable");
    let mut sample = Sample::sound();
    for file in sheets() {
        let commas = ",".repeat(sample.columns(file).len() - 1);
        let header = sample.columns(file).join(",");
        sample = sample
            .line(file, 1, &format!("{commas}\n{header}\n{commas}"))
            .push(file, &commas)
            .push(file, &format!("\"\"{commas} \u{3000}\u{200b}"))
            .push(file, ",");
    }
    assert_eq!(sample.read().expect("readable"), plain);
}

#[test]
fn columns_that_are_blank_from_the_header_down_are_passed_over() {
    let plain = Sample::sound().read().expect("readable");
    let mut sample = Sample::sound();
    for file in sheets() {
        sample = sample.replace_bytes(file, b"\n", b",, \n");
    }
    assert_eq!(sample.read().expect("readable"), plain);
}

#[test]
fn a_value_in_a_column_without_a_name_is_a_fault_once() {
    let sample = Sample::sound()
        .replace_bytes("holidays.csv", b"\n", b",,\n")
        .push("holidays.csv", "2026-10-01,national_day,国庆节,solar,,,red")
        .push("holidays.csv", "2026-10-02,another_day,又一节,solar,,,red");
    let reason = "column 7 has a value but no name in the header";
    assert_eq!(sample.faults(), [format!("holidays.csv:4: {reason}")]);
}

#[test]
fn invisible_characters_and_blanks_around_values_are_dropped_in_every_column() {
    let plain = Sample::sound().read().expect("readable");
    let mut sample = Sample::sound();
    for file in sheets() {
        let rows = sample.clone().lines(file);
        let dressed = rows.iter().map(|row| {
            let fields = row.split(',').map(|field| match field {
                "" => "\u{200b}".to_owned(),
                field => format!("\u{feff}\u{202d} {field}\u{202c}\u{a0}\u{3000}"),
            });
            fields.collect::<Vec<_>>().join(",") + "\n"
        });
        sample = sample.bytes(file, dressed.collect::<String>().as_bytes());
    }
    assert_eq!(sample.read().expect("readable"), plain);
}

#[test]
fn an_empty_file_is_a_fault() {
    let sample = Sample::sound().bytes("holidays.csv", b"");
    assert_eq!(sample.faults(), ["holidays.csv:1: the file is empty"]);
}
