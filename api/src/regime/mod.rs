//! Regimes: standing duties to visit the members of an audience by a cadence.
//!
//! Each day the visits that fall due are prepared as tasks, at most one for each member and cycle,
//! however often the run is repeated ([`prepare`]). A regime is activated by a person other than the author
//! of its content ([`save`]). `gridward_domain::regime` decides the days.

mod anchor;
mod create_visits;
pub mod members;
pub mod model;
pub mod outlook;
pub mod prepare;
pub mod routes;
pub mod save;
mod sentence;
mod sites;
mod size;
pub mod store;
pub mod withdraw;
