//! The merge of two entries of one person, and its undo, as pure functions: one is the inverse of
//! the other.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::bounded_text::Household;
use gridward_domain::code::{PlaqueState, Tags};
use gridward_domain::goods::HandoutExchange;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::time::TimeOfDay;

use super::answer::Clash;
use crate::beneficiary::ends::{Contacted, JoinedPlaque, MergeEffects};

/// How long a merge can be undone.
pub const UNDO_FOR: TimeDelta = TimeDelta::days(30);

/// The part of an entry that a merge changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The last contact.
    pub contacted: Contacted,
    /// The entry that took over.
    pub successor: Option<BeneficiaryId>,
    /// The tags.
    pub tags: Tags,
    /// The number of the household, if it is known.
    pub household: Option<Household>,
    /// The state of the plaque.
    pub plaque: PlaqueState,
    /// The tasks, in any state.
    pub tasks: BTreeSet<TaskId>,
}

impl Side {
    /// The names of the fields of the register that differ, for the log.
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        let fields = [
            ("tags", self.tags != other.tags),
            ("household", self.household != other.household),
            ("plaque", self.plaque != other.plaque),
        ];
        fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// A merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The entry that stays: it has the later contact and visit, the tasks and tags of both, and the household of one.
    pub kept: Side,
    /// The entry that ends in its favour.
    pub other: Side,
    /// What the undo needs.
    pub effects: MergeEffects,
}

/// Merges `other` into `kept`, the entry of this id. `came` is the state of a plaque that comes
/// with the duplicate.
pub fn merge(id: BeneficiaryId, kept: &Side, other: &Side, came: Option<PlaqueState>) -> Merged {
    let later = other.contacted.day > kept.contacted.day;
    let last = if later { other.contacted } else { kept.contacted };
    let contacted = Contacted { visit: kept.contacted.visit.max(other.contacted.visit), ..last };
    let plaque = came
        .filter(|after| *after != kept.plaque)
        .map(|after| JoinedPlaque { before: kept.plaque.clone(), after });
    let state = plaque.as_ref().map_or(&kept.plaque, |joined| &joined.after).clone();
    let effects = MergeEffects {
        into: id,
        tasks: other.tasks.iter().copied().collect(),
        cases: Vec::new(),
        handouts: HandoutExchange::default(),
        answers: Vec::new(),
        tags: &other.tags - &kept.tags,
        household: other.household.clone().filter(|_| kept.household.is_none()),
        plaque,
        contact_before: kept.contacted,
        contact_after: contacted,
    };
    Merged {
        kept: Side {
            contacted,
            tags: &kept.tags | &other.tags,
            household: kept.household.clone().or_else(|| other.household.clone()),
            plaque: state,
            tasks: &kept.tasks | &other.tasks,
            ..kept.clone()
        },
        other: Side { successor: Some(id), tasks: BTreeSet::new(), ..other.clone() },
        effects,
    }
}

/// Undoes the merge: the tasks, tags and household that came with it go back, later tasks stay, and so do a later
/// contact, a later household and a later state of the plaque.
pub fn undo(kept: &Side, other: &Side, effects: &MergeEffects) -> (Side, Side) {
    let came: BTreeSet<TaskId> = effects.tasks.iter().copied().collect();
    let back = &kept.tasks & &came;
    let contacted = contacted_before(kept.contacted, effects).unwrap_or(kept.contacted);
    let plaque = effects.plaque.as_ref().filter(|joined| joined.after == kept.plaque);
    let came_home = effects.household.is_some() && effects.household == kept.household;
    let kept = Side {
        contacted,
        tags: &kept.tags - &effects.tags,
        household: kept.household.clone().filter(|_| !came_home),
        plaque: plaque.map_or(&kept.plaque, |joined| &joined.before).clone(),
        tasks: &kept.tasks - &back,
        ..kept.clone()
    };
    let other = Side { successor: None, tasks: &other.tasks | &back, ..other.clone() };
    (kept, other)
}

/// The contact before the merge, if there was none since. A merge of an earlier version knows no visits: each
/// contact counted as one, as it does for an entry of that version.
fn contacted_before(now: Contacted, effects: &MergeEffects) -> Option<Contacted> {
    let MergeEffects { contact_before: before, contact_after: after, .. } = effects;
    if (now.day, now.visitor) != (after.day, after.visitor) {
        return None;
    }
    if after.visit.is_none() && now.visit.is_some() && now.visit == after.day {
        return Some(Contacted { visit: before.visit.or(before.day), ..*before });
    }
    (now.visit == after.visit).then_some(*before)
}

/// Whether a merge of `merged_at` can still be undone.
pub fn is_undoable(merged_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now <= merged_at + UNDO_FOR
}

/// The days and the time of day of an unfinished task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The task.
    pub id: TaskId,
    /// The planned day twice, or the first and the last possible one.
    pub days: (NaiveDate, NaiveDate),
    /// The planned time, or the time window; `None` for any time of day.
    pub time: Option<(TimeOfDay, TimeOfDay)>,
}

impl Slot {
    fn clashes(&self, other: &Self) -> bool {
        let days = self.days.0 <= other.days.1 && other.days.0 <= self.days.1;
        let times = self.time.zip(other.time);
        days && times.is_some_and(|(mine, theirs)| mine.0 < theirs.1 && theirs.0 < mine.1)
    }
}

/// The pairs of tasks of the two entries that are at the same hour.
pub fn clashes(kept: &[Slot], other: &[Slot]) -> Vec<Clash> {
    let pairs = kept.iter().flat_map(|mine| other.iter().map(move |theirs| (mine, theirs)));
    let same_hour = pairs.filter(|(mine, theirs)| mine.clashes(theirs));
    same_hour.map(|(mine, theirs)| Clash { task_id: mine.id, other_task_id: theirs.id }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const KEPT: BeneficiaryId = BeneficiaryId(Uuid::from_u128(1));

    fn task(n: u128) -> TaskId {
        TaskId(Uuid::from_u128(n))
    }

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).expect("a day")
    }

    /// An entry with a last contact and tasks of these numbers.
    fn side(contact: Option<u32>, tasks: impl IntoIterator<Item = u128>) -> Side {
        let contacted = Contacted { day: contact.map(day), visitor: None, visit: None };
        Side {
            contacted,
            successor: None,
            tags: Tags::new(),
            household: None,
            plaque: state("pending"),
            tasks: tasks.into_iter().map(task).collect(),
        }
    }

    fn state(code: &str) -> PlaqueState {
        code.parse().expect("a code")
    }

    fn household(number: &str) -> Household {
        number.parse().expect("a number")
    }

    fn tags() -> impl Strategy<Value = Tags> {
        let code = prop::sample::select(vec!["away", "key_recipient", "volunteer"]);
        prop::collection::btree_set(code.prop_map(|code| code.parse().expect("a code")), 0..3)
    }

    proptest! {
        #[test]
        fn merging_then_undoing_restores_both(
            kept_contact in prop::option::of(1u32..=28), other_contact in prop::option::of(1u32..=28),
            kept_tasks in prop::collection::btree_set(0u128..100, 0..10),
            other_tasks in prop::collection::btree_set(100u128..200, 0..10),
            (kept_tags, other_tags) in (tags(), tags()),
            hung in prop::option::of(prop::sample::select(vec!["hung", "pending"])),
            homes in prop::array::uniform2(
                prop::option::of(prop::sample::select(vec!["02-1", "02-2"]))
            ),
        ) {
            let [kept_home, other_home] = homes.map(|number| number.map(household));
            let kept =
                Side { tags: kept_tags, household: kept_home, ..side(kept_contact, kept_tasks) };
            let other =
                Side { tags: other_tags, household: other_home, ..side(other_contact, other_tasks) };
            let merged = merge(KEPT, &kept, &other, hung.map(state));
            prop_assert!(merged.kept.tags.is_superset(&other.tags));
            prop_assert_eq!(
                &merged.kept.household,
                kept.household.as_ref().map_or(&other.household, |_| &kept.household)
            );
            prop_assert_eq!(&merged.kept.plaque, &state(hung.unwrap_or("pending")));
            prop_assert_eq!(merged.kept.contacted.day, kept.contacted.day.max(other.contacted.day));
            prop_assert_eq!(merged.kept.tasks.len(), kept.tasks.len() + other.tasks.len());
            prop_assert_eq!(merged.other.successor, Some(KEPT));
            let undone = undo(&merged.kept, &merged.other, &merged.effects);
            prop_assert_eq!(undone, (kept, other));
        }
    }

    #[test]
    fn what_came_after_the_merge_stays() {
        let duplicate = Side { household: Some(household("02-1")), ..side(Some(5), [2]) };
        let before = side(Some(3), [1]);
        let Merged { mut kept, other, effects } =
            merge(KEPT, &before, &duplicate, Some(state("hung")));
        assert_eq!(before.differing(&kept), ["household", "plaque"]);
        kept.tasks.insert(task(9));
        kept.contacted.day = Some(day(20));
        kept.household = Some(household("02-2"));
        kept.plaque = state("damaged");
        let (undone, other) = undo(&kept, &other, &effects);
        assert_eq!(undone, Side { tasks: [task(1), task(9)].into(), ..kept });
        assert_eq!(other, duplicate);
    }

    #[test]
    fn a_merge_is_undoable_for_thirty_days() {
        let at: DateTime<Utc> = "2026-11-01T09:00:00Z".parse().expect("a time");
        assert!(is_undoable(at, at + TimeDelta::days(30)));
        assert!(!is_undoable(at, at + TimeDelta::days(30) + TimeDelta::seconds(1)));
    }

    #[test]
    fn tasks_clash_at_overlapping_times_of_a_common_day() {
        let time = |minutes| TimeOfDay::new(minutes).expect("a time");
        let slot = |n, first, last, hours: Option<(u16, u16)>| Slot {
            id: task(n),
            days: (day(first), day(last)),
            time: hours.map(|(from, to)| (time(from * 60), time(to * 60))),
        };
        let morning = slot(1, 3, 3, Some((9, 10)));
        let others = [
            slot(2, 3, 3, Some((9, 11))),
            slot(3, 3, 3, Some((10, 11))),
            slot(4, 4, 4, Some((9, 10))),
            slot(5, 1, 9, Some((8, 12))),
            slot(6, 3, 3, None),
        ];
        let found = clashes(&[morning], &others);
        let found: Vec<TaskId> = found.into_iter().map(|clash| clash.other_task_id).collect();
        assert_eq!(found, [task(2), task(5)]);
    }
}
