//! The database: its schema, its transactions, several servers, and the data of the previous build.

mod concurrency;
mod schema;
pub mod sharding;
mod two_servers;
mod upgrade;
