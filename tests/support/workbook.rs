//! Writes XLSX files with one sheet.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A cell.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A number, as it stands in the file.
    Number(&'static str),
    /// A day, as a number in the format of a date.
    Day(u32),
    /// A formula with its stored result, if there is one.
    Formula(&'static str, Option<&'static str>),
    /// An error such as `#REF!`.
    Error(&'static str),
}

/// Lines of CSV without quotes, as cells of text.
pub fn cells(lines: &[String]) -> Vec<Vec<Cell>> {
    let row = |line: &String| line.split(',').map(|text| Cell::Text(text.to_owned())).collect();
    lines.iter().map(row).collect()
}

/// An XLSX file with these rows, and merged regions such as `C2:C3`.
pub fn workbook(rows: &[Vec<Cell>], merged: &[&str]) -> Vec<u8> {
    zipped(&[
        ("[Content_Types].xml", CONTENT_TYPES.as_bytes()),
        ("_rels/.rels", RELATIONS.as_bytes()),
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", SHEETS.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet(rows, merged).as_bytes()),
    ])
}

/// A ZIP archive of these files.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a file");
        archive.write_all(content).expect("written");
    }
    archive.finish().expect("an archive").into_inner()
}

fn sheet(rows: &[Vec<Cell>], merged: &[&str]) -> String {
    let rows: Vec<String> = (1..).zip(rows).map(|(n, row)| self::row(n, row)).collect();
    let regions: Vec<String> =
        merged.iter().map(|region| format!(r#"<mergeCell ref="{region}"/>"#)).collect();
    let merged = if regions.is_empty() {
        String::new()
    } else {
        format!("<mergeCells>{}</mergeCells>", regions.join(""))
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData>{merged}</worksheet>"#,
        rows.join("")
    )
}

fn row(n: usize, cells: &[Cell]) -> String {
    let cell = |(place, cell): (usize, &Cell)| {
        let at = format!("{}{n}", char::from(b'A' + u8::try_from(place).expect("a letter")));
        match cell {
            Cell::Text(text) => {
                format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
            }
            Cell::Number(number) => format!(r#"<c r="{at}"><v>{number}</v></c>"#),
            Cell::Day(day) => format!(r#"<c r="{at}" s="1"><v>{day}</v></c>"#),
            Cell::Formula(formula, result) => {
                let value = result.map(|text| format!("<v>{text}</v>")).unwrap_or_default();
                format!(r#"<c r="{at}" t="str"><f>{formula}</f>{value}</c>"#)
            }
            Cell::Error(error) => format!(r#"<c r="{at}" t="e"><v>{error}</v></c>"#),
        }
    };
    let cells: Vec<String> = cells.iter().enumerate().map(cell).collect();
    format!(r#"<row r="{n}">{}</row>"#, cells.join(""))
}

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const SHEETS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"#;
