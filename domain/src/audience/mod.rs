//! Audiences: which beneficiaries a service is for.
//!
//! A [`Filter`] combines conditions on the plain, coded fields of a beneficiary's entry, and on coded
//! answers that a kind of service marks as filterable, and on cases of kinds that are not confidential: nothing that is sealed and no free text, so a filter finds only what a list may show. It is parsed
//! closed, has limits, and means the same as a query of the database and as a pure function
//! ([`Filter::matches`]). [`sentence`](Filter::sentence) says it in Chinese and in English.

mod chinese;
mod condition;
mod english;
mod filter;
mod normal;
mod sentence;
mod successors;

pub use condition::{AgeRange, AnswerAmong, CaseOf, CaseProgress, Condition, Facts, Since};
pub use filter::{Fault, Filter, FilterError};
pub use sentence::{AnswerNames, Names, Sentence};
pub use successors::{Successors, after_change_of_areas, common};

#[cfg(test)]
mod tests;
