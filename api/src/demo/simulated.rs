//! A demo district as the simulation sees it: places, hours and segments, without names.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::skill::Skills;
use gridward_domain::time::Window;
use gridward_simulation::{Beneficiary, District, Person, Segment};

use super::{GRIDS, Size, generate};
use crate::beneficiary::{Contact, Mobility};
use crate::load::record::{BeneficiaryRecord, PersonRecord};
use crate::person::Weekday;
use crate::plan::settings::PlanningSettings;
use crate::task::schedule::journey::mode;

/// The categories of key recipients: all but veterans without merit or injury, the families of
/// soldiers, and retired officers, who have a service of their own.
const KEY: [&str; 7] = [
    "disabled_veteran",
    "demobilised_rural",
    "illness_returned",
    "combat_veteran",
    "martyr_family",
    "fallen_family",
    "deceased_family",
];

/// The holidays before which households are visited.
const WITH_VISITS: [&str; 3] = ["spring_festival", "army_day", "national_day"];

/// The managers, volunteers and beneficiaries of the first `grids` grids of the demo district of
/// `seed`: a part of the whole district, since the grids of a smaller one would be larger.
pub fn part(grids: usize, seed: u64) -> District {
    let records = generate(Size { grids: grids.max(GRIDS) }, seed);
    let codes: BTreeSet<AreaCode> = records.outlines.iter().map(|outline| outline.grid).collect();
    let codes: BTreeSet<AreaCode> = codes.into_iter().take(grids).collect();
    let holidays = records.holidays.iter();
    let holidays = holidays.filter(|day| WITH_VISITS.contains(&day.code.as_str()));
    let people = records.people.iter().filter(|person| codes.contains(&person.area));
    let households = records.beneficiaries.iter().filter(|one| codes.contains(&one.grid));
    District {
        people: people.filter_map(person).collect(),
        beneficiaries: households.map(beneficiary).collect(),
        holidays: holidays.map(|day| day.date).collect(),
        special_skill: "medical".parse().map_or_else(|_| Skills::new(), |skill| [skill].into()),
    }
}

/// The person, if they make visits; in the demo all people have homes.
fn person(record: &PersonRecord) -> Option<Person> {
    if !record.role.visits() {
        return None;
    }
    let weekly = record.weekly_minutes.into();
    Some(Person {
        id: record.id,
        grid: record.area,
        home: record.home?,
        skills: record.skills.clone(),
        offered: PlanningSettings::default().weekly_offer(record.role, weekly),
        hours: hours(&record.availability),
        mode: mode(&record.skills),
        is_volunteer: record.role == Role::Volunteer,
    })
}

fn hours(availability: &[(Weekday, Window)]) -> [Option<Window>; 7] {
    let mut hours = [None; 7];
    for (day, window) in availability {
        hours[*day as usize] = Some(*window);
    }
    hours
}

fn beneficiary(record: &BeneficiaryRecord) -> Beneficiary {
    let is_key = record.categories.iter().any(|category| KEY.contains(&category.as_str()));
    let homebound = record.mobility == Mobility::Homebound;
    let segment = if !record.hardships.is_empty() {
        Segment::Hardship
    } else if record.lives_alone || homebound {
        Segment::Alone
    } else if is_key {
        Segment::Key
    } else {
        Segment::Other
    };
    Beneficiary {
        id: record.id,
        grid: record.grid,
        place: record.place,
        segment,
        holiday_visit: segment != Segment::Other || record.contact == Contact::Visit,
        homebound,
    }
}
