//! Plans: ordered, drafted, applied, undone, and kept up to date by the system.

mod bases;
pub mod batches;
mod changes;
mod claimed_since;
mod dispatch;
mod drafts;
mod early_pins;
mod held_hours;
mod known_visits;
mod missed;
mod moves;
mod night_tries;
mod orders;
mod outdated_drafts;
mod queue;
mod remedies;
mod retention;
mod town_gauges;
mod undoing;
mod undone_retention;
mod upkeep;
mod week_minutes;
mod without_home;
