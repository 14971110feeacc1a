//! Whether the visits of a campaign fit into the hours of its villages, by a quick sum that writes
//! nothing. [`super::dry_plan`] answers it by a plan.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::authority::Role;
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
/// What the figures of a campaign with goods alone mean.
const NOTE_ZH: &str = "本活动只发物资、没有走访：只计网格员的时间，志愿者只能发给自己走访的对象";
/// As [`NOTE_ZH`].
const NOTE_EN: &str = "Goods without visits: only the minutes of managers count, since volunteers hand goods out only \
    to the beneficiaries of their own visits";
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
    let lead_days = first.signed_duration_since(today).num_days().unsigned_abs();
    let terms = terms(conn, row, (days.max(1).unsigned_abs(), lead_days), None)?;
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
        managers_only: managers_only(row),
        note_zh: managers_only(row).then(|| NOTE_ZH.to_owned()),
        note_en: managers_only(row).then(|| NOTE_EN.to_owned()),
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

/// Whether managers alone carry the campaign out: it has goods and no visits, and a volunteer hands goods out only to
/// the beneficiaries of their own visits.
pub(super) const fn managers_only(row: &CampaignRow) -> bool {
    row.kind.is_none()
}

/// The days and the days before them, and what could be done instead. Goods are handed out neither by phone nor by the
/// manager of another grid, so that of a campaign with goods alone nothing becomes a call or is lent.
///
/// # Errors
/// [`DbError`].
pub(super) fn terms(
    conn: &mut Conn,
    row: &CampaignRow,
    (days, lead_days): (u64, u64),
    reach: Option<Level>,
) -> Result<Terms, DbError> {
    if managers_only(row) {
        return Ok(Terms { days, lead_days, call_minutes: None, reach: Some(Level::District) });
    }
    let call_minutes = Some(call_minutes(conn, row.district)?);
    Ok(Terms { days, lead_days, call_minutes, reach })
}

fn call_minutes(conn: &mut Conn, district: AreaCode) -> Result<u64, DbError> {
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
    let counts = |role: Role| role == Role::Manager || !managers_only(row);
    for (grid, role, weekly) in offers::by_grid_and_role(conn, scope)? {
        // Plans use a part of a manager's minutes only.
        let percent = u64::from(settings.percent_of(role));
        let minutes = weekly.unsigned_abs() * percent / 100;
        let of = villages.entry(village(grid)).or_default();
        let weekly = if counts(role) { &mut of.weekly } else { &mut of.others_weekly };
        *weekly += minutes;
    }
    for (grid, role, minutes) in carried(conn, row, scope, row.first_day.max(today))? {
        let of = villages.entry(village(grid)).or_default();
        let work = match role {
            None => &mut of.open,
            Some(role) if counts(role) => &mut of.held,
            Some(_) => &mut of.others_held,
        };
        *work += minutes;
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
            carried: of.carried(terms.days),
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
    /// The weekly minutes of those who may make the visits, and of the other visitors.
    weekly: u64,
    others_weekly: u64,
    /// The minutes of the other tasks of both.
    held: u64,
    others_held: u64,
    /// The minutes of open tasks.
    open: u64,
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

    /// The other work of those who may make the visits: their tasks, and of the open ones those for which the other
    /// visitors have no time.
    fn carried(&self, days: u64) -> u64 {
        let others = (self.others_weekly * days / 7).saturating_sub(self.others_held);
        self.held + self.open.saturating_sub(others)
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
