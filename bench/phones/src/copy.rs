//! A phone's local copy of the rows in its person's scope, by type and id. Applying a page is
//! idempotent, and an outdated page never replaces a newer row.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::{Change, Page, RowKind, Task};

/// Identifies a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// Its type.
    pub kind: RowKind,
    /// Its id.
    pub id: String,
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.id)
    }
}

/// A row as received.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its version.
    pub version: i64,
    /// Its content.
    pub data: Box<RawValue>,
    /// The parsed task, if it is one.
    pub task: Option<Task>,
}

impl Row {
    /// Whether the content is equal, regardless of the order of fields.
    fn same_content(&self, other: &Self) -> bool {
        let parsed = |row: &Self| serde_json::from_str::<Value>(row.data.get()).ok();
        self.data.get() == other.data.get() || parsed(self) == parsed(other)
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.same_content(other)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {}: {}", self.version, self.data)
    }
}

/// All rows of a phone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocalCopy {
    rows: BTreeMap<RowKey, Row>,
}

impl LocalCopy {
    /// Applies a page and returns the number of changed rows.
    ///
    /// # Errors
    /// When a task lacks a required field; the page is then partly applied.
    pub fn apply(&mut self, page: &Page) -> Result<usize, serde_json::Error> {
        let mut different = 0;
        if page.reset {
            different += self.rows.len();
            self.rows.clear();
        }
        for change in &page.changes {
            different += usize::from(self.change(change)?);
        }
        for gone in &page.removed {
            let key = RowKey { kind: gone.kind, id: gone.id.clone() };
            different += usize::from(self.rows.remove(&key).is_some());
        }
        Ok(different)
    }

    fn change(&mut self, change: &Change) -> Result<bool, serde_json::Error> {
        let key = RowKey { kind: change.kind, id: change.id.clone() };
        let held = self.rows.get(&key);
        if held.is_some_and(|held| change.version < held.version) {
            return Ok(false);
        }
        let row = Row { version: change.version, data: change.data.clone(), task: change.task()? };
        if held == Some(&row) {
            return Ok(false);
        }
        self.rows.insert(key, row);
        Ok(true)
    }

    /// The tasks, by id.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.rows.values().filter_map(|row| row.task.as_ref())
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first row, by type and id, that differs from `fresh`.
    pub fn difference(&self, fresh: &Self) -> Option<Difference> {
        let keys = self.rows.keys().chain(fresh.rows.keys());
        let differs = |key: &&RowKey| self.rows.get(*key) != fresh.rows.get(*key);
        let key = keys.filter(differs).min()?;
        Some(Difference {
            key: key.clone(),
            held: self.rows.get(key).cloned(),
            fresh: fresh.rows.get(key).cloned(),
        })
    }
}

/// A row that differs from a fresh snapshot.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Which row.
    pub key: RowKey,
    /// The phone's row, if any.
    pub held: Option<Row>,
    /// The fresh snapshot's row, if any.
    pub fresh: Option<Row>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |row: &Option<Row>| row.as_ref().map_or("nothing".to_owned(), Row::to_string);
        let (held, fresh) = (text(&self.held), text(&self.fresh));
        write!(f, "{}\n  the phone holds {held}\n  a fresh snapshot holds {fresh}", self.key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::wire::{Reason, Removed};

    fn change(id: u8, version: i64, word: u8) -> Change {
        let data = serde_json::value::to_raw_value(&json!({ "word": word })).expect("JSON");
        Change { kind: RowKind::Notice, id: id.to_string(), version, data }
    }

    fn removed(id: u8) -> Removed {
        Removed { kind: RowKind::Notice, id: id.to_string(), reason: Reason::OutOfScope }
    }

    fn page(reset: bool, changes: Vec<Change>, gone: Vec<u8>) -> Page {
        Page {
            results: Vec::new(),
            reset,
            changes,
            removed: gone.into_iter().map(removed).collect(),
            cursor: String::new(),
            has_more: false,
            next_poll_s: 0,
            server_time: "2026-08-01T09:00:00+08:00".parse().expect("a timestamp"),
        }
    }

    fn pages() -> impl Strategy<Value = Page> {
        let changes = prop::collection::vec((0u8..6, 1i64..5, 0u8..3), 0..8);
        (prop::bool::weighted(0.1), changes, prop::collection::vec(0u8..6, 0..3)).prop_map(
            |(reset, changes, gone)| {
                let changes =
                    changes.into_iter().map(|(id, version, word)| change(id, version, word));
                page(reset, changes.collect(), gone)
            },
        )
    }

    #[test]
    fn an_older_row_never_replaces_a_newer_one_and_an_equal_version_does() {
        let mut copy = LocalCopy::default();
        copy.apply(&page(false, vec![change(1, 3, 0)], vec![])).expect("a valid page");
        assert_eq!(
            copy.apply(&page(false, vec![change(1, 2, 1)], vec![])).expect("a valid page"),
            0
        );
        assert_eq!(
            copy.apply(&page(false, vec![change(1, 3, 2)], vec![])).expect("a valid page"),
            1
        );
        assert_eq!(copy.rows.values().next().expect("a row").data.get(), r#"{"word":2}"#);
    }

    #[test]
    fn a_reset_drops_rows_that_the_page_does_not_contain() {
        let mut copy = LocalCopy::default();
        copy.apply(&page(false, vec![change(1, 3, 0), change(2, 9, 0)], vec![]))
            .expect("a valid page");
        copy.apply(&page(true, vec![change(2, 1, 0)], vec![])).expect("a valid page");
        assert_eq!((copy.len(), copy.rows.values().next().expect("a row").version), (1, 1));
    }

    #[test]
    fn a_task_without_a_state_is_an_error() {
        let broken = Change { kind: RowKind::Task, ..change(1, 1, 0) };
        assert!(LocalCopy::default().apply(&page(false, vec![broken], vec![])).is_err());
    }

    #[test]
    fn the_order_of_fields_makes_no_difference() {
        let row = |text: &str| Row {
            version: 1,
            data: RawValue::from_string(text.to_owned()).expect("JSON"),
            task: None,
        };
        assert_eq!(row(r#"{"a":1,"b":2}"#), row(r#"{"b":2,"a":1}"#));
        assert_ne!(row(r#"{"a":1,"b":2}"#), row(r#"{"a":1,"b":3}"#));
    }

    #[test]
    fn the_first_difference_quotes_both_rows() {
        let mut held = LocalCopy::default();
        held.apply(&page(false, vec![change(1, 1, 0), change(2, 2, 0)], vec![]))
            .expect("a valid page");
        let mut fresh = LocalCopy::default();
        fresh
            .apply(&page(false, vec![change(1, 1, 0), change(2, 3, 1)], vec![]))
            .expect("a valid page");
        let text = held.difference(&fresh).expect("a difference").to_string();
        assert_eq!(
            text,
            "Notice 2\n  the phone holds version 2: {\"word\":0}\n  a fresh snapshot holds version 3: {\"word\":1}"
        );
        assert!(held.difference(&held.clone()).is_none());
    }

    proptest! {
        #[test]
        fn applying_a_page_is_idempotent(before in prop::collection::vec(pages(), 0..5), last in pages()) {
            let mut copy = LocalCopy::default();
            for page in &before {
                copy.apply(page).expect("a valid page");
            }
            copy.apply(&last).expect("a valid page");
            let once = copy.clone();
            let again = copy.apply(&last).expect("a valid page");
            prop_assert_eq!(&copy, &once);
            prop_assert!(again == 0 || last.reset || !last.removed.is_empty() || doubled(&last));
        }

        #[test]
        fn a_row_disappears_only_by_removal_or_reset(before in pages(), next in pages()) {
            let mut copy = LocalCopy::default();
            copy.apply(&before).expect("a valid page");
            let held = copy.clone();
            copy.apply(&next).expect("a valid page");
            for (key, row) in &held.rows {
                let gone = next.reset || next.removed.iter().any(|removed| removed.id == key.id);
                let now = copy.rows.get(key);
                prop_assert!(gone || now.is_some_and(|now| now.version >= row.version));
            }
        }
    }

    /// Whether a page contains a row twice, so that one replaces the other each time.
    fn doubled(page: &Page) -> bool {
        let mut ids: Vec<&String> = page.changes.iter().map(|change| &change.id).collect();
        ids.sort();
        ids.windows(2).any(|pair| pair[0] == pair[1])
    }
}
