//! Areas: their levels, their changes, and their figures.

mod levels;
mod measures;
mod redistricting;
mod summary;
mod templates;
mod week;
