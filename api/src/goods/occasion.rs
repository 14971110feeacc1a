//! The occasions for which volunteers hand out goods: those that the district has.

use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::campaign::CampaignState;
use gridward_domain::code::OccasionCode;
use gridward_domain::range::CalendarYear;

use crate::db::schema::campaigns;
use crate::db::{Conn, DbError};
use crate::holiday;
use crate::http::problem::Problem;

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
