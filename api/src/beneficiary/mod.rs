//! Beneficiaries: veterans, their families and other entitled people.
//!
//! Names, numbers, addresses, hardships, notes and next of kin are encrypted in the database; lists
//! and details show them masked, and every reveal is recorded. They are searched in the memory of a
//! server ([`name_index`]). Writes are in `casework`, since they change tasks too.

pub mod answers;
pub mod contacts;
pub mod ended;
pub mod ends;
pub mod entry;
pub mod entry_field;
pub mod filter;
pub mod find;
pub mod home;
pub mod household;
pub mod model;
pub mod name_index;
pub mod plaque;
pub mod plaque_rules;
pub mod routes;
pub mod stay;
pub mod store;
pub mod visitors;
pub mod words;
pub mod write;

use gridward_domain::search_term;
pub use model::{Beneficiary, Contact, EndCause, Mobility};
