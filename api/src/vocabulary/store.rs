//! Queries for vocabularies.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;

use super::model::{Vocabularies, Vocabulary, VocabularyName};
use crate::db::schema::vocabularies;
use crate::db::{Conn, DbError};

const TABLE: &str = "vocabularies";

#[derive(Queryable, Insertable)]
#[diesel(table_name = vocabularies)]
struct VocabularyRow {
    district: AreaCode,
    name: VocabularyName,
    words: String,
    version: i64,
}

impl VocabularyRow {
    fn vocabulary(self) -> Result<Vocabulary, DbError> {
        let words = serde_json::from_str(&self.words);
        let words = words.map_err(|error| DbError::corrupt(TABLE, error))?;
        Ok(Vocabulary { name: self.name, words, version: self.version })
    }
}

/// The vocabularies of the district.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<Vocabularies, DbError> {
    let rows: Vec<VocabularyRow> =
        vocabularies::table.filter(vocabularies::district.eq(district)).load(conn)?;
    let changed: Result<Vec<Vocabulary>, DbError> =
        rows.into_iter().map(VocabularyRow::vocabulary).collect();
    Ok(Vocabularies::of(changed?))
}

/// The vocabulary of this name.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    name: VocabularyName,
) -> Result<Vocabulary, DbError> {
    let row: Option<VocabularyRow> =
        vocabularies::table.find((district, name)).first(conn).optional()?;
    Ok(row.map(VocabularyRow::vocabulary).transpose()?.unwrap_or_else(|| Vocabulary::initial(name)))
}

/// Writes the vocabulary in place of its version `before`.
///
/// # Errors
/// [`DbError::Collision`] if that is no longer the current version.
pub fn replace(
    conn: &mut Conn,
    district: AreaCode,
    before: i64,
    next: &Vocabulary,
) -> Result<(), DbError> {
    let words = serde_json::to_string(&next.words);
    let words = words.map_err(|error| DbError::corrupt(TABLE, error))?;
    let row = vocabularies::table.find((district, next.name));
    let current = row.filter(vocabularies::version.eq(before));
    let changes = (vocabularies::words.eq(&words), vocabularies::version.eq(next.version));
    if diesel::update(current).set(changes).execute(conn)? == 1 {
        return Ok(());
    }
    // The first change of this vocabulary, unless another process has made one since.
    let there: i64 = row.count().get_result(conn)?;
    if there > 0 {
        return Err(DbError::Collision);
    }
    let row = VocabularyRow { district, name: next.name, words, version: next.version };
    diesel::insert_into(vocabularies::table).values(&row).execute(conn)?;
    Ok(())
}
