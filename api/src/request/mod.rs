//! What a request carries, read as a type: its body ([`body`]) and its query
//! ([`query`]). The framework would read both as well, but not tell which field
//! it is that does not fit ([`fit`]).

pub mod body;
pub mod fit;
pub mod query;

pub use body::Body;
pub use query::Query;
