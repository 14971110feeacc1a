//! The HTTP endpoint for measures.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{Days, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Action;
use serde::Deserialize;
use utoipa::IntoParams;

use super::AreaMeasures;
use super::read::{self, Period};
use crate::auth::Authenticated;
use crate::clock::{self, Clock, within_reach};
use crate::http::day::check_period;
use crate::http::problem::Problem;
use crate::http::{Query, openapi};
use crate::tx::Db;

/// The days after the first that a period may cover: a leap year.
const MOST_DAYS: i64 = 365;
/// The days of a period that is not given: four weeks.
const USUAL_DAYS: Days = Days::new(27);

/// The period.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// The first day. Default: 27 days before the last one.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    from: Option<NaiveDate>,
    /// The last day, at most 365 days after the first. Default: yesterday.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    to: Option<NaiveDate>,
}

impl PeriodQuery {
    fn period(self, today: NaiveDate) -> Result<Period, Problem> {
        let to = self.to.unwrap_or_else(|| today.pred_opt().unwrap_or(today));
        let from = self.from.unwrap_or_else(|| to.checked_sub_days(USUAL_DAYS).unwrap_or(to));
        for (name, day) in [("to", to), ("from", from)] {
            within_reach(&day).map_err(|error| Problem::invalid(name, error))?;
        }
        check_period(from, to, MOST_DAYS)?;
        Ok(Period { from, to })
    }
}

/// Get the measures of an area
///
/// Over a period: the tasks that were due and not served; the visits that were late, and those by a
/// person whom the beneficiary knows; how evenly work is shared; the journeys; and the days from
/// need to help. No figure refers to a person. Allowed roles: managers, supervisors and admins.
#[utoipa::path(
    tag = "areas",
    operation_id = "get_area_measures",
    params(("code" = AreaCode, Path, description = "The area"), PeriodQuery),
    responses((status = OK, description = "The measures", body = AreaMeasures), openapi::ReadDays),
)]
#[get("/areas/{code}/measures")]
pub(crate) async fn get_area_measures(
    db: Data<Db>,
    clock: Data<Clock>,
    Authenticated(principal): Authenticated,
    code: Path<AreaCode>,
    Query(query): Query<PeriodQuery>,
) -> Result<HttpResponse, Problem> {
    let today = clock::day((clock)());
    let code = *code;
    principal.authorize(Action::ReadBeneficiaries, &code)?;
    let period = query.period(today)?;
    let found = db.read(move |conn| read::measures(conn, &principal, code, period, today)).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(found))
}
