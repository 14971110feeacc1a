//! Returns the planned hand-outs of closed campaigns.

use chrono::{DateTime, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::campaign::CampaignState;
use gridward_domain::id::CampaignId;

use super::create_tasks::LaunchBatch;
use super::store;
use crate::db::DbError;
use crate::goods::of_closed;
use crate::tx::Db;

/// How long after its closing a campaign is still looked after, if servers stopped meanwhile.
const LOOKED_AFTER: TimeDelta = TimeDelta::days(2);

/// Returns the planned hand-outs of the campaign, if it is closed; answers their number.
///
/// # Errors
/// [`DbError`]; what was returned stays so, and another run goes on after it.
pub async fn run(
    db: &Db,
    (district, id): (AreaCode, CampaignId),
    LaunchBatch(batch): LaunchBatch,
) -> Result<usize, DbError> {
    let mut returned = 0;
    loop {
        let step = db.write(district, move |tx| {
            let row = store::row(tx.read_unbatched(), &district.range(), id)?;
            match row.filter(|row| row.state == CampaignState::Closed) {
                Some(row) => of_closed::give_back(tx, (id, &row.occasion()?), batch),
                None => Ok(0),
            }
        });
        match step.await? {
            0 => return Ok(returned),
            some => returned += some,
        }
    }
}

/// Goes on with the campaigns of the district that were closed of late; answers the number of hand-outs. One
/// that fails does not hold up the others.
///
/// # Errors
/// That of the first campaign that fails, after the others.
pub async fn run_all(
    db: &Db,
    district: AreaCode,
    now: DateTime<Utc>,
    batch: LaunchBatch,
) -> Result<usize, DbError> {
    let since = (now - LOOKED_AFTER).naive_utc();
    let mut returned = Vec::new();
    for id in db.read(move |conn| store::closed_since(conn, district, since)).await? {
        returned.push(run(db, (district, id), batch).await);
    }
    returned.into_iter().sum()
}
