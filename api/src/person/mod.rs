//! Staff and volunteers: role, area, skills and availability.
//!
//! A grid has exactly one manager at every moment: the database refuses a second, and the
//! only way to change one is [`appoint`], which swaps them. People are created and edited from
//! above only ([`create`], [`edit`], [`bulk`]); a change of the own entry raises no rights.

pub mod account_notices;
pub mod active;
pub mod appoint;
pub mod availability;
pub mod bulk;
pub mod content;
pub mod content_check;
pub mod create;
pub mod edit;
pub mod enrolment;
mod entered;
pub mod invitation_link;
pub mod invitation_sheet;
pub mod invitations;
mod invite_many;
pub mod list_store;
pub mod mass_invitations;
pub mod me;
pub mod model;
pub mod offers;
pub mod password;
pub mod password_reset;
pub mod routes;
pub mod row;
pub mod search;
pub mod sessions;
pub mod start;
pub mod step_up;
pub mod store;
pub mod superiors;
pub mod totp;
pub mod write;

pub use availability::Availability;
pub use model::{Gender, Person, PersonState, Role, Weekday};
