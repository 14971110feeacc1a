//! The stock of an item at a station.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::area::{AreaCode, Level};
use crate::range::{Pieces, StockPieces};
use crate::word::{UnknownWord, unknown};

/// What changed a stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<MovementAction>)]
pub enum MovementAction {
    /// It came from outside.
    Received,
    /// It went from a station to one below or above.
    Allotted,
    /// It was counted, and the stock corrected.
    Counted,
    /// It went to a beneficiary.
    HandedOut,
    /// It came back from a beneficiary, or was not delivered.
    Returned,
    /// It came back damaged, and does not count as stock.
    WrittenOff,
    /// The area of its station ended, and it went to the station of the area that took over.
    TakenOver,
}

/// A movement that staff enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<EntryAction>)]
pub enum EntryAction {
    /// Goods came from outside.
    Received,
    /// Goods go from a station to one below, or back to one above.
    Allotted,
    /// The stock was counted.
    Counted,
}

impl From<EntryAction> for MovementAction {
    fn from(action: EntryAction) -> Self {
        match action {
            EntryAction::Received => Self::Received,
            EntryAction::Allotted => Self::Allotted,
            EntryAction::Counted => Self::Counted,
        }
    }
}

/// A change of one stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockChange {
    /// So many pieces come.
    Add(Pieces),
    /// So many pieces go.
    Take(Pieces),
    /// There are so many pieces.
    Set(StockPieces),
}

/// Why a change is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StockError {
    /// More is taken than there is.
    #[error("only {0} in stock")]
    Short(StockPieces),
    /// More than a stock may hold.
    #[error("a stock has at most {} pieces", StockPieces::MAX)]
    Full,
}

/// The stock after the change.
///
/// # Errors
/// [`StockError`]: a stock is never negative.
pub fn apply(stock: StockPieces, change: StockChange) -> Result<StockPieces, StockError> {
    let had = i64::from(stock.get());
    match change {
        StockChange::Add(pieces) => {
            StockPieces::try_from(had + i64::from(pieces.get())).map_err(|_| StockError::Full)
        }
        StockChange::Take(pieces) => StockPieces::try_from(had - i64::from(pieces.get()))
            .map_err(|_| StockError::Short(stock)),
        StockChange::Set(pieces) => Ok(pieces),
    }
}

/// The stock of a station to which that of another one goes whole.
///
/// # Errors
/// [`StockError::Full`].
pub fn joined(stock: StockPieces, other: StockPieces) -> Result<StockPieces, StockError> {
    let all = i64::from(stock.get()) + i64::from(other.get());
    StockPieces::try_from(all).map_err(|_| StockError::Full)
}

/// The stock after a count of a lot that had `had` pieces by its movements: the stock corrected by what the
/// count found, and no less than the lots have together, `others` the pieces of those not counted. Movements of
/// earlier versions that named no lot left the lots as they were, so that a lot may have more than the stock.
///
/// # Errors
/// [`StockError::Full`].
pub fn after_lot_count(
    stock: StockPieces,
    (had, counted): (i64, StockPieces),
    others: i64,
) -> Result<StockPieces, StockError> {
    let counted = i64::from(counted.get());
    let corrected = i64::from(stock.get()) + counted - had;
    StockPieces::try_from(corrected.max(others + counted)).map_err(|_| StockError::Full)
}

/// Whether an area has a station: a district, a town or a village.
pub fn has_station(area: &AreaCode) -> bool {
    area.level() != Level::Grid
}

/// Whether goods may go from the station of `from` to that of `to`: one below, or one above to which they return.
pub fn allots(from: &AreaCode, to: &AreaCode) -> bool {
    has_station(from) && has_station(to) && from != to && (from.contains(to) || to.contains(from))
}

/// Whether the station of `area` serves the beneficiaries of `grid`.
pub fn serves(area: &AreaCode, grid: &AreaCode) -> bool {
    has_station(area) && area.contains(grid)
}

/// The station for goods that are to go to a beneficiary of `grid`: the planned one if it serves the grid, otherwise
/// that of the village.
pub fn station_for(planned: AreaCode, grid: &AreaCode) -> AreaCode {
    if serves(&planned, grid) {
        return planned;
    }
    grid.ancestor(Level::Village).unwrap_or_else(|| grid.district())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> AreaCode {
        text.parse().expect("a code")
    }

    fn pieces(count: i64) -> Pieces {
        count.try_into().expect("pieces")
    }

    /// A movement between the stations 0 (of the town) and 1 (of the village) and outside.
    #[derive(Clone, Copy, Debug)]
    enum Move {
        Receive(i64),
        Allot(i64),
        AllotBack(i64),
        HandOut(i64),
        Return(i64),
        WriteOff(i64),
        Count(usize, i64),
    }

    fn moves() -> impl Strategy<Value = Move> {
        prop_oneof![
            (1..50_i64).prop_map(Move::Receive),
            (1..50_i64).prop_map(Move::Allot),
            (1..50_i64).prop_map(Move::AllotBack),
            (1..5_i64).prop_map(Move::HandOut),
            (1..5_i64).prop_map(Move::Return),
            (1..5_i64).prop_map(Move::WriteOff),
            (0..2_usize, 0..100_i64).prop_map(|(at, count)| Move::Count(at, count)),
        ]
    }

    proptest! {
        #[test]
        fn no_piece_is_lost_or_made_and_no_stock_is_negative(
            moves in prop::collection::vec(moves(), 0..200)
        ) {
            let mut stocks = [StockPieces::MIN; 2];
            let (mut received, mut handed_out, mut written_off, mut found) = (0, 0, 0, 0);
            for step in moves {
                let had = stocks;
                match step {
                    Move::Receive(count) => {
                        stocks[0] = apply(stocks[0], StockChange::Add(pieces(count))).expect("room");
                        received += count;
                    }
                    Move::Allot(count) | Move::AllotBack(count) => {
                        let (from, to) =
                            if matches!(step, Move::Allot(_)) { (0, 1) } else { (1, 0) };
                        let take = apply(stocks[from], StockChange::Take(pieces(count)));
                        prop_assert_eq!(take.is_ok(), i64::from(had[from].get()) >= count);
                        if let Ok(left) = take {
                            stocks[from] = left;
                            stocks[to] =
                                apply(stocks[to], StockChange::Add(pieces(count))).expect("room");
                        }
                    }
                    Move::HandOut(count) => {
                        if let Ok(left) = apply(stocks[1], StockChange::Take(pieces(count))) {
                            stocks[1] = left;
                            handed_out += count;
                        }
                    }
                    Move::Return(count) if handed_out >= count => {
                        stocks[1] =
                            apply(stocks[1], StockChange::Add(pieces(count))).expect("room");
                        handed_out -= count;
                    }
                    // What comes back damaged is no stock.
                    Move::WriteOff(count) if handed_out >= count => {
                        handed_out -= count;
                        written_off += count;
                    }
                    Move::Return(_) | Move::WriteOff(_) => {}
                    Move::Count(at, count) => {
                        let counted = count.try_into().expect("a count");
                        stocks[at] = apply(stocks[at], StockChange::Set(counted)).expect("set");
                        found += count - i64::from(had[at].get());
                    }
                }
                let held: i64 = stocks.iter().map(|stock| i64::from(stock.get())).sum();
                prop_assert_eq!(held + handed_out + written_off, received + found);
            }
        }
    }

    #[test]
    fn a_count_of_a_lot_leaves_no_less_than_the_lots_have() {
        let after = |stock: i64, had: i64, counted: i64, others: i64| {
            let [stock, counted] =
                [stock, counted].map(|count| StockPieces::try_from(count).expect("pieces"));
            after_lot_count(stock, (had, counted), others).map(StockPieces::get)
        };
        assert_eq!(after(15, 6, 5, 0), Ok(14));
        assert_eq!(after(30, 20, 12, 4), Ok(22));
        // Unnamed hand-outs left the lot with more pieces than the stock.
        assert_eq!(after(10, 20, 12, 0), Ok(12));
        assert_eq!(after(10, 20, 5, 0), Ok(5));
        assert_eq!(after(10, 20, 5, 3), Ok(8));
        let most = i64::from(StockPieces::MAX.get());
        assert_eq!(after(most, 0, 1, 0), Err(StockError::Full));
    }

    #[test]
    fn a_stock_gives_no_more_than_it_has_and_holds_no_more_than_it_may() {
        let two = StockPieces::of::<2>();
        let three = StockChange::Take(Pieces::of::<3>());
        assert_eq!(apply(two, three), Err(StockError::Short(two)));
        let more = StockChange::Add(Pieces::of::<1>());
        assert_eq!(apply(StockPieces::MAX, more), Err(StockError::Full));
        assert_eq!(apply(two, StockChange::Take(Pieces::of::<2>())), Ok(StockPieces::MIN));
    }

    #[test]
    fn goods_go_down_to_stations_and_back_up_and_reach_the_grids_below() {
        let [district, town, village] = ["500116", "500116001", "500116001001"].map(code);
        let grid = code("500116001001001");
        assert!(allots(&district, &town) && allots(&town, &village) && allots(&district, &village));
        assert!(allots(&town, &district) && allots(&village, &town) && allots(&village, &district));
        assert!(!allots(&town, &town) && !allots(&village, &grid) && !allots(&grid, &village));
        let (other_town, other_village) = (code("500116002"), code("500116001002"));
        assert!(!allots(&other_town, &village) && !allots(&village, &other_town));
        assert!(!allots(&village, &other_village), "no village gives to its neighbour");
        assert!(serves(&village, &grid) && serves(&district, &grid) && !serves(&grid, &grid));
        assert!(!serves(&other_village, &grid));
    }

    #[test]
    fn goods_come_from_the_planned_station_or_from_the_village_if_that_does_not_serve_the_grid() {
        let [town, village, grid] = ["500116001", "500116001001", "500116001001001"].map(code);
        assert_eq!(station_for(town, &grid), town);
        assert_eq!(station_for(village, &grid), village);
        for other in ["500116001002", "500116002", "500116001001001"] {
            assert_eq!(station_for(code(other), &grid), village, "{other}");
        }
    }

    #[test]
    fn a_stock_that_goes_to_another_station_is_added_there() {
        let [two, three] = [StockPieces::of::<2>(), StockPieces::of::<3>()];
        assert_eq!(joined(two, three), Ok(StockPieces::of::<5>()));
        assert_eq!(joined(two, StockPieces::MAX), Err(StockError::Full));
    }
}
