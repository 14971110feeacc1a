//! Who has a case of a kind: a condition of audiences. A kind that is or was confidential is no condition, so that no
//! audience says who has such a case.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::{CaseOf, CaseProgress};
use gridward_domain::case::CaseResult;
use gridward_domain::code::CaseKindCode;

use super::CaseKind;
use super::kind_store::{self, OPEN_TO_ALL};
use crate::db::schema::{beneficiaries, case_kind_versions, case_kinds, cases};
use crate::db::{Conn, DbError};

/// Whether audiences may select by cases of the kind: it exists, and no version of it is confidential.
///
/// # Errors
/// [`DbError`].
pub fn is_selectable(
    conn: &mut Conn,
    district: AreaCode,
    code: &CaseKindCode,
) -> Result<bool, DbError> {
    let current = kind_store::one(conn, district, code)?;
    if current.as_ref().is_none_or(CaseKind::is_confidential) {
        return Ok(false);
    }
    let earlier = kind_store::confidential_versions(conn, district)?;
    Ok(!earlier.iter().any(|kind| kind.code == *code))
}

/// A condition on a beneficiary.
type Expression = Box<
    dyn BoxableExpression<
            beneficiaries::table,
            <Conn as diesel::Connection>::Backend,
            SqlType = Bool,
        >,
>;

/// Whether the beneficiary of the district has such a case. Once the kind has become confidential, no beneficiary has:
/// that is asked once for the query, not for each case.
pub fn having(of: &CaseOf, district: AreaCode) -> Expression {
    let kind = of.kind.as_str().to_owned();
    let confidential = case_kinds::table
        .filter(case_kinds::district.eq(district))
        .filter(case_kinds::code.eq(kind.clone()))
        .filter(case_kinds::content.not_like(OPEN_TO_ALL));
    let was_confidential = case_kind_versions::table
        .filter(case_kind_versions::district.eq(district))
        .filter(case_kind_versions::code.eq(kind.clone()))
        .filter(case_kind_versions::content.not_like(OPEN_TO_ALL));
    let own = cases::table
        .filter(cases::district.eq(district))
        .filter(cases::beneficiary.eq(beneficiaries::id.nullable()))
        .filter(cases::kind.eq(kind))
        .filter(not(exists(confidential)))
        .filter(not(exists(was_confidential)));
    match of.state {
        CaseProgress::Open => Box::new(exists(own.filter(cases::result.is_null()))),
        CaseProgress::Granted => {
            Box::new(exists(own.filter(cases::result.eq(CaseResult::Granted))))
        }
    }
}
