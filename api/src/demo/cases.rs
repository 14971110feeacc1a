//! Cases of the demo: for each shipped kind, one at every step.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::Level;
use gridward_domain::authority::Role;
use gridward_domain::case::{self, CaseActor};
use gridward_domain::code::{CaseClass, MoveCode, StepCode};
use gridward_domain::id::{CaseId, PersonId};

use super::draw::Draw;
use super::identity;
use crate::case::entry_store::{self, EntrySealed, NewEntry};
use crate::case::store::{self, CaseRow, CaseSealed};
use crate::case::{CaseEntryAction, CaseKind, CaseMoveContent, CaseSource, defaults, kind_store};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::load::record::{BeneficiaryRecord, DistrictRecords, PersonRecord};
use crate::workday::WorkDays;

/// The days between two steps of a case.
const STEP: TimeDelta = TimeDelta::days(2);

/// The moves on a shortest way from the first step to `to`, for a case of the class.
fn way(kind: &CaseKind, to: &StepCode, class: Option<&CaseClass>) -> Option<Vec<MoveCode>> {
    let first = kind.steps.first()?;
    let permits = |one: &&CaseMoveContent| {
        let of_class = class.is_some_and(|class| one.classes.contains(class));
        !one.urgent_only && (one.classes.is_empty() || of_class)
    };
    let mut next = VecDeque::from([(first.code.clone(), Vec::new())]);
    let mut seen = vec![first.code.clone()];
    while let Some((code, way)) = next.pop_front() {
        if code == *to {
            return Some(way);
        }
        let moves = kind.step(&code).map(|step| step.moves.as_slice()).unwrap_or_default();
        for one in moves.iter().filter(permits) {
            if !seen.contains(&one.to) {
                seen.push(one.to.clone());
                let mut longer = way.clone();
                longer.push(one.code.clone());
                next.push_back((one.to.clone(), longer));
            }
        }
    }
    None
}

/// The people of the demo who act on the cases of a grid.
struct Staff<'a>(&'a DistrictRecords);

impl Staff<'_> {
    /// A person of the level whose area contains the beneficiary's grid.
    fn at(&self, level: Level, home: &BeneficiaryRecord) -> Option<PersonId> {
        self.other(level, home, &[]).map(|actor| actor.person)
    }

    /// A person of the level, or of the next one, who is none of these.
    fn other(
        &self,
        level: Level,
        home: &BeneficiaryRecord,
        barred: &[Option<PersonId>],
    ) -> Option<CaseActor> {
        let levels = std::iter::once(level).chain(level.parent());
        let of_level = |level: Level| {
            let acts = |person: &&PersonRecord| {
                let has_role = match level {
                    Level::Grid => person.role == Role::Manager,
                    Level::District => matches!(person.role, Role::Supervisor | Role::Admin),
                    Level::Village | Level::Town => person.role == Role::Supervisor,
                };
                let area = person.area;
                has_role
                    && area.level() == level
                    && area.contains(&home.grid)
                    && !barred.contains(&Some(person.id))
            };
            let person = self.0.people.iter().find(acts)?.id;
            Some(CaseActor { person, level: Some(level) })
        };
        levels.into_iter().find_map(of_level)
    }
}

/// A case with its history.
struct Made {
    row: CaseRow,
    entries: Vec<NewEntry>,
}

/// A case of the kind at the step `to`, opened as many days ago as it needed to get there.
fn made(
    kind: &CaseKind,
    to: &StepCode,
    (number, home): (usize, &BeneficiaryRecord),
    staff: &Staff<'_>,
    now: DateTime<Utc>,
) -> Option<Made> {
    let classes: Vec<Option<CaseClass>> = match kind.classes.as_slice() {
        [] => vec![None],
        classes => classes.iter().map(|class| Some(class.code.clone())).collect(),
    };
    let of_class = |class: Option<CaseClass>| Some((way(kind, to, class.as_ref())?, class));
    let (way, class) = classes.into_iter().find_map(of_class)?;
    let steps = i32::try_from(way.len()).ok()?;
    let opened = now - STEP * (steps + 1) - TimeDelta::minutes(i64::try_from(number).ok()?);
    let days = WorkDays::default();
    let is_working = |day| days.is_working(day);
    let path = kind.path();
    let finder = staff.at(Level::Grid, home)?;
    let begun = clock::day(opened);
    let mut life =
        case::open(&path, (class, false, Level::Grid), Some(finder), begun, &is_working).ok()?;
    life.documents = path.required_documents();
    let mut at = opened;
    let entry = |action, at: DateTime<Utc>, person, life: &case::Case| NewEntry {
        action,
        at: at.naive_utc(),
        person: Some(person),
        from: None,
        to: life.step.clone(),
        taken: None,
        waits_for: life.waits_for,
    };
    let mut entries = vec![entry(CaseEntryAction::Open, at, finder, &life)];
    for taken in way {
        at += STEP;
        let level = life.waits_for?;
        let is_of_two = kind.step(&life.step).is_some_and(|step| step.two_people);
        let barred = if is_of_two { vec![life.opened_by, life.asked_by] } else { Vec::new() };
        let actor = staff.other(level, home, &barred)?;
        // The tasks of earlier steps are done, and the demo has none for the present step.
        life.task = None;
        let from = life.step.clone();
        life = case::apply(&path, &life, &taken, actor, clock::day(at), &is_working).ok()?.0;
        let moved = entry(CaseEntryAction::Move, at, actor.person, &life);
        entries.push(NewEntry { from: Some(from), taken: Some(taken), ..moved });
    }
    let row = CaseRow {
        district: home.grid.district(),
        id: CaseId(identity::id(number, &mut Draw::new(7, "cases"))),
        kind: kind.code.clone(),
        kind_version: kind.version,
        class: life.class,
        area: None,
        source: CaseSource::Phone,
        report: None,
        station: None,
        urgent: false,
        opened_by: finder,
        opened_at: opened.naive_utc(),
        sealed: Vec::new(),
        beneficiary: Some(home.id),
        step: life.step,
        waits_for: life.waits_for,
        begun_at: at.naive_utc(),
        asked_by: life.asked_by,
        due_on: life.due_on,
        escalates_on: life.escalates_on,
        task: None,
        result: life.result,
        version: 1,
    };
    Some(Made { row, entries })
}

/// Adds the cases; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn add(
    conn: &mut Conn,
    key: &SealingKey,
    records: &DistrictRecords,
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let staff = Staff(records);
    let mut homes = records.beneficiaries.iter();
    let mut added = 0;
    for kind in defaults::kinds() {
        for step in &kind.steps {
            let Some(home) = homes.next() else { return Ok(added) };
            let one = made(kind, &step.code, (added, home), &staff, now);
            let Some(Made { mut row, entries }) = one else { continue };
            let (district, id) = (row.district, row.id);
            kind_store::keep(conn, district, kind)?;
            row.sealed = CaseRow::seal(key, district, id, &CaseSealed::default())?;
            store::put(conn, None, &row)?;
            for entry in entries {
                entry_store::add(conn, key, (district, id), entry, &EntrySealed::default())?;
            }
            added += 1;
        }
    }
    Ok(added)
}
