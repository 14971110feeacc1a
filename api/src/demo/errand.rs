//! What the visits of the demo are for.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Occasion;
use gridward_domain::code::Need;
use gridward_domain::id::BeneficiaryId;
use gridward_domain::place::Place;
use gridward_domain::task::Outcome;

use crate::load::record::BeneficiaryRecord;

/// What has become of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Open,
    Assigned,
    Accepted,
    Reported(Outcome),
}

/// Where a visit is made.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    /// The grid.
    pub(super) grid: AreaCode,
    /// The place.
    pub(super) place: Place,
    /// Whose home it is, if it is one.
    pub(super) beneficiary: Option<BeneficiaryId>,
    /// The name of another place.
    pub(super) name: Option<String>,
}

impl Destination {
    /// The home of the beneficiary.
    pub(super) const fn home(of: &BeneficiaryRecord) -> Self {
        Self { grid: of.grid, place: of.place, beneficiary: Some(of.id), name: None }
    }
}

/// What a visit is for, and when.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    /// The occasion.
    pub(super) occasion: Option<Occasion>,
    /// When its task was created.
    pub(super) created_at: DateTime<Utc>,
    /// The first and the last day.
    pub(super) days: (NaiveDate, NaiveDate),
    /// What has become of it.
    pub(super) progress: Progress,
    /// When that was.
    pub(super) at: DateTime<Utc>,
    /// The needs that its report has found.
    pub(super) needs: BTreeSet<Need>,
}
