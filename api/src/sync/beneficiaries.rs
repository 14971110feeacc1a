//! Beneficiaries in the form that phones receive: in clear for the current visitor,
//! masked for everybody else with them in scope.

use std::collections::HashMap;
use std::sync::Arc;

use gridward_domain::area::AreaCode;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::place::Place;
use gridward_domain::range::BirthYear;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::model::{Change, RowType};
use super::row_cache::{RowCache, json};
use super::scope::{Scope, View};
use super::store::{self, BeneficiaryKey};
use crate::beneficiary::store::{BeneficiaryRow, rows};
use crate::beneficiary::{Category, model};
use crate::crypto::{SealingKey, mask};
use crate::db::{Conn, DbError};

/// A beneficiary in the form that phones receive: with the fields that a visitor needs,
/// or masked, with the fields needed to choose a visit.
#[derive(Debug, Serialize, ToSchema)]
pub struct BeneficiaryCard {
    /// The beneficiary's id.
    id: BeneficiaryId,
    /// The responsible grid.
    grid: AreaCode,
    /// In clear for the current visitor, masked otherwise.
    #[schema(max_length = 64, example = "王小明")]
    name: String,
    /// In clear for the current visitor, masked otherwise.
    #[schema(max_length = 20, example = "10012345678")]
    phone: String,
    /// Only for the current visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    address: Option<String>,
    /// Which of the three hardships apply; only for the current visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 3, value_type = Option<Vec<model::Hardship>>)]
    hardships: Option<model::Hardships>,
    /// The category of entitlement.
    category: Category,
    /// The year, four digits.
    birth_year: BirthYear,
    /// The location of the home, WGS-84.
    place: Place,
    /// Whether the beneficiary lives alone.
    lives_alone: bool,
    /// The degree of mobility.
    mobility: model::Mobility,
    /// The preferred form of contact.
    contact: model::Contact,
    /// The state of the plaque 光荣之家 at the door.
    plaque: model::Plaque,
}

fn card(row: &BeneficiaryRow, key: &SealingKey, view: View) -> Result<BeneficiaryCard, DbError> {
    let opened = row.particulars(key)?;
    let clear = view == View::Clear;
    let (name, phone) = if clear {
        (opened.name, opened.phone)
    } else {
        (mask::name(&opened.name), mask::phone(&opened.phone))
    };
    Ok(BeneficiaryCard {
        id: row.id,
        grid: row.grid,
        name,
        phone,
        address: clear.then_some(opened.address),
        hardships: clear.then_some(opened.hardships),
        category: row.category,
        birth_year: row.birth_year,
        place: row.home()?,
        lives_alone: row.lives_alone,
        mobility: row.mobility,
        contact: row.contact,
        plaque: row.plaque,
    })
}

/// The beneficiaries of `keys`, each in its view, in the same order.
pub(super) fn changes(
    conn: &mut Conn,
    cards: &RowCache,
    key: &SealingKey,
    district: AreaCode,
    keys: &[(BeneficiaryKey, View)],
) -> Result<Vec<Change>, DbError> {
    let mut seen: HashMap<BeneficiaryId, (i64, Arc<RawValue>)> = HashMap::with_capacity(keys.len());
    let mut unseen = HashMap::new();
    for (one, view) in keys {
        let kept = match view {
            View::Masked => cards.get(district, RowType::Beneficiary, one.id.0, one.version),
            View::Clear => None,
        };
        match kept {
            Some(json) => drop(seen.insert(one.id, (one.version, json))),
            None => drop(unseen.insert(one.id, *view)),
        }
    }
    let ids: Vec<BeneficiaryId> = unseen.keys().copied().collect();
    for row in rows(conn, district, &ids)? {
        let view = unseen.get(&row.id).copied().unwrap_or(View::Masked);
        let json = json(&card(&row, key, view)?)?;
        if view == View::Masked {
            cards.keep(district, RowType::Beneficiary, row.id.0, row.version, &json);
        }
        seen.insert(row.id, (row.version, json));
    }
    let changes = keys.iter().filter_map(|(one, _)| {
        let (version, data) = seen.remove(&one.id)?;
        Some(Change { r#type: RowType::Beneficiary, id: one.id.to_string(), version, data })
    });
    Ok(changes.collect())
}

/// The person's view of each of these beneficiaries, by their area or their tasks;
/// invisible ones are omitted.
pub(super) fn views(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[BeneficiaryId],
) -> Result<Vec<(BeneficiaryKey, View)>, DbError> {
    let keys = store::beneficiary_keys(conn, scope.area().district(), ids)?;
    let mut by_task: HashMap<BeneficiaryId, View> = HashMap::new();
    if scope.visits() {
        for (id, whose) in store::tasks_at(conn, scope, ids)? {
            if let Some(view) = scope.sees_by(whose) {
                let best = by_task.entry(id).or_insert(view);
                *best = (*best).max(view);
            }
        }
    }
    let seen = keys.into_iter().filter_map(|key| {
        let view = scope.sees_in(&key.grid).max(by_task.get(&key.id).copied())?;
        Some((key, view))
    });
    Ok(seen.collect())
}
