//! How long it takes to offer late visits to neighbours, in a whole district with the help of the town.
//!
//! `cargo bench -p gridward-dispatch --bench late -- 2395 72000` prints the seconds for that number of
//! grids and visits if no visit is late, if every visit of one grid in four would be late there, and
//! if the visits of these grids have been overdue for long. Plans of up to 20,000 visits are checked.

#[expect(dead_code, reason = "other areas of work are measured by the bench `district`")]
#[path = "../district/week.rs"]
mod week;

use std::collections::HashSet;
use std::time::Instant;

use chrono::{Days, NaiveDate};
use gridward_dispatch::solve::{DispatchProblem, Options, check, plan};
use gridward_domain::area::{AreaCode, Level};

use week::{Reach, week};

const SEED: u64 = 500_116;
/// The iterations for each visit: fewer than a plan has, so that the search does not hide the rest.
const ITERATIONS: u64 = 20;
/// The most visits of a plan that is checked: a check compares each with all people.
const CHECKED: usize = 20_000;

type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// The state of the visits of one grid in four.
#[derive(Clone, Copy, Debug)]
enum State {
    /// They can be made in time.
    Punctual,
    /// The people of the grid can make them only after the due day, their neighbours in time.
    Late,
    /// They were due before the week.
    Overdue,
}

fn main() -> Made<()> {
    let mut sizes = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (grids, visits) = (sizes.next().unwrap_or(599), sizes.next().unwrap_or(6_000));
    for state in [State::Punctual, State::Late, State::Overdue] {
        let problem = district(grids, visits, state)?;
        for reach in [Level::Grid, Level::Town] {
            let options = Options { reach, iterations: ITERATIONS, ..Options::default() };
            let began = Instant::now();
            let plan = plan(&problem, &options)?;
            let seconds = began.elapsed().as_secs_f64();
            if visits <= CHECKED {
                check(&problem.reaching(reach), &plan)?;
            }
            let (late, unserved) = (plan.measures.late, plan.measures.unserved);
            println!("{state:?}, {reach:?}: {seconds:.2} s, {late} late, {unserved} unserved");
        }
    }
    Ok(())
}

fn district(grids: usize, visits: usize, state: State) -> Made<DispatchProblem> {
    let mut problem = week(SEED, grids, visits, Reach::Grid)?;
    let day = |day| NaiveDate::from_ymd_opt(2026, 6, day).ok_or("a day");
    let (monday, wednesday, sunday) = (day(1)?, day(3)?, day(7)?);
    let mut codes: Vec<AreaCode> = problem.volunteers.iter().map(|who| who.grid).collect();
    codes.dedup();
    let slow: HashSet<AreaCode> = codes.into_iter().step_by(4).collect();
    for visit in &mut problem.visits {
        visit.due = sunday;
        match state {
            State::Late if slow.contains(&visit.grid) => {
                (visit.not_before, visit.due) = (monday, wednesday);
            }
            State::Overdue if slow.contains(&visit.grid) => visit.due = monday - Days::new(30),
            _ => {}
        }
    }
    if matches!(state, State::Late) {
        for who in problem.volunteers.iter_mut().filter(|who| slow.contains(&who.grid)) {
            who.shifts.retain(|shift| shift.day > wednesday);
        }
    }
    Ok(problem)
}
