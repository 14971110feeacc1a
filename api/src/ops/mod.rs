//! Running the service: health, metrics, logs.

pub mod logs;
pub mod metrics;
pub mod routes;

pub use logs::Spans;
pub use metrics::{Metrics, measure};
