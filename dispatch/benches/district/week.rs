//! A made-up week of a whole district, the same for the same seed.
//!
//! The numbers follow the sample district the project is tried on: 30 towns,
//! 301 villages, 2,395 grids; one manager and 2 to 20 volunteers a grid, about
//! 21,500 people; about 3,200 square kilometres. Names and places are invented.

use chrono::NaiveDate;
use gridward_dispatch::solve::{DispatchProblem, Mode, Shift, Visit, Volunteer};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

const TOWNS: usize = 30;
const VILLAGES: usize = 301;
/// Half the side of the square that all villages lie in, degrees.
const DISTRICT: f64 = 0.28;
/// Half the side of a village, degrees: about 1.6 km.
const VILLAGE: f64 = 0.015;
/// Half the side of a grid, degrees: about 0.7 km.
const GRID: f64 = 0.006;
/// Words of the catalogue and how many people of a hundred have the skill.
const SKILLS: [(&str, u32); 3] = [("driving", 38), ("first_aid", 21), ("medical", 6)];
/// When shifts begin and how long they are, in minutes.
const SHIFTS: [(u16, u16); 5] = [(540, 180), (840, 180), (510, 180), (870, 180), (1_140, 120)];

/// The areas that volunteers serve besides their home grid.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    /// None: every grid is planned alone.
    Grid,
    /// The managers serve their village.
    ManagersVillage,
    /// Everybody serves their village.
    Village,
    /// Everybody serves their town.
    Town,
}

type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// A district week of `grids` grids and `visits` visits.
pub(crate) fn week(seed: u64, grids: usize, visits: usize, reach: Reach) -> Made<DispatchProblem> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let monday = NaiveDate::from_ymd_opt(2026, 6, 1).ok_or("a day")?;
    let mut problem = DispatchProblem::default();
    let villages: Vec<(f64, f64)> =
        (0..VILLAGES).map(|_| around(&mut rng, (29.0, 106.2), DISTRICT)).collect();
    let mut crews = Vec::with_capacity(grids);
    for grid in 0..grids {
        let village = grid % VILLAGES;
        let centre = around(&mut rng, villages[village], VILLAGE);
        let code = code(village, grid / VILLAGES)?;
        let first = problem.volunteers.len();
        // The mean of the smaller of two is a third of the way: 2 + 18 / 3 = 8.
        let volunteers = rng.random_range(2..=20).min(rng.random_range(2..=20));
        for rank in 0..=volunteers {
            let who = volunteer(&mut rng, code, centre, rank == 0, monday, reach)?;
            problem.volunteers.push(who);
        }
        crews.push((code, centre, first..problem.volunteers.len()));
    }
    for _ in 0..visits {
        let (code, centre, crew) = &crews[rng.random_range(0..grids)];
        let last = problem.volunteers[rng.random_range(crew.clone())].id;
        problem.visits.push(visit(&mut rng, *code, *centre, last, monday)?);
    }
    Ok(problem)
}

fn code(village: usize, grid: usize) -> Made<AreaCode> {
    let (town, village) = (village % TOWNS + 1, village / TOWNS + 1);
    Ok(format!("500116{town:03}{village:03}{:03}", grid + 1).parse()?)
}

fn around(rng: &mut ChaCha8Rng, centre: (f64, f64), half: f64) -> (f64, f64) {
    (centre.0 + rng.random_range(-half..half), centre.1 + rng.random_range(-half..half))
}

fn place(rng: &mut ChaCha8Rng, centre: (f64, f64)) -> Made<Place> {
    let (lat, lon) = around(rng, centre, GRID);
    Ok(Place::new(lat, lon)?)
}

fn window(start: u16, long: u16) -> Made<Window> {
    Ok(Window::new(TimeOfDay::new(start)?, TimeOfDay::new(start + long)?)?)
}

fn volunteer(
    rng: &mut ChaCha8Rng,
    grid: AreaCode,
    centre: (f64, f64),
    is_manager: bool,
    monday: NaiveDate,
    reach: Reach,
) -> Made<Volunteer> {
    let mut shifts = Vec::new();
    for day in 0..7 {
        let (start, long) = if is_manager { (510, 540) } else { SHIFTS[rng.random_range(0..5)] };
        let works = if is_manager { day < 5 } else { rng.random_range(0..7) < 2 };
        if works {
            let breaks = if is_manager { vec![window(720, 60)?] } else { Vec::new() };
            let day = monday + chrono::Days::new(day);
            shifts.push(Shift { day, window: window(start, long)?, breaks });
        }
    }
    let offered = if is_manager { 40 } else { rng.random_range(3..=8) } * 30;
    let also_serves = match reach {
        Reach::ManagersVillage if is_manager => grid.parent(),
        Reach::ManagersVillage | Reach::Grid => None,
        Reach::Village => grid.parent(),
        Reach::Town => grid.ancestor(Level::Town),
    };
    Ok(Volunteer {
        id: PersonId(Uuid::from_u128(rng.random())),
        home: place(rng, centre)?,
        grid,
        also_serves: also_serves.into_iter().collect(),
        lent: Vec::new(),
        skills: some_skills(rng, 1)?,
        shifts,
        offered: Minutes(offered),
        weeks: Vec::new(),
        share_of: None,
        is_idle: false,
        carried: Minutes(rng.random_range(0..=offered / 2)),
        mode: Mode::Bicycle,
    })
}

fn visit(
    rng: &mut ChaCha8Rng,
    grid: AreaCode,
    centre: (f64, f64),
    last: PersonId,
    monday: NaiveDate,
) -> Made<Visit> {
    let windows = match rng.random_range(0..10) {
        0..6 => Vec::new(),
        6..8 => vec![window(480, 240)?],
        8 => vec![window(840, 240)?],
        _ => vec![window(540, 120)?, window(870, 120)?],
    };
    let from = rng.random_range(0..4);
    // One in twenty is overdue already.
    let due = if rng.random_range(0..20) == 0 {
        monday - chrono::Days::new(rng.random_range(1..=5))
    } else {
        monday + chrono::Days::new(from + rng.random_range(0..=6))
    };
    Ok(Visit {
        id: TaskId(Uuid::from_u128(rng.random())),
        grid,
        place: place(rng, centre)?,
        channel: Channel::Visit,
        service: Minutes(rng.random_range(2..=10) * 5),
        windows,
        not_before: monday + chrono::Days::new(from),
        due,
        priority: Priority::try_from(i64::from(rng.random_range(1..=10_u8)))?,
        // A tenth as many visits need a skill as people have it.
        skills: some_skills(rng, 10)?,
        last: rng.random_bool(0.6).then_some(last),
        preferred: None,
        forbidden: Vec::new(),
        pinned: None,
    })
}

fn some_skills(rng: &mut ChaCha8Rng, rarer: u32) -> Made<Skills> {
    let mut skills = Skills::new();
    for (word, of_hundred) in SKILLS {
        if rng.random_range(0..100 * rarer) < of_hundred {
            skills.insert(word.parse()?);
        }
    }
    Ok(skills)
}
