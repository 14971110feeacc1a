//! Reports of visits: their rows, flags and versions, and what follows from them.

pub(super) mod finder_notice;
pub mod found_needs;
pub(super) mod new_report;
pub(super) mod on_behalf;
pub mod records;
pub mod report;
pub mod report_amend;
pub mod report_authors;
pub(super) mod report_consequences;
pub mod report_content;
pub mod report_flag;
pub mod report_list;
pub mod report_row;
pub mod report_sealed;
pub mod report_versions;
