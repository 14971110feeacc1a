//! Feedback: praise, complaints and suggestions by everybody, and the answers of the district.
//!
//! Anonymous feedback names no sender: neither its row, its event nor the log of requests has the
//! sender, even if it was sent with an access token.

pub mod answer;
pub mod model;
pub mod routes;
pub mod send;
pub mod store;
