//! Cases of the demo: for each shipped kind and those of the services of the demo, one at every step, and the merit
//! reports of a year.

use chrono::{DateTime, Days, TimeDelta, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Role;
use gridward_domain::case::{self, CaseActor};
use gridward_domain::id::{CaseId, PersonId, TaskId};

use super::case_documents::{self, CaseDocument, Left};
use super::case_positions::{self, Position, way};
use super::draw::Draw;
use super::{case_words, identity, services};
use crate::attachment::store as attachments;
use crate::case::entry_store::{self, EntrySealed, NewEntry};
use crate::case::row::CaseRow;
use crate::case::{CaseEntryAction, CaseKind, CaseSource, defaults, kind_store, store};
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::load::record::{BeneficiaryRecord, DistrictRecords, MemorialRecord, PersonRecord};
use crate::task::assignment::task_tie::{TaskTie, TieType};
use crate::task::creation::task_origin::TaskOrigin;
use crate::task::row::{Draft, TaskRow};
use crate::workday::WorkDays;

/// The days between two steps of a case.
const STEP: TimeDelta = TimeDelta::days(2);

/// The people of the demo who act on the cases of a grid.
struct Staff<'a>(&'a DistrictRecords);

impl Staff<'_> {
    /// A person of the level whose area contains the grid.
    fn at(&self, level: Level, grid: AreaCode) -> Option<PersonId> {
        self.other(level, grid, &[]).map(|actor| actor.person)
    }

    /// A person of the level, or of the next one, who is none of these.
    fn other(
        &self,
        level: Level,
        grid: AreaCode,
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
                    && area.contains(&grid)
                    && !barred.contains(&Some(person.id))
            };
            let person = self.0.people.iter().find(acts)?.id;
            Some(CaseActor { person, level: Some(level) })
        };
        levels.into_iter().find_map(of_level)
    }
}

/// What a case is about: a home, or a place of a grid.
#[derive(Clone, Copy)]
struct About<'a> {
    grid: AreaCode,
    home: Option<&'a BeneficiaryRecord>,
}

impl<'a> About<'a> {
    const fn home(home: &'a BeneficiaryRecord) -> Self {
        Self { grid: home.grid, home: Some(home) }
    }

    const fn site(site: &MemorialRecord) -> Self {
        Self { grid: site.grid, home: None }
    }
}

/// A case with its history, and the visit that its step awaits.
struct Made {
    row: CaseRow,
    entries: Vec<(NewEntry, EntrySealed)>,
    tasks: Vec<TaskRow>,
}

/// How cases of the demo are made.
struct Making<'a> {
    staff: Staff<'a>,
    services: &'a [ServiceKind],
    now: DateTime<Utc>,
}

impl Making<'_> {
    /// A case of the kind at the position, opened as many days ago as it needed to get there.
    fn made(
        &self,
        kind: &CaseKind,
        (to, class): Position,
        (number, about): (usize, About<'_>),
    ) -> Option<Made> {
        let way = way(kind, &to, class.as_ref())?;
        let steps = i32::try_from(way.len()).ok()?;
        let opened =
            self.now - STEP * (steps + 1) - TimeDelta::minutes(i64::try_from(number).ok()?);
        let days = WorkDays::default();
        let is_working = |day| days.is_working(day);
        let path = kind.path();
        let finder = self.staff.at(kind.steps.first()?.level, about.grid)?;
        let begun = clock::day(opened);
        let mut life =
            case::open(&path, (class, false, Level::Grid, None), Some(finder), begun, &is_working)
                .ok()?;
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
        let opening = entry(CaseEntryAction::Open, at, finder, &life);
        let mut entries = vec![(opening, EntrySealed::default())];
        for taken in way {
            at += STEP;
            let level = life.waits_for?;
            let step = kind.step(&life.step)?;
            let barred =
                if step.two_people { vec![life.opened_by, life.asked_by] } else { Vec::new() };
            let actor = self.staff.other(level, about.grid, &barred)?;
            // The tasks of earlier steps are done.
            life.task = None;
            let from = life.step.clone();
            life = case::apply(&path, &life, &taken, actor, clock::day(at), &is_working).ok()?.0;
            let moved = entry(CaseEntryAction::Move, at, actor.person, &life);
            let content = case_words::of_move(kind, (step, &taken), about.grid, number);
            entries.push((NewEntry { from: Some(from), taken: Some(taken), ..moved }, content));
        }
        let id = CaseId(identity::id(number, &mut Draw::new(7, "cases")));
        let tasks = self.awaited(kind, &life, (id, number), (about, finder, at));
        let tasks = tasks.unwrap_or_default();
        let row = CaseRow {
            district: about.grid.district(),
            id,
            kind: kind.code.clone(),
            kind_version: kind.version,
            class: life.class,
            area: about.home.is_none().then_some(about.grid),
            source: CaseSource::Phone,
            report: None,
            station: None,
            urgent: false,
            opened_by: finder,
            opened_at: opened.naive_utc(),
            sealed: Vec::new(),
            beneficiary: about.home.map(|home| home.id),
            step: life.step,
            waits_for: life.waits_for,
            begun_at: at.naive_utc(),
            asked_by: life.asked_by,
            due_on: life.due_on,
            escalates_on: life.escalates_on,
            task: tasks.first().map(|task| task.id),
            result: life.result,
            version: 1,
        };
        Some(Made { row, entries, tasks })
    }

    /// The visit that the present step of the case awaits, if it does: a task for each of its people.
    fn awaited(
        &self,
        kind: &CaseKind,
        life: &case::Case,
        (id, number): (CaseId, usize),
        (about, finder, at): (About<'_>, PersonId, DateTime<Utc>),
    ) -> Option<Vec<TaskRow>> {
        let step = kind.step(&life.step)?;
        let (code, home) = (step.task.as_ref()?, about.home?);
        let service = self.services.iter().find(|service| service.code == *code)?;
        let begun = clock::day(at);
        let draft = Draft {
            id: TaskId(identity::id(number, &mut Draw::new(7, "tasks of cases"))),
            grid: home.grid,
            beneficiary: Some(home.id),
            place: home.place,
            not_before: begun,
            due_on: begun.checked_add_days(Days::new(service.due_days.into()))?,
            window: None,
            by: Some(finder),
            // Other roles see the task: it does not lead to a confidential case.
            origin: (!kind.is_confidential()).then(|| TaskOrigin::case(id, finder)),
        };
        let task = TaskRow::open(&draft, service, at);
        if !step.task_by_two {
            return Some(vec![task]);
        }
        let task = task.tied(TaskTie { r#type: TieType::TwoPeople, id: draft.id });
        let id = TaskId(identity::id(number, &mut Draw::new(7, "second tasks of cases")));
        Some(vec![task.clone(), TaskRow { id, ..task }])
    }
}

/// The first category of retired officers, and the kinds of case that are about them.
const OFFICERS: &str = "retired_officer";
const OF_OFFICERS: [&str; 2] = ["officer_promise", "green_channel"];
/// The kind of case that is about a memorial site.
const OF_SITES: &str = "memorial_fault";

/// Adds the cases; returns their number, and the documents whose files are to be stored.
///
/// # Errors
/// [`DbError`].
pub fn add(
    conn: &mut Conn,
    key: &SealingKey,
    (records, services): (&DistrictRecords, &[ServiceKind]),
    now: DateTime<Utc>,
) -> Result<(usize, Vec<CaseDocument>), DbError> {
    let making = Making { staff: Staff(records), services, now };
    let homes = records.beneficiaries.iter();
    let is_officer = |home: &&BeneficiaryRecord| {
        home.categories.iter().any(|category| category.as_str() == OFFICERS)
    };
    let mut officers = homes.clone().filter(is_officer).map(About::home).cycle();
    let mut sites = records.memorials.iter().map(About::site).cycle();
    let mut homes = homes.map(About::home);
    let kinds =
        [defaults::kinds().to_vec(), services::case_kinds(&services::documents()?)].concat();
    let (mut added, mut documents) = (0, Vec::new());
    let mut draw = Draw::new(7, "documents of cases");
    let of = |positions: fn(&CaseKind) -> Vec<Position>| {
        kinds.iter().flat_map(move |kind| positions(kind).into_iter().map(move |one| (kind, one)))
    };
    for (kind, position) in of(case_positions::others).chain(of(case_positions::reports)) {
        let about = match kind.code.as_str() {
            OF_SITES => sites.next(),
            code if OF_OFFICERS.contains(&code) => officers.next(),
            _ => homes.next(),
        };
        let Some(about) = about else { continue };
        let Some(made) = making.made(kind, position, (added, about)) else { continue };
        kind_store::keep(conn, made.row.district, kind)?;
        documents.extend(insert(conn, key, (kind, made), &mut draw)?);
        added += 1;
    }
    Ok((added, documents))
}

/// Stores a case; returns its documents.
fn insert(
    conn: &mut Conn,
    key: &SealingKey,
    (kind, made): (&CaseKind, Made),
    draw: &mut Draw,
) -> Result<Vec<CaseDocument>, DbError> {
    let Made { mut row, entries, tasks } = made;
    let (district, id) = (row.district, row.id);
    TaskRow::insert_all(conn, &tasks.iter().collect::<Vec<_>>())?;
    row.sealed = CaseRow::seal(key, district, id, &case_words::of_case(kind, &row))?;
    row.class = row.class.filter(|_| !kind.sensitive_class);
    store::put(conn, None, &row)?;
    let left = entries.iter().filter_map(|(entry, _)| {
        let documents = &kind.step(entry.from.as_ref()?)?.documents;
        Some(Left { documents, person: entry.person?, at: entry.at.and_utc() })
    });
    let documents = case_documents::of(kind, &row, &left.collect::<Vec<_>>(), draw);
    for document in &documents {
        attachments::insert(conn, &document.row)?;
    }
    for (entry, content) in entries {
        entry_store::add(conn, key, (district, id), entry, &content)?;
    }
    Ok(documents)
}
