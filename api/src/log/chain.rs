//! The hash of an event: over its content and the hash of the previous event.
//!
//! SHA-256 (FIPS 180-4) over the previous hash and then every column in the order
//! of the table: its length as eight bytes, big-endian, and its bytes; the length
//! of an absent value is all ones. Numbers and times (milliseconds since 1970, UTC)
//! are eight bytes, big-endian. The encoding is therefore injective, and anyone
//! with an export can recompute the hashes.

use gridward_domain::id::PersonId;
use gridward_domain::word::Word as _;

use super::store::EventRow;
use crate::db::column::Hash;

/// The hash of `row`, whose predecessor has the hash `row.prev_hash`.
pub fn digest(row: &EventRow) -> Hash {
    let mut content = Vec::new();
    let mut field = |bytes: Option<&[u8]>| {
        let length = bytes.map_or(u64::MAX, |bytes| bytes.len() as u64);
        content.extend_from_slice(&length.to_be_bytes());
        content.extend_from_slice(bytes.unwrap_or_default());
    };
    // A UUID is hashed as text, as stored in the table.
    let id = |id: Option<PersonId>| id.map(|id| id.to_string());
    field(Some(row.prev_hash.as_ref()));
    field(Some(row.district.as_str().as_bytes()));
    field(Some(&row.seq.to_be_bytes()));
    field(Some(&row.at.and_utc().timestamp_millis().to_be_bytes()));
    field(id(row.actor).as_deref().map(str::as_bytes));
    field(row.device.as_deref().map(str::as_bytes));
    field(Some(row.action.as_bytes()));
    field(Some(row.subject.as_str().as_bytes()));
    field(Some(row.subject_id.as_bytes()));
    field(Some(row.area.as_str().as_bytes()));
    field(row.area_before.as_ref().map(|area| area.as_str().as_bytes()));
    field(id(row.person).as_deref().map(str::as_bytes));
    field(id(row.person_before).as_deref().map(str::as_bytes));
    field(Some(&row.version.to_be_bytes()));
    field(Some(row.body.as_bytes()));
    Hash::sha256(content)
}

/// The end of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The sequence number of the last event.
    pub seq: i64,
    /// Its hash.
    pub hash: Hash,
}

impl Link {
    /// Before the first event.
    pub fn start() -> Self {
        Self { seq: 0, hash: Hash::ZERO }
    }

    /// Extends the chain by one event.
    ///
    /// # Errors
    /// The reason why `next` does not continue the chain.
    pub fn then(&self, next: &EventRow) -> Result<Self, &'static str> {
        if next.seq != self.seq + 1 {
            return Err("the previous event is missing");
        }
        if next.prev_hash != self.hash {
            return Err("its previous hash is not that of the previous event");
        }
        if digest(next) != next.hash {
            return Err("its content does not match its hash");
        }
        Ok(Self { seq: next.seq, hash: next.hash })
    }
}

#[cfg(test)]
mod tests {
    use gridward_domain::area::AreaCode;

    use super::*;
    use crate::log::Subject;

    fn area(code: &str) -> AreaCode {
        code.parse().expect("a code")
    }

    fn row(seq: i64, prev: Hash) -> EventRow {
        let id = |text: &str| Some(text.parse().expect("an id"));
        let mut row = EventRow {
            district: area("500116"),
            seq,
            at: chrono::DateTime::from_timestamp_millis(1_785_000_000_123)
                .expect("a time")
                .naive_utc(),
            actor: id("018cc7af-0000-7000-8000-000000000021"),
            device: None,
            action: "task.claim".to_owned(),
            subject: Subject::Task,
            subject_id: "t".to_owned(),
            area: area("500116001002001"),
            area_before: None,
            person: id("018cc7af-0000-7000-8000-000000000022"),
            person_before: None,
            version: 2,
            body: "{}".to_owned(),
            prev_hash: prev,
            hash: Hash::ZERO,
        };
        row.hash = digest(&row);
        row
    }

    type Change = fn(&mut EventRow);

    #[test]
    fn a_change_of_any_field_is_noticed() {
        let first = row(1, Hash::ZERO);
        assert!(Link::start().then(&first).is_ok());
        let changes: [Change; 14] = [
            |row| row.district = area("500117"),
            |row| row.at += chrono::TimeDelta::milliseconds(1),
            |row| row.actor = None,
            |row| row.device = Some("a".to_owned()),
            |row| row.action = "task.start".to_owned(),
            |row| row.subject = Subject::Plan,
            |row| row.subject_id = "u".to_owned(),
            |row| row.area = area("500116001002002"),
            |row| row.area_before = Some(area("500116")),
            |row| row.person = row.actor,
            |row| row.person_before = row.actor,
            |row| row.version = 3,
            |row| row.body = "{ }".to_owned(),
            |row| row.hash.0[0] ^= 1,
        ];
        for alter in changes {
            let mut other = first.clone();
            alter(&mut other);
            let checked = Link::start().then(&other);
            assert_eq!(checked, Err("its content does not match its hash"), "{other:?}");
        }
    }

    #[test]
    fn words_that_move_from_one_field_to_the_next_are_noticed() {
        let one =
            EventRow { subject_id: "ab".to_owned(), action: "c".to_owned(), ..row(1, Hash::ZERO) };
        let other = EventRow { subject_id: "a".to_owned(), action: "bc".to_owned(), ..one.clone() };
        assert_ne!(digest(&one), digest(&other));
    }

    #[test]
    fn a_missing_or_foreign_event_is_noticed() {
        let first = row(1, Hash::ZERO);
        let link = Link::start().then(&first).expect("the first");
        assert_eq!(Link::start().then(&row(2, first.hash)), Err("the previous event is missing"));
        assert!(link.then(&row(2, first.hash)).is_ok());
        let foreign = link.then(&row(2, Hash::ZERO));
        assert_eq!(foreign, Err("its previous hash is not that of the previous event"));
    }
}
