//! The measures of an area over a period: whether visits are made, in time, by people whom the
//! beneficiaries know, with short ways and evenly shared. None refers to a person.

pub mod gauges;
mod model;
mod read;
pub mod routes;

pub use model::AreaMeasures;
