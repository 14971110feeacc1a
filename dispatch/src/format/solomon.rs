//! The text format of Solomon's instances (Operations Research 35(2), 1987).
//!
//! Distances are the plane's and travel takes as long as it is far, both in
//! double precision; here in ten-thousandths and rounded up, so that what fits
//! here fits there.

use super::{FormatError, Named};
use crate::routing::instance::{Bar, Instance, MOST_SECONDS, Seconds, Shift, Visit, Volunteer};
use crate::routing::travel::Matrix;

/// Ten-thousandths in one.
pub const SCALE: i32 = 10_000;

/// Reads an instance.
///
/// # Errors
/// [`FormatError`] when the text is not in the format.
pub fn read(text: &str) -> Result<Named, FormatError> {
    let rows: Vec<Vec<i32>> = text.lines().filter_map(numbers).collect();
    let [fleet, customers @ ..] = rows.as_slice() else { return Err(FormatError::Solomon) };
    let (&[vehicles, capacity], Some(depot)) = (fleet.as_slice(), customers.first()) else {
        return Err(FormatError::Solomon);
    };
    let vehicles = usize::try_from(vehicles).map_err(|_| FormatError::Solomon)?;
    if customers.iter().any(|row| row.len() != 7) || !(1..=10_000).contains(&vehicles) {
        return Err(FormatError::Solomon);
    }
    let scaled = |number: i32| number.checked_mul(SCALE).filter(|n| (0..=MOST_SECONDS).contains(n));
    let times = |row: &[i32]| Some((scaled(row[4])?, scaled(row[5])?, scaled(row[6])?));
    let (open, close, _) = times(depot).ok_or(FormatError::Solomon)?;
    let shift = Shift { open, close, capacity: Some(capacity), ..Shift::default() };
    let volunteer = Volunteer { shifts: vec![shift], ..Volunteer::default() };
    let visits: Option<Vec<Visit>> = customers[1..]
        .iter()
        .map(|row| {
            let (first, last, service) = times(row)?;
            let windows = vec![(first, last)];
            Some(Visit { service, windows, amount: row[3], priority: 1_000, ..Visit::default() })
        })
        .collect();
    let visits = visits.ok_or(FormatError::Solomon)?;
    let place = |at: usize| &customers[at.saturating_sub(vehicles - 1)];
    let way = |a: usize, b: usize| distance(place(a), place(b));
    Ok(Named {
        volunteers: (1..=vehicles).map(Into::into).collect(),
        visits: customers[1..].iter().map(|row| row[0].into()).collect(),
        points: (0..vehicles + visits.len())
            .map(|at| {
                let row = place(at);
                (row[1].into(), row[2].into())
            })
            .collect(),
        instance: Instance {
            bars: vec![Bar::None; vehicles * visits.len()],
            travel: vec![Matrix::symmetric(vehicles + visits.len(), way)],
            volunteers: vec![volunteer; vehicles],
            visits,
        },
        per_second: SCALE,
    })
}

/// The numbers of a line, if it has nothing else.
fn numbers(line: &str) -> Option<Vec<i32>> {
    let row: Vec<i32> =
        line.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    (!row.is_empty()).then_some(row)
}

fn distance(a: &[i32], b: &[i32]) -> Seconds {
    let straight = f64::from(a[1] - b[1]).hypot(f64::from(a[2] - b[2]));
    #[expect(clippy::cast_possible_truncation, reason = "coordinates are small whole numbers")]
    let scaled = (straight * f64::from(SCALE)).ceil() as Seconds;
    scaled
}
