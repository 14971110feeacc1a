//! What an event says about the register that the files are loaded into.

use std::collections::BTreeSet;

use serde_json::Value;

/// A change of a row through the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// The row is new, or current again.
    Added,
    /// Some fields have new values.
    Fields(BTreeSet<String>),
    /// All fields have new values.
    Row,
    /// The row has ended.
    Ended,
}

impl Edit {
    /// The edit that an event records; none for other events and for those of an import, whose
    /// files said so themselves.
    pub(super) fn of(action: &str, body: &Value) -> Option<Self> {
        if body.get("because").is_some_and(|because| because == "import") {
            return None;
        }
        let (_, verb) = action.split_once('.')?;
        match verb {
            "add" | "create" | "reinstate" | "restore" => Some(Self::Added),
            "end" => Some(Self::Ended),
            // The outline is a record of its own.
            "outline" => Some(Self::fields([])),
            "rename" => Some(Self::fields(["name", "place"])),
            "move" if action == "beneficiary.move" => {
                Some(Self::fields(["grid", "place", "address"]))
            }
            "move" | "appoint" => Some(Self::fields(["role", "area"])),
            "availability" => Some(Self::fields(["availability", "weekly_minutes"])),
            "merge" | "merge_undo" => named(body).map(Self::Fields),
            "change" => Some(named(body).map_or(Self::Row, Self::Fields)),
            _ => None,
        }
    }

    fn fields<const N: usize>(names: [&str; N]) -> Self {
        Self::Fields(names.into_iter().map(str::to_owned).collect())
    }

    /// Both edits, one after the other.
    pub(super) fn then(self, later: Self) -> Self {
        match (self, later) {
            (Self::Fields(mut fields), Self::Fields(more)) => {
                fields.extend(more);
                Self::Fields(fields)
            }
            (_, Self::Ended) => Self::Ended,
            (Self::Added, _) | (Self::Ended, Self::Added) => Self::Added,
            (Self::Row | Self::Ended, _) | (_, Self::Row | Self::Added) => Self::Row,
        }
    }
}

/// The fields that an event names.
fn named(body: &Value) -> Option<BTreeSet<String>> {
    let names = body.get("fields")?.as_array()?.iter();
    names.map(|name| name.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_names_its_fields_or_means_the_row() {
        let edit = Edit::of("person.change", &json!({ "fields": ["phone"] }));
        assert_eq!(edit, Some(Edit::fields(["phone"])));
        assert_eq!(Edit::of("station.change", &json!({})), Some(Edit::Row));
    }

    #[test]
    fn a_merge_and_its_undo_are_edits_of_the_fields_that_they_name() {
        let body = json!({ "other": "x", "fields": ["household", "plaque"] });
        for action in ["beneficiary.merge", "beneficiary.merge_undo"] {
            let edit = Edit::of(action, &body);
            assert_eq!(edit, Some(Edit::fields(["household", "plaque"])), "{action}");
            // Events of earlier versions name none.
            assert_eq!(Edit::of(action, &json!({ "other": "x" })), None);
        }
    }

    #[test]
    fn events_of_an_import_and_of_accounts_are_no_edits() {
        assert_eq!(Edit::of("beneficiary.end", &json!({ "because": "import" })), None);
        assert_eq!(Edit::of("person.password", &json!({})), None);
    }

    #[test]
    fn edits_add_up() {
        let phone = Edit::fields(["phone"]);
        assert_eq!(phone.clone().then(Edit::fields(["name"])), Edit::fields(["name", "phone"]));
        assert_eq!(Edit::Added.then(phone.clone()), Edit::Added);
        assert_eq!(phone.then(Edit::Ended), Edit::Ended);
        assert_eq!(Edit::Ended.then(Edit::Added), Edit::Added);
    }
}
