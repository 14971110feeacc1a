//! Creates the tasks of a campaign, a number of beneficiaries at a time.
//!
//! Each step is one transaction: it creates the tasks of the next beneficiaries and stores the last
//! of them in the campaign's row at the version that it read. So a step takes
//! effect once, also if two servers take it, and a launch goes on after the last committed step.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::campaign::CampaignState;
use gridward_domain::id::{BeneficiaryId, CampaignId, TaskId};
use serde_json::json;
use uuid::Uuid;

use super::store::{self, CampaignRow};
use crate::audience::condition;
use crate::beneficiary::filter::BeneficiaryFilter;
use crate::beneficiary::stay::{Whereabouts, day_of_visit};
use crate::beneficiary::store::{BeneficiaryRow, after};
use crate::catalogue::{self, ServiceKind};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::task::row::{Draft, TaskRow};
use crate::task::words::TaskWords;
use crate::task::{freed, occasion};
use crate::tx::Tx;

/// The beneficiaries of one step: few enough that a claim need not wait long.
pub const AT_A_TIME: i64 = 500;

/// Takes the next step; the campaign is launched after the last one. Answers whether more remain.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another server has taken the step.
pub fn step(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    district: AreaCode,
    id: CampaignId,
) -> Result<bool, DbError> {
    let row = store::row(tx.read_unbatched(), &district.range(), id)?;
    let Some(row) = row.filter(|row| row.state == CampaignState::Launching) else {
        return Ok(false);
    };
    let homes = next(tx, &row)?;
    let Some(last) = homes.last() else {
        finish(tx, &row)?;
        return Ok(false);
    };
    let reached = Some(last.id);
    let kind = catalogue::store::one(tx.read_unbatched(), district, row.kind.as_str())?;
    let kind = kind.ok_or_else(|| DbError::corrupt("campaigns", "its kind does not exist"))?;
    let tasks = Tasks { row: &row, kind, words: row.words(key)?, now: tx.now };
    let (created, existing) = tasks.create(tx, key, &homes)?;
    let next = CampaignRow {
        reached,
        created_tasks: row.created_tasks + created,
        existing_tasks: row.existing_tasks + existing,
        version: row.version + 1,
        ..row.clone()
    };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    Ok(true)
}

/// The members of the audience after those that were reached, as on the day of the launch.
fn next(tx: &mut Tx<'_>, row: &CampaignRow) -> Result<Vec<BeneficiaryRow>, DbError> {
    let launched = row.launched_at.map_or(tx.now, |at| at.and_utc());
    let (day, filter) = (clock::day(launched), row.filter()?);
    let scope = row.area.range();
    let current = BeneficiaryFilter::default().query(&scope, day);
    let members = current.filter(condition::expression(&filter, day));
    after(tx.read_unbatched(), members, row.reached, AT_A_TIME)
}

fn finish(tx: &mut Tx<'_>, row: &CampaignRow) -> Result<(), DbError> {
    let next =
        CampaignRow { state: CampaignState::Launched, version: row.version + 1, ..row.clone() };
    store::put(tx.write_unbatched(), Some(row), &next)?;
    let event = Event::new("campaign.finish", Subject::Campaign, row.id, row.area, next.version);
    let counts = json!({ "created": row.created_tasks, "existing": row.existing_tasks });
    tx.record(event.with(counts));
    Ok(())
}

/// The tasks of a campaign.
struct Tasks<'a> {
    row: &'a CampaignRow,
    kind: ServiceKind,
    words: TaskWords,
    now: DateTime<Utc>,
}

impl Tasks<'_> {
    /// Creates the tasks of these beneficiaries, but of those that have one for the occasion;
    /// answers the numbers of both.
    fn create(
        &self,
        tx: &mut Tx<'_>,
        key: &SealingKey,
        homes: &[BeneficiaryRow],
    ) -> Result<(i64, i64), DbError> {
        let ids: Vec<BeneficiaryId> = homes.iter().map(|home| home.id).collect();
        let kind = self.row.kind.as_str();
        let taken = occasion::of_beneficiaries(tx, kind, &self.row.occasion()?, &ids)?;
        let (mut created, mut existing) = (0, 0);
        for home in homes {
            let number = (self.row.created_tasks + created).unsigned_abs();
            let task = self.task(key, home, self.row.span().earliest(number))?;
            if occasion::take_unless_taken(tx, &task, &taken) {
                self.insert(tx, task)?;
                created += 1;
            } else {
                existing += 1;
            }
        }
        Ok((created, existing))
    }

    /// The task of a beneficiary from the day `earliest` on.
    fn task(
        &self,
        key: &SealingKey,
        home: &BeneficiaryRow,
        earliest: NaiveDate,
    ) -> Result<TaskRow, DbError> {
        let row = self.row;
        let day = day_of_visit(clock::day(self.now), earliest, None);
        let place = match home.stay_to {
            None => Whereabouts { grid: home.grid, place: home.home()? },
            Some(_) => home.whereabouts(&home.particulars(key)?, day)?,
        };
        let draft = Draft {
            id: TaskId(Uuid::now_v7()),
            grid: place.grid,
            beneficiary: Some(home.id),
            place: place.place,
            not_before: earliest,
            due_on: row.last_day,
            window: None,
            by: row.launched_by,
            origin: None,
        };
        Ok(TaskRow {
            title: Some(row.name.clone()),
            occasion: Some(row.occasion()?),
            words: self.words.sealed(key, row.district, draft.id)?,
            ..TaskRow::open(&draft, &self.kind, self.now)
        })
    }

    fn insert(&self, tx: &mut Tx<'_>, task: TaskRow) -> Result<(), DbError> {
        let event = Event::new("task.create", Subject::Task, task.id, task.grid, 1);
        let about = json!({ "kind": task.kind, "campaign": self.row.id });
        tx.record(event.by(self.row.launched_by).with(about));
        freed::created(tx, &task)?;
        tx.insert(task);
        Ok(())
    }
}
