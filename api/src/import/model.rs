//! Imports as the API shows them.

use chrono::{DateTime, Utc};
use gridward_domain::id::{ImportId, PersonId};
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::workbook::column_name;
use super::{Fault, Part};
use crate::http::problem::chinese;
use crate::load::Loaded;

/// What an import does with valid files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ImportMode>)]
pub enum ImportMode {
    /// Report faults and changes without writing.
    #[default]
    Check,
    /// Write the changes if there is no fault.
    Apply,
}

text_column!(ImportMode);

/// The progress of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ImportState>)]
pub enum ImportState {
    /// The files are being read or written.
    Running,
    /// The files are valid; nothing was written.
    Checked,
    /// The files have faults; nothing was written.
    Refused,
    /// The changes were written.
    Applied,
    /// Nothing was written, for the reason in `error`.
    Failed,
}

text_column!(ImportState);

/// A file of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportFile {
    /// Its name in the import.
    #[schema(example = "people.xlsx", max_length = 256)]
    pub name: String,
    /// Its size in bytes.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal.
    #[schema(max_length = 256)]
    pub sha256: String,
}

/// An import of files.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Import {
    /// Identifies the import.
    pub id: ImportId,
    /// What it does with valid files.
    pub mode: ImportMode,
    /// The progress.
    pub state: ImportState,
    /// Who sent it.
    pub created_by: PersonId,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// The files. They are deleted when the import ends.
    #[schema(max_items = 7)]
    pub files: Vec<ImportFile>,
    /// The part that is done, from 0 to 1, while it runs on the server that answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub progress: Option<f64>,
    /// The result, once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ImportResult>,
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportResult {
    /// The number of faults in all files. One fault suffices to write nothing.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub faults: u64,
    /// The faults by kind, the most frequent first.
    #[schema(max_items = 200)]
    pub summary: Vec<FaultCount>,
    /// The number of accepted but doubtful values.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub warnings: u64,
    /// The changes of each kind of record; for a check, those that an application would make.
    #[schema(max_items = 7)]
    pub changes: Vec<KindChanges>,
    /// Why nothing was written, except for faults.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub error: Option<String>,
}

/// Faults of one kind in one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FaultCount {
    /// The file.
    #[schema(max_length = 256)]
    pub file: String,
    /// The column, if the fault is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub column: Option<String>,
    /// The kind of fault.
    #[schema(example = "no_area", max_length = 256)]
    pub code: String,
    /// The description of the first one.
    #[schema(max_length = 256)]
    pub message: String,
    /// The number of faults.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub count: u64,
    /// The first rows.
    #[schema(max_items = 5, value_type = Vec<RowNumber>)]
    pub rows: Vec<u64>,
}

/// A fault in a file. It never contains text of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportFault {
    /// The file.
    #[schema(max_length = 256)]
    pub file: String,
    /// The row or line; the first is 1.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub row: u64,
    /// The column, if the fault is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub column: Option<String>,
    /// The cell of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "C17", max_length = 256)]
    pub cell: Option<String>,
    /// The kind of fault.
    #[schema(example = "no_area", max_length = 256)]
    pub code: String,
    /// The description.
    #[schema(max_length = 256)]
    pub message: String,
}

/// The changes of one kind of record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KindChanges {
    /// The kind.
    #[schema(example = "people", max_length = 256)]
    pub kind: String,
    /// Records that are new.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub added: u64,
    /// Records that differ from the register.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub changed: u64,
    /// Records that equal the register.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub unchanged: u64,
    /// The fate of rows that the files lack, and of tasks.
    #[schema(max_items = 20)]
    pub notes: Vec<ChangeNote>,
}

/// The number of a row or line; the first is 1.
#[derive(ToSchema)]
#[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64, example = 17)]
#[expect(dead_code, reason = "describes the numbers of a list")]
struct RowNumber(u64);

/// The id or code of a row.
#[derive(ToSchema)]
#[schema(max_length = 128, example = "500116001")]
#[expect(dead_code, reason = "describes the texts of a list")]
struct RowKey(String);

/// Rows with the same fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeNote {
    /// Their fate.
    #[schema(example = "missing", max_length = 256)]
    pub fate: String,
    /// Their number.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub count: u64,
    /// The first ids or codes.
    #[schema(max_items = 5, value_type = Vec<RowKey>)]
    pub first: Vec<String>,
}

/// The maximum number of kinds of fault in a summary.
const KINDS: usize = 200;
/// The maximum number of rows of a kind in a summary.
const ROWS: usize = 5;

impl From<&Fault> for ImportFault {
    fn from(fault: &Fault) -> Self {
        let (column, cell) = match fault.part {
            Some(Part::Column(column)) => (Some(column), None),
            Some(Part::Cell(column, place)) => {
                (Some(column), Some(format!("{}{}", column_name(place), fault.line)))
            }
            Some(Part::Feature(_)) | None => (None, None),
        };
        Self {
            file: fault.file.to_owned(),
            row: fault.line,
            column: column.map(str::to_owned),
            cell,
            code: <&str>::from(&fault.reason).to_owned(),
            message: fault.reason.to_string(),
        }
    }
}

impl ImportResult {
    /// With descriptions in Chinese, as far as they are translated.
    pub(super) fn translate(&mut self) {
        for kind in &mut self.summary {
            translate(&mut kind.message);
        }
    }
}

impl ImportFault {
    /// With a description in Chinese, if it is translated.
    pub(super) fn translate(&mut self) {
        translate(&mut self.message);
    }
}

fn translate(message: &mut String) {
    if let Some(chinese) = chinese::translated(message) {
        *message = chinese;
    }
}

/// Counts faults by file, column and kind, the most frequent first.
pub(super) fn summary<'a>(faults: impl Iterator<Item = &'a Fault>) -> Vec<FaultCount> {
    let mut counts: Vec<FaultCount> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for fault in faults {
        let column = match fault.part {
            Some(Part::Column(column) | Part::Cell(column, _)) => Some(column),
            _ => None,
        };
        let code = <&str>::from(&fault.reason);
        let place = *places.entry((fault.file, column, code)).or_insert(counts.len());
        if place == counts.len() {
            counts.push(FaultCount {
                file: fault.file.to_owned(),
                column: column.map(str::to_owned),
                code: code.to_owned(),
                message: fault.reason.to_string(),
                count: 0,
                rows: Vec::new(),
            });
        }
        let kind = &mut counts[place];
        kind.count += 1;
        if kind.rows.len() < ROWS {
            kind.rows.push(fault.line);
        }
    }
    counts.sort_by_key(|kind| std::cmp::Reverse(kind.count));
    counts.truncate(KINDS);
    counts
}

impl From<&Loaded> for KindChanges {
    fn from(loaded: &Loaded) -> Self {
        let notes = loaded.notes.iter().map(|note| ChangeNote {
            fate: <&str>::from(note.fate).to_owned(),
            count: note.count as u64,
            first: note.first.clone(),
        });
        Self {
            kind: loaded.kind.to_owned(),
            added: loaded.added as u64,
            changed: loaded.changed as u64,
            unchanged: loaded.unchanged as u64,
            notes: notes.collect(),
        }
    }
}
