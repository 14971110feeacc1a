//! The beneficiaries who belong to the audiences of regimes.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::regime::RegimeSubject;

use super::anchor::Anchors;
use super::known_visits::KnownVisits;
use super::members::Candidate;
use super::sites;
use super::store::RegimeRow;
use crate::audience::members as audience;
use crate::crypto::SealingKey;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError};

/// The beneficiaries who belong to the audience on the day, in the order of their ids.
///
/// # Errors
/// [`DbError`].
pub fn of(
    conn: &mut Conn,
    key: &SealingKey,
    regime: &RegimeRow,
    today: NaiveDate,
) -> Result<Vec<Candidate>, DbError> {
    type Columns = (BeneficiaryId, AreaCode, Option<NaiveDate>, Option<NaiveDate>);
    if regime.subject == RegimeSubject::Memorials {
        return sites::candidates(conn, regime.area);
    }
    let known = KnownVisits::read(conn, regime, None)?;
    let filter = regime.filter()?;
    if let Some(anchors) = Anchors::read(conn, key, regime, today)? {
        let mut candidates = Vec::new();
        audience::by_page(conn, (regime.area, &filter), today, |_, rows| {
            for row in rows {
                let anchor = anchors.of(&row, key, today)?;
                let of_entry = known.last(row.id, row.last_contact, row.last_visit);
                let contact = anchors.contact(&row, of_entry);
                candidates.push(Candidate { id: row.id, grid: row.grid, anchor, contact });
            }
            Ok(())
        })?;
        return Ok(candidates);
    }
    let query = audience::query(regime.area, &filter, today).order(beneficiaries::id);
    let columns = (
        beneficiaries::id,
        beneficiaries::grid,
        beneficiaries::last_contact,
        beneficiaries::last_visit,
    );
    let rows: Vec<Columns> = query.select(columns).load(conn)?;
    let of = |(id, grid, last_contact, last_visit)| {
        let contact = known.last(id, last_contact, last_visit);
        Candidate { id, grid, anchor: None, contact }
    };
    Ok(rows.into_iter().map(of).collect())
}
