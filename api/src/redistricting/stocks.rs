//! Gives the stocks of former areas to the stations of the areas that took over.
//!
//! A former area receives, counts and allots nothing, so its goods would be lost. Where several areas took over, their
//! shares are not known: the goods go to the station of the smallest area around them, usually their town, which allots
//! them.

use std::collections::BTreeMap;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::Principal;
use gridward_domain::goods::stock;

use super::decide::Decision;
use super::situation::Situation;
use crate::db::Conn;
use crate::goods::model::MovedStock;
use crate::goods::of_areas;
use crate::http::problem::Problem;
use crate::tx::Tx;

impl Decision {
    /// The areas with a station that ended, and those whose stations get their goods.
    pub(super) fn stations_taken_over(&self, before: &Situation) -> BTreeMap<AreaCode, AreaCode> {
        let ended = before.areas.keys().filter(|area| !self.after.areas.contains_key(area));
        let heirs = ended.filter(|area| stock::has_station(area)).filter_map(|area| {
            let heir = self.heir_of(*area)?;
            // A grid has no station.
            Some((*area, heir.ancestor(heir.level().min(Level::Village))?))
        });
        heirs.collect()
    }
}

/// The stocks that [`write`] moves.
///
/// # Errors
/// As [`write`].
pub fn read(
    conn: &mut Conn,
    district: AreaCode,
    before: &Situation,
    decision: &Decision,
) -> Result<Vec<MovedStock>, Problem> {
    of_areas::to_take_over(conn, district, &decision.stations_taken_over(before))
}

/// Moves the stocks of the areas that ended, each with a movement, and returns them.
///
/// # Errors
/// 422 for more than a stock may hold; those of the database.
pub fn write(
    tx: &mut Tx<'_>,
    principal: &Principal,
    before: &Situation,
    decision: &Decision,
) -> Result<Vec<MovedStock>, Problem> {
    of_areas::take_over(tx, principal, &decision.stations_taken_over(before))
}
