//! The table of one-time codes: of a superior's invitation, and by message.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};

use super::attempts;
use super::code::Code;
use crate::auth::store;
use crate::crypto::SealingKey;
use crate::db::column::Hash;
use crate::db::schema::invitations;
use crate::db::{Conn, DbError};

/// How a person got a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Purpose>)]
pub enum Purpose {
    /// From a superior, or from the command line.
    Invitation,
    /// By a message to the person's phone.
    Recovery,
}

text_column!(Purpose);

crate::table_row! {
    /// A row of `invitations`.
    #[derive(Clone, Debug)]
    pub struct InvitationRow in invitations {
        district: AreaCode,
        key {
            person: PersonId,
            purpose: Purpose,
        }
        fixed {
            code_hash: Hash,
            created_at: NaiveDateTime,
            expires_at: NaiveDateTime,
            used_at: Option<NaiveDateTime>,
        }
    }
}

/// The codes of a person.
///
/// # Errors
/// [`DbError`].
pub fn of_person(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<Vec<InvitationRow>, DbError> {
    Ok(invitations::table
        .filter(invitations::district.eq(district))
        .filter(invitations::person.eq(person))
        .select(InvitationRow::as_select())
        .load(conn)?)
}

/// Stores a code for a person, valid for `lifetime`, in place of the previous one; returns when
/// it expires. Wrong codes of before a new invitation count no more.
///
/// # Errors
/// [`DbError`].
pub fn issue(
    conn: &mut Conn,
    key: &SealingKey,
    (district, person): (AreaCode, PersonId),
    (purpose, code): (Purpose, &Code),
    lifetime: TimeDelta,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, DbError> {
    let expires_at = now + lifetime;
    diesel::delete(invitations::table.find((district, person, purpose))).execute(conn)?;
    let row = InvitationRow {
        district,
        person,
        purpose,
        code_hash: code.hash(key, district, person),
        created_at: now.naive_utc(),
        expires_at: expires_at.naive_utc(),
        used_at: None,
    };
    diesel::insert_into(invitations::table).values(row).execute(conn)?;
    if purpose == Purpose::Invitation
        && let Some((_, phone)) = store::account(conn, district, person)?
    {
        attempts::forget_addresses(conn, key, district, &[phone])?;
    }
    Ok(expires_at)
}

/// A code for a person, whose phone number has this index.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// The person.
    pub person: PersonId,
    /// The index of the phone number.
    pub phone_index: Hash,
    /// The code.
    pub code: Code,
}

/// Stores codes of invitations for active people, as [`issue`] does for one; returns when they
/// expire.
///
/// # Errors
/// [`DbError`].
pub fn issue_all(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    codes: &[NewCode],
    lifetime: TimeDelta,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, DbError> {
    let (purpose, expires_at) = (Purpose::Invitation, now + lifetime);
    let people: Vec<PersonId> = codes.iter().map(|one| one.person).collect();
    let earlier = invitations::table
        .filter(invitations::district.eq(district))
        .filter(invitations::person.eq_any(people))
        .filter(invitations::purpose.eq(purpose));
    diesel::delete(earlier).execute(conn)?;
    let row = |NewCode { person, code, .. }: &NewCode| InvitationRow {
        district,
        person: *person,
        purpose,
        code_hash: code.hash(key, district, *person),
        created_at: now.naive_utc(),
        expires_at: expires_at.naive_utc(),
        used_at: None,
    };
    let rows: Vec<InvitationRow> = codes.iter().map(row).collect();
    InvitationRow::insert_all(conn, &rows.iter().collect::<Vec<_>>())?;
    let phones: Vec<Hash> = codes.iter().map(|one| one.phone_index).collect();
    attempts::forget_addresses(conn, key, district, &phones)?;
    Ok(expires_at)
}

/// Marks a code as used; `false` if it was used or replaced before.
///
/// # Errors
/// [`DbError`].
pub fn use_up(conn: &mut Conn, row: &InvitationRow, now: DateTime<Utc>) -> Result<bool, DbError> {
    let unused = invitations::table
        .find((row.district, row.person, row.purpose))
        .filter(invitations::code_hash.eq(row.code_hash))
        .filter(invitations::used_at.is_null());
    let used = invitations::used_at.eq(Some(now.naive_utc()));
    Ok(diesel::update(unused).set(used).execute(conn)? == 1)
}
