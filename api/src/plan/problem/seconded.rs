//! The volunteers who are seconded to an area, or from it, in the days of a plan.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_dispatch::solve::Lending;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;
use gridward_domain::person_state::PersonState;
use gridward_domain::secondment::SecondmentSpan;

use crate::db::{Conn, DbError};
use crate::person::store::{self as people, PersonRow};
use crate::plan::request::span::Span;
use crate::secondment::store::{self, SecondmentRow};

/// The agreed secondments in some days, by person.
#[derive(Clone, Debug, Default)]
pub struct Seconded {
    of: HashMap<PersonId, Vec<Lending>>,
    /// The people of other areas, who are there for their secondments alone.
    guests: HashSet<PersonId>,
}

impl Seconded {
    /// Adds to `people`, who are the visitors of the range, those who are seconded to it in the span.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn join(
        conn: &mut Conn,
        range: &AreaRange,
        span: Span,
        people: &mut Vec<PersonRow>,
    ) -> Result<Self, DbError> {
        let district = range.area().district();
        let days = SecondmentSpan { first_day: span.first(), last_day: span.last() };
        let agreed = store::agreed(conn, district, days)?;
        let (area, known) = (range.area(), ids(people));
        let reaches = |row: &SecondmentRow| area.contains(&row.area) || row.area.contains(&area);
        let away: HashSet<PersonId> = agreed
            .iter()
            .filter(|row| reaches(row) && !known.contains(&row.person))
            .map(|row| row.person)
            .collect();
        let away: Vec<PersonId> = away.into_iter().collect();
        let mut guests = people::rows(conn, &district.range(), &away)?;
        guests.retain(|row| row.role == Role::Volunteer && row.state == PersonState::Active);
        guests.sort_unstable_by_key(|row| (row.area, row.id));
        let of_guests = ids(&guests);
        people.append(&mut guests);
        let homes: HashMap<PersonId, AreaCode> =
            people.iter().map(|row| (row.id, row.area)).collect();
        let mut of: HashMap<PersonId, Vec<Lending>> = HashMap::new();
        // The manager of another grid has not agreed.
        for row in agreed.iter().filter(|row| homes.get(&row.person) == Some(&row.home)) {
            of.entry(row.person).or_default().push(Lending {
                area: row.area,
                first_day: row.first_day,
                last_day: row.last_day,
            });
        }
        Ok(Self { of, guests: of_guests })
    }

    /// Where the person helps and when.
    pub fn of(&self, person: PersonId) -> &[Lending] {
        self.of.get(&person).map_or(&[], Vec::as_slice)
    }

    /// Whether the person is there on the day: always, but for people of other areas.
    pub fn is_there(&self, person: PersonId, day: NaiveDate) -> bool {
        !self.guests.contains(&person) || self.of(person).iter().any(|lending| lending.has(day))
    }

    /// Whether the person can be given a visit in the grid on the day: people of other areas where they help.
    pub fn reaches(&self, person: PersonId, grid: AreaCode, day: NaiveDate) -> bool {
        !self.guests.contains(&person) || self.helps(person, grid, day)
    }

    /// Whether the person helps in the grid on the day.
    pub fn helps(&self, person: PersonId, grid: AreaCode, day: NaiveDate) -> bool {
        self.of(person).iter().any(|lending| lending.area.contains(&grid) && lending.has(day))
    }
}

fn ids(people: &[PersonRow]) -> HashSet<PersonId> {
    people.iter().map(|row| row.id).collect()
}
