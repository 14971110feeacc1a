//! A whole district, loaded at once.
//!
//! [`import`](crate::import) reads it from files and [`demo`](crate::demo)
//! makes it up; both hand over the records of [`record`], and [`store`] writes
//! them, a kind of record per transaction. What is already there and equal is
//! left alone, so loading twice changes nothing.

pub mod record;
