//! Changes of areas: grids are split and merged, villages get another code or name, an edition of
//! the codes has more villages than the one before. Nothing is imported again.
//!
//! A command is a list of changes. [`decide`] applies them, one after another, to the
//! [`situation`] as a pure function, and compares the end with the beginning: which areas begin
//! and end, and the new grid of each person, beneficiary, task, station and memorial site. A
//! preview stops there; otherwise [`write`] stores the outcome in one transaction with its
//! events, [`scopes`] gives audiences, campaigns and their templates, regimes and cases the areas that took over, and
//! [`stocks`] gives their stations the goods of the former ones. A code is
//! never used twice, and a former area names its successors, so reports and
//! the log still resolve. A task stays with its assignee: a new code is no reason to break an
//! appointment.

pub mod decide;
pub mod model;
pub mod outcome;
pub mod read;
pub mod routes;
mod scopes;
pub mod situation;
pub mod split;
mod stocks;
pub mod write;

#[cfg(test)]
mod tests;
