//! The operation of an installation: its foundation, start, background jobs and public information.

mod founding;
mod jobs;
mod open_doors;
mod running;
pub mod starting;
