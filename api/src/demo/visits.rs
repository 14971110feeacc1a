//! The visits of campaigns and regimes of the demo, as far as they are made.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::{Occasion, TaskTitle};
use gridward_domain::channel::Channel;
use gridward_domain::code::{KindCode, WordCode};
use gridward_domain::id::{BeneficiaryId, PersonId, ReportId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::task::{
    self as life, AutomaticCommand, Candidate, Command, Outcome, Transition,
};
use gridward_domain::word::Word as _;
use serde_json::{Map, Value};

use super::draw::Draw;
use super::visitors::Visitors;
use super::{answers, identity};
use crate::beneficiary::answers as plain_answers;
use crate::beneficiary::store::record_contact;
use crate::catalogue::ServiceKind;
use crate::catalogue::form::filterable_answers;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::load::record::{BeneficiaryRecord, PersonRecord};
use crate::task::occasion::OccasionRow;
use crate::task::report_content::ReportContent;
use crate::task::report_row::ReportRow;
use crate::task::report_sealed::Sealed;
use crate::task::row::{Draft, TaskRow};
use crate::task::words::TaskWords;

/// What has become of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Open,
    Assigned,
    Accepted,
    Reported(Outcome),
}

/// The report of a visit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    /// The visitor.
    pub(super) by: PersonId,
    /// When it was reported.
    pub(super) at: DateTime<Utc>,
    /// What came of it.
    pub(super) outcome: Outcome,
}

/// Where a visit is made.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    /// The grid.
    pub(super) grid: AreaCode,
    /// The place.
    pub(super) place: Place,
    /// Whose home it is, if it is one.
    pub(super) beneficiary: Option<BeneficiaryId>,
    /// The name of another place.
    pub(super) name: Option<String>,
}

impl Destination {
    /// The home of the beneficiary.
    pub(super) const fn home(of: &BeneficiaryRecord) -> Self {
        Self { grid: of.grid, place: of.place, beneficiary: Some(of.id), name: None }
    }
}

/// What a visit is for, and when.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    /// The occasion.
    pub(super) occasion: Option<Occasion>,
    /// When its task was created.
    pub(super) created_at: DateTime<Utc>,
    /// The first and the last day.
    pub(super) days: (NaiveDate, NaiveDate),
    /// What has become of it.
    pub(super) progress: Progress,
    /// When that was.
    pub(super) at: DateTime<Utc>,
}

/// A visit.
pub(super) struct Visit {
    /// Its task.
    pub(super) task: TaskRow,
    /// That the task is the one of its occasion.
    pub(super) occasion: Option<OccasionRow>,
    /// Its report.
    pub(super) report: Option<ReportRow>,
    /// Who reported it when.
    pub(super) made: Option<Made>,
    /// The answers by which audiences filter, of the kind's form.
    filterable: BTreeMap<KindCode, BTreeMap<WordCode, BTreeSet<WordCode>>>,
    /// Whether it is one or a call.
    channel: Channel,
}

impl Visit {
    /// The contact that it was, by whom and on which day.
    pub(super) fn contact(&self) -> Option<(BeneficiaryId, PersonId, NaiveDate)> {
        let made = self.made.filter(|made| made.outcome == Outcome::Done)?;
        Some((self.task.beneficiary?, made.by, clock::day(made.at)))
    }
}

/// What visits have in common.
pub(super) struct Visits<'a> {
    /// Their title.
    pub(super) title: Option<TaskTitle>,
    /// Their kind.
    pub(super) kind: &'a ServiceKind,
    /// What is brought along.
    pub(super) words: TaskWords,
    /// Who had them created, if a person had.
    pub(super) by: Option<PersonId>,
    /// The only visitor, instead of those of the grids.
    pub(super) responsible: Option<&'a PersonRecord>,
    /// The visitors of the grids.
    pub(super) visitors: &'a Visitors<'a>,
    /// The key of the district.
    pub(super) key: &'a SealingKey,
    /// The present time.
    pub(super) now: DateTime<Utc>,
}

impl Visits<'_> {
    /// The visit with this number; `None` in a grid without visitors.
    pub(super) fn visit(
        &self,
        number: usize,
        to: Destination,
        errand: Errand,
        draw: &mut Draw,
    ) -> Result<Option<Visit>, DbError> {
        let Errand { occasion, created_at, days: (not_before, due_on), progress, at } = errand;
        let draft = Draft {
            id: TaskId(identity::id(number, draw)),
            grid: to.grid,
            beneficiary: to.beneficiary,
            place: to.place,
            not_before,
            due_on,
            window: None,
            by: self.by,
            origin: None,
        };
        let open = TaskRow {
            title: self.title_at(&to),
            words: self.words.sealed(self.key, to.grid.district(), draft.id)?,
            occasion: occasion.clone(),
            ..TaskRow::open(&draft, self.kind, created_at)
        };
        let visitor = match (self.responsible, self.visitors.of_grids.get(&to.grid)) {
            (Some(responsible), _) => responsible,
            (None, Some(visitors)) => draw.one_of(visitors),
            (None, None) => return Ok(None),
        };
        let task = self.live(&open, visitor, progress, at)?;
        let made = match progress {
            Progress::Reported(outcome) => Some(Made { by: visitor.id, at, outcome }),
            Progress::Open | Progress::Assigned | Progress::Accepted => None,
        };
        let id = ReportId(identity::id(number, draw));
        let form = made.and(self.kind.form.as_ref());
        let answers = form.and_then(|form| answers::of_visit(form, number));
        let filterable = form.zip(answers.as_ref());
        let filterable = filterable
            .map(|(form, answers)| filterable_answers(&self.kind.code, form, answers))
            .unwrap_or_default();
        let report = made.map(|made| self.report(&open, id, (made, answers))).transpose()?;
        let occasion = to.beneficiary.zip(occasion).map(|(beneficiary, occasion)| OccasionRow {
            district: open.district,
            beneficiary,
            kind: open.kind.clone(),
            occasion,
            task: open.id,
            version: 1,
        });
        let channel = self.kind.channel;
        Ok(Some(Visit { task, occasion, report, made, filterable, channel }))
    }

    /// The title of a visit, which names a place that is no home.
    fn title_at(&self, to: &Destination) -> Option<TaskTitle> {
        let title = self.title.as_ref()?;
        let named = to.name.as_ref().map(|name| format!("{}：{name}", title.as_str()));
        named.and_then(|named| named.parse().ok()).or_else(|| Some(title.clone()))
    }

    /// The task after what has become of it, by the rules of tasks.
    fn live(
        &self,
        open: &TaskRow,
        visitor: &PersonRecord,
        progress: Progress,
        at: DateTime<Utc>,
    ) -> Result<TaskRow, DbError> {
        let me = Principal { person: visitor.id, role: visitor.role, area: visitor.area };
        let to = Candidate { person: visitor.id, role: visitor.role, grid: visitor.area };
        let commands = match progress {
            Progress::Open => vec![],
            Progress::Assigned => vec![(Command::Reassign(to), &self.visitors.supervisor)],
            Progress::Accepted => vec![(Command::Claim, &me)],
            Progress::Reported(outcome) => {
                let report = Command::Report { outcome, assigned_at_report: false };
                vec![(Command::Claim, &me), (report, &me)]
            }
        };
        let (mut row, mut task) = (open.clone(), open.life()?);
        let mut follow = |task: &mut life::Task, next: Result<Transition, life::Rejection>| {
            let next = next.map_err(|error| DbError::corrupt("demo", error))?;
            if let Transition::Changed(after) = next {
                row = row.moved(&after, at);
                *task = after;
            }
            Ok::<_, DbError>(())
        };
        if self.responsible.is_some() {
            let assign = AutomaticCommand::Assign { to, within: open.district };
            let next = life::apply_automatic(&task, &assign, clock::day(at));
            follow(&mut task, next)?;
        }
        for (command, by) in commands {
            let next = life::apply(&task, &command, by, clock::day(at));
            follow(&mut task, next)?;
        }
        row.next_action_on = row.next_step_on(&task, clock::day(self.now));
        Ok(row)
    }

    fn report(
        &self,
        task: &TaskRow,
        id: ReportId,
        (made, answers): (Made, Option<Map<String, Value>>),
    ) -> Result<ReportRow, DbError> {
        let local = |at: DateTime<Utc>| Some(at.with_timezone(&clock::china()));
        let content = ReportContent {
            outcome: Some(made.outcome),
            started_at: local(made.at - TimeDelta::minutes(task.minutes.get().into())),
            ended_at: local(made.at),
            answers,
            ..ReportContent::default()
        };
        let sealed = Sealed { content, made_at: None, clock_behind_s: 0 };
        Ok(ReportRow {
            sealed: sealed.seal(self.key, (task.district, id))?,
            district: task.district,
            id,
            task: task.id,
            person: made.by,
            outcome: made.outcome.as_str().to_owned(),
            created_at: made.at.naive_utc(),
            attempt: task.attempt,
            recorded: false,
            flags: BTreeSet::new().into(),
            grid: task.grid,
            kind: task.kind.clone(),
            beneficiary: task.beneficiary,
            received_on: clock::day(made.at),
            made_on: Some(clock::day(made.at)),
            written_by: None,
            version: 1,
            amended_at: None,
        })
    }
}

/// Adds the visits, the contacts that they were, and their answers by which audiences filter.
///
/// # Errors
/// [`DbError`].
pub(super) fn insert(conn: &mut Conn, visits: &[Visit]) -> Result<(), DbError> {
    let tasks: Vec<&TaskRow> = visits.iter().map(|visit| &visit.task).collect();
    TaskRow::insert_all(conn, &tasks)?;
    let occasions: Vec<&OccasionRow> =
        visits.iter().filter_map(|visit| visit.occasion.as_ref()).collect();
    OccasionRow::insert_all(conn, &occasions)?;
    let reports = visits.iter().filter_map(|visit| visit.report.as_ref());
    ReportRow::insert_all(conn, &reports.collect::<Vec<_>>())?;
    for visit in visits {
        if let Some((home, visitor, day)) = visit.contact() {
            let task = &visit.task;
            record_contact(conn, task.district, home, visitor, (day, visit.channel))?;
            for (kind, words) in &visit.filterable {
                plain_answers::replace(conn, (task.district, home), kind, words)?;
            }
        }
    }
    Ok(())
}
