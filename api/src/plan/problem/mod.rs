//! The solver's problem, built from the rows of the database: people, their days and what they hold, and the
//! visits.

pub mod base;
pub mod base_visit;
pub mod build;
pub(super) mod busy;
pub mod carried;
pub(super) mod departure;
pub mod earliest;
pub(super) mod former_marks;
pub mod input;
pub(super) mod missed;
pub(super) mod movable;
pub(super) mod remedied;
pub mod reported;
pub(super) mod rest_of_day;
pub mod seconded;
pub(super) mod ties;
pub(super) mod under_way;
