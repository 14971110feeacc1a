//! Checks that a request names an area that the district has or had: a list of an area that never was
//! is no empty list, but an error of the caller.

use gridward_domain::area::{AreaCode, Level};

use super::store;
use crate::db::Conn;
use crate::http::problem::{FieldError, Problem};
use crate::tx::Db;

fn error(pointer: &str, area: AreaCode) -> FieldError {
    FieldError::new(pointer, format!("there is no area {area}"))
}

/// Checks the `area` of a query, if there is one.
///
/// # Errors
/// 404 that names it.
pub async fn in_query(db: &Db, area: Option<AreaCode>) -> Result<(), Problem> {
    parameter(db, "area", area).await
}

/// Checks the area in the parameter `name` of a query, if there is one.
///
/// # Errors
/// 404 that names it.
pub async fn parameter(db: &Db, name: &'static str, area: Option<AreaCode>) -> Result<(), Problem> {
    let Some(area) = area else { return Ok(()) };
    match db.read(move |conn| store::one(conn, &area)).await.map_err(Problem::from)? {
        Some(_) => Ok(()),
        None => Err(Problem::not_found().with(error(name, area))),
    }
}

/// The level of the areas to list of this one: the `by` of a query, else the usual level, or that of the area
/// if it is smaller.
///
/// # Errors
/// 422 that names `by`, a level above the area.
pub fn level_in(area: AreaCode, by: Option<Level>, usual: Level) -> Result<Level, Problem> {
    match by {
        Some(by) if by < area.level() => {
            let detail = format!("must be no level above that of the area, {}", area.level());
            Err(Problem::invalid("by", detail))
        }
        by => Ok(by.unwrap_or(usual).max(area.level())),
    }
}

/// Checks the area in a body.
///
/// # Errors
/// 422 that names it.
pub fn in_body(conn: &mut Conn, area: AreaCode, pointer: &str) -> Result<(), Problem> {
    match store::one(conn, &area)? {
        Some(_) => Ok(()),
        None => Err(Problem::invalid(pointer, error(pointer, area).detail)),
    }
}
