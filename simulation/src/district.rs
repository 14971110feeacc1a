//! What is simulated: people with their hours, and beneficiaries with their homes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gridward_dispatch::solve::Mode;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use uuid::Uuid;

use crate::demand::Cycle;

/// A district, or a part of one.
#[derive(Clone, Debug, Default)]
pub struct District {
    /// Managers and volunteers.
    pub people: Vec<Person>,
    /// The households that are visited.
    pub beneficiaries: Vec<Beneficiary>,
    /// The holidays before which households are visited.
    pub holidays: Vec<NaiveDate>,
    /// The skill that some visits require.
    pub special_skill: Skills,
}

impl District {
    /// The minutes that an additional volunteer offers in a week.
    pub const MORE_MINUTES: Minutes = Minutes(120);

    /// The district with `count` more volunteers, evenly over the grids of `areas`, of all grids if no
    /// area is named. They live in the middle of the households of their grid and have no skills, but
    /// time from 9 to 17 o'clock on each day.
    ///
    /// # Errors
    /// The first of the areas in which no household is.
    pub fn with_volunteers(mut self, count: u16, areas: &[AreaCode]) -> Result<Self, AreaCode> {
        let mut homes: BTreeMap<AreaCode, Vec<Place>> = BTreeMap::new();
        for one in &self.beneficiaries {
            homes.entry(one.grid).or_default().push(one.place);
        }
        let is_known = |area: &AreaCode| homes.keys().any(|grid| area.contains(grid));
        if let Some(area) = areas.iter().find(|area| !is_known(area)) {
            return Err(*area);
        }
        let is_meant =
            |grid: &AreaCode| areas.is_empty() || areas.iter().any(|area| area.contains(grid));
        let grids: Vec<(AreaCode, Place)> = homes
            .into_iter()
            .filter(|(grid, _)| is_meant(grid))
            .filter_map(|(grid, homes)| Some((grid, middle(&homes)?)))
            .collect();
        let grid = |at: u16| grids.get(usize::from(at) * grids.len() / usize::from(count));
        let more = (0..count).filter_map(|at| Some((at, grid(at)?)));
        self.people.extend(more.map(|(at, (grid, home))| Person {
            id: PersonId(Uuid::from_u128(u128::MAX - u128::from(at))),
            grid: *grid,
            home: *home,
            skills: Skills::new(),
            offered: Self::MORE_MINUTES,
            hours: [by_day(); 7],
            mode: Mode::Bicycle,
            is_volunteer: true,
        }));
        Ok(self)
    }
}

/// From 9 to 17 o'clock.
fn by_day() -> Option<Window> {
    Window::new(TimeOfDay::new(9 * 60).ok()?, TimeOfDay::new(17 * 60).ok()?).ok()
}

/// The mean of these places.
fn middle(places: &[Place]) -> Option<Place> {
    let count = u32::try_from(places.len()).ok().filter(|count| *count > 0)?;
    let mean = |of: fn(&Place) -> f64| places.iter().map(of).sum::<f64>() / f64::from(count);
    Place::new(mean(Place::lat), mean(Place::lon)).ok()
}

/// A person who makes visits.
#[derive(Clone, Debug)]
pub struct Person {
    /// Identifies the person.
    pub id: PersonId,
    /// The home grid.
    pub grid: AreaCode,
    /// Start and end of every route.
    pub home: Place,
    /// The skills.
    pub skills: Skills,
    /// Minutes offered for visits in a week, travel included.
    pub offered: Minutes,
    /// The hours of each weekday, Monday first.
    pub hours: [Option<Window>; 7],
    /// The mode of travel.
    pub mode: Mode,
    /// Whether it is a volunteer, who is offered a visit after weeks without one.
    pub is_volunteer: bool,
}

/// A household that is visited.
#[derive(Clone, Debug)]
pub struct Beneficiary {
    /// Identifies the beneficiary.
    pub id: BeneficiaryId,
    /// The responsible grid.
    pub grid: AreaCode,
    /// The home.
    pub place: Place,
    /// How often the household is visited.
    pub segment: Segment,
    /// Whether the household is visited before a holiday; others get a letter.
    pub holiday_visit: bool,
    /// Whether the beneficiary cannot leave the home.
    pub homebound: bool,
}

/// How often a household is visited and called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// In hardship: visited every 30 days.
    Hardship,
    /// Living alone or homebound: visited every 90 days, and called every 30 days between.
    Alone,
    /// A key recipient: visited once a year, and called every 90 days between.
    Key,
    /// All others: visited once a year.
    Other,
}

impl Segment {
    /// The cycle of its visits.
    pub const fn visits(self) -> Cycle {
        match self {
            Self::Hardship => Cycle::Monthly,
            Self::Alone => Cycle::Quarterly,
            Self::Key | Self::Other => Cycle::Yearly,
        }
    }

    /// The cycle of the calls between them, if there are any.
    pub const fn calls(self) -> Option<Cycle> {
        match self {
            Self::Alone => Some(Cycle::Monthly),
            Self::Key => Some(Cycle::Quarterly),
            Self::Hardship | Self::Other => None,
        }
    }

    /// The needs that arise in such a household in a year: an assumption, since no count of them
    /// is known.
    pub const fn needs_a_year(self) -> f64 {
        match self {
            Self::Hardship => 3.0,
            Self::Alone | Self::Key => 1.5,
            Self::Other => 0.5,
        }
    }
}
