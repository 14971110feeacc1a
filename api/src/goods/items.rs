//! Creates and changes the items of the district.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::code::ItemCode;

use super::model::{GoodsItem, GoodsItemContent};
use super::store::{self, ItemRow};
use crate::db::DbError;
use crate::db::column::JsonColumn;
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::tx::Tx;
use crate::vocabulary::{self, VocabularyName};

/// Gives the item this content; the flag says whether it is new. Content that it has already
/// changes nothing.
///
/// # Errors
/// 403; 412 or 428 if the decision is not based on the current version; 422.
pub fn put(
    tx: &mut Tx<'_>,
    principal: &Principal,
    code: ItemCode,
    content: GoodsItemContent,
    base: &IfMatch,
) -> Result<(GoodsItem, bool), Problem> {
    principal.may(Action::ConfigureDistrict)?;
    let district = principal.district();
    let old = store::item(tx.read_unbatched(), district, &code)?;
    if let Some(old) = &old {
        let shown = old.clone().item();
        if shown.content == content {
            return Ok((shown, false));
        }
        base.check(old.version, &shown)?;
    }
    check_plaque(tx, &content, old.as_ref())?;
    let GoodsItemContent { name, name_en, unit, has_serial, once, needs_receipt, active, plaque } =
        content;
    let plaque = plaque.map(JsonColumn::of).transpose();
    let plaque = plaque.map_err(|error| DbError::corrupt("goods_items", error))?;
    let version = old.as_ref().map_or(1, |old| old.version + 1);
    let next = ItemRow {
        district,
        code,
        name,
        name_en,
        unit,
        has_serial,
        once,
        needs_receipt,
        active,
        plaque,
        version,
    };
    store::put_item(tx.write_unbatched(), old.as_ref(), &next)?;
    let action = if old.is_some() { "goods_item.change" } else { "goods_item.create" };
    let event = Event::new(action, Subject::GoodsItem, &next.code, district, version);
    tx.record(event.by(principal.person));
    Ok((next.item(), old.is_none()))
}

/// Checks the states of the plaque: words of the district, each usable or in the item already.
fn check_plaque(
    tx: &mut Tx<'_>,
    content: &GoodsItemContent,
    old: Option<&ItemRow>,
) -> Result<(), Problem> {
    let Some(rule) = &content.plaque else { return Ok(()) };
    if !content.once {
        let detail = "is for an item that a beneficiary gets a single time";
        return Err(Problem::invalid("/plaque", detail));
    }
    let district = tx.district;
    let words = vocabulary::store::all(tx.read_unbatched(), district)?;
    let before = old.and_then(|old| old.plaque.as_ref());
    let is_held =
        |code| before.is_some_and(|rule| rule.value().states().any(|(_, state)| state == code));
    let errors =
        rule.states().filter(|(_, state)| !is_held(*state)).filter_map(|(field, state)| {
            let unusable = words.get(VocabularyName::PlaqueStates).usable(state.as_str()).err()?;
            Some(FieldError::new(format!("/plaque/{field}"), unusable))
        });
    let errors: Vec<FieldError> = errors.collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.into_iter().fold(Problem::from(ProblemCode::Invalid), Problem::with))
}
