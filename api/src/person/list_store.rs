//! Queries for lists of people, ordered by area and id.

use std::collections::BTreeSet;

use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::PersonId;
use gridward_domain::language::SpokenLanguage;
use gridward_domain::skill::Skill;

use super::store::PersonRow;
use super::{PersonState, Role};
use crate::db::column::Hash;
use crate::db::schema::people;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::{has_member, in_range};

/// Selects people of a list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only people with this role.
    pub role: Option<Role>,
    /// Only people in this state.
    pub state: Option<PersonState>,
    /// Only people with this skill.
    pub skill: Option<Skill>,
    /// Only people who speak this language.
    pub language: Option<SpokenLanguage>,
    /// Only these people.
    pub ids: Option<BTreeSet<PersonId>>,
    /// Only the person with this phone index.
    pub phone: Option<Hash>,
}

/// A page of the people in the range that the filter selects, ordered by area and id.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    scope: &AreaRange,
    filter: &Filter,
    wanted: &Wanted<Position>,
) -> Result<Vec<PersonRow>, DbError> {
    page(conn, scope, filter, wanted.after, wanted.rows())
}

/// The first `limit` people of the range after `after` that the filter selects, ordered by area
/// and id.
///
/// # Errors
/// [`DbError`].
pub fn page(
    conn: &mut Conn,
    scope: &AreaRange,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<PersonRow>, DbError> {
    let query = selected(scope, filter, after).select(PersonRow::as_select());
    Ok(query.order((people::area, people::id)).limit(limit).load(conn)?)
}

/// As [`page`], but only what a search reads: area, id and the encrypted part.
///
/// # Errors
/// [`DbError`].
pub fn sealed_page(
    conn: &mut Conn,
    scope: &AreaRange,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<(AreaCode, PersonId, Vec<u8>)>, DbError> {
    let query = selected(scope, filter, after).select((people::area, people::id, people::sealed));
    Ok(query.order((people::area, people::id)).limit(limit).load(conn)?)
}

/// The place of a person in the order of a list.
pub type Position = (AreaCode, PersonId);

/// The people of the range after `after` that the filter selects.
fn selected(
    scope: &AreaRange,
    filter: &Filter,
    after: Option<Position>,
) -> people::BoxedQuery<'static, <Conn as Connection>::Backend> {
    let mut query = people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(in_range!(people::area, scope))
        .into_boxed();
    if let Some(role) = filter.role {
        query = query.filter(people::role.eq(role));
    }
    if let Some(state) = filter.state {
        query = query.filter(people::state.eq(state));
    }
    if let Some(skill) = &filter.skill {
        query = query.filter(has_member!(people::skills, skill.as_str()));
    }
    if let Some(language) = &filter.language {
        query = query.filter(has_member!(people::languages, language.as_str()));
    }
    if let Some(ids) = &filter.ids {
        query = query.filter(people::id.eq_any(ids.clone()));
    }
    if let Some(phone) = filter.phone {
        query = query.filter(people::phone_index.eq(phone));
    }
    if let Some((area, id)) = after {
        let later = people::area.eq(area).and(people::id.gt(id));
        query = query.filter(people::area.ge(area)).filter(people::area.gt(area).or(later));
    }
    query
}

/// A page of the managers and volunteers in the range who have not left, ordered by area and id.
///
/// # Errors
/// [`DbError`].
pub fn visitors_page(
    conn: &mut Conn,
    scope: &AreaRange,
    wanted: &Wanted<Position>,
) -> Result<Vec<PersonRow>, DbError> {
    Ok(selected(scope, &Filter::default(), wanted.after)
        .filter(people::state.ne(PersonState::Left))
        .filter(people::role.eq_any(Role::VISITORS))
        .select(PersonRow::as_select())
        .order((people::area, people::id))
        .limit(wanted.rows())
        .load(conn)?)
}
