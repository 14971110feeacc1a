//! Who of the members of a campaign gets which of its items: by one function for the launch and for all that shows it
//! before. What is handed out without a plan is compared with it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::iter;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{Household, Occasion};
use gridward_domain::code::ItemCode;
use gridward_domain::goods::HandoutState;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::range::GoodsQuantity;

use super::plan::{GoodsPer, ItemForEach, Pieces, once};
use super::store::ItemRow;
use crate::beneficiary::home::Home;
use crate::beneficiary::household;
use crate::beneficiary::store::BeneficiaryRow;
use crate::db::schema::{campaigns, handouts};
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};

/// What is read for a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// What concerns the homes: for a few.
    Homes,
    /// That of the whole district, by one query instead of one for every few homes.
    District,
}

/// Who gets what of the items.
pub(super) struct Chosen<'a> {
    /// Those who get one of them, without a hand-out yet.
    pub(super) new: Vec<(&'a Home, &'a (ItemRow, ItemForEach))>,
    /// The pieces that are to be handed out, by these or by earlier campaigns.
    pub(super) open: Pieces,
}

/// Chooses who of these beneficiaries, in the order of their ids, gets which of the items: all but those that have one
/// or are not entitled to it, whose household is served with one of an item for households or gets its plaque, at whose
/// door the plaque is there already, or from whom it is withdrawn.
///
/// # Errors
/// [`DbError`].
pub(super) fn choose<'a>(
    conn: &mut Conn,
    of: (AreaCode, &Occasion),
    items: &'a [(ItemRow, ItemForEach)],
    homes: &'a [Home],
    extent: Extent,
) -> Result<Chosen<'a>, DbError> {
    let members = members(conn, of.0, items, (homes, extent))?;
    let ids = (extent == Extent::Homes).then(|| {
        let homes = homes.iter().map(|home| home.id);
        homes.chain(members.keys().copied()).collect()
    });
    let handouts = handouts_of(conn, of, items, ids)?;
    let known: HashSet<(BeneficiaryId, &ItemCode)> =
        handouts.iter().map(|(home, item, ..)| (*home, item)).collect();
    let planned = handouts.iter().filter(|(_, _, state, _)| *state == HandoutState::Planned);
    let mut open: Pieces =
        planned.map(|(home, item, _, quantity)| ((*home, item.clone()), *quantity)).collect();
    let mut served = served(items, &members, &handouts);
    let mut new = Vec::with_capacity(homes.len());
    for one in items {
        let (item, each) = one;
        let (hung, is_shared) = (hung(conn, item, (homes, extent))?, is_for_households(one));
        for home in homes {
            let is_entitled = item.is_for(home.categories.members());
            if !is_entitled || known.contains(&(home.id, &item.code)) || hung.contains(&home.id) {
                continue;
            }
            let household = home.household.as_ref().filter(|_| is_shared);
            if household.is_some_and(|household| !served.insert((household, &item.code))) {
                continue;
            }
            new.push((home, one));
            open.insert((home.id, item.code.clone()), each.quantity);
        }
    }
    Ok(Chosen { new, open })
}

/// Whether one member of each household gets the item.
pub(super) fn is_for_households((item, each): &(ItemRow, ItemForEach)) -> bool {
    item.plaque.is_some() || each.per == Some(GoodsPer::Household)
}

/// Checks that no member of the household has the item for the occasion, or is to get it, by a campaign that plans one for
/// each household. That one plaque hangs there is checked by the entries.
///
/// It knows the hand-outs that a campaign has planned. Where a member had got the item by hand before the launch, this
/// plans none for the household, and what is handed out there later without a plan is not refused: whom the campaign
/// would have reached is not known any more.
///
/// # Errors
/// 409; those of the database.
pub(super) fn check_household(
    conn: &mut Conn,
    (home, item): (&BeneficiaryRow, &ItemRow),
    occasion: &Occasion,
) -> Result<(), Problem> {
    let household = home.household.as_ref().filter(|_| item.plaque.is_none());
    let Some(household) = household else { return Ok(()) };
    let members = household::members_of(conn, home.district, Some(iter::once(household)))?;
    let members: Vec<BeneficiaryId> = members.into_keys().collect();
    let planned_by = campaigns::id.eq(handouts::campaign.assume_not_null());
    let items_of_campaigns: Vec<String> = handouts::table
        .inner_join(campaigns::table.on(planned_by))
        .filter(handouts::district.eq(home.district))
        .filter(campaigns::district.eq(home.district))
        .filter(handouts::beneficiary.eq_any(members))
        .filter(handouts::item.eq(&item.code))
        .filter(handouts::occasion.eq(occasion))
        .filter(handouts::state.ne(HandoutState::Returned))
        .select(campaigns::items)
        .load(conn)?;
    for items in items_of_campaigns {
        let items: Vec<ItemForEach> =
            serde_json::from_str(&items).map_err(|error| DbError::corrupt("campaigns", error))?;
        let is_shared = |one: &ItemForEach| one.per == Some(GoodsPer::Household);
        if items.iter().any(|one| one.item == item.code && is_shared(one)) {
            let error =
                FieldError::new("/beneficiary_id", "another member of the household gets it");
            return Err(Problem::from(ProblemCode::HandoutDone).with(error));
        }
    }
    Ok(())
}

/// The members of households, with their household.
type Members = BTreeMap<BeneficiaryId, Household>;

/// The members of the households of these beneficiaries; none if no item is for households.
fn members(
    conn: &mut Conn,
    district: AreaCode,
    items: &[(ItemRow, ItemForEach)],
    (homes, extent): (&[Home], Extent),
) -> Result<Members, DbError> {
    if !items.iter().any(is_for_households) {
        return Ok(Members::new());
    }
    household::members_of(conn, district, households(homes, extent))
}

/// The households of the homes; `None`: all of the district.
fn households(homes: &[Home], extent: Extent) -> Option<impl Iterator<Item = &Household>> {
    let of_homes = || homes.iter().filter_map(|home| home.household.as_ref());
    (extent == Extent::Homes).then(of_homes)
}

/// A hand-out.
type Handed = (BeneficiaryId, ItemCode, HandoutState, GoodsQuantity);

/// The hand-outs of the items for the occasion, to these beneficiaries or to all.
fn handouts_of(
    conn: &mut Conn,
    (district, occasion): (AreaCode, &Occasion),
    items: &[(ItemRow, ItemForEach)],
    beneficiaries: Option<BTreeSet<BeneficiaryId>>,
) -> Result<Vec<Handed>, DbError> {
    let once = once()?;
    let codes: Vec<&ItemCode> = items.iter().map(|(item, _)| &item.code).collect();
    let mut query = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::occasion.eq_any([occasion, &once]))
        .filter(handouts::item.eq_any(codes))
        .select((handouts::beneficiary, handouts::item, handouts::state, handouts::quantity))
        .into_boxed();
    if let Some(beneficiaries) = beneficiaries {
        query = query.filter(handouts::beneficiary.eq_any(beneficiaries));
    }
    Ok(query.load(conn)?)
}

/// The households that are served with an item for households.
type Served<'a> = HashSet<(&'a Household, &'a ItemCode)>;

/// The households in which a member has one of the items for households, or is to get the plaque.
fn served<'a>(
    items: &[(ItemRow, ItemForEach)],
    members: &'a Members,
    handouts: &'a [Handed],
) -> Served<'a> {
    let serves = |(item, each): &(ItemRow, ItemForEach), state: HandoutState| match &item.plaque {
        Some(_) => state == HandoutState::Planned,
        None => each.per == Some(GoodsPer::Household) && state != HandoutState::Returned,
    };
    let serving = handouts.iter().filter(|(_, code, state, _)| {
        items.iter().any(|one| one.0.code == *code && serves(one, *state))
    });
    serving.filter_map(|(home, item, ..)| Some((members.get(home)?, item))).collect()
}

/// Those of these beneficiaries at whose door the plaque is there, by the rule of the item and by any entry of the
/// household, and those from whom a case has withdrawn it; none for an item that is no plaque.
fn hung(
    conn: &mut Conn,
    item: &ItemRow,
    (homes, extent): (&[Home], Extent),
) -> Result<HashSet<BeneficiaryId>, DbError> {
    let Some(rule) = &item.plaque else { return Ok(HashSet::new()) };
    let present = rule.value().covering();
    let households = households(homes, extent);
    let households = household::those_with_plaque(conn, item.district, &present, households)?;
    let has = |home: &&Home| {
        let of_household = home.household.as_ref().is_some_and(|one| households.contains(one));
        of_household || present.contains(&home.plaque) || rule.value().is_withdrawn(&home.plaque)
    };
    Ok(homes.iter().filter(has).map(|home| home.id).collect())
}
