//! The export of tasks.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::PersonId;
use gridward_domain::range::PageLimit;
use gridward_domain::skill::Skill;
use gridward_domain::task::Phase;

use super::cell::{Cell, Column, columns};
use super::labels::Labels;
use super::run::{Listing, Rows};
use crate::crypto::KeyRing;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::person;
use crate::task::model::TaskSummary;
use crate::task::view::filter::Filter;
use crate::task::view::sort::SortKey;
use crate::task::view::summaries;
use crate::vocabulary::VocabularyName;

/// The tasks that a filter selects, as the caller's list shows them.
pub struct Tasks {
    /// The keys of districts.
    pub keys: KeyRing,
    /// The caller.
    pub principal: Principal,
    /// The filter.
    pub filter: Filter,
    /// The labels.
    pub labels: Labels,
    /// The time by which the visible fields are determined.
    pub now: DateTime<Utc>,
}

impl Listing for Tasks {
    type Position = SortKey;

    const NAME: (&'static str, &'static str) = ("tasks", "task.export");

    const COLUMNS: &'static [Column] = columns! {
        "id", "Task", "任务编号";
        "kind", "Kind of service", "服务项目";
        "state", "State", "状态";
        "grid", "Grid", "网格编码";
        "grid_name", "Name of the grid", "网格名称";
        "beneficiary_name", "Beneficiary", "服务对象";
        "not_before", "Earliest day", "最早日期";
        "due_on", "Due day", "截止日期";
        "planned_on", "Planned day", "计划日期";
        "assignee_name", "Assignee", "承办人";
        "priority", "Priority", "优先级";
        "minutes", "Minutes", "时长（分钟）";
        "skills", "Skills", "所需技能";
        "attempt", "Attempt", "第几次走访";
    };

    fn page(
        &self,
        conn: &mut Conn,
        after: Option<Self::Position>,
    ) -> Result<Rows<Self::Position>, DbError> {
        let key = self.keys.key(conn, self.principal.district())?;
        let wanted = Wanted { limit: PageLimit::MAX, after };
        let page = summaries::page(conn, &key, &self.principal, &self.filter, &wanted, self.now)?;
        let held: BTreeSet<PersonId> = page.tasks.iter().filter_map(assignee).collect();
        let names = if self.principal.may(Action::ReadPeople).is_ok() {
            person::store::names(conn, &key, &self.principal.scope(), held)?
        } else {
            HashMap::new()
        };
        Ok((page.tasks.iter().map(|task| self.row(task, &names)).collect(), page.next))
    }
}

impl Tasks {
    fn row(&self, task: &TaskSummary, names: &HashMap<PersonId, String>) -> Vec<Cell> {
        let labels = &self.labels;
        let skills = task.skills.iter().map(Skill::as_str);
        vec![
            Cell::text(task.id),
            labels.kind(task.kind.as_str()),
            labels.word(task.state),
            Cell::text(task.grid),
            labels.area(&task.grid),
            Cell::of(task.beneficiary_name.as_ref(), Cell::text),
            Cell::Day(task.not_before),
            Cell::Day(task.due_on),
            Cell::of(task.planned_on, Cell::Day),
            Cell::of(assignee(task).and_then(|id| names.get(&id)), Cell::text),
            Cell::Number(task.priority.get().into()),
            Cell::Number(task.minutes.get().into()),
            labels.codes(VocabularyName::Skills, skills),
            Cell::Number(task.attempt.get().into()),
        ]
    }
}

/// The assignee of an unfinished task. Finished ones have none: a file of who did how much would
/// rank people.
fn assignee(task: &TaskSummary) -> Option<PersonId> {
    task.assignee_id.filter(|_| Phase::UNFINISHED_ASSIGNED.contains(&task.state))
}
