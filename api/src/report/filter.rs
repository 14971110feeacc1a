//! Which reports a list shows, and in which order.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::{BeneficiaryId, PersonId, ReportId};
use gridward_domain::task::Outcome;
use gridward_domain::word::{UnknownWord, Word as _, unknown};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::{nearest_within_reach, within_reach};
use crate::db::Conn;
use crate::db::schema::reports;
use crate::http::comma_list::CommaList;
use crate::http::problem::Problem;
use crate::in_range;

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<ReportSort>)]
pub enum ReportSort {
    /// The latest report first.
    #[default]
    Latest,
    /// The earliest report first.
    Earliest,
}

/// Filter and order of reports.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// Only reports on tasks in this area and its descendants.
    pub area: Option<AreaCode>,
    /// Only reports with these outcomes, separated by commas.
    #[param(inline)]
    pub outcome: Option<CommaList<Outcome>>,
    /// Only reports on tasks of these kinds of service, separated by commas.
    #[param(inline)]
    pub kind: Option<CommaList<KindCode>>,
    /// Only reports that found one of these needs, separated by commas. Needs are encrypted: this
    /// filter reads every report that the others select.
    #[param(inline)]
    pub need: Option<CommaList<Need>>,
    /// Only reports that arrived on this day or later.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub from: Option<NaiveDate>,
    /// Only reports that arrived on this day or earlier.
    #[serde(default, deserialize_with = "crate::http::day::bound")]
    pub to: Option<NaiveDate>,
    /// Only reports of this visitor.
    pub person_id: Option<PersonId>,
    /// Only reports about this beneficiary.
    pub beneficiary_id: Option<BeneficiaryId>,
    /// Only reports that were stored as evidence without changing their task, or only others.
    pub recorded: Option<bool>,
    /// The order; the latest report first unless given.
    #[param(inline)]
    pub sort: Option<ReportSort>,
    /// Whether the answer counts all matching reports.
    pub count: Option<bool>,
    /// Whether the answer has the totals of all matching reports by outcome and by day: of up to 366
    /// days from `from` to `to`, or of the last 31 days until `to` or today.
    pub totals: Option<bool>,
}

impl ReportQuery {
    /// The selection of what the principal may list.
    ///
    /// # Errors
    /// 404 outside the principal's area.
    pub fn authorize(self, principal: &Principal) -> Result<Selection, Problem> {
        let own = self.person_id == Some(principal.person) && self.area.is_none();
        let area = self.area.unwrap_or(principal.area);
        principal.authorize(Action::ReadReports, &area)?;
        let volunteer = principal.role == Role::Volunteer;
        Ok(Selection {
            district: principal.district(),
            area: (!own && (!volunteer || self.area.is_some())).then_some(area),
            only_of: volunteer.then_some(principal.person),
            query: self,
        })
    }
}

/// The reports of a district that one reader lists.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The district.
    pub district: AreaCode,
    /// Only reports on tasks in this area and its descendants; in the whole district if `None`.
    pub area: Option<AreaCode>,
    /// Only reports of this person: what a volunteer sees.
    pub only_of: Option<PersonId>,
    /// The query.
    pub query: ReportQuery,
}

/// A condition on a report.
pub(super) type Condition = Box<
    dyn BoxableExpression<reports::table, <Conn as diesel::Connection>::Backend, SqlType = Bool>,
>;

impl Selection {
    /// Whether the report with these needs is selected by them.
    pub fn finds(&self, needs: &BTreeSet<Need>) -> bool {
        let wanted = self.query.need.clone().map(BTreeSet::from);
        wanted.is_none_or(|wanted| !wanted.is_disjoint(needs))
    }

    /// The condition by all columns: all filters but the needs, which are encrypted.
    pub(super) fn condition(&self) -> Condition {
        let mut all: Condition = Box::new(reports::district.eq(self.district));
        let mut and = |one: Condition| {
            let before: Condition =
                std::mem::replace(&mut all, Box::new(reports::district.is_not_null()));
            all = Box::new(before.and(one));
        };
        match self.area {
            Some(area) if area.level() == Level::Grid => and(Box::new(reports::grid.eq(area))),
            Some(area) if area.level() != Level::District => {
                and(Box::new(in_range!(reports::grid, area.range())));
            }
            _ => {}
        }
        if let Some(person) = self.only_of {
            and(Box::new(reports::person.eq(person)));
        }
        let query = self.query.clone();
        if let Some(person) = query.person_id {
            and(Box::new(reports::person.eq(person)));
        }
        if let Some(beneficiary) = query.beneficiary_id {
            // SQLite uses the partial index only if the query repeats the index's condition.
            and(Box::new(reports::beneficiary.is_not_null()));
            and(Box::new(reports::beneficiary.assume_not_null().eq(beneficiary)));
        }
        if let Some(outcomes) = query.outcome.map(BTreeSet::from) {
            let words = outcomes.into_iter().map(|outcome| outcome.as_str().to_owned());
            and(Box::new(reports::outcome.eq_any(words.collect::<Vec<_>>())));
        }
        if let Some(kinds) = query.kind.map(BTreeSet::from) {
            let codes = kinds.into_iter().map(String::from);
            and(Box::new(reports::kind.eq_any(codes.collect::<Vec<_>>())));
        }
        if let Some(recorded) = query.recorded {
            and(Box::new(reports::recorded.eq(recorded)));
        }
        all
    }

    /// The condition, and that the report arrived within the days of the filter.
    pub(super) fn in_days(&self) -> Condition {
        let mut all = self.condition();
        if let Some(day) = self.query.from.map(nearest_within_reach) {
            all = Box::new(all.and(reports::created_at.ge(begin(day))));
        }
        if let Some(day) = self.query.to.map(nearest_within_reach) {
            let next = day.succ_opt().unwrap_or(day);
            all = Box::new(all.and(reports::created_at.lt(begin(next))));
        }
        all
    }
}

/// When a day begins in the district, as a column has it.
fn begin(day: NaiveDate) -> NaiveDateTime {
    let east = crate::clock::china().local_minus_utc();
    day.and_time(NaiveTime::MIN) - TimeDelta::seconds(east.into())
}

/// The position of a report in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The order.
    pub sort: ReportSort,
    /// When the report arrived.
    pub at: DateTime<FixedOffset>,
    /// The report.
    pub id: ReportId,
}

impl Position {
    /// Checks that the position, which a cursor named, is one of the order.
    ///
    /// # Errors
    /// 400.
    pub fn check(self, sort: ReportSort) -> Result<Self, Problem> {
        if self.sort == sort && within_reach(&self.at).is_ok() {
            return Ok(self);
        }
        Err(Problem::unreadable("cursor", "must be a `next_cursor` of this list and order"))
    }

    /// The condition that a report follows in the order.
    pub(super) fn precedes(self) -> Condition {
        let at = self.at.naive_utc();
        // One condition on the time alone bounds the range of the index.
        match self.sort {
            ReportSort::Latest => {
                let beside = reports::created_at.eq(at).and(reports::id.lt(self.id));
                let later = reports::created_at.lt(at).or(beside);
                Box::new(reports::created_at.le(at).and(later))
            }
            ReportSort::Earliest => {
                let beside = reports::created_at.eq(at).and(reports::id.gt(self.id));
                let later = reports::created_at.gt(at).or(beside);
                Box::new(reports::created_at.ge(at).and(later))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_eight_hours_before_that_of_utc() {
        let day = "2026-08-01".parse().expect("a day");
        assert_eq!(begin(day).to_string(), "2026-07-31 16:00:00");
    }

    #[test]
    fn a_cursor_belongs_to_its_order_and_has_a_possible_time() {
        let at = "2026-08-01T09:00:00+08:00".parse().expect("a time");
        let id = ReportId(uuid::Uuid::nil());
        let position = Position { sort: ReportSort::Latest, at, id };
        assert!(position.check(ReportSort::Latest).is_ok());
        assert!(position.check(ReportSort::Earliest).is_err());
        let far = DateTime::<chrono::Utc>::MAX_UTC.fixed_offset();
        assert!(Position { at: far, ..position }.check(ReportSort::Latest).is_err());
    }

    #[test]
    fn a_filter_by_needs_selects_reports_that_found_one_of_them() {
        let area: AreaCode = "500116".parse().expect("a code");
        let need = |text: &str| text.parse::<Need>().expect("a code");
        let query = ReportQuery {
            need: CommaList::try_from("medical,legal".to_owned()).ok(),
            ..ReportQuery::default()
        };
        let selection = Selection { district: area, area: None, only_of: None, query };
        assert!(selection.finds(&BTreeSet::from([need("legal"), need("housing")])));
        assert!(!selection.finds(&BTreeSet::from([need("housing")])));
        let every = Selection { query: ReportQuery::default(), ..selection };
        assert!(every.finds(&BTreeSet::new()));
    }
}
