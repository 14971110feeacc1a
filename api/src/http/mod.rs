//! Requests and answers: problems, extractors, pages.
//!
//! The framework's own extractors do not name the invalid field; [`deserialize`]
//! does.

pub mod auth_scheme;
pub mod body_limits;
pub mod comma_list;
pub mod cors;
pub mod day;
pub mod deserialize;
mod deserialize_error;
pub mod etag;
pub mod event_stream;
pub mod html;
pub mod if_match;
pub mod if_none_match;
pub mod json;
pub mod openapi;
pub mod page;
pub mod person_or_me;
pub mod prefer;
pub mod problem;
pub mod public_origins;
pub mod query;
pub mod response_headers;
pub mod sent_method;
pub mod shutdown;
mod strict;
pub mod trusted_proxies;
pub mod versioned;

pub use if_match::IfMatch;
pub use if_none_match::IfNoneMatch;
pub use json::{Json, OptionalJson};
pub use problem::Problem;
pub use query::Query;
