//! The absences of people, and what becomes of the visits that they affect: a started visit stays, the
//! others stay assigned or are opened, as the command says.

pub mod affected;
pub mod command;
pub mod model;
pub mod record;
pub mod routes;
mod store;
pub mod takers;
