//! Memorial sites as the members of a regime: the rounds that tend them are tasks at their places.
//!
//! A member has an id of the form of a beneficiary's. That of a site is derived from its id in the register,
//! which is a text, so both have the same table and the same guarantees.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use gridward_domain::area::AreaCode;
use gridward_domain::id::BeneficiaryId;
use uuid::Uuid;

use super::members::Candidate;
use crate::db::{Conn, DbError};
use crate::memorial::{self, Memorial};

/// The number of sites in the area.
///
/// # Errors
/// [`DbError`].
pub(super) fn count(conn: &mut Conn, area: AreaCode) -> Result<i64, DbError> {
    let sites = memorial::store::all(conn, &area.range())?;
    Ok(i64::try_from(sites.len()).unwrap_or(i64::MAX))
}

/// The sites in the area as members. What a site has had is known of its tasks alone.
///
/// # Errors
/// [`DbError`].
pub(super) fn candidates(conn: &mut Conn, area: AreaCode) -> Result<Vec<Candidate>, DbError> {
    let sites = memorial::store::all(conn, &area.range())?;
    let of = |site: &Memorial| {
        let id = member_id(site);
        Candidate { id, grid: site.grid, anchor: None, contact: None }
    };
    Ok(sites.iter().map(of).collect())
}

/// The sites in the area by their ids as members.
///
/// # Errors
/// [`DbError`].
pub(super) fn by_member(
    conn: &mut Conn,
    area: AreaCode,
) -> Result<HashMap<BeneficiaryId, Memorial>, DbError> {
    let sites = memorial::store::all(conn, &area.range())?;
    Ok(sites.into_iter().map(|site| (member_id(&site), site)).collect())
}

fn member_id(site: &Memorial) -> BeneficiaryId {
    let hash = digest(&SHA256, format!("memorial {}", site.id).as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.as_ref()).for_each(|(byte, hashed)| *byte = *hashed);
    BeneficiaryId(Uuid::from_bytes(bytes))
}
