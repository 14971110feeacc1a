//! The catalogue: the kinds of service and their requirements.
//!
//! Legal rules are code; local practice is data. A new district has the kinds of
//! [`defaults`](defaults::kinds); its admins create, change and archive kinds. Each change is a
//! new version, and a task keeps the version of its kind: its reports are checked against the form
//! that its visitor has seen.

pub mod case_kinds;
pub mod defaults;
pub mod edit;
pub mod form;
mod lost_fields;
mod model;
pub mod routes;
pub mod store;

pub use model::{KindContent, NewKind, ServiceKind};
