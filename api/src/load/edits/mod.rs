//! Changes through the API that are newer than the files of a load, which therefore keeps them.
//!
//! The log is the source: every change of a register is an event with its time and its fields, so
//! no column has to remember who wrote a value last. Of a field that the files and an edit give
//! different values the newer one counts; without the time of the files, every edit counts.

mod apply;
mod event;
mod field;
mod read;

pub(super) use read::{Edits, Newest, newest};
