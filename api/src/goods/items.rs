//! Creates and changes the items of the district.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::code::ItemCode;

use super::model::{GoodsItem, GoodsItemContent};
use super::store::{self, ItemRow};
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Gives the item this content; the flag says whether it is new. Content that it has already
/// changes nothing.
///
/// # Errors
/// 403; 412 or 428 if the decision is not based on the current version.
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
    let GoodsItemContent { name, name_en, unit, has_serial, once, needs_receipt, active } = content;
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
        version,
    };
    store::put_item(tx.write_unbatched(), old.as_ref(), &next)?;
    let action = if old.is_some() { "goods_item.change" } else { "goods_item.create" };
    let event = Event::new(action, Subject::GoodsItem, &next.code, district, version);
    tx.record(event.by(principal.person));
    Ok((next.item(), old.is_none()))
}
