//! What is asked of a plan: the order with its selection, days, weights and decisions by hand, and what-if
//! questions.

pub mod changes;
pub(super) mod goods_handover;
pub mod imagined;
pub mod lane;
pub mod order;
pub(super) mod question;
pub mod selection;
pub mod single_changes;
pub mod span;
pub mod stored_order;
pub mod weighting;
pub mod what_if;
