//! Encrypts the classes of earlier cases of a kind whose class is sensitive from now on.

use std::collections::HashMap;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::CaseKindCode;

use super::kind_store;
use super::row::{CaseRow, CaseSealed};
use crate::crypto::SealingKey;
use crate::db::schema::cases;
use crate::db::{Conn, DbError};

/// Encrypts the classes of the cases of the kind, ended ones too; those on an earlier path that depends on the
/// class keep it.
///
/// # Errors
/// [`DbError`].
pub(super) fn seal_earlier(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    code: &CaseKindCode,
) -> Result<(), DbError> {
    let rows: Vec<CaseRow> = cases::table
        .filter(cases::district.eq(district))
        .filter(cases::kind.eq(code))
        .filter(cases::class.is_not_null())
        .select(CaseRow::as_select())
        .load(conn)?;
    let mut depends: HashMap<i64, bool> = HashMap::new();
    for row in rows {
        let depends = if let Some(known) = depends.get(&row.kind_version) {
            *known
        } else {
            let kind = kind_store::at(conn, district, code, row.kind_version)?;
            let found = kind.is_none_or(|kind| kind.path().depends_on_class());
            *depends.entry(row.kind_version).or_insert(found)
        };
        if depends {
            continue;
        }
        let content = CaseSealed { class: row.class.clone(), ..row.content(key)? };
        let sealed = CaseRow::seal(key, district, row.id, &content)?;
        diesel::update(cases::table.find((district, row.id)))
            .set((cases::class.eq(None::<String>), cases::sealed.eq(sealed)))
            .execute(conn)?;
    }
    Ok(())
}
