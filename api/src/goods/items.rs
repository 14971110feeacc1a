//! Creates and changes the items of the district.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::code::ItemCode;

use super::model::{GoodsItem, GoodsItemContent};
use super::store::{self, ItemRow};
use crate::case::{CaseKind, kind_store};
use crate::db::DbError;
use crate::db::column::JsonColumn;
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem};
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
    let GoodsItemContent { name, name_en, unit, has_serial, once, needs_receipt, .. } = content;
    let GoodsItemContent { active, plaque, keep_years, .. } = content;
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
        keep_years,
        version,
    };
    store::put_item(tx.write_unbatched(), old.as_ref(), &next)?;
    let action = if old.is_some() { "goods_item.change" } else { "goods_item.create" };
    let event = Event::new(action, Subject::GoodsItem, &next.code, district, version);
    tx.record(event.by(principal.person));
    Ok((next.item(), old.is_none()))
}

/// Checks the rule of the plaque: its words are words of the district, each usable or in the item already, and its
/// cases are of kinds and classes of the district.
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
    let before = old.and_then(|old| old.plaque.as_ref()).map(JsonColumn::value);
    let is_held = |code| before.is_some_and(|rule| rule.states().any(|(_, state)| state == code));
    let states =
        rule.states().filter(|(_, state)| !is_held(*state)).filter_map(|(field, state)| {
            let unusable = words.get(VocabularyName::PlaqueStates).usable(state.as_str()).err()?;
            Some(FieldError::new(format!("/plaque/{field}"), unusable))
        });
    let is_named = |code| before.is_some_and(|rule| rule.entitled.contains(code));
    let entitled = rule.entitled.iter().filter(|code| !is_named(*code)).filter_map(|code| {
        let unusable = words.get(VocabularyName::Categories).usable(code.as_str()).err()?;
        Some(FieldError::new("/plaque/entitled", unusable))
    });
    let mut errors: Vec<FieldError> = states.chain(entitled).collect();
    let cases = [("withdrawal", &rule.withdrawal), ("restoration", &rule.restoration)];
    for (field, case) in cases.into_iter().filter_map(|(field, case)| Some((field, case.as_ref()?)))
    {
        let kind = kind_store::one(tx.read_unbatched(), district, &case.kind)?;
        let has_class = |kind: &CaseKind| {
            let class = case.class.as_ref();
            class.is_none_or(|code| kind.classes.iter().any(|class| class.code == *code))
        };
        let (part, detail) = match kind {
            None => ("kind", "is no kind of case"),
            Some(kind) if !has_class(&kind) => ("class", "is no class of the kind"),
            Some(_) => continue,
        };
        errors.push(FieldError::new(format!("/plaque/{field}/{part}"), detail));
    }
    Problem::refuse(errors)
}
