//! The domain model: plain values and pure functions.
//!
//! Nothing here reads a clock, a file, a socket or a random number generator:
//!
//! - [`area`]: the four levels and their codes; [`place`]: WGS-84 points;
//!   [`time`]: minutes, times of day, windows; [`id`], [`id_number`], [`phone`], [`skill`] and
//!   [`language`]; [`channel`]: visit or phone call;
//!   [`code`]: the stable names of what a district defines itself;
//!   [`text`]: invisible characters in pasted text.
//! - [`range`]: whole numbers within bounds; [`bounded_text`]: texts within a length.
//! - [`audience`]: which beneficiaries a service is for; [`entry`]: the words of their entries.
//! - [`authority`]: the one table of role by action.
//! - [`campaign`]: the life of a campaign; [`feast`]: the days of feasts.
//! - [`case`]: the path of a kind of case, and the life of a case on it.
//! - [`feasibility`]: whether the visits of a campaign fit.
//! - [`feast`]: the days of feasts.
//! - [`goods`]: stocks and hand-outs.
//! - [`person_state`]: whether a person may use the service.
//! - [`secondment`]: the life of a volunteer's days in another area.
//! - [`search_term`]: what finds a name or a number.
//! - [`session`]: the rotation of refresh tokens.
//! - [`task`]: the life cycle of a task, with every rule.
//! - [`visibility`]: who sees what of a task and of its beneficiary.

pub mod area;
pub mod audience;
pub mod authority;
pub mod bounded_text;
pub mod campaign;
pub mod case;
pub mod channel;
pub mod code;
pub mod entry;
pub mod feasibility;
pub mod feast;
pub mod goods;
pub mod id;
pub mod id_number;
pub mod language;
pub mod other_work;
pub mod person_state;
pub mod phone;
pub mod place;
pub mod range;
pub mod regime;
#[cfg(feature = "schema")]
mod schema;
pub mod search_term;
pub mod secondment;
pub mod session;
pub mod skill;
#[cfg(feature = "diesel")]
pub mod sql;
pub mod task;
pub mod text;
pub mod time;
pub mod visibility;
pub mod word;
