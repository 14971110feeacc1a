//! The figures of areas, and their sums.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use serde::Serialize;
use utoipa::ToSchema;

use crate::beneficiary::contacts::Contacts;
use crate::task::view::waiting::WaitingTasks;

/// The state of the work in an area, including all levels below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figures {
    /// Open tasks, which have no assignee.
    #[schema(minimum = 0, maximum = 100_000_000, example = 41)]
    pub open: i64,
    /// Tasks that are assigned and not finished.
    #[schema(minimum = 0, maximum = 100_000_000, example = 126)]
    pub held: i64,
    /// Unfinished tasks whose due day has passed.
    #[schema(minimum = 0, maximum = 100_000_000, example = 3)]
    pub overdue: i64,
    /// Unfinished tasks due within three days, today included.
    #[schema(minimum = 0, maximum = 100_000_000, example = 12)]
    pub due_in_3_days: i64,
    /// Unfinished tasks due within seven days, today included.
    #[schema(minimum = 0, maximum = 100_000_000, example = 30)]
    pub due_in_7_days: i64,
    /// Open tasks that a plan whose days are not over could not assign to anyone.
    #[schema(minimum = 0, maximum = 100_000_000, example = 2)]
    pub unserved: i64,
    /// Unfinished and failed tasks by the level that is responsible.
    pub escalation_levels: EscalationLevels,
    /// Minutes that active managers and volunteers offer in a week.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64, example = 5400)]
    pub offered_minutes: i64,
    /// Minutes of the visits planned within seven days, today included: their service and, if a plan gave them,
    /// the travel that they add to their days.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64, example = 2150)]
    pub planned_minutes: i64,
    /// Current beneficiaries.
    #[schema(minimum = 0, maximum = 100_000_000, example = 208)]
    pub beneficiaries: i64,
    /// Current beneficiaries without a contact in the last 90 days.
    #[schema(minimum = 0, maximum = 100_000_000, example = 17)]
    pub not_contacted_90_days: i64,
}

/// Numbers of tasks by the level that is responsible for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct EscalationLevels {
    /// On the grid.
    #[schema(minimum = 0, maximum = 100_000_000, example = 160)]
    pub grid: i64,
    /// Escalated to the village.
    #[schema(minimum = 0, maximum = 100_000_000, example = 5)]
    pub village: i64,
    /// Escalated to the town.
    #[schema(minimum = 0, maximum = 100_000_000, example = 2)]
    pub town: i64,
    /// Escalated to the district.
    #[schema(minimum = 0, maximum = 100_000_000, example = 0)]
    pub district: i64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.open += other.open;
        self.held += other.held;
        self.overdue += other.overdue;
        self.due_in_3_days += other.due_in_3_days;
        self.due_in_7_days += other.due_in_7_days;
        self.unserved += other.unserved;
        self.escalation_levels.grid += other.escalation_levels.grid;
        self.escalation_levels.village += other.escalation_levels.village;
        self.escalation_levels.town += other.escalation_levels.town;
        self.escalation_levels.district += other.escalation_levels.district;
        self.offered_minutes += other.offered_minutes;
        self.planned_minutes += other.planned_minutes;
        self.beneficiaries += other.beneficiaries;
        self.not_contacted_90_days += other.not_contacted_90_days;
    }
}

impl From<WaitingTasks> for Figures {
    fn from(tasks: WaitingTasks) -> Self {
        Self {
            open: tasks.open,
            held: tasks.held,
            overdue: tasks.overdue,
            due_in_3_days: tasks.due_in_3_days,
            due_in_7_days: tasks.due_in_7_days,
            escalation_levels: EscalationLevels {
                grid: tasks.on_grid,
                village: tasks.on_village,
                town: tasks.on_town,
                district: tasks.on_district,
            },
            planned_minutes: tasks.planned_minutes,
            ..Self::default()
        }
    }
}

impl From<Contacts> for Figures {
    fn from(Contacts { beneficiaries, not_contacted }: Contacts) -> Self {
        Self { beneficiaries, not_contacted_90_days: not_contacted, ..Self::default() }
    }
}

/// The figures of one area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AreaFigures {
    /// The area.
    pub code: AreaCode,
    /// Its full official name.
    #[schema(max_length = 64, example = "几江街道")]
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The state of the work in an area, by child area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AreaSummary)]
pub struct Summary {
    /// The area.
    pub area: AreaCode,
    /// The level of the items.
    pub by: Level,
    /// The day to which the figures refer.
    pub day: NaiveDate,
    /// The current areas of the level in the area, ordered by code; none if the level is above
    /// the area's own.
    #[schema(max_items = 100_000)]
    pub items: Vec<AreaFigures>,
}

/// Adds the figures of grids up to the areas of `level`.
pub fn by_area(
    level: Level,
    grids: impl IntoIterator<Item = (AreaCode, Figures)>,
) -> BTreeMap<AreaCode, Figures> {
    let mut sums = BTreeMap::new();
    for (grid, figures) in grids {
        if let Some(area) = grid.ancestor(level) {
            *sums.entry(area).or_insert_with(Figures::default) += figures;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grids() -> impl Strategy<Value = Vec<(AreaCode, Figures)>> {
        let grid = ("50011600[1-3]00[1-3]00[1-3]", 0..99_i64, 0..99_i64, 0..99_i64);
        let grid = grid.prop_map(|(code, open, minutes, town)| {
            let escalation_levels = EscalationLevels { town, ..Default::default() };
            let offered_minutes = minutes;
            let figures =
                Figures { open, escalation_levels, offered_minutes, ..Default::default() };
            (code.parse().expect("a code"), figures)
        });
        proptest::collection::vec(grid, 0..40)
    }

    proptest! {
        #[test]
        fn an_area_has_the_sum_of_its_children_at_every_level(grids in grids()) {
            for level in [Level::District, Level::Town, Level::Village] {
                let parents = by_area(level, grids.clone());
                for below in [Level::Town, Level::Village, Level::Grid] {
                    if below > level {
                        let children = by_area(below, grids.clone());
                        prop_assert_eq!(&by_area(level, children), &parents);
                    }
                }
            }
        }

        #[test]
        fn no_task_is_counted_twice_or_lost(grids in grids()) {
            let all: i64 = grids.iter().map(|(_, figures)| figures.open).sum();
            let sums = by_area(Level::Town, grids);
            prop_assert_eq!(sums.values().map(|figures| figures.open).sum::<i64>(), all);
        }
    }
}
