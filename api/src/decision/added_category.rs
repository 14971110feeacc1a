//! The category that the entry of a beneficiary gets as a case comes to a step, such as that of a holder of merits after
//! the delivery of the report.

use gridward_domain::id::PersonId;
use serde_json::{Map, Value, json};

use crate::beneficiary::store::{self, BeneficiaryRow};
use crate::case::entry_store;
use crate::case::row::CaseRow;
use crate::case::{CaseKind, CaseStepContent};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task::beneficiary::beneficiary_change;
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};

/// Adds the category of the step to which the case comes, unless the step excepts the case. A word that the district has
/// archived since is not added, and an entry that has ended keeps its own. Call it before the case is written: beneficiaries are locked before cases.
///
/// # Errors
/// [`DbError`].
pub(super) fn add(
    tx: &mut Tx<'_>,
    actor: PersonId,
    (kind, key): (&CaseKind, &SealingKey),
    row: &CaseRow,
) -> Result<(), DbError> {
    let Some((step, home)) = kind.step(&row.step).zip(row.beneficiary) else { return Ok(()) };
    let Some(category) = &step.adds_category else { return Ok(()) };
    let conn = tx.read_unbatched();
    if is_excepted(conn, key, step, row)? {
        return Ok(());
    }
    let categories = vocabulary::store::one(conn, row.district, VocabularyName::Categories)?;
    if categories.usable(category.as_str()).is_err() {
        return Ok(());
    }
    let entry = store::row(conn, &row.district.range(), home)?;
    let Some(entry) = entry.filter(BeneficiaryRow::is_current) else { return Ok(()) };
    let mut cause = Map::new();
    cause.insert("case".to_owned(), json!(row.id));
    beneficiary_change::add_category(tx, actor, &entry, category, cause)
}

/// Whether the case does not add the category of the step, by its class or by the last answer to the question of
/// the step.
fn is_excepted(
    conn: &mut Conn,
    key: &SealingKey,
    step: &CaseStepContent,
    row: &CaseRow,
) -> Result<bool, DbError> {
    let class = row.content(key)?.class.or_else(|| row.class.clone());
    if class.is_some_and(|class| step.adds_category_except.contains(&class)) {
        return Ok(true);
    }
    let Some(question) = &step.adds_category_unless else { return Ok(false) };
    let entries = entry_store::of_case(conn, key, (row.district, row.id))?;
    let mut answers = entries.iter().rev().filter_map(|entry| entry.answers.as_ref());
    Ok(answers.find_map(|answers| answers.get(question.as_str())) == Some(&Value::Bool(true)))
}
