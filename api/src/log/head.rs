//! The head of a district's log: its last sequence number and hash, and its epoch.

use gridward_domain::area::AreaCode;
use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};

use super::chain::Link;
use crate::db::column::Hash;
use crate::db::schema::district_heads;
use crate::db::{Conn, DbError, changed_one};

/// A district's head for readers.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Head {
    /// The last sequence number.
    pub seq: i64,
    /// The last archived sequence number.
    pub archived_seq: i64,
    /// The epoch of the log; it changes after a restore.
    pub epoch: String,
}

/// The head of `district`.
///
/// # Errors
/// [`DbError`]; a district without a head is corrupt.
pub fn read(conn: &mut Conn, district: AreaCode) -> Result<Head, DbError> {
    let columns = (district_heads::seq, district_heads::archived_seq, district_heads::epoch);
    let head = district_heads::table.find(district).select(columns).first(conn).optional()?;
    head.ok_or_else(missing_head)
}

fn missing_head() -> DbError {
    DbError::corrupt("district_heads", "no head for this district")
}

/// The ends of a district's chain: its last event and its last archived event.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The last event.
    pub last: Link,
    /// The last archived event.
    pub archived: Link,
}

/// The ends of the chain of `district`.
///
/// # Errors
/// [`DbError`].
pub fn chain(conn: &mut Conn, district: AreaCode) -> Result<Chain, DbError> {
    use district_heads as heads;
    let columns = (heads::seq, heads::hash, heads::archived_seq, heads::archived_hash);
    let row: Option<(i64, Hash, i64, Hash)> =
        heads::table.find(district).select(columns).first(conn).optional()?;
    let (seq, hash, archived_seq, archived_hash) = row.ok_or_else(missing_head)?;
    Ok(Chain {
        last: Link { seq, hash },
        archived: Link { seq: archived_seq, hash: archived_hash },
    })
}

/// Records that the events up to `to` are archived.
///
/// # Errors
/// [`DbError::Collision`] if another run archived in the meantime.
pub fn archive(conn: &mut Conn, district: AreaCode, from: &Link, to: &Link) -> Result<(), DbError> {
    use district_heads as heads;
    let unchanged = heads::table.find(district).filter(heads::archived_seq.eq(from.seq));
    let changed = diesel::update(unchanged)
        .set((heads::archived_seq.eq(to.seq), heads::archived_hash.eq(to.hash)))
        .execute(conn)?;
    changed_one(changed)
}

/// Gives the log of `district` a new epoch, so that every phone fetches a new snapshot.
///
/// # Errors
/// [`DbError`].
pub fn renew_epoch(conn: &mut Conn, district: AreaCode, epoch: &str) -> Result<(), DbError> {
    diesel::update(district_heads::table.find(district))
        .set(district_heads::epoch.eq(epoch))
        .execute(conn)?;
    Ok(())
}

/// Part of every change, therefore SQL text, whose prepared statement is cached.
const ADVANCE: &str = "UPDATE district_heads SET seq = $1, hash = $2 WHERE district = $3 AND seq = $4 \
     AND hash = $5";
/// Locks the row and returns it.
const LOCK: &str = "UPDATE district_heads SET seq = seq WHERE district = $1 RETURNING seq, hash";

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Binary)]
    hash: Hash,
}

/// The heads after the last write of one writer. Usually no other process has written
/// since; then one statement takes the numbers and the lock.
#[derive(Default)]
pub(crate) struct Heads(HashMap<AreaCode, Link>);

impl Heads {
    /// Locks the district's head until the end of the transaction and advances it to
    /// the link that `extend` returns; returns the result of `extend`.
    pub(crate) fn advance<T>(
        &mut self,
        conn: &mut Conn,
        district: AreaCode,
        extend: impl Fn(&Link) -> (T, Link),
    ) -> Result<T, DbError> {
        if let Some(link) = self.0.remove(&district) {
            let (made, next) = extend(&link);
            if set(conn, district, &link, &next)? {
                self.0.insert(district, next);
                return Ok(made);
            }
        }
        let locked: Locked = diesel::sql_query(LOCK).bind::<Text, _>(district).get_result(conn)?;
        let link = Link { seq: locked.seq, hash: locked.hash };
        let (made, next) = extend(&link);
        if !set(conn, district, &link, &next)? {
            return Err(DbError::Collision);
        }
        self.0.insert(district, next);
        Ok(made)
    }

    /// Clears the cache after a rollback.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

fn set(conn: &mut Conn, district: AreaCode, from: &Link, to: &Link) -> Result<bool, DbError> {
    let changed = diesel::sql_query(ADVANCE)
        .bind::<BigInt, _>(to.seq)
        .bind::<Binary, _>(to.hash)
        .bind::<Text, _>(district)
        .bind::<BigInt, _>(from.seq)
        .bind::<Binary, _>(from.hash)
        .execute(conn)?;
    Ok(changed == 1)
}
