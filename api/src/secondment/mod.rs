//! Secondments: a supervisor asks for a volunteer's help in another area for some days, and the
//! manager of the volunteer's grid agrees or declines. Plans and candidates then have the volunteer
//! for visits of that area on these days, besides those of the own grid.
//! `gridward_domain::secondment` decides.

pub mod decide;
pub mod model;
mod notices;
pub mod request;
pub mod routes;
pub mod store;

pub use model::Secondment;
