//! What is simulated: people with their hours, and beneficiaries with their homes.

use chrono::NaiveDate;
use gridward_dispatch::solve::Mode;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, Window};

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

/// How often a household is visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// In hardship: every 30 days.
    Hardship,
    /// A key recipient, living alone or homebound: every 90 days.
    Key,
    /// All others: once a year.
    Other,
}

impl Segment {
    /// The days from one regular visit to the next.
    pub const fn cycle(self) -> u32 {
        match self {
            Self::Hardship => 30,
            Self::Key => 90,
            Self::Other => 365,
        }
    }

    /// The needs that arise in such a household in a year: an assumption, since no count of them
    /// is known.
    pub const fn needs_a_year(self) -> f64 {
        match self {
            Self::Hardship => 3.0,
            Self::Key => 1.5,
            Self::Other => 0.5,
        }
    }
}
