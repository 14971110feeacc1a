//! Authentication and authorization: sign-in, sessions, enrolment, roles and views.

mod authorization;
mod enrolment;
mod passwords;
mod second_factor;
mod sessions;
mod signing_in;
mod views;
