//! What a phone holds: rows that the server sent, by type and id.

use std::collections::BTreeMap;

use serde_json::Value;

/// A row: its version and its data.
pub type Row = (i64, Value);

/// A phone's copy of its scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Copy {
    /// Rows by type and id.
    pub rows: BTreeMap<(String, String), Row>,
}

impl Copy {
    /// Takes in the rows of an answer: newer ones replace, older ones are old
    /// news, what is removed is forgotten, and a reset begins anew.
    pub fn take_in(&mut self, answer: &Value) {
        if answer["reset"] == true {
            self.rows.clear();
        }
        let key = |row: &Value| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            (text("type"), text("id"))
        };
        for row in answer["changes"].as_array().into_iter().flatten() {
            let version = row["version"].as_i64().unwrap_or_default();
            let held = self.rows.get(&key(row)).map_or(0, |(version, _)| *version);
            if version >= held {
                self.rows.insert(key(row), (version, row["data"].clone()));
            }
        }
        for row in answer["removed"].as_array().into_iter().flatten() {
            self.rows.remove(&key(row));
        }
    }

    /// The tasks held: id, version and data.
    pub fn tasks(&self) -> impl Iterator<Item = (&str, i64, &Value)> {
        let tasks = self.rows.iter().filter(|((kind, _), _)| kind == "task");
        tasks.map(|((_, id), (version, data))| (id.as_str(), *version, data))
    }

    /// The first row in which two copies differ, in words; `None` if they do not.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let mine = self.rows.iter().find(|(key, row)| other.rows.get(*key) != Some(row));
        let theirs = other.rows.iter().find(|(key, _)| !self.rows.contains_key(*key));
        mine.map(|(key, row)| {
            format!("{key:?} is {row:?} here and {:?} there", other.rows.get(key))
        })
        .or_else(|| theirs.map(|(key, row)| format!("{key:?} is missing here and {row:?} there")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(reset: bool, version: i64, removed: &[&str]) -> Value {
        let gone: Vec<_> = removed.iter().map(|id| json!({"type": "task", "id": id})).collect();
        json!({
            "reset": reset, "removed": gone,
            "changes": [{"type": "task", "id": "a", "version": version, "data": {"n": version}}]
        })
    }

    #[test]
    fn the_same_page_twice_is_as_once_and_old_news_changes_nothing() {
        let mut copy = Copy::default();
        copy.take_in(&page(false, 7, &[]));
        let once = copy.clone();
        copy.take_in(&page(false, 7, &[]));
        copy.take_in(&page(false, 6, &[]));
        assert_eq!(copy, once);
        copy.take_in(&page(true, 3, &[]));
        assert_eq!(copy.tasks().map(|(_, version, _)| version).collect::<Vec<_>>(), [3]);
        copy.take_in(&page(false, 4, &["a"]));
        assert_eq!(copy.tasks().count(), 0);
    }
}
