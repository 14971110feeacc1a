//! The visits of campaigns and regimes of the demo, as far as they are made.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::TaskTitle;
use gridward_domain::channel::Channel;
use gridward_domain::code::{KindCode, Need, WordCode};
use gridward_domain::id::{BeneficiaryId, PersonId, ReportId, TaskId};
use gridward_domain::task::{
    self as life, AutomaticCommand, Candidate, Command, Outcome, Phase, Transition,
};
use gridward_domain::word::Word as _;
use serde_json::{Map, Value};

use super::draw::Draw;
use super::errand::{Destination, Errand, Progress};
use super::visitors::Visitors;
use super::{answers, identity};
use crate::beneficiary::answers as plain_answers;
use crate::beneficiary::store::record_contact;
use crate::catalogue::ServiceKind;
use crate::catalogue::form::filterable_answers;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::load::record::PersonRecord;
use crate::task::creation::occasion::OccasionRow;
use crate::task::reports::report_content::ReportContent;
use crate::task::reports::report_row::ReportRow;
use crate::task::reports::report_sealed::Sealed;
use crate::task::row::{Draft, TaskRow};
use crate::task::words::TaskWords;

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
    /// The needs that the report has found.
    pub(super) needs: BTreeSet<Need>,
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
        let Errand { occasion, created_at, days: (not_before, due_on), progress, at, needs } =
            errand;
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
        let report =
            made.map(|made| self.report(&open, id, (made, answers, &needs))).transpose()?;
        let occasion = to.beneficiary.zip(occasion).map(|(beneficiary, occasion)| OccasionRow {
            district: open.district,
            beneficiary,
            kind: open.kind.clone(),
            occasion,
            task: open.id,
            version: 1,
        });
        let channel = self.kind.channel;
        Ok(Some(Visit { task, occasion, report, made, needs, filterable, channel }))
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
        let commands = match progress {
            Progress::Open => vec![],
            Progress::Assigned => {
                vec![(Command::Reassign(candidate(visitor)), &self.visitors.supervisor)]
            }
            Progress::Accepted => vec![(Command::Claim, &me)],
            Progress::Reported(outcome) => {
                let report = Command::Report { outcome, assigned_at_report: false };
                vec![(Command::Claim, &me), (report, &me)]
            }
        };
        let mut row = self.assigned(open, at)?;
        for (command, by) in commands {
            let next = life::apply(&row.life()?, &command, by, clock::day(at));
            row = after(&row, next, at)?;
        }
        row.next_action_on = row.next_step_on(&row.life()?, clock::day(self.now));
        Ok(row)
    }

    /// The task of a visit that waits as one of these too: due by this day, and assigned as these are, unless it has an
    /// assignee.
    pub(super) fn shared(&self, row: &TaskRow, due_on: NaiveDate) -> Result<TaskRow, DbError> {
        let row = automatic(row, &AutomaticCommand::BringForward { due_on }, self.now)?;
        if row.state == Phase::Open { self.assigned(&row, self.now) } else { Ok(row) }
    }

    /// The open task, assigned to the only visitor, if there is one.
    fn assigned(&self, open: &TaskRow, at: DateTime<Utc>) -> Result<TaskRow, DbError> {
        let Some(responsible) = self.responsible else { return Ok(open.clone()) };
        let to = candidate(responsible);
        automatic(open, &AutomaticCommand::Assign { to, within: open.district }, at)
    }

    fn report(
        &self,
        task: &TaskRow,
        id: ReportId,
        (made, answers, needs): (Made, Option<Map<String, Value>>, &BTreeSet<Need>),
    ) -> Result<ReportRow, DbError> {
        let local = |at: DateTime<Utc>| Some(at.with_timezone(&clock::china()));
        let content = ReportContent {
            outcome: Some(made.outcome),
            started_at: local(made.at - TimeDelta::minutes(task.minutes.get().into())),
            ended_at: local(made.at),
            answers,
            needs: needs.clone(),
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

fn candidate(visitor: &PersonRecord) -> Candidate {
    Candidate { person: visitor.id, role: visitor.role, grid: visitor.area }
}

/// The task after the command.
fn automatic(
    row: &TaskRow,
    command: &AutomaticCommand,
    at: DateTime<Utc>,
) -> Result<TaskRow, DbError> {
    after(row, life::apply_automatic(&row.life()?, command, clock::day(at)), at)
}

/// The task after what follows by the rules of tasks.
fn after(
    row: &TaskRow,
    next: Result<Transition, life::Rejection>,
    at: DateTime<Utc>,
) -> Result<TaskRow, DbError> {
    match next.map_err(|error| DbError::corrupt("demo", error))? {
        Transition::Changed(task) => Ok(row.moved(&task, at)),
        Transition::Already => Ok(row.clone()),
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
