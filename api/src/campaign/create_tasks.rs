//! Creates the tasks and plans the hand-outs of a campaign, a number of beneficiaries at a time.
//!
//! Each step is one transaction: it creates what the next beneficiaries get and stores the last of
//! them in the campaign's row at the version that it read. So a step takes effect once, also if two
//! servers take it, and a launch goes on after the last committed step.

use std::mem;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::campaign::CampaignState;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, CampaignId};
use serde_json::json;

use super::store::{self, CampaignRow};
use crate::audience::members;
use crate::beneficiary::store::{BeneficiaryRow, after};
use crate::catalogue;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::goods::plan::{self, ItemForEach, PlannedHandouts};
use crate::goods::recipients::with_rows;
use crate::goods::store::ItemRow;
use crate::goods::visitors;
use crate::log::{Event, Subject};
use crate::task::creation::occasion;
use crate::task::creation::series::Series;
use crate::task::words::{Goods, MOST_GOODS};
use crate::tx::Tx;

/// The number of beneficiaries of one step: few enough that a claim need not wait long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaunchBatch(pub i64);

/// Takes the next step, for a batch of beneficiaries; the campaign is launched after the last one.
/// Answers whether more remain.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another server has taken the step.
pub fn step(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    (district, id): (AreaCode, CampaignId),
    batch: LaunchBatch,
) -> Result<bool, DbError> {
    let row = store::row(tx.read_unbatched(), &district.range(), id)?;
    let Some(row) = row.filter(|row| row.state == CampaignState::Launching) else {
        return Ok(false);
    };
    let homes = next(tx, &row, batch)?;
    let Some(last) = homes.last() else {
        finish(tx, &row)?;
        return Ok(false);
    };
    let items = with_rows(tx.read_unbatched(), district, &row.items()?)?;
    let planned = hand_outs(tx, &row, &items, &homes)?;
    let (created, existing) = match &row.kind {
        Some(kind) => create(tx, key, (&row, kind), (&items, &planned), &homes)?,
        None => (0, 0),
    };
    let next = CampaignRow {
        reached: Some(last.id),
        created_tasks: row.created_tasks + created,
        existing_tasks: row.existing_tasks + existing,
        planned_handouts: row.planned_handouts + planned.new,
        version: row.version + 1,
        ..row.clone()
    };
    store::put(tx.write_unbatched(), Some(&row), &next)?;
    Ok(true)
}

/// The members of the audience after those that were reached, as on the day of the launch.
fn next(
    tx: &mut Tx<'_>,
    row: &CampaignRow,
    LaunchBatch(batch): LaunchBatch,
) -> Result<Vec<BeneficiaryRow>, DbError> {
    let (day, filter) = (launch_day(row, tx), row.filter()?);
    let members = members::query(row.area, &filter, day);
    after(tx.read_unbatched(), members, row.reached, batch)
}

/// The tasks of the campaign.
fn series(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    (row, kind): (&CampaignRow, &KindCode),
) -> Result<Series, DbError> {
    let kind = catalogue::store::one(tx.read_unbatched(), row.district, kind.as_str())?;
    let kind = kind.ok_or_else(|| DbError::corrupt("campaigns", "its kind does not exist"))?;
    Ok(Series {
        kind,
        title: Some(row.name.clone()),
        words: row.words(key)?,
        by: row.launched_by,
        source: ("campaign", json!(row.id)),
        now: tx.now,
    })
}

/// Plans the hand-outs to these beneficiaries; one event names their number, unless there are none.
fn hand_outs(
    tx: &mut Tx<'_>,
    row: &CampaignRow,
    items: &[(ItemRow, ItemForEach)],
    homes: &[BeneficiaryRow],
) -> Result<PlannedHandouts, DbError> {
    if items.is_empty() {
        return Ok(PlannedHandouts::default());
    }
    let planned = plan::plan(tx, (row.id, &row.occasion()?), items, homes)?;
    let event =
        Event::new(plan::PLAN_HANDOUTS, Subject::Campaign, row.id, row.area, row.version + 1);
    let event = event.by(row.launched_by).with(json!({ "planned": planned.new }));
    visitors::record_planned(tx, event, &planned.homes)?;
    Ok(planned)
}

/// The day of the launch: the same for each step.
fn launch_day(row: &CampaignRow, tx: &Tx<'_>) -> NaiveDate {
    clock::day(row.launched_at.map_or(tx.now, |at| at.and_utc()))
}

fn finish(tx: &mut Tx<'_>, row: &CampaignRow) -> Result<(), DbError> {
    let next =
        CampaignRow { state: CampaignState::Launched, version: row.version + 1, ..row.clone() };
    store::put(tx.write_unbatched(), Some(row), &next)?;
    let event = Event::new("campaign.finish", Subject::Campaign, row.id, row.area, next.version);
    let counts = json!({
        "created": row.created_tasks, "existing": row.existing_tasks,
        "handouts": row.planned_handouts
    });
    tx.record(event.with(counts));
    Ok(())
}

/// Creates the tasks of these beneficiaries, but of those that have one for the occasion; answers the
/// numbers of both. The visitor of each brings the items that are to be handed out to it.
fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    (row, kind): (&CampaignRow, &KindCode),
    (items, planned): (&[(ItemRow, ItemForEach)], &PlannedHandouts),
    homes: &[BeneficiaryRow],
) -> Result<(i64, i64), DbError> {
    let ids: Vec<BeneficiaryId> = homes.iter().map(|home| home.id).collect();
    let occasion = row.occasion()?;
    let taken = occasion::of_beneficiaries(tx, kind, &occasion, &ids)?;
    let span = row.span().from(launch_day(row, tx));
    let mut series = series(tx, key, (row, kind))?;
    let of_all = mem::take(&mut series.words.goods);
    let (mut created, mut existing) = (0, 0);
    for home in homes {
        let number = (row.created_tasks + created).unsigned_abs();
        let days = (span.earliest(number), row.last_day);
        let own = items.iter().filter_map(|(item, _)| goods_of(planned, home.id, item));
        series.words.goods = of_all.iter().cloned().chain(own).take(MOST_GOODS).collect();
        let task = series.task(key, home, Some(occasion.clone()), days)?;
        if occasion::take_unless_taken(tx, &task, &taken) {
            series.insert(tx, task)?;
            created += 1;
        } else {
            existing += 1;
        }
    }
    Ok((created, existing))
}

/// The pieces of the item that are to be handed out to the beneficiary.
fn goods_of(planned: &PlannedHandouts, home: BeneficiaryId, item: &ItemRow) -> Option<Goods> {
    let quantity = *planned.open.get(&(home, item.code.clone()))?;
    Some(Goods { name: item.name.clone(), quantity })
}
