//! A small district, its people in their roles, and a running server.

pub mod bodies;
pub mod chain;
pub mod database;
pub mod days;
pub mod documented;
pub mod documents;
pub mod factors;
pub mod files;
pub mod follow_ups;
pub mod imports;
pub mod partitions;
mod people;
pub mod phone;
pub mod plans;
pub mod server;
mod small_district;
pub mod snapshots;
pub mod workbook;

pub use database::{Backend, Database};
pub use files::Files;
pub use server::{Caller, Server};

/// The phone number of each person of the small district.
pub mod phones {
    /// The supervisor of the district.
    pub const SUPERVISOR: &str = "10000000001";
    /// The supervisor of the first town.
    pub const TOWN: &str = "10000000002";
    /// The manager of the first grid.
    pub const MANAGER: &str = "10000000011";
    /// The manager of the second grid, in the same village.
    pub const OTHER_MANAGER: &str = "10000000012";
    /// The manager of the third grid, in the other town.
    pub const FAR_MANAGER: &str = "10000000013";
    /// A volunteer of the first grid.
    pub const VOLUNTEER: &str = "10000000021";
    /// Another volunteer of the first grid.
    pub const SECOND_VOLUNTEER: &str = "10000000022";
    /// A volunteer of the second grid.
    pub const OTHER_VOLUNTEER: &str = "10000000023";
    /// The admin.
    pub const ADMIN: &str = "10000000008";
    /// The auditor.
    pub const AUDITOR: &str = "10000000009";
    /// All of them.
    pub const ALL: [&str; 10] = [
        SUPERVISOR,
        TOWN,
        MANAGER,
        OTHER_MANAGER,
        FAR_MANAGER,
        VOLUNTEER,
        SECOND_VOLUNTEER,
        OTHER_VOLUNTEER,
        ADMIN,
        AUDITOR,
    ];
}

/// The password of all people in the small district.
pub const PASSWORD: &str = "a long enough password";
/// The first grid, with a village and a town around it.
pub const GRID: &str = "500116001002001";
/// The second grid, of the same village.
pub const OTHER_GRID: &str = "500116001002002";
/// The third grid, of another town.
pub const FAR_GRID: &str = "500116002001001";
