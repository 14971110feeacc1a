//! The server: settings, components, the router, the contract.

mod access;
mod components;
mod contract;
mod manual;
mod methods;
mod router;
mod serve;
pub mod settings;

pub use contract::{contract, yaml};
pub use serve::serve;
