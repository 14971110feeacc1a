//! Compares records with rows: new, changed and equal ones, and rows without a record.

use std::collections::HashMap;

use crate::db::DbError;

/// A row or record with a key within the district.
pub trait Keyed {
    /// The key, without the district.
    fn key(&self) -> String;
}

/// The result of comparing the records of one kind with their rows.
pub struct Merged<Row> {
    /// The number of new records.
    pub added: usize,
    /// The keys of records that differ from their row.
    pub changed: Vec<String>,
    /// The number of records that equal their row.
    pub unchanged: usize,
    /// The new rows and the changed rows.
    pub rows: Vec<Row>,
    /// The rows without a record, by key.
    pub missing: Vec<Row>,
}

/// Compares `records`, each of another key, with the rows that are `present`.
/// `row` makes the row of a record from its previous row; `None` means no change.
///
/// # Errors
/// Those of `row`.
pub fn merge<Row: Keyed, Record: Keyed>(
    present: Vec<Row>,
    records: &[Record],
    row: impl Fn(&Record, Option<&Row>) -> Result<Option<Row>, DbError>,
) -> Result<Merged<Row>, DbError> {
    let mut present: HashMap<String, Row> =
        present.into_iter().map(|row| (row.key(), row)).collect();
    let mut merged =
        Merged { added: 0, changed: vec![], unchanged: 0, rows: vec![], missing: vec![] };
    for record in records {
        let key = record.key();
        let before = present.remove(&key);
        match (row(record, before.as_ref())?, before) {
            (None, _) => merged.unchanged += 1,
            (Some(row), None) => {
                merged.added += 1;
                merged.rows.push(row);
            }
            (Some(row), Some(_)) => {
                merged.changed.push(key);
                merged.rows.push(row);
            }
        }
    }
    merged.missing = present.into_values().collect();
    merged.missing.sort_by_cached_key(Row::key);
    Ok(merged)
}
