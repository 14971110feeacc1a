//! The configuration of a district: kinds of service, words, and registers of places and days.

mod kinds;
mod registers;
mod vocabularies;
