//! How long it takes to plan very many visits at one point: far more than the people of the grid and
//! its neighbours have time for.
//!
//! `cargo bench -p gridward-dispatch --bench crowd -- 20000 100000` prints the seconds for each number
//! of visits. The plans are checked.

use std::time::Instant;

use chrono::{Days, NaiveDate};
use gridward_dispatch::solve::{
    DispatchProblem, Mode, Options, Shift, Visit, Volunteer, check, plan,
};
use gridward_domain::area::Level;
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use uuid::Uuid;

/// The grids of the village and the people of each.
const GRIDS: u32 = 10;
const PEOPLE: u32 = 9;
/// The days of the plan.
const DAYS: u32 = 10;

type Made<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Made<()> {
    let sizes = std::env::args().filter_map(|argument| argument.parse::<u32>().ok());
    for visits in sizes {
        let problem = crowd(visits)?;
        let options = Options { reach: Level::Town, ..Options::default() };
        let began = Instant::now();
        let plan = plan(&problem, &options)?;
        let seconds = began.elapsed().as_secs_f64();
        check(&problem.reaching(options.reach), &plan)?;
        let (served, left) = (plan.measures.served, plan.measures.unserved_priority);
        println!("{visits} visits: {seconds:.1} s, {served} served, {left} points unserved");
    }
    Ok(())
}

/// A village in which the first grid has all the visits, at one point.
fn crowd(visits: u32) -> Made<DispatchProblem> {
    let monday = NaiveDate::from_ymd_opt(2026, 6, 1).ok_or("a day")?;
    let mut problem = DispatchProblem::default();
    for person in 0..GRIDS * PEOPLE {
        problem.volunteers.push(volunteer(person, monday)?);
    }
    for number in 0..visits {
        problem.visits.push(visit(number, monday)?);
    }
    Ok(problem)
}

fn volunteer(number: u32, monday: NaiveDate) -> Made<Volunteer> {
    let window = Window::new(TimeOfDay::new(510)?, TimeOfDay::new(1_050)?)?;
    let shift = |day| Shift { day: monday + Days::new(day), window, breaks: Vec::new() };
    let (grid, rank) = (number / PEOPLE, number % PEOPLE);
    let north = f64::from(grid) * 0.01 + f64::from(rank) * 0.0005;
    Ok(Volunteer {
        id: PersonId(Uuid::from_u128(number.into())),
        home: Place::new(29.29 + north, 106.25)?,
        grid: format!("500116001001{:03}", grid + 1).parse()?,
        also_serves: Vec::new(),
        lent: Vec::new(),
        skills: Skills::new(),
        shifts: (0..DAYS.into()).map(shift).collect(),
        offered: Minutes(300 + 60 * rank),
        weeks: Vec::new(),
        share_of: None,
        is_idle: false,
        carried: Minutes(0),
        mode: Mode::Bicycle,
    })
}

fn visit(number: u32, monday: NaiveDate) -> Made<Visit> {
    Ok(Visit {
        id: TaskId(Uuid::from_u128(0xface_0000 + u128::from(number))),
        grid: "500116001001001".parse()?,
        place: Place::new(29.29, 106.26)?,
        channel: Channel::Visit,
        service: Minutes(20 + 5 * (number % 5)),
        windows: Vec::new(),
        not_before: monday,
        due: monday + Days::new((number % 14).into()),
        priority: Priority::try_from(i64::from(number % 10 + 1))?,
        skills: Skills::new(),
        last: None,
        preferred: None,
        forbidden: Vec::new(),
        pinned: None,
    })
}
