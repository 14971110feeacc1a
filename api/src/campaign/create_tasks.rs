//! Creates the tasks of a campaign, a number of beneficiaries at a time.
//!
//! Each step is one transaction: it creates the tasks of the next beneficiaries and stores the last
//! of them in the campaign's row at the version that it read. So a step takes
//! effect once, also if two servers take it, and a launch goes on after the last committed step.

use gridward_domain::area::AreaCode;
use gridward_domain::campaign::CampaignState;
use gridward_domain::id::{BeneficiaryId, CampaignId};
use serde_json::json;

use super::store::{self, CampaignRow};
use crate::audience::members;
use crate::beneficiary::store::{BeneficiaryRow, after};
use crate::catalogue;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::task::occasion;
use crate::task::series::Series;
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
    let series = Series {
        kind,
        title: Some(row.name.clone()),
        words: row.words(key)?,
        by: row.launched_by,
        source: ("campaign", json!(row.id)),
        now: tx.now,
    };
    let (created, existing) = create(tx, key, (&row, &series), &homes)?;
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
    let members = members::query(row.area, &filter, day);
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

/// Creates the tasks of these beneficiaries, but of those that have one for the occasion; answers the
/// numbers of both.
fn create(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    (row, series): (&CampaignRow, &Series),
    homes: &[BeneficiaryRow],
) -> Result<(i64, i64), DbError> {
    let ids: Vec<BeneficiaryId> = homes.iter().map(|home| home.id).collect();
    let occasion = row.occasion()?;
    let taken = occasion::of_beneficiaries(tx, row.kind.as_str(), &occasion, &ids)?;
    let (mut created, mut existing) = (0, 0);
    for home in homes {
        let number = (row.created_tasks + created).unsigned_abs();
        let days = (row.span().earliest(number), row.last_day);
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
