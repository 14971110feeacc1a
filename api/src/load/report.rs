//! The report of a load: the records written of each kind, and the fate of rows without a
//! record and of the tasks that depend on them.

use std::fmt;

/// The maximum number of ids or codes in a line of the report.
const NAMED: usize = 5;

/// The effects of a load on one kind of record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The kind, such as `people`.
    pub kind: &'static str,
    /// Records that are new.
    pub added: usize,
    /// Records that differ from their row.
    pub changed: usize,
    /// Records that equal their row.
    pub unchanged: usize,
    /// The fate of rows without a record and of tasks.
    pub notes: Vec<Note>,
}

/// Rows with the same fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Their fate.
    pub fate: Fate,
    /// The number of rows.
    pub count: usize,
    /// The first ids or codes; never personal data.
    pub first: Vec<String>,
}

/// The fate of a row without a record, or of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Fate {
    /// A row without a record, left as it is.
    Missing,
    /// A value that was edited after the files were written, left as it is.
    Edited,
    /// A row without a record, deleted.
    Deleted,
    /// An area without a record, closed.
    Ended,
    /// A person without a record, no longer active.
    Inactive,
    /// A person without a record who had unfinished tasks, which are open now.
    LeftWithTasks,
    /// A person with a record who works in another area and had unfinished tasks elsewhere, which
    /// are open now.
    MovedWithTasks,
    /// A person with a record who has left.
    StillLeft,
    /// A person who had left and works here again.
    Readmitted,
    /// An admin without a record, still active.
    AdminKept,
    /// A beneficiary without a record, ended and kept for the history of its tasks.
    KeptForTasks,
    /// A beneficiary with a record that ended by a decision, such as a death.
    StillEnded,
    /// A task that moved with its beneficiary.
    Moved,
    /// A task that lost its assignee.
    Opened,
    /// A task whose beneficiary or grid has ended.
    Cancelled,
}

impl Fate {
    /// The fate as the end of a sentence about some rows.
    const fn text(self) -> &'static str {
        match self {
            Self::Missing => "in the database are not in the files",
            Self::Edited => "values were edited later than the files: kept",
            Self::Deleted => "not in the files: deleted",
            Self::Ended => "not in the files: no longer valid",
            Self::Inactive => "not in the files: no longer active",
            Self::LeftWithTasks => "left with unfinished tasks, which are open again",
            Self::MovedWithTasks => {
                "work in another area now; their unfinished tasks elsewhere are open again"
            }
            Self::StillLeft => "have left and stay so; --readmit gives them access again",
            Self::Readmitted => "who had left have access again",
            Self::AdminKept => "not in the files: kept, since they are admins",
            Self::KeptForTasks => {
                "not in the files: kept, since tasks, cases or hand-outs refer to them"
            }
            Self::StillEnded => "have died, left or were merged, and stay so",
            Self::Moved => "unfinished tasks moved with their beneficiaries",
            Self::Opened => "tasks open again, since their assignees may not do them",
            Self::Cancelled => "unfinished tasks cancelled, since what they were for is gone",
        }
    }
}

impl Loaded {
    /// The report of a kind before its first record.
    pub(super) const fn empty(kind: &'static str) -> Self {
        Self { kind, added: 0, changed: 0, unchanged: 0, notes: vec![] }
    }

    /// Counts the records of the kind.
    pub(super) const fn count(&mut self, added: usize, changed: usize, unchanged: usize) {
        (self.added, self.changed, self.unchanged) = (added, changed, unchanged);
    }

    /// Notes the fate of the rows with these ids or codes, if there are any.
    pub(super) fn note(&mut self, fate: Fate, ids: impl IntoIterator<Item = impl fmt::Display>) {
        let mut ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.truncate(NAMED);
        if count > 0 {
            self.notes.push(Note { fate, count, first: ids });
        }
    }
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, added, changed, unchanged, notes } = self;
        write!(f, "{kind}: {added} added, {changed} changed, {unchanged} unchanged")?;
        notes.iter().try_for_each(|note| write!(f, "\n{kind}: {note}"))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fate, count, first } = self;
        write!(f, "{count} {}: {}", fate.text(), first.join(", "))?;
        match count - first.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_and_names_the_first() {
        let mut loaded = Loaded { added: 2, ..Loaded::empty("areas") };
        loaded.note(Fate::Deleted, [""; 0]);
        loaded.note(Fate::Missing, (1..=7).rev().map(|n| format!("a{n}")));
        assert_eq!(
            loaded.to_string(),
            "areas: 2 added, 0 changed, 0 unchanged\n\
             areas: 7 in the database are not in the files: a1, a2, a3, a4, a5 and 2 more"
        );
    }
}
