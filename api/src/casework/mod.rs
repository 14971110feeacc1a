//! The events of a beneficiary's life, and their consequences for the tasks: entry, correction,
//! move, temporary stay, death and other ends, and the merge of duplicates.
//!
//! A change and its consequences are one transaction: tasks follow a move or a stay, those of an
//! ended beneficiary are closed, and a visit under way stays until it is reported. Every end can be
//! taken back. Decisions are pure functions ([`entry`], [`closing`], [`unify`]); a repeated command
//! changes nothing.

pub mod affected_tasks;
pub mod answer;
mod case;
mod checks;
pub mod closing;
mod commands;
pub mod create;
pub mod edit;
pub mod end;
pub mod entry;
mod leftover;
pub mod merge;
pub mod model;
pub mod relocate;
pub mod routes;
pub mod settle;
pub mod stay;
pub mod unify;
mod unmerge;
pub mod visitor_routes;
pub mod visitors;
