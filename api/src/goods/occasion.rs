//! The occasions for which goods are handed out. Who does not manage goods names those that the district has.

use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{Occasion, TextError};
use gridward_domain::campaign::CampaignState;
use gridward_domain::code::OccasionCode;
use gridward_domain::range::CalendarYear;
use icu_normalizer::ComposingNormalizerBorrowed;

use super::store::ItemRow;
use crate::db::schema::campaigns;
use crate::db::{Conn, DbError};
use crate::holiday;
use crate::http::problem::Problem;

/// The occasion of an item that a beneficiary gets a single time.
pub(super) const ONCE: &str = "once";

/// The occasion as it is compared and stored: in small letters, without blanks at its ends, and with
/// full-width and other compatible characters as usual ones, so that an item is not handed out again for the
/// same occasion in another spelling.
///
/// # Errors
/// 422 for one that is too long then.
pub(super) fn normal(sent: &Occasion) -> Result<Occasion, Problem> {
    let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(sent.as_str());
    let normal = plain.trim().to_lowercase().parse();
    normal.map_err(|error: TextError| Problem::invalid("/occasion", error.to_string()))
}

/// The occasion under which the item is handed out once.
///
/// # Errors
/// 422.
pub(super) fn of(item: &ItemRow, sent: Option<&Occasion>) -> Result<Occasion, Problem> {
    let once = || ONCE.parse::<Occasion>().map_err(|_| Problem::invalid("/occasion", "is invalid"));
    match sent {
        Some(sent) if !item.once && sent.as_str() != ONCE => Ok(sent.clone()),
        Some(sent) if item.once && sent.as_str() != ONCE => Err(Problem::invalid(
            "/occasion",
            "is not for an item that is handed out a single time",
        )),
        _ if item.once => once(),
        _ => Err(Problem::invalid("/occasion", "is required for this item")),
    }
}

/// Checks that the occasion is that of a campaign which is approved, or a feast of a year.
///
/// # Errors
/// 422 that names it.
pub(super) fn check(
    conn: &mut Conn,
    district: AreaCode,
    occasion: &Occasion,
) -> Result<(), Problem> {
    if is_known(conn, district, occasion)? {
        return Ok(());
    }
    let detail = "must be the occasion of a campaign, or a feast with its year";
    Err(Problem::invalid("/occasion", detail))
}

fn is_known(conn: &mut Conn, district: AreaCode, occasion: &Occasion) -> Result<bool, DbError> {
    let parts = occasion.as_str().rsplit_once('_').and_then(|(code, year)| {
        Some((code.parse::<OccasionCode>().ok()?, year.parse::<CalendarYear>().ok()?))
    });
    let Some((code, year)) = parts else { return Ok(false) };
    let of_campaign = campaigns::table
        .filter(campaigns::district.eq(district))
        .filter(campaigns::occasion.eq(&code))
        .filter(campaigns::year.eq(year))
        .filter(campaigns::state.ne(CampaignState::Draft));
    if diesel::select(exists(of_campaign)).get_result(conn)? {
        return Ok(true);
    }
    Ok(holiday::occasion::day(conn, district, code.as_str(), year)?.is_some())
}
