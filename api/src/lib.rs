//! Gridward's server: the library behind the binary `gridward`.

pub mod beneficiary;
pub mod load;
pub mod person;
pub mod words;
