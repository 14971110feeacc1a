//! The text format of Solomon's instances (Operations Research 35(2), 1987).
//!
//! Distances are Euclidean and equal travel times, both in double precision; here in
//! ten-thousandths, or coarser where the horizon is too long for that, rounded up, so that a plan
//! that is feasible here is feasible there.

use serde_json::Value;
use thiserror::Error;

use super::{FormatError, Named};
use crate::routing::instance::{Bar, Instance, MOST_SECONDS, Seconds, Shift, Visit, Volunteer};
use crate::routing::travel::Matrix;

/// The finest subdivision of a unit.
pub const SCALE: i32 = 10_000;

/// The largest coordinate and time allowed.
const MOST: i32 = 1_000_000;

/// Why a text is not in the format; lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SolomonError {
    /// The line with the number of vehicles and their capacity is missing.
    #[error("no line has two numbers, the vehicles and their capacity")]
    Vehicles,
    /// The number of vehicles is out of range, or their capacity negative.
    #[error("line {0}: vehicles must be 1 to 10,000, and their capacity not negative")]
    Fleet(usize),
    /// The depot is missing.
    #[error("the depot is missing")]
    Depot,
    /// The depot has a demand or a service.
    #[error("line {0}: the depot has a demand or a service")]
    DepotWork(usize),
    /// A line is not a customer.
    #[error("line {0}: a customer needs seven whole numbers")]
    Customer(usize),
    /// A number is out of range.
    #[error("line {0}: a number is out of range")]
    Range(usize),
}

/// A customer, or the depot.
struct Row {
    line: usize,
    number: i32,
    x: i32,
    y: i32,
    demand: i32,
    /// Ready, due, service.
    times: [i32; 3],
}

/// Reads an instance.
///
/// # Errors
/// [`FormatError`] when the text is not in the format.
pub fn read(text: &str) -> Result<Named, FormatError> {
    let mut lines = text.lines().zip(1..).map(|(words, line)| (line, words.trim()));
    let fleet = lines.by_ref().find_map(|(line, words)| match *numbers(words)? {
        [vehicles, capacity] => Some((line, vehicles, capacity)),
        _ => None,
    });
    let (line, vehicles, capacity) = fleet.ok_or(SolomonError::Vehicles)?;
    let vehicles = usize::try_from(vehicles).ok().filter(|count| (1..=10_000).contains(count));
    let vehicles = vehicles.filter(|_| capacity >= 0).ok_or(SolomonError::Fleet(line))?;
    let filled = lines.filter(|(_, words)| !words.is_empty());
    // A heading has no digits; a malformed depot line has, and must not be skipped.
    let heading = |words: &str| {
        words.starts_with(char::is_alphabetic) && !words.contains(|c: char| c.is_ascii_digit())
    };
    let rows = filled.skip_while(|(_, words)| heading(words));
    let rows: Vec<Row> = rows.map(|(line, words)| row(line, words)).collect::<Result<_, _>>()?;
    let (depot, customers) = rows.split_first().ok_or(SolomonError::Depot)?;
    let visits: Vec<Value> = customers.iter().map(|row| row.number.into()).collect();
    // The depot's number must not occur among the customers.
    let names: Vec<Value> = rows.iter().map(|row| row.number.into()).collect();
    super::each_once("customer", &names)?;
    if depot.demand != 0 || depot.times[2] != 0 {
        return Err(SolomonError::DepotWork(depot.line).into());
    }

    let scale = scale(&rows)?;
    let scaled = |row: &Row| row.times.map(|time| time * scale);
    let [open, close, _] = scaled(depot);
    let shift = Shift { open, close, capacity: Some(capacity), ..Shift::default() };
    let volunteer = Volunteer { shifts: vec![shift], ..Volunteer::default() };
    let visit = |row: &Row| {
        let [first, last, service] = scaled(row);
        let windows = vec![(first, last)];
        Visit { service, windows, amount: row.demand, priority: 1_000, ..Visit::default() }
    };
    let place = |at: usize| &rows[at.saturating_sub(vehicles - 1)];
    let places = vehicles + customers.len();
    super::fits(places, 1)?;
    Ok(Named {
        volunteers: (1..=vehicles).map(Into::into).collect(),
        visits,
        points: (0..places).map(|at| (place(at).x.into(), place(at).y.into())).collect(),
        instance: Instance {
            bars: vec![Bar::None; vehicles * customers.len()],
            travel: vec![Matrix::metric(places, |a, b| distance(place(a), place(b), scale))],
            volunteers: vec![volunteer; vehicles],
            visits: customers.iter().map(visit).collect(),
        },
        per_second: scale,
        first_moment: 0,
    })
}

fn row(line: usize, words: &str) -> Result<Row, SolomonError> {
    let row = numbers(words).ok_or(SolomonError::Customer(line))?;
    let [number, x, y, demand, ready, due, service] = *row else {
        return Err(SolomonError::Customer(line));
    };
    let times = [ready, due, service];
    let far = [x, y].iter().any(|along| along.saturating_abs() > MOST);
    if far || demand < 0 || times.iter().any(|time| !(0..=MOST).contains(time)) {
        return Err(SolomonError::Range(line));
    }
    Ok(Row { line, number, x, y, demand, times })
}

/// The finest scale at which every time and travel time is in range.
fn scale(rows: &[Row]) -> Result<i32, SolomonError> {
    let times = |row: &Row| row.times.into_iter().max().unwrap_or(0);
    let span = |along: fn(&Row) -> i32| {
        let (least, most) = rows
            .iter()
            .map(along)
            .fold((MOST, -MOST), |(least, most), at| (least.min(at), most.max(at)));
        most - least
    };
    // No distance exceeds the two sides of the bounding box together.
    let box_sides = span(|row| row.x).saturating_add(span(|row| row.y));
    let longest = rows.iter().map(times).max().unwrap_or(0).max(box_sides);
    let fits = |scale: &i32| longest.checked_mul(*scale).is_some_and(|most| most <= MOST_SECONDS);
    let first = rows.first().map_or(0, |row| row.line);
    [SCALE, 1_000, 100, 10, 1].into_iter().find(fits).ok_or(SolomonError::Range(first))
}

/// The numbers of a line, if it has nothing else.
fn numbers(words: &str) -> Option<Vec<i32>> {
    let row: Vec<i32> =
        words.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    (!row.is_empty()).then_some(row)
}

fn distance(a: &Row, b: &Row, scale: i32) -> Seconds {
    let straight = f64::from(a.x - b.x).hypot(f64::from(a.y - b.y));
    #[expect(clippy::cast_possible_truncation, reason = "in range: `scale` saw to it")]
    let scaled = (straight * f64::from(scale)).ceil() as Seconds;
    scaled
}
