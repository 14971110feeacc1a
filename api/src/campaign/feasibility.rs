//! Whether the visits of a campaign fit into the hours of its villages, by a quick sum that writes
//! nothing. [`super::dry_plan`] answers it by a plan.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::campaign::CampaignState;
use gridward_domain::channel::Channel;
use gridward_domain::feasibility::{AreaEffort, AreaFeasibility, Terms, assess, travel_minutes};
use gridward_domain::place::Place;

use super::carried::carried;
use super::outcome_model::{
    CampaignFeasibility, CampaignWarning, FeasibilityOfArea, LendingOfArea,
};
use super::store::CampaignRow;
use crate::area;
use crate::audience::spread::{self, GridSpread};
use crate::catalogue;
use crate::db::{Conn, DbError};
use crate::holiday;
use crate::person::offers;
use crate::plan::settings;

/// Minutes of a hand-over at the door, for a campaign with goods alone.
pub(super) const HAND_OVER: u32 = 5;
/// Minutes of a phone call, if the catalogue has no kind `phone_call`.
const CALL: u64 = 10;
/// Metres of a degree of latitude.
const DEGREE: f64 = 111_320.0;

/// The visits of the campaign against the hours of the villages of `scope`, the caller's area.
///
/// # Errors
/// [`DbError`].
pub fn feasibility(
    conn: &mut Conn,
    row: &CampaignRow,
    scope: &AreaRange,
    today: NaiveDate,
) -> Result<CampaignFeasibility, DbError> {
    let first = row.first_day.max(today);
    let days = row.last_day.signed_duration_since(first).num_days() + 1;
    let terms = Terms {
        days: days.max(1).unsigned_abs(),
        lead_days: first.signed_duration_since(today).num_days().unsigned_abs(),
        call_minutes: call_minutes(conn, row.district)?,
        reach: None,
    };
    // What is launched needs no approval any more.
    let is_open = matches!(row.state, CampaignState::Draft | CampaignState::Approved);
    let visits = row.visits(conn, today)?;
    let all = spread::total(&visits).unsigned_abs();
    let beyond = if is_open { row.span().from(today).beyond(all) } else { 0 };
    let efforts = efforts(conn, row, scope, (today, &terms), &visits)?;
    let mut assessed = assess(&efforts, &terms);
    assessed.retain(|one| one.effort.visits > 0);
    assessed.sort_by_key(|one| (std::cmp::Reverse(one.lacking), one.effort.area));
    let names: BTreeMap<AreaCode, String> =
        area::store::names(conn, scope, Level::Village)?.into_iter().collect();
    let occasion_day = holiday::occasion::day(conn, row.district, row.occasion.as_str(), row.year)?;
    let far = occasion_day.filter(|day| !row.span().is_near(*day));
    let total = |of: &dyn Fn(&AreaFeasibility) -> u64| signed(assessed.iter().map(of).sum());
    Ok(CampaignFeasibility {
        id: row.id,
        fits: beyond == 0 && assessed.iter().all(|one| one.lacking == 0),
        beyond_quota: signed(beyond),
        visits: total(&|one| one.effort.visits),
        needed_minutes: total(&|one| one.effort.needed),
        available_minutes: total(&|one| one.effort.available()),
        occasion_day,
        warnings: far.map(|_| CampaignWarning::FarFromOccasion).into_iter().collect(),
        areas: assessed.iter().map(|one| shown(one, &names)).collect(),
        dry_plan: None,
    })
}

/// The minutes that a visit takes at the door, and whether there is a way to it.
fn at_the_door(conn: &mut Conn, row: &CampaignRow) -> Result<(u64, bool), DbError> {
    let Some(kind) = &row.kind else { return Ok((HAND_OVER.into(), true)) };
    let kind = catalogue::store::one(conn, row.district, kind.as_str())?;
    let kind = kind.ok_or_else(|| DbError::corrupt("campaigns", "its kind does not exist"))?;
    Ok((kind.minutes.get().unsigned_abs().into(), kind.channel == Channel::Visit))
}

pub(super) fn call_minutes(conn: &mut Conn, district: AreaCode) -> Result<u64, DbError> {
    let kind = catalogue::store::one(conn, district, "phone_call")?;
    Ok(kind.map_or(CALL, |kind| kind.minutes.get().unsigned_abs().into()))
}

/// What the campaign asks of each village of the scope, and what it has.
fn efforts(
    conn: &mut Conn,
    row: &CampaignRow,
    scope: &AreaRange,
    (today, terms): (NaiveDate, &Terms),
    visits: &[GridSpread],
) -> Result<Vec<AreaEffort>, DbError> {
    let (minutes, travels) = at_the_door(conn, row)?;
    let mut villages: BTreeMap<AreaCode, Village> = BTreeMap::new();
    let village = |grid: AreaCode| grid.ancestor(Level::Village).unwrap_or(grid);
    for (grid, homes, lat, lon) in spread::middles(conn, scope)? {
        villages.entry(village(grid)).or_default().add_homes(homes, lat, lon);
    }
    let (settings, _) = settings::read(conn, row.district)?;
    for (grid, role, weekly) in offers::by_grid_and_role(conn, scope)? {
        // Plans use a part of a manager's minutes only.
        let percent = u64::from(settings.percent_of(role));
        villages.entry(village(grid)).or_default().weekly += weekly.unsigned_abs() * percent / 100;
    }
    for (grid, carried) in carried(conn, row, scope, row.first_day.max(today))? {
        villages.entry(village(grid)).or_default().carried += carried;
    }
    for grid in visits {
        let visits = grid.members.unsigned_abs();
        let of = villages.entry(village(grid.grid)).or_default();
        of.visits += visits;
        of.needed += visits * minutes;
        if travels {
            of.needed += travel_minutes(visits, square_metres(grid));
        }
    }
    let efforts = villages.into_iter().filter_map(|(area, of)| {
        Some(AreaEffort {
            area,
            middle: of.middle()?,
            visits: of.visits,
            needed: of.needed,
            offered: of.weekly * terms.days / 7,
            carried: of.carried,
        })
    });
    Ok(efforts.collect())
}

/// The figures of a village.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Village {
    homes: i64,
    /// The sums of the latitudes and longitudes of the homes.
    place: (f64, f64),
    weekly: u64,
    carried: u64,
    visits: u64,
    needed: u64,
}

impl Village {
    #[expect(clippy::cast_precision_loss, reason = "the number of homes of a grid")]
    pub(super) fn add_homes(&mut self, homes: i64, lat: f64, lon: f64) {
        self.homes += homes;
        self.place.0 += lat * homes as f64;
        self.place.1 += lon * homes as f64;
    }

    /// The middle of its homes; none without homes, where no visit is needed either.
    #[expect(clippy::cast_precision_loss, reason = "the number of homes of a village")]
    pub(super) fn middle(&self) -> Option<Place> {
        let homes = self.homes as f64;
        Place::new(self.place.0 / homes, self.place.1 / homes).ok()
    }
}

/// The land of the box around the homes of the grid.
fn square_metres(grid: &GridSpread) -> f64 {
    let north = (grid.lat.1 - grid.lat.0) * DEGREE;
    let east = (grid.lon.1 - grid.lon.0) * DEGREE * grid.lat.0.to_radians().cos();
    north * east
}

fn shown(one: &AreaFeasibility, names: &BTreeMap<AreaCode, String>) -> FeasibilityOfArea {
    let name = |area: &AreaCode| names.get(area).cloned().unwrap_or_default();
    FeasibilityOfArea {
        area: one.effort.area,
        name: name(&one.effort.area),
        visits: signed(one.effort.visits),
        needed_minutes: signed(one.effort.needed),
        available_minutes: signed(one.effort.available()),
        lacking_minutes: signed(one.lacking),
        lend: lending(one, names),
        earlier_days: one.earlier_days.map(signed),
        calls: one.calls.map(signed),
    }
}

/// What the neighbours can lend.
pub(super) fn lending(
    one: &AreaFeasibility,
    names: &BTreeMap<AreaCode, String>,
) -> Vec<LendingOfArea> {
    let lend = one.lend.iter().map(|lending| LendingOfArea {
        from: lending.from,
        name: names.get(&lending.from).cloned().unwrap_or_default(),
        minutes: signed(lending.minutes),
    });
    lend.collect()
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
