//! Goods: what the stations have in stock, and what reaches beneficiaries.
//!
//! A station's stock changes by movements and is never negative ([`stock`]), and neither is a lot of it
//! ([`lot`]). A hand-out brings an item to a beneficiary for an occasion, at most once ([`handout`]), also if two
//! entries of one person are merged ([`join`]). The state of the beneficiary's plaque in the register may follow an item ([`plaque`]), and one
//! plaque hangs in a household ([`household`]).

pub mod handout;
pub mod household;
pub mod join;
pub mod lot;
pub mod plaque;
pub mod stock;

pub use handout::{HandoutRejection, HandoutState, HandoutStep, ReturnReason, Returning};
pub use join::{HandoutExchange, JoinedHandout};
pub use lot::{HeldLot, LotError, LotShare};
pub use plaque::{DecidingCase, PlaqueRule};
pub use stock::{EntryAction, MovementAction, StockChange, StockError};
