//! What is new, what is different and what is there already.

use std::collections::HashMap;

use crate::db::DbError;

/// A row that can be found by its key within the district.
pub trait Keyed {
    /// The key, without the district.
    fn key(&self) -> String;
}

/// What to write of a kind of record.
pub struct Merged<Row> {
    /// How many are new.
    pub added: usize,
    /// The keys of those that are there otherwise.
    pub changed: Vec<String>,
    /// How many are there already.
    pub unchanged: usize,
    /// The new and the changed ones.
    pub rows: Vec<Row>,
}

/// Holds `records` against the rows that are `present`. `row` makes a record's
/// row from the one before it; `None` says that nothing has changed.
///
/// # Errors
/// Those of `row`.
pub fn merge<Row: Keyed, Record: Keyed>(
    present: Vec<Row>,
    records: &[Record],
    row: impl Fn(&Record, Option<&Row>) -> Result<Option<Row>, DbError>,
) -> Result<Merged<Row>, DbError> {
    let present: HashMap<String, Row> = present.into_iter().map(|row| (row.key(), row)).collect();
    let mut merged = Merged { added: 0, changed: vec![], unchanged: 0, rows: vec![] };
    for record in records {
        let key = record.key();
        let before = present.get(&key);
        match (row(record, before)?, before) {
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
    Ok(merged)
}
