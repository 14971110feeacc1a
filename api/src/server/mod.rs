//! The server: settings, the checks of a start, components, the router, the contract.

mod access;
mod components;
mod contract;
pub mod diagnosis;
pub mod enrolment_settings;
pub mod exposure;
mod installation_key;
mod manual;
mod methods;
mod router;
mod serve;
mod setting_value;
pub mod settings;
pub mod tls;

pub use contract::{contract, yaml};
pub use serve::serve;
