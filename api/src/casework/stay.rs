//! Records, changes and ends a temporary stay.

use chrono::{Days, NaiveDate};
use gridward_domain::authority::Action;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::text::is_blank;
use serde_json::json;

use super::affected_tasks::{Destination, move_to};
use super::answer::ChangedBeneficiary;
use super::case::{self, Case};
use super::checks;
use super::model::NewStay;
use crate::area::map::Map;
use crate::beneficiary::model::Particulars;
use crate::beneficiary::stay::{Stay, StayAddress, StayKind};
use crate::beneficiary::store::BeneficiaryRow;
use crate::clock;
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem};
use crate::task::beneficiary::of_beneficiary;

/// The longest stay; a longer one is a move.
const LONGEST: Days = Days::new(366);

/// Gives the beneficiary this stay, in place of the one before: there is one at a time. Visits in
/// its days follow.
///
/// # Errors
/// 403; 404; 409 for an ended beneficiary; 412 or 428 if the command is not based on the current
/// version; 422.
pub(super) fn put(
    case: &mut Case<'_, '_>,
    map: &Map,
    id: BeneficiaryId,
    new: &NewStay,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let row = case.row(id, Action::EditBeneficiaries)?;
    let mut particulars = row.particulars(case.key)?;
    let today = clock::day(case.tx.now);
    let present = row.stay(&particulars).filter(|stay| !stay.is_over(today));
    let stay = stay_of(new, present.map(|stay| stay.at.kind));
    let mut next = row.clone();
    let is_new = row.stay(&particulars).as_ref() != Some(&stay);
    if is_new {
        row.check_current(case.key)?;
        case.based_on(&row, base)?;
        let conn = case.tx.read_unbatched();
        let mut errors = checks::location(conn, map, case.principal, stay.grid, new.place)?;
        errors.extend(days(&stay, today));
        Problem::refuse(errors)?;
        let ends = |old: &Stay| old.is_over(today) || stay.at.kind != StayKind::Hospital;
        if let Some(old) = row.stay(&particulars).filter(ends) {
            particulars.leave(&old, today);
        }
        particulars.stay = Some(stay.at.clone());
        next = case.replace(&row, staying(&row, Some(&stay)), Some(&particulars))?;
    }
    let changed = visits_follow(case, &next, &particulars)?;
    if is_new {
        let Stay { grid, first_day, last_day, .. } = stay;
        let body = json!({ "grid": grid, "first_day": first_day, "last_day": last_day });
        case::record(case.tx, case.actor(), "beneficiary.stay", (&row, &next), body)?;
    }
    Ok(changed)
}

/// Ends the stay; visits return to the home. A beneficiary without a stay stays as it is.
///
/// # Errors
/// 403; 404; 412 or 428 if the command is not based on the current version.
pub(super) fn delete(
    case: &mut Case<'_, '_>,
    id: BeneficiaryId,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let row = case.row(id, Action::EditBeneficiaries)?;
    let mut particulars = row.particulars(case.key)?;
    let Some(stay) = row.stay(&particulars) else {
        return visits_follow(case, &row, &particulars);
    };
    case.based_on(&row, base)?;
    particulars.leave(&stay, clock::day(case.tx.now));
    let next = case.replace(&row, staying(&row, None), Some(&particulars))?;
    let changed = visits_follow(case, &next, &particulars)?;
    case::record(case.tx, case.actor(), "beneficiary.stay_end", (&row, &next), json!({}))?;
    Ok(changed)
}

/// Places the unfinished tasks by their days.
fn visits_follow(
    case: &mut Case<'_, '_>,
    row: &BeneficiaryRow,
    particulars: &Particulars,
) -> Result<ChangedBeneficiary, Problem> {
    let rows = of_beneficiary::unfinished(case.tx.read()?, row.district, row.id)?;
    let to = Destination::of(row, particulars)?;
    let tasks = move_to(case.tx, case.actor(), &rows, &to, "beneficiary_stay")?;
    Ok(case.changed(row, tasks)?)
}

/// The stay; without a kind it has that of the present one.
fn stay_of(new: &NewStay, present: Option<StayKind>) -> Stay {
    let address = new.address.as_str().trim_matches(is_blank).to_owned();
    Stay {
        grid: new.grid,
        first_day: new.first_day,
        last_day: new.last_day,
        at: StayAddress {
            address,
            place: new.place,
            kind: new.kind.or(present).unwrap_or_default(),
        },
    }
}

/// The row with the days and the grid of the stay.
pub(super) fn staying(row: &BeneficiaryRow, stay: Option<&Stay>) -> BeneficiaryRow {
    BeneficiaryRow {
        stay_grid: stay.map(|stay| stay.grid),
        stay_from: stay.map(|stay| stay.first_day),
        stay_to: stay.map(|stay| stay.last_day),
        ..row.clone()
    }
}

/// An error for each day that no stay of today may have.
fn days(stay: &Stay, today: NaiveDate) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (pointer, day) in [("/first_day", stay.first_day), ("/last_day", stay.last_day)] {
        if let Err(error) = clock::within_reach(&day) {
            errors.push(FieldError::new(pointer, error));
        }
    }
    let longest = stay.first_day.checked_add_days(LONGEST).unwrap_or(NaiveDate::MAX);
    let detail = if stay.last_day < stay.first_day {
        Some("must not be before first_day")
    } else if stay.is_over(today) {
        Some("must not be before today")
    } else {
        (stay.last_day > longest).then_some("must be at most 366 days after first_day")
    };
    errors.extend(detail.map(|detail| FieldError::new("/last_day", detail)));
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stay_ends_after_it_begins_today_or_later_within_a_year() {
        let day = |n: u64| {
            let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
            first.checked_add_days(Days::new(n)).expect("a day")
        };
        let wrong = |first: u64, last: u64| {
            let stay = NewStay {
                grid: "500116001002001".parse().expect("a code"),
                address: "北门2号".parse().expect("an address"),
                place: gridward_domain::place::Place::new(29.0, 106.0).expect("a place"),
                first_day: day(first),
                last_day: day(last),
                kind: None,
            };
            let errors = days(&stay_of(&stay, None), day(100));
            errors.into_iter().map(|error| error.detail).next()
        };
        assert_eq!([wrong(90, 100), wrong(100, 100), wrong(200, 566)], [None, None, None]);
        assert_eq!(wrong(110, 109).as_deref(), Some("must not be before first_day"));
        assert_eq!(wrong(90, 99).as_deref(), Some("must not be before today"));
        let long = "must be at most 366 days after first_day";
        assert_eq!(wrong(100, 467).as_deref(), Some(long));
    }
}
