//! Tasks as a reader may see them: filters, orders, lists, names and histories.

pub mod aging;
pub mod facts;
pub mod filter;
pub mod history;
pub mod list_store;
pub mod names;
pub mod planned_why;
pub mod projection;
pub(super) mod representation;
pub mod seen;
pub mod sort;
pub mod summaries;
pub mod summary_cache;
pub(super) mod summary_row;
pub mod unserved_why;
pub mod waiting;
