//! The server: settings, the checks of a start, components, the router, the contract.

mod access;
mod components;
mod contract;
mod contract_routes;
pub mod diagnosis;
mod docs_page;
pub mod enrolment_settings;
pub mod exposure;
mod identity_settings;
mod installation_key;
pub mod limit_settings;
mod manual;
mod methods;
mod quoted_words;
mod raw_settings;
mod router;
mod serve;
pub mod session_settings;
mod setting_value;
pub mod settings;
pub mod settings_error;
pub mod tls;

pub use contract::{contract, yaml};
pub use serve::serve;
