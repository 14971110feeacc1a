//! Exports: the lists as files, masked as the lists are, recorded in the log, and complete.

mod campaigns;
mod goods;
mod lists;

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use reqwest::Method;
use serde_json::Value;

use crate::support::Caller;

/// The bytes of a file, and its headers.
async fn file(
    caller: &Caller,
    path: &str,
    language: &str,
) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let request = caller.request(Method::GET, path).header("Accept-Language", language);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let headers = answer.headers().clone();
    (headers, answer.bytes().await.expect("a body").to_vec())
}

/// The rows of a CSV file with its headings.
async fn rows(caller: &Caller, path: &str, language: &str) -> Vec<Vec<String>> {
    let (_, bytes) = file(caller, path, language).await;
    let text = String::from_utf8(bytes).expect("UTF-8");
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark, for Excel");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.records().map(|record| row(record.expect("a record"))).collect()
}

/// The lines of an NDJSON file.
async fn lines(caller: &Caller, path: &str) -> Vec<Value> {
    let (_, bytes) = file(caller, path, "en").await;
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The rows of the first sheet of a workbook.
async fn sheet(caller: &Caller, path: &str, language: &str) -> Vec<Vec<Data>> {
    let (_, bytes) = file(caller, path, language).await;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let sheet = workbook.worksheet_range_at(0).expect("a sheet").expect("a range");
    sheet.rows().map(<[Data]>::to_vec).collect()
}
