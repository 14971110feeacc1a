//! People: their register, their departures, and their secondments.

mod leaving;
mod managers;
mod register;
mod secondments;
