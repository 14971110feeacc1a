//! The lots of an item at a station, and those from which pieces are taken.
//!
//! A stock is the sum of its lots and of the pieces without a lot, none of which is negative. Pieces leave it first
//! expiring first: of the lots in the order of their last days of use, then of those without one, and of the pieces
//! without a lot last, of which no last day is known.

use chrono::NaiveDate;
use thiserror::Error;

use crate::bounded_text::LotCode;
use crate::range::{Pieces, StockPieces};

/// A lot at a station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLot {
    /// The lot.
    pub lot: LotCode,
    /// Its pieces there.
    pub pieces: StockPieces,
    /// The last day of use.
    pub expires_on: Option<NaiveDate>,
}

impl HeldLot {
    /// Whether it may be used on the day; on `None`, also if it has expired.
    fn is_usable(&self, on: Option<NaiveDate>) -> bool {
        on.is_none_or(|day| self.expires_on.is_none_or(|last| day <= last))
    }
}

/// Pieces that move together: those of one lot, or those without a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotShare {
    /// The lot.
    pub lot: Option<LotCode>,
    /// The pieces.
    pub pieces: Pieces,
}

/// Why no pieces are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LotError {
    /// The lot has fewer.
    #[error("only {0} of this lot in stock")]
    Short(StockPieces),
    /// The last day of use of the lot has passed.
    #[error("has expired")]
    Expired,
    /// The others are of lots that have expired.
    #[error("only {0} in stock that have not expired")]
    OthersExpired(StockPieces),
}

/// The place of a lot among those of its item: the first to expire comes first, a lot without a last day of use after
/// all others, and of the same day the first by code. Lots are taken and shown in this order.
pub fn place(expires_on: Option<NaiveDate>, lot: &LotCode) -> (bool, Option<NaiveDate>, &LotCode) {
    (expires_on.is_none(), expires_on, lot)
}

/// Takes pieces of a stock that has at least as many, of whichever lots expire first and have not expired on the day
/// `on`; with `None`, also of expired ones.
///
/// # Errors
/// [`LotError::OthersExpired`].
pub fn take(
    stock: StockPieces,
    lots: &[HeldLot],
    wanted: Pieces,
    on: Option<NaiveDate>,
) -> Result<Vec<LotShare>, LotError> {
    let mut usable: Vec<&HeldLot> = lots.iter().filter(|lot| lot.is_usable(on)).collect();
    usable.sort_by_key(|held| place(held.expires_on, &held.lot));
    let without = (i64::from(stock.get()) - in_lots(lots)).max(0);
    let of_lots = usable.into_iter().map(|lot| (Some(&lot.lot), i64::from(lot.pieces.get())));
    let wanted = i64::from(wanted.get());
    let (mut rest, mut shares) = (wanted, Vec::new());
    for (lot, has) in of_lots.chain([(None, without)]) {
        if let Ok(pieces) = Pieces::try_from(rest.min(has)) {
            rest -= i64::from(pieces.get());
            shares.push(LotShare { lot: lot.cloned(), pieces });
        }
    }
    if rest == 0 {
        return Ok(shares);
    }
    Err(LotError::OthersExpired(StockPieces::try_from(wanted - rest).unwrap_or(StockPieces::MIN)))
}

/// Takes pieces of the named lot, which has not expired on the day `on`; with `None`, also of an expired one.
///
/// # Errors
/// [`LotError::Expired`]; [`LotError::Short`].
pub fn take_of(
    lots: &[HeldLot],
    lot: &LotCode,
    wanted: Pieces,
    on: Option<NaiveDate>,
) -> Result<LotShare, LotError> {
    let held = lots.iter().find(|held| held.lot == *lot);
    if held.is_some_and(|held| !held.is_usable(on)) {
        return Err(LotError::Expired);
    }
    let has = held.map_or(StockPieces::MIN, |held| held.pieces);
    if has.get() < wanted.get() {
        return Err(LotError::Short(has));
    }
    Ok(LotShare { lot: Some(lot.clone()), pieces: wanted })
}

/// The pieces of all these lots.
pub fn in_lots(lots: &[HeldLot]) -> i64 {
    lots.iter().map(|lot| i64::from(lot.pieces.get())).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::goods::StockChange;
    use crate::goods::stock::{after_lot_count, apply};

    fn code(text: &str) -> LotCode {
        text.parse().expect("a code")
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 1, day).expect("a day")
    }

    fn stock(count: i64) -> StockPieces {
        count.try_into().expect("pieces")
    }

    fn pieces(count: i64) -> Pieces {
        count.try_into().expect("pieces")
    }

    fn held(lot: &str, count: i64, expires_on: Option<u32>) -> HeldLot {
        HeldLot { lot: code(lot), pieces: stock(count), expires_on: expires_on.map(day) }
    }

    fn shares(taken: &[LotShare]) -> Vec<(Option<&str>, i32)> {
        taken.iter().map(|one| (one.lot.as_ref().map(LotCode::as_str), one.pieces.get())).collect()
    }

    #[test]
    fn the_first_to_expire_goes_first_and_pieces_without_a_lot_last() {
        let lots = [held("C", 2, None), held("B", 3, Some(20)), held("A", 2, Some(10))];
        let of = |wanted: i64, on| take(stock(9), &lots, pieces(wanted), on);
        let today = Some(day(10));
        assert_eq!(shares(&of(2, today).expect("pieces")), [(Some("A"), 2)]);
        let most = of(9, today).expect("pieces");
        assert_eq!(shares(&most), [(Some("A"), 2), (Some("B"), 3), (Some("C"), 2), (None, 2)]);
        let later = of(4, Some(day(11))).expect("pieces");
        assert_eq!(shares(&later), [(Some("B"), 3), (Some("C"), 1)], "one has expired");
        assert_eq!(of(8, Some(day(11))), Err(LotError::OthersExpired(stock(7))));
        assert_eq!(shares(&of(3, None).expect("pieces")), [(Some("A"), 2), (Some("B"), 1)]);
    }

    #[test]
    fn of_lots_that_expire_on_one_day_the_first_by_code_goes_first() {
        let lots = [held("B", 1, Some(10)), held("D", 1, None), held("A", 1, Some(10))];
        let all = take(stock(4), &lots, pieces(4), None).expect("pieces");
        assert_eq!(shares(&all), [(Some("A"), 1), (Some("B"), 1), (Some("D"), 1), (None, 1)]);
    }

    #[test]
    fn a_named_lot_gives_what_it_has_until_its_last_day() {
        let lots = [held("A", 2, Some(10)), held("B", 3, None)];
        let of = |lot: &str, wanted: i64, on| take_of(&lots, &code(lot), pieces(wanted), on);
        let taken = of("A", 2, Some(day(10))).expect("pieces");
        assert_eq!(shares(&[taken]), [(Some("A"), 2)]);
        assert_eq!(of("A", 3, Some(day(10))), Err(LotError::Short(stock(2))));
        assert_eq!(of("A", 1, Some(day(11))), Err(LotError::Expired));
        assert!(of("A", 1, None).is_ok() && of("B", 3, Some(day(31))).is_ok());
        assert_eq!(of("X", 1, None), Err(LotError::Short(stock(0))));
    }

    /// A movement at a station; a lot by its number, of which the last has no last day.
    #[derive(Clone, Copy, Debug)]
    enum Move {
        Receive(Option<usize>, i64),
        Take(Option<usize>, i64, u32),
        Return(usize),
        Count(usize, i64),
    }

    const LOTS: [(&str, Option<u32>); 4] =
        [("A", Some(5)), ("B", Some(15)), ("C", Some(25)), ("D", None)];

    fn moves() -> impl Strategy<Value = Move> {
        let lot = || prop::option::of(0..LOTS.len());
        prop_oneof![
            (lot(), 1..20_i64).prop_map(|(lot, count)| Move::Receive(lot, count)),
            (lot(), 1..20_i64, 1..31_u32).prop_map(|(lot, count, on)| Move::Take(lot, count, on)),
            (0..100_usize).prop_map(Move::Return),
            (0..LOTS.len(), 0..30_i64).prop_map(|(lot, count)| Move::Count(lot, count)),
        ]
    }

    /// The lots with pieces.
    fn of(lots: &BTreeMap<usize, i64>) -> Vec<HeldLot> {
        let lots = lots.iter().filter(|(_, count)| **count > 0);
        lots.map(|(lot, count)| held(LOTS[*lot].0, *count, LOTS[*lot].1)).collect()
    }

    fn number(lot: &LotCode) -> usize {
        LOTS.iter().position(|(code, _)| *code == lot.as_str()).expect("a lot")
    }

    proptest! {
        #[test]
        fn a_stock_is_the_sum_of_its_lots_and_of_the_pieces_without_a_lot_and_none_is_negative(
            moves in prop::collection::vec(moves(), 0..200)
        ) {
            let (mut total, mut lots) = (StockPieces::MIN, BTreeMap::<usize, i64>::new());
            let mut taken: Vec<Vec<LotShare>> = Vec::new();
            for step in moves {
                let (had, before) = (i64::from(total.get()), of(&lots));
                match step {
                    Move::Receive(lot, count) => {
                        total = apply(total, StockChange::Add(pieces(count))).expect("room");
                        if let Some(lot) = lot {
                            *lots.entry(lot).or_default() += count;
                        }
                    }
                    Move::Take(lot, count, on) => {
                        let Ok(left) = apply(total, StockChange::Take(pieces(count))) else {
                            continue;
                        };
                        let (wanted, on) = (pieces(count), Some(day(on)));
                        let shares = match lot {
                            Some(lot) => take_of(&before, &code(LOTS[lot].0), wanted, on)
                                .map(|share| vec![share]),
                            None => take(total, &before, wanted, on),
                        };
                        let Ok(shares) = shares else { continue };
                        let sum: i64 = shares.iter().map(|one| i64::from(one.pieces.get())).sum();
                        prop_assert_eq!(sum, count);
                        for share in &shares {
                            let Some(lot) = &share.lot else { continue };
                            let last = LOTS[number(lot)].1.map(day);
                            prop_assert!(last.is_none_or(|last| on <= Some(last)), "{lot:?} has expired");
                            *lots.entry(number(lot)).or_default() -= i64::from(share.pieces.get());
                        }
                        total = left;
                        taken.push(shares);
                    }
                    Move::Return(which) if !taken.is_empty() => {
                        for share in taken.swap_remove(which % taken.len()) {
                            total = apply(total, StockChange::Add(share.pieces)).expect("room");
                            if let Some(lot) = &share.lot {
                                *lots.entry(number(lot)).or_default() +=
                                    i64::from(share.pieces.get());
                            }
                        }
                    }
                    Move::Return(_) => {}
                    Move::Count(lot, count) => {
                        let own = lots.get(&lot).copied().unwrap_or_default();
                        let others = in_lots(&before) - own;
                        total = after_lot_count(total, (own, stock(count)), others).expect("room");
                        prop_assert_eq!(i64::from(total.get()), had + count - own);
                        lots.insert(lot, count);
                    }
                }
                prop_assert!(lots.values().all(|count| *count >= 0), "{lots:?}");
                prop_assert!(in_lots(&of(&lots)) <= i64::from(total.get()), "{lots:?} of {total}");
            }
        }
    }
}
