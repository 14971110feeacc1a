//! Running the service: health, metrics, logs, limits of the machine.

pub mod about;
pub mod host;
pub mod logs;
pub mod metrics;
pub mod routes;

pub use logs::Spans;
pub use metrics::{Metrics, PlanFigures, measure};
