//! Reads the summary of an area.

use chrono::NaiveDate;
use futures_util::future::try_join5;
use gridward_domain::area::{AreaCode, Level};

use super::model::{AreaFigures, Figures, Summary, by_area};
use crate::area;
use crate::beneficiary::contacts;
use crate::db::DbError;
use crate::person::offers;
use crate::plan::drafts::unserved;
use crate::task::view::waiting;
use crate::tx::Db;

/// The state of the work in `area` on `day`, by the current areas of level `by` in it. The
/// registers are read at the same time, each on a connection of its own.
///
/// # Errors
/// [`DbError`].
pub async fn summary(
    db: &Db,
    area: AreaCode,
    by: Level,
    day: NaiveDate,
) -> Result<Summary, DbError> {
    let range = area.range();
    let (contacts, tasks, offers, unserved, names) = try_join5(
        db.read(move |conn| contacts::by_grid(conn, &range, day)),
        db.read(move |conn| waiting::by_grid(conn, &range, day)),
        db.read(move |conn| offers::by_grid(conn, &range)),
        db.read(move |conn| unserved::by_grid(conn, &range, day)),
        db.read(move |conn| area::store::names(conn, &range, by)),
    )
    .await?;
    let contacts = contacts.into_iter().map(|(grid, contacts)| (grid, Figures::from(contacts)));
    let tasks = tasks.into_iter().map(|(grid, tasks)| (grid, Figures::from(tasks)));
    let offers = offers
        .into_iter()
        .map(|(grid, offered_minutes)| (grid, Figures { offered_minutes, ..Figures::default() }));
    let unserved = unserved
        .into_iter()
        .map(|(grid, unserved)| (grid, Figures { unserved, ..Figures::default() }));
    let mut sums = by_area(by, contacts.chain(tasks).chain(offers).chain(unserved));
    let items = names.into_iter().map(|(code, name)| {
        let figures = sums.remove(&code).unwrap_or_default();
        AreaFigures { code, name, figures }
    });
    Ok(Summary { area, by, day, items: items.collect() })
}
