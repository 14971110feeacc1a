//! The documents of the repository: their commands work as they are shown.

mod client_guide;
mod readme;
