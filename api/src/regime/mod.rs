//! Regimes: standing duties to visit the members of an audience by a cadence.
//!
//! Each day the visits that fall due are prepared as tasks, at most one for each member and cycle,
//! however often the run is repeated ([`prepare`]), and one for several regimes with the same kind ([`shared`]).
//! A regime is activated by a person other than the author of its content ([`save`]).
//! `gridward_domain::regime` decides the days.

mod anchor;
pub mod candidates;
mod contacts;
mod create_visits;
mod known_visits;
pub mod members;
pub mod model;
pub mod occasion_days;
mod occasion_visits;
pub mod outlook;
pub mod prepare;
pub mod routes;
pub mod save;
mod sentence;
mod shared;
mod sites;
mod size;
pub mod store;
pub mod withdraw;
