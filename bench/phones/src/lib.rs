//! Phones that are offline for hours, many at once, against the real server.
//!
//! Each phone holds a copy and an outbox and lives in bad weather: no network for
//! a while, lost answers, duplicates, reordering, a wrong clock, pulls that stop
//! half-way, a server that is killed, supervisors who move tasks meanwhile. In the
//! end the weather clears, and [`verdict`] says whether anything was lost.
//!
//! | what | where |
//! | --- | --- |
//! | the wire, typed | [`wire`], [`mod@line`], [`answer`] |
//! | what a phone is, pure | [`copy`], [`outbox`], [`ledger`], [`visitor`], [`weather`] |
//! | a phone at work, and who works beside it | [`phone`], [`diary`], [`supervisor`] |
//! | a whole run and its judgement | [`run`], [`host`], [`log`], [`verdict`], [`findings`] |
//! | how fast and how small | [`figures`] |
//!
//! All chance comes from one seed; only the network, the scheduler and the hour
//! differ from run to run.

pub mod answer;
pub mod copy;
pub mod diary;
pub mod district;
pub mod error;
pub mod figures;
pub mod findings;
pub mod host;
pub mod ledger;
pub mod line;
pub mod log;
pub mod outbox;
pub mod phone;
pub mod run;
pub mod supervisor;
pub mod times;
pub mod verdict;
pub mod visitor;
pub mod weather;
pub mod wire;

pub use district::SignIn;
pub use error::Error;
pub use findings::Findings;
pub use run::{Options, Restart, simulate};
