//! Stores a decision: each register's rows and events, in one transaction.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::PersonId;
use gridward_domain::task::{self as life, AutomaticCommand};
use serde_json::json;

use super::decide::Decision;
use super::outcome::differences;
use super::situation::Situation;
use crate::area::{borders, edit, successors};
use crate::clock;
use crate::db::DbError;
use crate::goods::handout_store;
use crate::log::{Event, Subject};
use crate::task::commands::transition;
use crate::task::row::TaskRow;
use crate::tx::Tx;
use crate::{beneficiary, memorial, person, station, task};

/// A decision being stored.
struct Writing<'a, 'b> {
    tx: &'a mut Tx<'b>,
    by: PersonId,
    before: &'a Situation,
    decision: &'a Decision,
}

/// Stores the decision.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if a row has changed since the situation was read.
pub fn write(
    tx: &mut Tx<'_>,
    principal: &Principal,
    before: &Situation,
    decision: &Decision,
) -> Result<(), DbError> {
    let mut writing = Writing { tx, by: principal.person, before, decision };
    writing.areas()?;
    writing.outlines()?;
    writing.people()?;
    writing.beneficiaries()?;
    writing.tasks()?;
    writing.places()
}

impl Writing<'_, '_> {
    fn record(&mut self, event: Event) {
        self.tx.record(event.by(self.by));
    }

    fn areas(&mut self) -> Result<(), DbError> {
        let (before, after) = (self.before, &self.decision.after);
        let today = clock::day(self.tx.now);
        for (code, area) in after.areas.iter().filter(|(code, _)| !before.areas.contains_key(code))
        {
            edit::insert(self.tx.write_unbatched(), *code, &area.name, area.place, today)?;
            let event = Event::new("area.add", Subject::Area, code, *code, 1);
            self.record(event.with(json!({ "name": area.name, "valid_from": today })));
        }
        for code in before.areas.keys().filter(|code| !after.areas.contains_key(code)) {
            let version = edit::end(self.tx.write_unbatched(), *code, today)?;
            let links = self.decision.successors.iter().filter(|(from, _)| from == code);
            let links: Vec<AreaCode> = links.map(|(_, to)| *to).collect();
            let event = Event::new("area.end", Subject::Area, code, *code, version);
            self.record(event.with(json!({ "valid_to": today, "successors": links })));
        }
        for (code, _, is) in differences(&before.areas, &after.areas) {
            let conn = self.tx.write_unbatched();
            let version = edit::rename(conn, *code, &is.name, is.place)?;
            let event = Event::new("area.rename", Subject::Area, code, *code, version);
            self.record(event.with(json!({ "name": is.name })));
        }
        for (from, to) in &self.decision.successors {
            successors::insert(self.tx.write_unbatched(), *from, *to, today)?;
        }
        Ok(())
    }

    fn outlines(&mut self) -> Result<(), DbError> {
        let (before, after) = (&self.before.outlines, &self.decision.after.outlines);
        let district = self.tx.district;
        for grid in before.keys().filter(|grid| !after.contains_key(grid)) {
            edit::set_outline(self.tx.write_unbatched(), *grid, None)?;
        }
        for (grid, ring) in after.iter().filter(|(grid, ring)| before.get(grid) != Some(ring)) {
            let conn = self.tx.write_unbatched();
            edit::set_outline(conn, *grid, Some(ring))?;
            if before.contains_key(grid) {
                let version = edit::version(conn, *grid)?;
                self.record(Event::new("area.outline", Subject::Area, grid, *grid, version));
            }
        }
        borders::changed(self.tx.write_unbatched(), district)
    }

    fn people(&mut self) -> Result<(), DbError> {
        let (before, after) = (&self.before.people, &self.decision.after.people);
        let moved: Vec<_> = differences(before, after).collect();
        let managers = moved.iter().filter(|(_, was, _)| was.role == Role::Manager);
        let managers: Vec<PersonId> = managers.map(|(id, ..)| **id).collect();
        let district = self.tx.district;
        let ids = moved.iter().map(|(id, ..)| **id).collect();
        let rows = person::store::many(self.tx.read_unbatched(), district, &ids)?;
        person::write::demote(self.tx.write()?, district, &managers)?;
        for (id, _, is) in moved {
            let row = rows.get(id).ok_or(DbError::Collision)?;
            let conn = self.tx.write()?;
            let version = person::write::place_in(conn, row, is.role, is.area)?;
            let action = if is.role == row.role { "person.move" } else { "person.appoint" };
            let event = Event::new(action, Subject::Person, row.id, is.area, version);
            let event = event.moved_from(row.area).assignees(Some(row.id), Some(row.id));
            self.record(event.with(json!({ "role": is.role, "because": "area_changed" })));
        }
        Ok(())
    }

    fn beneficiaries(&mut self) -> Result<(), DbError> {
        let (before, after) = (&self.before.beneficiaries, &self.decision.after.beneficiaries);
        let district = self.tx.district;
        for (id, was, is) in differences(before, after) {
            let conn = self.tx.write_unbatched();
            let version = beneficiary::store::move_to(conn, district, *id, is.grid)?;
            handout_store::move_to(conn, district, &[*id], is.grid)?;
            let event = Event::new("beneficiary.move", Subject::Beneficiary, id, is.grid, version);
            let event = event.moved_from(was.grid);
            self.record(event.with(json!({ "because": "area_changed" })));
        }
        Ok(())
    }

    fn tasks(&mut self) -> Result<(), DbError> {
        let (before, after) = (&self.before.tasks, &self.decision.after.tasks);
        let ids: Vec<_> = differences(before, after).map(|(id, ..)| *id).collect();
        let district = self.tx.district;
        for row in task::store::rows(self.tx.read()?, district, &ids)? {
            let Some((at, _)) = after.get(&row.id) else { continue };
            let step = self.task(&row, at.grid)?;
            let next = TaskRow { grid: at.grid, ..row.moved(&step.after, self.tx.now) };
            task::store::move_to_grid(self.tx.write()?, &row, &next)?;
            let event = step.event().moved_from(row.grid);
            self.record(event.with(json!({ "because": "area_changed" })));
        }
        Ok(())
    }

    /// The move of a task. Its assignee keeps it; a finished task only gets the new code, since
    /// no command moves it.
    fn task<'a>(&self, row: &'a TaskRow, to: AreaCode) -> Result<transition::Step<'a>, DbError> {
        let before = row.life()?;
        let command = AutomaticCommand::Move { to, assignee_works_there: true };
        if before.state.is_live() {
            let step = transition::Step::automatic(row, &command, clock::day(self.tx.now))?;
            return step.ok_or_else(|| DbError::corrupt("tasks", "unchanged by a change of areas"));
        }
        let after = life::Task { grid: to, version: before.version + 1, ..before };
        Ok(transition::Step { row, before, after, verb: command.verb() })
    }

    fn places(&mut self) -> Result<(), DbError> {
        let (before, after, district) = (self.before, &self.decision.after, self.tx.district);
        for (id, was, is) in differences(&before.stations, &after.stations) {
            let row = station::store::row(self.tx.read_unbatched(), district, id)?;
            let row = row.ok_or(DbError::Collision)?;
            let mut next = row.clone();
            (next.area, next.grid, next.version) = (is.area, is.at.grid, row.version + 1);
            station::store::put(self.tx.write_unbatched(), Some(&row), &next)?;
            let event = Event::new("station.change", Subject::Station, id, is.area, next.version);
            self.record(event.moved_from(was.area));
        }
        for (id, was, is) in differences(&before.memorials, &after.memorials) {
            let row = memorial::store::row(self.tx.read_unbatched(), district, id)?;
            let row = row.ok_or(DbError::Collision)?;
            let mut next = row.clone();
            (next.grid, next.version) = (is.grid, row.version + 1);
            memorial::store::put(self.tx.write_unbatched(), Some(&row), &next)?;
            let event = Event::new("memorial.change", Subject::Memorial, id, is.grid, next.version);
            self.record(event.moved_from(was.grid));
        }
        Ok(())
    }
}
