//! Phones that are offline for hours, many at once, on the real server: offline
//! spells, lost answers, duplicates, reordering, wrong clocks, a server that is
//! killed, supervisors who move tasks meanwhile. In the end the weather clears
//! and [`verdict`] says whether anything was lost.
//!
//! Everything that is left to chance comes from one seed; only the network and
//! the scheduler differ from run to run.

pub mod copy;
pub mod figures;
pub mod host;
pub mod online;
pub mod phone;
pub mod run;
pub mod verdict;
pub mod visitor;

pub use host::Host;
pub use online::{Online, SignIn};
pub use run::{Findings, Options, simulate};

use thiserror::Error;

/// Why a run ended early or was not passed.
#[derive(Debug, Error)]
pub enum Error {
    /// The network or the server was not there.
    #[error("the server cannot be reached: {0}")]
    Away(String),
    /// The server answered what it must not.
    #[error("{0}")]
    Answer(String),
    /// A promise is broken.
    #[error("broken promise: {0}")]
    Broken(String),
}
