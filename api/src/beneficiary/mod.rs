//! Those who are cared for: veterans, their families and other entitled people.
//!
//! Names, numbers, addresses and hardship lie sealed in the database; lists and
//! details show them masked, and revealing them is recorded.

pub mod model;
pub mod routes;
pub mod store;

pub use model::{Beneficiary, Category, Contact, Hardship, Hardships, Mobility, Plaque};
