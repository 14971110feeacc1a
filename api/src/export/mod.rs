//! Exports: the lists as files for other programs.
//!
//! An export shows what the list of its subject shows the caller, masked in the same way, and
//! neither a home's position nor who made a finished visit: a file that leaves must not rank
//! people. A file is complete or is not sent: it is written to an unnamed temporary file, page by
//! page, and its rows are recorded in the log before the first byte is sent. So the memory of an
//! export does not grow with its rows.

mod beneficiaries;
mod caller;
mod campaign_report;
mod campaigns;
mod cases;
mod cell;
mod contract;
mod coverage;
mod csv_file;
mod encode;
pub mod engine_routes;
mod error;
pub mod figure_routes;
mod format;
mod handouts;
mod json_lines;
mod labels;
mod movements;
mod people;
pub mod programme_routes;
mod query;
mod regimes;
mod reports;
pub mod routes;
pub mod run;
mod stocks;
mod summary;
mod tasks;
mod words;
mod workbook;
