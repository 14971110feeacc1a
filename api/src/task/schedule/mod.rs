//! The times of visits: what one person cannot make both, the ways between, and the time that tasks take.

pub mod commitments;
pub mod journey;
pub mod kept_time;
pub mod overlap;
pub mod possible_days;
pub mod timed_visit;
pub mod work_time;
