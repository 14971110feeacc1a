//! Authorization: one table of role by action, and each person's area of responsibility.
//!
//! The default is to deny. A resource outside the principal's area appears not to exist; a
//! resource inside it is forbidden if the role does not permit the action.
//! [`Principal::authorize`] distinguishes the two.

mod action;
mod principal;
mod role;
#[cfg(test)]
mod tests;

pub use action::{Action, permits};
pub use principal::{Denial, Principal};
pub use role::Role;
