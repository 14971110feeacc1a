//! Reports of visits: written, amended and listed, with their findings and follow-ups.

mod amendments;
mod evidence;
mod findings;
mod follow_ups;
mod on_behalf;
pub mod register;
