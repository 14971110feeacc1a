//! The commands of the binary.

mod backup;
mod doctor;
mod hard_cases;
mod output;
mod simulate;
mod solve;
