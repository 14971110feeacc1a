//! Reads the week of an area.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::visibility::View;

use super::figure::{TaskList, median};
use super::model::{
    AreaFigure, AreaLine, MOST_AREAS, MOST_TASKS, NeedCaseCounts, TaskFigure, TaskLine, Weekly,
};
use super::quiet::{self, Quiet};
use super::week::Week;
use crate::area;
use crate::beneficiary::contacts;
use crate::case::needs::{NeedCases, days_of};
use crate::crypto::{KeyRing, SealingKey};
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::task::view::aging::{self, AgedTask};
use crate::task::view::list_store;
use crate::task::view::names::{NamedIds, Names};

/// The week of `code` as the principal sees it on the day `today`.
///
/// # Errors
/// 404 for an unknown area or one outside the principal's; [`DbError`].
pub fn weekly(
    conn: &mut Conn,
    keys: &KeyRing,
    principal: &Principal,
    (code, week): (AreaCode, Week),
    today: NaiveDate,
) -> Result<Weekly, Problem> {
    let area = area::store::one(conn, &code)?.ok_or_else(Problem::not_found)?;
    let key = keys.key(conn, code.district())?;
    let mut figures = Figures { conn, key: &key, principal, today };
    let found = figures.of(&TaskList::found(code, week))?;
    let waiting = figures.of(&TaskList::waiting(code))?;
    let overdue = figures.of(&TaskList::overdue(code))?;
    // The median needs all of them.
    let list = TaskList::met(code, week);
    let filter = list.filter(principal, today)?;
    let mut done = aging::all(figures.conn, code.district(), &filter)?;
    let (from, to) = (week.first(), week.last());
    let mut days = |which| days_of(figures.conn, principal, code, which, today);
    let (cases_found, cases_met) =
        (days(NeedCases::Found(from, to))?, days(NeedCases::Met(from, to))?);
    let cases_waiting = days(NeedCases::Waiting)?;
    let cases = NeedCaseCounts {
        found: as_count(cases_found.len()),
        met: as_count(cases_met.len()),
        waiting: as_count(cases_waiting.len()),
    };
    let median_days = median(done.iter().map(|task| task.days(today)).chain(cases_met).collect());
    let oldest_days = waiting.items.first().map(|oldest| oldest.days);
    let count = as_count(done.len());
    done.truncate(usize::try_from(MOST_TASKS).unwrap_or_default());
    let met = TaskFigure { count, list: list.address(), items: figures.lines(&done)? };
    Ok(Weekly {
        area: code,
        area_name: area.name,
        week: week.to_string(),
        from,
        to,
        day: today,
        oldest_days: oldest_days.max(cases_waiting.into_iter().max()),
        found,
        met,
        waiting,
        cases,
        median_days,
        overdue,
        without_contact: without_contact(figures.conn, code, today)?,
    })
}

/// Reads the figures of one answer.
struct Figures<'a> {
    conn: &'a mut Conn,
    key: &'a SealingKey,
    principal: &'a Principal,
    today: NaiveDate,
}

impl Figures<'_> {
    fn of(&mut self, list: &TaskList) -> Result<TaskFigure, Problem> {
        let filter = list.filter(self.principal, self.today)?;
        let district = self.principal.district();
        let first = aging::oldest(self.conn, district, &filter, MOST_TASKS)?;
        // A list that is not full is counted.
        let count = match as_count(first.len()) {
            MOST_TASKS => list_store::count(self.conn, district, &filter)?,
            fewer => fewer,
        };
        Ok(TaskFigure { count, list: list.address(), items: self.lines(&first)? })
    }

    fn lines(&mut self, tasks: &[AgedTask]) -> Result<Vec<TaskLine>, DbError> {
        let ids = |task: &AgedTask| NamedIds {
            grid: task.grid,
            beneficiary: task.beneficiary,
            assignee: None,
        };
        let seen = tasks.iter().map(|task| (ids(task), View::Staff));
        let names = Names::read(self.conn, self.key, self.principal.district(), seen)?;
        let line = |task: &AgedTask| {
            let names = names.of(&ids(task), View::Staff);
            TaskLine {
                id: task.id,
                kind: task.kind.clone(),
                grid: task.grid,
                grid_name: names.grid_name.unwrap_or_default().to_owned(),
                beneficiary_id: task.beneficiary,
                beneficiary_name: names.beneficiary_name.map(ToOwned::to_owned),
                created_on: task.created_on(),
                due_on: task.due_on,
                ended_on: task.ended_on(),
                days: task.days(self.today).max(0),
            }
        };
        Ok(tasks.iter().map(line).collect())
    }
}

fn without_contact(
    conn: &mut Conn,
    code: AreaCode,
    today: NaiveDate,
) -> Result<AreaFigure, DbError> {
    let level = quiet::level_in(code.level());
    let named = area::store::names(conn, &code.range(), level)?;
    let grids = contacts::by_grid(conn, &code.range(), today)?;
    let quiet = quiet::quiet(named, &grids);
    let since = contacts::recent_since(today);
    let line = |Quiet { code, name, beneficiaries }| AreaLine {
        list: format!("/v1/beneficiaries?area={code}&not_contacted_since={since}"),
        code,
        name,
        beneficiaries,
    };
    let count = as_count(quiet.len());
    Ok(AreaFigure { level, count, items: quiet.into_iter().take(MOST_AREAS).map(line).collect() })
}

fn as_count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
