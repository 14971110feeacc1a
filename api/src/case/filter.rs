//! The filter of a list of cases.

use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::authority::Principal;
use gridward_domain::bounded_text::RegisterIdFilter;
use gridward_domain::code::{CaseKindCode, StepCode};
use gridward_domain::id::BeneficiaryId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::scope::Hidden;

/// Filter of cases.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseQuery {
    /// Only cases of this kind.
    pub kind: Option<CaseKindCode>,
    /// Only cases at this step.
    pub step: Option<StepCode>,
    /// Only cases in this area and its descendants.
    pub area: Option<AreaCode>,
    /// Only cases that wait for this level.
    pub waits_for: Option<Level>,
    /// Only overdue cases, or only others.
    pub overdue: Option<bool>,
    /// Only cases of this beneficiary.
    pub beneficiary_id: Option<BeneficiaryId>,
    /// Only cases that were opened at the desk of this station.
    pub station: Option<RegisterIdFilter>,
    /// Cases that have ended, the last first, instead of those that wait. Default: no.
    #[serde(default)]
    #[param(required = false)]
    pub ended: bool,
}

/// The same, with the scope of the caller.
#[derive(Clone, Debug)]
pub(super) struct CaseFilter {
    pub(super) scope: AreaRange,
    /// What the caller's role does not see.
    pub(super) hidden: Hidden,
    pub(super) kind: Option<CaseKindCode>,
    pub(super) step: Option<StepCode>,
    pub(super) waits_for: Option<Level>,
    pub(super) overdue: Option<bool>,
    pub(super) beneficiary: Option<BeneficiaryId>,
    pub(super) station: Option<RegisterIdFilter>,
    pub(super) ended: bool,
}

impl CaseFilter {
    pub(super) fn of(query: CaseQuery, principal: &Principal, hidden: Hidden) -> Self {
        Self {
            scope: query.area.unwrap_or(principal.area).range(),
            hidden,
            kind: query.kind,
            step: query.step,
            waits_for: query.waits_for,
            overdue: query.overdue,
            beneficiary: query.beneficiary_id,
            station: query.station,
            ended: query.ended,
        }
    }
}
