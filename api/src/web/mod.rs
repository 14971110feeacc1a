//! The web apps, as static files inside the binary. They are no part of the contract.
//!
//! `make web` builds them into `web/dist`, each file beside its `.br` and `.gz`. A build without
//! them serves the API alone and says how to get them. The pages load nothing from other hosts and
//! run no inline code ([`headers`]).

pub mod files;
pub mod headers;
pub mod routes;

use serde::{Deserialize, Serialize};

/// Whether the apps are served: the setting `web`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebApps {
    /// Those of the build.
    Embedded,
    /// None, and installed ones are removed from phones; what people did on them stays there.
    Off,
}
