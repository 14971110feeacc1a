//! Scopes: the rows that a person's phone may have, as pure functions. What it may see of a task
//! and of a beneficiary is the rule of [`gridward_domain::visibility`].
//!
//! A client may select a part of its scope: an area in it, and some types of rows. Every rule then
//! judges the person as responsible for the selected area, so no selection shows more than the
//! whole scope.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role, permits};
use gridward_domain::id::PersonId;
use gridward_domain::visibility::View;
use gridward_domain::word::VariantArray as _;

use super::cursor::Rest;
use super::row_type::RowType;
use crate::db::column::Hash;
use crate::task::row::TaskRow;

/// A person's scope, or the selected part of it.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The person, as responsible for the selected area.
    viewer: Principal,
    /// The area for which the person is responsible.
    own_area: AreaCode,
    /// The selected types of rows; `None` for all.
    types: Option<BTreeSet<RowType>>,
}

/// The version of the rules: a cursor of others is invalid, so that phones drop the rows that
/// they got by them.
const RULES: u8 = 8;

impl Scope {
    /// The whole scope of the person.
    pub const fn whole(principal: Principal) -> Self {
        Self { viewer: principal, own_area: principal.area, types: None }
    }

    /// The part of this scope in `area`, which the caller has authorized, with rows of `types`.
    pub fn select(self, area: Option<AreaCode>, types: Option<BTreeSet<RowType>>) -> Self {
        let viewer = Principal { area: area.unwrap_or(self.viewer.area), ..self.viewer };
        let all = |types: &BTreeSet<RowType>| types.len() == RowType::VARIANTS.len();
        Self { viewer, types: types.filter(|types| !all(types)), ..self }
    }

    /// The person, as responsible for the selected area.
    pub const fn viewer(&self) -> &Principal {
        &self.viewer
    }

    /// Whether rows of this type are selected.
    pub fn has(&self, r#type: RowType) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(&r#type))
    }

    /// The person.
    pub const fn person(&self) -> PersonId {
        self.viewer.person
    }

    /// The selected area; by default the one for which the person is responsible.
    pub const fn area(&self) -> AreaCode {
        self.viewer.area
    }

    /// The area for which the person is responsible.
    pub const fn own_area(&self) -> AreaCode {
        self.own_area
    }

    /// Whether the person visits beneficiaries.
    pub fn visits(&self) -> bool {
        self.viewer.role.visits()
    }

    /// Whether the person is a volunteer of a grid, not its manager.
    pub const fn helps(&self) -> bool {
        matches!(self.viewer.role, Role::Volunteer)
    }

    /// Whether the phone may have all beneficiaries of the area, not only those of its
    /// tasks.
    pub const fn holds_area(&self) -> bool {
        permits(self.viewer.role, Action::ReadBeneficiaries)
    }

    /// Whether the person is the manager of a grid, who plans with its people.
    pub fn manages_grid(&self) -> bool {
        self.viewer.role == Role::Manager && self.is_grid()
    }

    /// Whether the phone may have planned hand-outs of the area, a volunteer those of the own visits alone, and any visitor
    /// also those of the own visits elsewhere: for one grid at a time, since a campaign plans several for each
    /// beneficiary of the district.
    pub fn has_handouts(&self) -> bool {
        self.has_goods() && self.is_grid() && self.has(RowType::Handout)
    }

    /// Whether the phone may have the cases at whose step the area acts, which is a grid.
    pub fn has_cases(&self) -> bool {
        let may = permits(self.viewer.role, Action::ReadCases);
        may && self.is_grid() && self.has(RowType::Case)
    }

    /// Whether the phone may have the items of the goods: its person hands them out.
    pub const fn has_goods(&self) -> bool {
        permits(self.viewer.role, Action::HandOut)
    }

    /// The selected area and the areas that contain it; notices to any of them reach the
    /// person.
    pub fn around(&self) -> Vec<AreaCode> {
        std::iter::successors(Some(self.area()), AreaCode::parent).collect()
    }

    /// The view of the task that the phone may have, if any; none of an archived one.
    pub fn view(&self, row: &TaskRow, now: DateTime<Utc>) -> Option<View> {
        if row.archived { None } else { row.facts().view(&self.viewer, now) }
    }

    /// Where the paged part of a snapshot begins; `None` if no such rows are selected.
    pub fn first_part(&self) -> Option<Rest> {
        if self.holds_area() && self.has(RowType::Beneficiary) {
            return Some(Rest::Beneficiaries(None));
        }
        self.tasks_part()
    }

    /// Where the snapshot continues after the beneficiaries of the area.
    pub fn tasks_part(&self) -> Option<Rest> {
        if self.has_tasks() { Some(Rest::Tasks(None)) } else { self.handouts_part() }
    }

    /// Where the snapshot continues after the tasks.
    pub fn handouts_part(&self) -> Option<Rest> {
        self.has_handouts().then_some(Rest::Handouts(None))
    }

    /// Whether the snapshot has tasks, or beneficiaries that are in scope by tasks only.
    fn has_tasks(&self) -> bool {
        self.has(RowType::Task) || self.has(RowType::Beneficiary) && self.visits()
    }

    /// Whether a snapshot of this scope can continue there. A cursor grants no access, so
    /// a forged one must not lead outside the scope.
    pub fn allows(&self, rest: &Rest) -> bool {
        let holds = self.holds_area() && self.has(RowType::Beneficiary);
        let tasks = self.has_tasks();
        match rest {
            Rest::Beneficiaries(None) => holds,
            Rest::Beneficiaries(Some((grid, _))) => holds && self.area().contains(grid),
            Rest::Tasks(None) => tasks,
            Rest::Tasks(Some((grid, ..))) => tasks && self.area().contains(grid),
            Rest::Elsewhere => tasks && self.visits(),
            Rest::Handouts(_) => self.has_handouts(),
        }
    }

    /// A fingerprint of the scope and of the selection; a cursor with a different one is invalid.
    pub fn mark(&self) -> String {
        let (Principal { person, role, area }, own) = (self.viewer, self.own_area);
        let mut text = format!("{person}|{role}|{own}|{RULES}");
        // The mark of a whole scope stays as it was before there were selections.
        if area != own || self.types.is_some() {
            let words = |types: &BTreeSet<RowType>| {
                types.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
            };
            let types = self.types.as_ref().map_or_else(|| "*".to_owned(), words);
            text = format!("{text}|{area}|{types}");
        }
        let hash = Hash::sha256(text);
        BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..9])
    }

    /// Whether the area is a single grid, for which the log is indexed by area.
    pub fn is_grid(&self) -> bool {
        self.area().level() == Level::Grid
    }
}

#[cfg(test)]
mod tests {
    use gridward_domain::id::BeneficiaryId;
    use uuid::Uuid;

    use super::*;

    const ME: PersonId = PersonId(Uuid::from_u128(1));
    const OTHER: PersonId = PersonId(Uuid::from_u128(2));

    fn area(code: &str) -> AreaCode {
        code.parse().expect("a code")
    }

    fn scope(role: Role, code: &str) -> Scope {
        Scope::whole(Principal { person: ME, role, area: area(code) })
    }

    const TOWN: &str = "500116001";
    const HERE: &str = "500116001002001";
    const THERE: &str = "500116001002002";

    fn types(types: &[RowType]) -> BTreeSet<RowType> {
        types.iter().copied().collect()
    }

    #[test]
    fn another_role_area_or_person_is_another_mark() {
        let other = Principal { person: OTHER, ..*scope(Role::Volunteer, HERE).viewer() };
        let marks = [
            scope(Role::Volunteer, HERE).mark(),
            scope(Role::Volunteer, THERE).mark(),
            scope(Role::Manager, HERE).mark(),
            Scope::whole(other).mark(),
        ];
        let different: BTreeSet<_> = marks.iter().collect();
        assert_eq!(different.len(), marks.len());
    }

    #[test]
    fn another_selection_is_another_mark() {
        let town = || scope(Role::Supervisor, TOWN);
        let (task, notice) = (RowType::Task, RowType::Notice);
        let marks = [
            town().mark(),
            town().select(Some(area(HERE)), None).mark(),
            town().select(Some(area(THERE)), None).mark(),
            town().select(None, Some(types(&[task]))).mark(),
            town().select(Some(area(HERE)), Some(types(&[task]))).mark(),
            town().select(Some(area(HERE)), Some(types(&[task, notice]))).mark(),
            scope(Role::Supervisor, HERE).mark(),
        ];
        let different: BTreeSet<_> = marks.iter().collect();
        assert_eq!(different.len(), marks.len());
        let all = town().select(Some(area(TOWN)), Some(types(RowType::VARIANTS)));
        assert_eq!(all.mark(), town().mark(), "it selects everything");
    }

    #[test]
    fn a_forged_cursor_leads_to_no_type_that_is_not_selected() {
        let tasks =
            scope(Role::Supervisor, TOWN).select(Some(area(HERE)), Some(types(&[RowType::Task])));
        let id = BeneficiaryId(Uuid::nil());
        assert!(tasks.allows(&Rest::Tasks(None)) && !tasks.allows(&Rest::Beneficiaries(None)));
        let homes = scope(Role::Manager, HERE).select(None, Some(types(&[RowType::Beneficiary])));
        assert!(homes.allows(&Rest::Beneficiaries(Some((area(HERE), id)))));
        assert!(!homes.allows(&Rest::Beneficiaries(Some((area(THERE), id)))));
        let notices = scope(Role::Volunteer, HERE).select(None, Some(types(&[RowType::Notice])));
        assert_eq!(notices.first_part(), None);
        assert!(!notices.allows(&Rest::Elsewhere));
        assert!(homes.allows(&Rest::Tasks(None)) && !homes.allows(&Rest::Handouts(None)));
        assert!(!scope(Role::Auditor, HERE).allows(&Rest::Handouts(None)));
    }

    #[test]
    fn planned_hand_outs_are_those_of_one_grid_for_those_who_hand_them_out() {
        let has = |scope: Scope| scope.has_handouts();
        assert!(has(scope(Role::Manager, HERE)) && has(scope(Role::Volunteer, HERE)));
        assert!(!has(scope(Role::Auditor, HERE)));
        let town = || scope(Role::Supervisor, TOWN);
        assert!(!has(town()) && has(town().select(Some(area(HERE)), None)));
        let alone = scope(Role::Manager, HERE).select(None, Some(types(&[RowType::Handout])));
        assert_eq!(alone.first_part(), Some(Rest::Handouts(None)));
        assert!(
            scope(Role::Volunteer, HERE).has_goods() && !scope(Role::Auditor, TOWN).has_goods()
        );
    }
}
