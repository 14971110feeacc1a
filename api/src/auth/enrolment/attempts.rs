//! The tries of one-time codes for each phone number, known or not: both take the same way.
//!
//! Each try is counted before the code is examined, and taken back if it is correct. Two counts
//! apply, because the two kinds of codes resist guessing differently:
//!
//! - A code of an invitation has 50 bits. Its tries are counted by number and address prefix, so a
//!   stranger delays only the stranger's own prefix, never the invited person. Guesses from many
//!   prefixes do not matter: 10,000 a second for the seven days of an invitation find it with a
//!   probability of 5 in a million.
//! - A code by message has six digits, so its tries also count in all: after the fifth, from any
//!   addresses, the code is void, and the number has to be sent a new one, which begins the count
//!   anew. The person can be kept from using messages by a stranger who spends the tries, but not from
//!   using an invitation. A number is sent at most ten codes a day, so guesses succeed with a
//!   probability of at most 50 in a million a day for a number, and the daily budget of messages
//!   limits them for a district (200 messages: 1 in 1,000).
//!
//! Origins are stored as MACs: the table names neither numbers nor addresses.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text, Timestamp};
use gridward_domain::area::AreaCode;

use crate::crypto::SealingKey;
use crate::db::column::Hash;
use crate::db::schema::code_attempts;
use crate::db::{Conn, DbError};
use crate::limits::Prefix;

/// The tries after which further ones wait. [`COUNT`] contains the number.
pub(super) const TRIES: i32 = 5;
/// The time since the first try after which the count begins anew. Longer than a code by message is
/// valid, so that each has five tries.
pub(super) const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Counts a try, unless there are already five.
const COUNT: &str = "INSERT INTO code_attempts (district, phone_index, origin, since, tries) \
    VALUES ($1, $2, $3, $4, 1) ON CONFLICT (district, phone_index, origin) \
    DO UPDATE SET tries = code_attempts.tries + 1 WHERE code_attempts.tries < 5";

/// The phone number that a code is entered for, and the origins that its tries are counted under.
#[derive(Clone, Debug)]
pub struct Attempt {
    district: AreaCode,
    phone: Hash,
    origins: Vec<Hash>,
}

/// The origin of all tries of a code by message.
fn messages(key: &SealingKey) -> Hash {
    key.index("code origin|message")
}

impl Attempt {
    /// An attempt from an address prefix; `is_message` if the entered code has the form of one by
    /// message.
    pub fn new(
        key: &SealingKey,
        (district, phone): (AreaCode, Hash),
        from: Prefix,
        is_message: bool,
    ) -> Self {
        let address = key.index(&format!("code origin|{from}"));
        let origins = [address].into_iter().chain(is_message.then(|| messages(key))).collect();
        Self { district, phone, origins }
    }

    /// Counts the attempt; the seconds to wait if it is not to be examined, which then counts
    /// nothing.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn begin(&self, conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<u64>, DbError> {
        let old = code_attempts::table
            .filter(code_attempts::district.eq(self.district))
            .filter(code_attempts::since.le((now - WINDOW).naive_utc()));
        diesel::delete(old).execute(conn)?;
        if let Some(seconds) = self.wait(conn, now)? {
            return Ok(Some(seconds));
        }
        for origin in &self.origins {
            let counted = diesel::sql_query(COUNT)
                .bind::<Text, _>(self.district)
                .bind::<Binary, _>(self.phone)
                .bind::<Binary, _>(origin)
                .bind::<Timestamp, _>(now.naive_utc())
                .execute(conn)?;
            if counted == 0 {
                // Another server counted the fifth meanwhile.
                return Ok(Some(u64::try_from(WINDOW.num_seconds()).unwrap_or_default()));
            }
        }
        Ok(None)
    }

    fn wait(&self, conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<u64>, DbError> {
        let since: Option<NaiveDateTime> = code_attempts::table
            .filter(code_attempts::district.eq(self.district))
            .filter(code_attempts::phone_index.eq(self.phone))
            .filter(code_attempts::origin.eq_any(&self.origins))
            .filter(code_attempts::tries.ge(TRIES))
            .order(code_attempts::since.desc())
            .select(code_attempts::since)
            .first(conn)
            .optional()?;
        let left = since.map(|since| (since + WINDOW - now.naive_utc()).num_seconds());
        Ok(left.map(|left| u64::try_from(left).unwrap_or_default().max(1)))
    }

    /// Takes the attempt back: the code was correct.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn take_back(&self, conn: &mut Conn) -> Result<(), DbError> {
        let counted = code_attempts::table
            .filter(code_attempts::district.eq(self.district))
            .filter(code_attempts::phone_index.eq(self.phone))
            .filter(code_attempts::origin.eq_any(&self.origins));
        let fewer = code_attempts::tries.eq(code_attempts::tries - 1);
        diesel::update(counted).set(fewer).execute(conn)?;
        Ok(())
    }
}

/// Forgets the tries of a code by message for a phone number: a new code is requested.
///
/// # Errors
/// [`DbError`].
pub fn forget_messages(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    phone: Hash,
) -> Result<(), DbError> {
    let row = code_attempts::table.find((district, phone, messages(key)));
    diesel::delete(row).execute(conn)?;
    Ok(())
}

/// Forgets all tries of codes of invitations for phone numbers: their people have new invitations.
///
/// # Errors
/// [`DbError`].
pub fn forget_addresses(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    phones: &[Hash],
) -> Result<(), DbError> {
    let rows = code_attempts::table
        .filter(code_attempts::district.eq(district))
        .filter(code_attempts::phone_index.eq_any(phones))
        // The tries of a code by message stay: the invitation gives no further ones.
        .filter(code_attempts::origin.ne(messages(key)));
    diesel::delete(rows).execute(conn)?;
    Ok(())
}
