//! The visits of a campaign of the demo, about half of them made.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::bounded_text::Occasion;
use gridward_domain::id::{BeneficiaryId, PersonId, ReportId, TaskId};
use gridward_domain::task::{self as life, Candidate, Command, Outcome, Transition};
use gridward_domain::word::Word as _;

use super::draw::Draw;
use super::identity;
use super::staff::Staff;
use crate::campaign::store::CampaignRow;
use crate::catalogue::ServiceKind;
use crate::clock;
use crate::crypto::{SealingKey, aad};
use crate::db::DbError;
use crate::load::record::{BeneficiaryRecord, DistrictRecords, PersonRecord};
use crate::task::occasion::OccasionRow;
use crate::task::report_content::ReportContent;
use crate::task::report_row::ReportRow;
use crate::task::report_sealed::Sealed;
use crate::task::row::{Draft, TaskRow};
use crate::task::words::TaskWords;

/// What has become of the visit to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Open,
    Assigned,
    Accepted,
    Reported(Outcome),
}

/// The shares in percent: about half of the visits are made.
const SHARES: [(Progress, usize); 6] = [
    (Progress::Open, 20),
    (Progress::Assigned, 14),
    (Progress::Accepted, 10),
    (Progress::Reported(Outcome::Done), 50),
    (Progress::Reported(Outcome::NotHome), 4),
    (Progress::Reported(Outcome::Refused), 2),
];

/// What has become of the visit with this number: the shares are even in every part of the list, and the
/// first visit is open, so that the smallest demo has one to make.
fn progress_of(number: usize) -> Progress {
    // 37 and 100 have no common factor.
    let mut rank = number * 37 % 100;
    for (progress, share) in SHARES {
        match rank.checked_sub(share) {
            Some(rest) => rank = rest,
            None => return progress,
        }
    }
    Progress::Open
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

/// A visit of the campaign.
pub(super) struct Visit {
    /// Its task.
    pub(super) task: TaskRow,
    /// That the task is the one of its occasion.
    pub(super) occasion: OccasionRow,
    /// Its report.
    pub(super) report: Option<ReportRow>,
    /// Who reported it when.
    pub(super) made: Option<Made>,
}

impl Visit {
    /// The contact that it was, by whom and on which day.
    pub(super) fn contact(&self) -> Option<(BeneficiaryId, PersonId, NaiveDate)> {
        let made = self.made.filter(|made| made.outcome == Outcome::Done)?;
        Some((self.occasion.beneficiary, made.by, clock::day(made.at)))
    }
}

/// What the visits of a campaign have in common.
pub(super) struct Visits<'a> {
    campaign: &'a CampaignRow,
    occasion: Occasion,
    kind: &'a ServiceKind,
    words: TaskWords,
    supervisor: Principal,
    visitors: BTreeMap<AreaCode, Vec<&'a PersonRecord>>,
    key: &'a SealingKey,
    now: DateTime<Utc>,
}

impl<'a> Visits<'a> {
    /// Those of the campaign, launched for this kind.
    pub(super) fn of(
        records: &'a DistrictRecords,
        (campaign, kind, words): (&'a CampaignRow, &'a ServiceKind, TaskWords),
        (staff, key): (&Staff, &'a SealingKey),
        now: DateTime<Utc>,
    ) -> Result<Self, DbError> {
        let mut visitors: BTreeMap<AreaCode, Vec<&PersonRecord>> = BTreeMap::new();
        for person in records.people.iter().filter(|person| person.role.visits()) {
            visitors.entry(person.area).or_default().push(person);
        }
        let supervisor =
            Principal { person: staff.supervisor, role: Role::Supervisor, area: staff.district };
        let occasion = campaign.occasion()?;
        Ok(Self { campaign, occasion, kind, words, supervisor, visitors, key, now })
    }

    /// The visit with this number, to the member.
    pub(super) fn visit(
        &self,
        number: usize,
        home: &BeneficiaryRecord,
        draw: &mut Draw,
    ) -> Result<Option<Visit>, DbError> {
        let launched = self.campaign.launched_at.map_or(self.now, |at| at.and_utc());
        let draft = Draft {
            id: TaskId(identity::id(number, draw)),
            grid: home.grid,
            beneficiary: Some(home.id),
            place: home.place,
            not_before: self.campaign.first_day,
            due_on: self.campaign.last_day,
            window: None,
            by: self.campaign.launched_by,
            origin: None,
        };
        let open = TaskRow {
            title: Some(self.campaign.name.clone()),
            words: self.words.sealed(self.key, home.grid.district(), draft.id)?,
            occasion: Some(self.occasion.clone()),
            ..TaskRow::open(&draft, self.kind, launched)
        };
        let Some(visitors) = self.visitors.get(&home.grid) else { return Ok(None) };
        let visitor = draw.one_of(visitors);
        let (progress, at) = (progress_of(number), self.moment(draw));
        let task = self.live(&open, visitor, progress, at)?;
        let made = match progress {
            Progress::Reported(outcome) => Some(Made { by: visitor.id, at, outcome }),
            Progress::Open | Progress::Assigned | Progress::Accepted => None,
        };
        let id = ReportId(identity::id(number, draw));
        let report = made.map(|made| self.report(&open, id, made)).transpose()?;
        let occasion = OccasionRow {
            district: open.district,
            beneficiary: home.id,
            kind: open.kind.clone(),
            occasion: self.occasion.clone(),
            task: open.id,
            version: 1,
        };
        Ok(Some(Visit { task, occasion, report, made }))
    }

    /// A moment of the day since the launch.
    fn moment(&self, draw: &mut Draw) -> DateTime<Utc> {
        let mut number = |below: usize| i64::try_from(draw.below(below)).unwrap_or_default();
        let day = clock::day(self.now - TimeDelta::days(number(14)));
        (clock::midnight(day) + TimeDelta::minutes(540 + number(480))).min(self.now)
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
            Progress::Assigned => vec![(Command::Reassign(to), &self.supervisor)],
            Progress::Accepted => vec![(Command::Claim, &me)],
            Progress::Reported(outcome) => {
                let report = Command::Report { outcome, assigned_at_report: false };
                vec![(Command::Claim, &me), (report, &me)]
            }
        };
        let (mut row, mut task) = (open.clone(), open.life()?);
        for (command, by) in commands {
            let next = life::apply(&task, &command, by, clock::day(at));
            let next = next.map_err(|error| DbError::corrupt("demo", error))?;
            if let Transition::Changed(after) = next {
                row = row.moved(&after, at);
                task = after;
            }
        }
        row.next_action_on = row.next_step_on(&task, clock::day(self.now));
        Ok(row)
    }

    fn report(&self, task: &TaskRow, id: ReportId, made: Made) -> Result<ReportRow, DbError> {
        let local = |at: DateTime<Utc>| Some(at.with_timezone(&clock::china()));
        let content = ReportContent {
            outcome: Some(made.outcome),
            started_at: local(made.at - TimeDelta::minutes(task.minutes.get().into())),
            ended_at: local(made.at),
            ..ReportContent::default()
        };
        let sealed = Sealed { content, made_at: None, clock_behind_s: 0 };
        let sealed = self.key.seal_value(&aad(task.district, "reports", id), &sealed);
        Ok(ReportRow {
            sealed: sealed.map_err(|error| DbError::corrupt("reports", error))?,
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
            written_by: None,
            version: 1,
            amended_at: None,
        })
    }
}
