//! The contacts of a day that satisfy visits which wait.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::regime::CadenceType;

use super::known_visits::KnownVisits;
use super::members::{self, MemberRow};
use super::store::{self, RegimeRow};
use super::withdraw;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError, in_batches};
use crate::task::beneficiary::last_visits;

/// The members whose last visit waits although a contact whose report arrived on the day has satisfied it, by active
/// regime. Those of regimes after needs are known to the run of the night alone, which opens their reports.
///
/// # Errors
/// [`DbError`].
pub(super) fn satisfied_on(
    conn: &mut Conn,
    district: AreaCode,
    day: NaiveDate,
) -> Result<Vec<(RegimeRow, Vec<MemberRow>)>, DbError> {
    let reported = last_visits::reported_on(conn, district, day)?;
    let rows = members::with_visits(conn, district, &reported)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<BeneficiaryId> = rows.iter().map(|member| member.beneficiary).collect();
    let contacts = last_contacts(conn, district, &ids)?;
    let mut satisfied = Vec::new();
    let active = store::all(conn, district)?.into_iter().filter(|regime| regime.active);
    for regime in active.filter(|regime| regime.cadence != CadenceType::AfterNeed) {
        // One that cannot be read fails in its run and holds up no other.
        let Ok(rule) = regime.rule() else { continue };
        let of_regime = rows.iter().filter(|member| member.regime == regime.id).cloned();
        let mut of_regime: Vec<MemberRow> = of_regime.collect();
        if of_regime.is_empty() {
            continue;
        }
        let known = KnownVisits::read(conn, &regime, Some(&ids))?;
        of_regime.retain(|member| {
            let (contact, visit) = contacts.get(&member.beneficiary).copied().unwrap_or_default();
            let contact = known.last(member.beneficiary, contact, visit);
            member.slot.is_some_and(|slot| rule.is_satisfied(slot, contact))
        });
        let waiting = withdraw::with_waiting_visit(conn, &regime, of_regime)?;
        if !waiting.is_empty() {
            satisfied.push((regime, waiting));
        }
    }
    Ok(satisfied)
}

/// The days of a beneficiary's last contact and last visit.
type LastContact = (Option<NaiveDate>, Option<NaiveDate>);

fn last_contacts(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<HashMap<BeneficiaryId, LastContact>, DbError> {
    type Columns = (BeneficiaryId, Option<NaiveDate>, Option<NaiveDate>);
    let rows: Vec<Columns> = in_batches(ids, |ids| {
        beneficiaries::table
            .filter(beneficiaries::district.eq(district))
            .filter(beneficiaries::id.eq_any(ids))
            .select((beneficiaries::id, beneficiaries::last_contact, beneficiaries::last_visit))
            .load(conn)
    })?;
    Ok(rows.into_iter().map(|(id, contact, visit)| (id, (contact, visit))).collect())
}
