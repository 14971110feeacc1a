//! The staff and volunteers of the demo district.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PersonId;
use gridward_domain::range::WeeklyMinutes;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use gridward_domain::word::VariantArray as _;

use super::draw::Draw;
use super::identity;
use super::map::{Grid, Map};
use crate::load::record::PersonRecord;
use crate::person::{Gender, Role, Weekday};

/// Skills, and the number of volunteers per thousand with each.
const SKILLS: [(&str, usize); 7] = [
    ("dialect", 553),
    ("driving", 385),
    ("digital", 326),
    ("first_aid", 217),
    ("counselling", 101),
    ("medical", 61),
    ("legal", 39),
];
/// Hours of availability in minutes from midnight, and their weights.
const SPANS: [((u16, u16), usize); 6] = [
    ((540, 720), 88),
    ((840, 1020), 88),
    ((870, 1050), 58),
    ((510, 690), 58),
    ((1140, 1260), 39),
    ((540, 1020), 36),
];
/// Days of availability, and their weights.
const DAYS: [(Weekday, usize); 7] = [
    (Weekday::Mon, 34),
    (Weekday::Tue, 35),
    (Weekday::Wed, 34),
    (Weekday::Thu, 35),
    (Weekday::Fri, 50),
    (Weekday::Sat, 90),
    (Weekday::Sun, 91),
];

/// Supervisors, an admin, an auditor, managers and volunteers.
pub(super) fn people(map: &Map, draw: &mut Draw) -> Vec<PersonRecord> {
    let mut people = Crowd { draw, people: Vec::new() };
    for area in map.areas.iter().filter(|area| area.level() != Level::Grid) {
        let count = match area.level() {
            Level::District => 3,
            Level::Town => 2,
            Level::Village | Level::Grid => 1,
        };
        let homes: Vec<&Grid> =
            map.grids.iter().filter(|grid| area.code.contains(&grid.code)).collect();
        for _ in 0..count {
            people.add(Role::Supervisor, area.code, &homes);
        }
        if area.level() == Level::District {
            people.add(Role::Admin, area.code, &homes);
            people.add(Role::Auditor, area.code, &homes);
        }
    }
    for grid in &map.grids {
        people.add(Role::Manager, grid.code, &[grid]);
    }
    for grid in &map.grids {
        for _ in 0..volunteers(people.draw) {
            people.add(Role::Volunteer, grid.code, &[grid]);
        }
    }
    people.people
}

/// The number of volunteers of a grid: 2 to 20, eight on average, skewed to small numbers.
fn volunteers(draw: &mut Draw) -> usize {
    let even = draw.between(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 18 by the clamp"
    )]
    let more = (-6.35 * (1.0 - even).ln()).clamp(0.0, 18.0).round() as usize;
    2 + more
}

struct Crowd<'a> {
    draw: &'a mut Draw,
    people: Vec<PersonRecord>,
}

impl Crowd<'_> {
    fn add(&mut self, role: Role, area: AreaCode, homes: &[&Grid]) {
        let n = self.people.len();
        let draw = &mut *self.draw;
        let gender = if draw.of_thousand(510) { Gender::Female } else { Gender::Male };
        let home = draw.one_of(homes).at(draw.between(0.0, 1.0), draw.between(0.0, 1.0));
        let full_time = role != Role::Volunteer;
        let (availability, weekly_minutes) =
            if full_time { office_hours(draw) } else { spare_time(draw) };
        let born = if full_time { 1965 + draw.below(36) } else { 1948 + draw.below(59) };
        self.people.push(PersonRecord {
            id: PersonId(identity::id(n, draw)),
            role,
            area,
            name: identity::name(gender, draw),
            gender,
            birth_year: identity::birth_year(born),
            phone: identity::phone("1000", n),
            home: Some(home),
            skills: skills(full_time, draw),
            weekly_minutes,
            availability,
        });
    }
}

/// Full-time staff have each skill 1.5 times as often.
fn skills(full_time: bool, draw: &mut Draw) -> Skills {
    let of = |times: usize| if full_time { (times * 3 / 2).min(950) } else { times };
    let mine = SKILLS.into_iter().filter(|(_, times)| draw.of_thousand(of(*times)));
    mine.filter_map(|(skill, _)| skill.parse().ok()).collect()
}

/// The window from `start` to `end`, in minutes from midnight.
pub(super) fn window(start: u16, end: u16) -> Option<Window> {
    Window::new(TimeOfDay::new(start).ok()?, TimeOfDay::new(end).ok()?).ok()
}

fn office_hours(draw: &mut Draw) -> (Vec<(Weekday, Window)>, WeeklyMinutes) {
    let days = if draw.of_thousand(150) { 6 } else { 5 };
    let days = Weekday::VARIANTS.iter().take(days).filter_map(|day| {
        let (start, end) = draw.one_of(&[(540, 1020), (540, 1050), (510, 1050)]);
        Some((*day, window(start, end)?))
    });
    let offers = [
        WeeklyMinutes::of::<1200>(),
        WeeklyMinutes::of::<1500>(),
        WeeklyMinutes::of::<1800>(),
        WeeklyMinutes::of::<2100>(),
    ];
    (days.collect(), draw.one_of(&offers))
}

fn spare_time(draw: &mut Draw) -> (Vec<(Weekday, Window)>, WeeklyMinutes) {
    let count = draw.weighted(&[(1, 33), (2, 45), (3, 19), (4, 3)]);
    let mut days = std::collections::BTreeMap::new();
    while days.len() < count {
        let (start, end) = draw.weighted(&SPANS);
        if let Some(window) = window(start, end) {
            days.insert(draw.weighted(&DAYS), window);
        }
    }
    let days: Vec<(Weekday, Window)> = days.into_iter().collect();
    let available: Minutes = days.iter().map(|(_, window)| window.length()).sum();
    let wish = draw.one_of(&[60, 120, 120, 150, 150, 180, 180, 240, 300]);
    // Seven days of windows are no more than a week.
    let offered = WeeklyMinutes::try_from(i64::from(available.0.min(wish)));
    (days, offered.unwrap_or(WeeklyMinutes::MAX))
}
