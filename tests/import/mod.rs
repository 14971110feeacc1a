//! Imports of files, and the rows that they change or end.

mod api;
mod command;
mod ended;
mod moved_homes;
mod older_files;
mod whole_district;
