//! Beneficiaries in the form that phones receive: in clear for the visitor, masked for all
//! others with them in scope.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Household;
use gridward_domain::code::{Categories, Category, Hardship, Hardships, PlaqueState, Tag, Tags};
use gridward_domain::id::BeneficiaryId;
use gridward_domain::place::Place;
use gridward_domain::range::BirthYear;
use gridward_domain::visibility::{self, TaskFacts, View};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::model::{Change, json};
use super::row_cache::RowCache;
use super::row_type::RowType;
use super::scope::Scope;
use super::store::{self, BeneficiaryKey};
use crate::beneficiary::model::{self, NextOfKin};
use crate::beneficiary::stay::ShownStay;
use crate::beneficiary::store::{BeneficiaryRow, rows};
use crate::crypto::{SealingKey, mask};
use crate::db::{Conn, DbError};
use crate::person::Gender;
use crate::task;
use crate::task::beneficiary::visits::{self, Visit};

/// A beneficiary in the form that phones receive, in one of three views: `visitor`, what a visit
/// needs, in clear; `staff`, masked; `pool`, with the fields needed to choose a visit.
#[derive(Debug, Serialize, ToSchema)]
pub struct BeneficiaryCard {
    /// The beneficiary's id.
    id: BeneficiaryId,
    /// The responsible grid.
    grid: AreaCode,
    /// The view, which determines the fields.
    view: View,
    /// In clear for the visitor, masked otherwise.
    #[schema(max_length = 64, example = "王小明")]
    name: String,
    /// The centre of the home's cell of about 500 m, WGS-84; absent for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<Place>,
    /// The home, WGS-84; only for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    /// Only for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    address: Option<String>,
    /// The hardships, words of the vocabulary `hardships`; only for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200, value_type = Option<Vec<Hardship>>)]
    hardships: Option<Hardships>,
    /// In clear for the visitor, masked for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20, example = "10012345678")]
    phone: Option<String>,
    /// The categories of entitlement, words of the vocabulary `categories`; absent in the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 32, value_type = Option<Vec<Category>>)]
    categories: Option<Categories>,
    /// The tags, words of the vocabulary `tags`; absent in the pool or if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 32, value_type = Option<Vec<Tag>>)]
    tags: Option<Tags>,
    /// The number of the household, if it is known; only for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    household: Option<Household>,
    /// The year, four digits; absent in the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_year: Option<BirthYear>,
    /// Whether the beneficiary lives alone; absent in the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    lives_alone: Option<bool>,
    /// The degree of mobility; absent in the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    mobility: Option<model::Mobility>,
    /// The preferred form of contact; absent in the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<model::Contact>,
    /// The plaque 光荣之家 at the door, a word of the vocabulary `plaque_states`; absent in the
    /// pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    plaque: Option<PlaqueState>,
    /// The registered gender; absent in the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<Gender>,
    /// The day of the last contact; absent in the pool, for a visitor from another grid, or if there
    /// was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_contact: Option<NaiveDate>,
    /// A temporary stay, now or later: on its days a visit is there, not at home. In clear for the
    /// visitor, masked for staff, absent in the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    stay: Option<ShownStay>,
    /// Notes for those who visit; only for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    notes: Option<String>,
    /// People to call; only for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 5)]
    next_of_kin: Option<Vec<NextOfKin>>,
    /// The last visits, newest first; only for the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 3)]
    visits: Option<Vec<Visit>>,
}

/// The day of the last contact, for phones of an area with the home: a contact reaches no others.
fn contact_for(area: &AreaCode, grid: &AreaCode, day: Option<NaiveDate>) -> Option<NaiveDate> {
    day.filter(|_| area.contains(grid))
}

fn card(
    row: &BeneficiaryRow,
    key: &SealingKey,
    area: &AreaCode,
    view: View,
    visits: Vec<Visit>,
) -> Result<BeneficiaryCard, DbError> {
    let opened = row.particulars(key)?;
    let (clear, more) = (view == View::Visitor, view >= View::Staff);
    let stay = row.stay(&opened).filter(|_| more);
    let stay = stay.map(|stay| if clear { stay.revealed() } else { stay.masked() });
    let (name, phone) = if clear {
        (opened.name, opened.phone)
    } else {
        (mask::name(&opened.name), mask::phone(&opened.phone))
    };
    let position = view.home(row.home()?);
    Ok(BeneficiaryCard {
        id: row.id,
        grid: row.grid,
        view,
        name,
        cell: position.cell(),
        place: position.place(),
        address: clear.then_some(opened.address),
        hardships: clear.then_some(opened.hardships),
        phone: more.then_some(phone),
        categories: more.then(|| row.categories.members().clone()),
        tags: Some(row.tags.members().clone()).filter(|tags| more && !tags.is_empty()),
        household: row.household.clone().filter(|_| clear),
        birth_year: more.then_some(row.birth_year),
        lives_alone: more.then_some(row.lives_alone),
        mobility: more.then_some(row.mobility),
        contact: more.then_some(row.contact),
        plaque: more.then(|| row.plaque.clone()),
        gender: more.then_some(row.gender),
        last_contact: contact_for(area, &row.grid, row.last_contact).filter(|_| more),
        stay,
        notes: Some(opened.notes).filter(|notes| clear && !notes.is_empty()),
        next_of_kin: Some(opened.next_of_kin).filter(|kin| clear && !kin.is_empty()),
        visits: clear.then_some(visits),
    })
}

/// The beneficiaries of `keys` for a phone of `area`, each in its view, in the same order.
pub(super) fn changes(
    conn: &mut Conn,
    cards: &RowCache,
    key: &SealingKey,
    area: AreaCode,
    keys: &[(BeneficiaryKey, View)],
) -> Result<Vec<Change>, DbError> {
    let (kind, district) = (RowType::Beneficiary, area.district());
    let mut seen: HashMap<BeneficiaryId, (i64, Arc<RawValue>)> = HashMap::with_capacity(keys.len());
    let mut unseen = HashMap::new();
    for (one, view) in keys {
        let kept = match view {
            View::Visitor => None,
            View::Audit | View::Pool | View::Staff => {
                let contact = contact_for(&area, &one.grid, one.last_contact);
                cards.get(district, kind, one.id.0, (one.version, contact), *view)
            }
        };
        match kept {
            Some(json) => drop(seen.insert(one.id, (one.version, json))),
            None => drop(unseen.insert(one.id, *view)),
        }
    }
    let ids: Vec<BeneficiaryId> = unseen.keys().copied().collect();
    let visited = unseen.iter().filter(|(_, view)| **view == View::Visitor).map(|(id, _)| *id);
    let mut visits = visits::last(conn, key, district, &visited.collect::<Vec<_>>())?;
    for row in rows(conn, district, &ids)? {
        let view = unseen.get(&row.id).copied().unwrap_or(View::Pool);
        let visits = visits.remove(&row.id).unwrap_or_default();
        let json = json(&card(&row, key, &area, view, visits)?)?;
        if view != View::Visitor {
            let stamp = (row.version, contact_for(&area, &row.grid, row.last_contact));
            cards.keep(district, kind, (row.id.0, stamp, view), &json);
        }
        seen.insert(row.id, (row.version, json));
    }
    let changes = keys.iter().filter_map(|(one, _)| {
        let (version, data) = seen.remove(&one.id)?;
        Some(Change { r#type: kind, id: one.id.to_string(), version, data })
    });
    Ok(changes.collect())
}

/// The person's view of each of these beneficiaries, by their area or their tasks;
/// invisible ones are omitted.
pub(super) fn views(
    conn: &mut Conn,
    scope: &Scope,
    ids: &[BeneficiaryId],
    now: DateTime<Utc>,
) -> Result<Vec<(BeneficiaryKey, View)>, DbError> {
    let keys = store::beneficiary_keys(conn, scope.area().district(), ids)?;
    views_of(conn, scope, keys, now)
}

/// As [`views`], for keys that have been read.
pub(super) fn views_of(
    conn: &mut Conn,
    scope: &Scope,
    keys: Vec<BeneficiaryKey>,
    now: DateTime<Utc>,
) -> Result<Vec<(BeneficiaryKey, View)>, DbError> {
    let mut tasks: HashMap<BeneficiaryId, Vec<TaskFacts>> = HashMap::new();
    if scope.visits() {
        let ids: Vec<BeneficiaryId> = keys.iter().map(|key| key.id).collect();
        for (id, task) in task::store::facts_at(conn, scope.area().district(), &ids)? {
            tasks.entry(id).or_default().push(task);
        }
    }
    let seen = keys.into_iter().filter_map(|key| {
        let tasks = tasks.remove(&key.id).unwrap_or_default();
        let view = if key.valid_to.is_none() {
            visibility::of_beneficiary(scope.viewer(), &key.grid, tasks, now)
        } else {
            visibility::of_ended_beneficiary(scope.viewer(), tasks, now)
        };
        Some((key, view?))
    });
    Ok(seen.collect())
}
