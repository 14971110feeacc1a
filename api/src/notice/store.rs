//! Queries for notices.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role, permits};
use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
use gridward_domain::id::{NoticeId, PersonId};
use gridward_domain::word::Word as _;

use super::{Notice, NoticeState, read};
use crate::clock::china;
use crate::db::column::SetColumn;
use crate::db::schema::notices;
use crate::db::{Conn, DbError, changed_one};
use crate::http::page::Wanted;
use crate::in_range;

crate::table_row! {
    /// A row of `notices`.
    #[derive(Clone, Debug, PartialEq)]
    struct NoticeRow in notices {
        district: AreaCode,
        key {
            id: NoticeId,
        }
        fixed {
            area: AreaCode,
            created_by: PersonId,
            created_at: NaiveDateTime,
        }
        changing {
            title: NoticeTitle,
            text: NoticeText,
            until: NaiveDate,
            audience: SetColumn<Role>,
            withdrawn_at: Option<NaiveDateTime>,
            version: i64,
        }
    }
}

impl NoticeRow {
    fn of(notice: &Notice) -> Self {
        Self {
            district: notice.area.district(),
            id: notice.id,
            area: notice.area,
            title: notice.title.clone(),
            text: notice.text.clone(),
            until: notice.until,
            audience: notice.audience.clone().into(),
            withdrawn_at: notice.withdrawn_at.map(|at| at.naive_utc()),
            created_by: notice.created_by,
            created_at: notice.created_at.naive_utc(),
            version: notice.version,
        }
    }

    fn notice(self) -> Notice {
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        Notice {
            id: self.id,
            area: self.area,
            audience: self.audience.members().clone(),
            title: self.title,
            text: self.text,
            until: self.until,
            created_by: self.created_by,
            created_at: local(self.created_at),
            withdrawn_at: self.withdrawn_at.map(local),
            read_at: None,
            version: self.version,
        }
    }
}

/// A page of the notices in this state that reach the principal, newest first: posted for the
/// principal's area, one around it or one in it, and addressed to the role or editable by it.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    principal: &Principal,
    state: NoticeState,
    today: NaiveDate,
    wanted: &Wanted<NoticeId>,
) -> Result<Vec<Notice>, DbError> {
    let area = principal.area;
    let around = std::iter::successors(area.parent(), AreaCode::parent);
    let mut query = notices::table
        .filter(notices::district.eq(area.district()))
        .filter(in_range!(notices::area, area.range()).or(notices::area.eq_any(around)))
        .select(NoticeRow::as_select())
        .into_boxed();
    query = match state {
        NoticeState::Current => {
            query.filter(notices::withdrawn_at.is_null()).filter(notices::until.ge(today))
        }
        NoticeState::Past => {
            query.filter(notices::withdrawn_at.is_null()).filter(notices::until.lt(today))
        }
        NoticeState::Withdrawn => query.filter(notices::withdrawn_at.is_not_null()),
    };
    // The word of no role is part of another's.
    let role = notices::audience.like(format!("%{}%", principal.role.as_str()));
    let addressed = notices::audience.eq(SetColumn::<Role>::from(super::Audience::new())).or(role);
    query = match principal.role {
        role if !permits(role, Action::PostNotice) => query.filter(addressed),
        Role::Manager => {
            let own = in_range!(notices::area, area.range())
                .and(notices::created_by.eq(principal.person));
            query.filter(addressed.or(own))
        }
        _ => query.filter(addressed.or(in_range!(notices::area, area.range()))),
    };
    if let Some(id) = wanted.after {
        query = query.filter(notices::id.lt(id));
    }
    let rows = query.order(notices::id.desc()).limit(wanted.rows()).load(conn)?;
    let mut page: Vec<Notice> = rows.into_iter().map(NoticeRow::notice).collect();
    read::mark(conn, (area.district(), principal.person), &mut page)?;
    Ok(page)
}

/// The maximum number of notices on a phone.
const MOST: i64 = 200;

/// The current notices that reach the principal, newest first.
///
/// # Errors
/// [`DbError`].
pub fn current(
    conn: &mut Conn,
    principal: &Principal,
    today: NaiveDate,
) -> Result<Vec<Notice>, DbError> {
    let area = principal.area;
    let around = std::iter::successors(area.parent(), AreaCode::parent);
    let rows = notices::table
        .filter(notices::district.eq(area.district()))
        .filter(notices::withdrawn_at.is_null())
        .filter(notices::until.ge(today))
        .filter(in_range!(notices::area, area.range()).or(notices::area.eq_any(around)))
        .order(notices::id.desc())
        .limit(MOST)
        .select(NoticeRow::as_select())
        .load(conn)?;
    let all = rows.into_iter().map(NoticeRow::notice);
    let mut notices: Vec<Notice> = all.filter(|notice| notice.reaches(principal)).collect();
    read::mark(conn, (area.district(), principal.person), &mut notices)?;
    Ok(notices)
}

/// The notice, if it is current and reaches the principal.
///
/// # Errors
/// [`DbError`].
pub fn current_one(
    conn: &mut Conn,
    principal: &Principal,
    today: NaiveDate,
    id: NoticeId,
) -> Result<Option<Notice>, DbError> {
    let notice = one(conn, principal.district(), id)?;
    let shown = |notice: &Notice| notice.is_current(today) && notice.reaches(principal);
    let Some(notice) = notice.filter(shown) else { return Ok(None) };
    let mut notice = [notice];
    read::mark(conn, (principal.district(), principal.person), &mut notice)?;
    let [notice] = notice;
    Ok(Some(notice))
}

/// The notice, in any state.
///
/// # Errors
/// [`DbError`].
pub fn one(conn: &mut Conn, district: AreaCode, id: NoticeId) -> Result<Option<Notice>, DbError> {
    let row = notices::table.find((district, id)).select(NoticeRow::as_select());
    Ok(row.first(conn).optional()?.map(NoticeRow::notice))
}

/// Inserts a notice.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, notice: &Notice) -> Result<(), DbError> {
    NoticeRow::insert_all(conn, &[&NoticeRow::of(notice)])
}

/// Writes the next version of a notice.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if it has changed since it was read.
pub fn update(conn: &mut Conn, notice: &Notice) -> Result<(), DbError> {
    let updated = NoticeRow::update_all(conn, &[(notice.version - 1, &NoticeRow::of(notice))])?;
    changed_one(updated)
}
