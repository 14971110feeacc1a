//! Goods: the register of items, the stocks of the stations, and the hand-outs to beneficiaries.
//!
//! A stock changes by movements alone, each recorded, and is never negative. A beneficiary gets an
//! item once for an occasion, however often and by how many people it is handed out; the receipt
//! is stored encrypted.

mod choice;
pub mod coverage;
pub mod deciding_case;
pub mod exchange;
pub mod give_back;
pub mod hand_out;
pub mod handout_model;
pub mod handout_routes;
pub mod handout_store;
pub mod items;
mod lots;
pub mod model;
pub mod move_stock;
pub mod movement_store;
mod occasion;
pub mod of_areas;
pub mod of_closed;
pub mod of_ended;
pub mod plan;
pub mod planned;
mod plaque;
mod reach;
pub mod recipients;
pub mod retention;
pub mod routes;
pub mod store;
pub mod visitors;

pub use handout_model::Handout;
pub use model::{GoodsItem, NewGoodsItem};
