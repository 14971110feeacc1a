//! Beneficiaries: veterans, their families and other entitled people.
//!
//! Names, numbers, addresses and hardships are encrypted in the database; lists and details
//! show them masked, and every reveal is recorded. They are searched in the memory of a server
//! ([`name_index`]).

pub mod contacts;
pub mod entry;
mod filter;
pub mod find;
pub mod model;
pub mod name_index;
pub mod routes;
mod search_term;
pub mod store;

pub use model::{Beneficiary, Contact, Mobility};
