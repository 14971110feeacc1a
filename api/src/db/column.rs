//! Column types of this crate, and the ids of the domain behind [`Conn`].
//!
//! The domain's types implement their own columns (`gridward_domain::sql`); this module
//! has those of the server only: sets, hashes, and the ids for diesel's backend of either
//! database.
//!
//! [`Conn`]: super::Conn

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, Integer, Text};
use diesel::{AsExpression, FromSqlRow};
use gridward_domain::id::{
    AbsenceId, AudienceId, BeneficiaryId, BulkId, CampaignId, CaseId, CorrectionId, FeedbackId,
    HandoutId, ImportId, MovementId, NoticeId, OriginId, PersonId, PlanId, ProposalId, RegimeId,
    ReportId, SecondmentId, SessionId, TaskId,
};
use gridward_domain::sql::unreadable;
use gridward_domain::time::TimeOfDay;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Conn;

/// The backend for both databases.
type Backends = <Conn as diesel::Connection>::Backend;

macro_rules! id_column {
    ($($id:ident),+ $(,)?) => {$(
        impl ToSql<Text, Backends> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backends>) -> serialize::Result {
                out.set_value((Text, self));
                Ok(IsNull::No)
            }
        }
    )+};
}

id_column!(
    PersonId,
    BeneficiaryId,
    TaskId,
    ReportId,
    PlanId,
    NoticeId,
    SessionId,
    ImportId,
    AbsenceId,
    OriginId,
    BulkId,
    CorrectionId,
    FeedbackId,
    ProposalId,
    AudienceId,
    CampaignId,
    CaseId,
    RegimeId,
    SecondmentId,
    MovementId,
    HandoutId,
);

impl ToSql<Integer, Backends> for TimeOfDay {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Backends>) -> serialize::Result {
        out.set_value((Integer, self));
        Ok(IsNull::No)
    }
}

/// A set as a column: the texts of its members, in order, joined by `;`.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct SetColumn<T> {
    members: BTreeSet<T>,
    text: String,
}

impl<T> SetColumn<T> {
    /// The members.
    pub const fn members(&self) -> &BTreeSet<T> {
        &self.members
    }
}

impl<T: Display> From<BTreeSet<T>> for SetColumn<T> {
    fn from(members: BTreeSet<T>) -> Self {
        let texts: Vec<String> = members.iter().map(T::to_string).collect();
        Self { text: texts.join(";"), members }
    }
}

impl<T, DB> FromSql<Text, DB> for SetColumn<T>
where
    T: Ord + FromStr<Err: Display>,
    DB: Backend,
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(value)?;
        let texts = text.split(';').filter(|text| !text.is_empty());
        let members: Result<BTreeSet<T>, _> = texts.map(str::parse).collect();
        let members = members.map_err(|error| unreadable("a set", &error))?;
        Ok(Self { members, text })
    }
}

impl<T, DB> ToSql<Text, DB> for SetColumn<T>
where
    T: Debug,
    DB: Backend,
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(&self.text, out)
    }
}

/// A value as a column: its JSON.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct JsonColumn<T> {
    value: T,
    text: String,
}

impl<T> JsonColumn<T> {
    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The value, without the column.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T: Serialize> JsonColumn<T> {
    /// The column of the value.
    ///
    /// # Errors
    /// [`serde_json::Error`], if the value has no JSON.
    pub fn of(value: T) -> Result<Self, serde_json::Error> {
        Ok(Self { text: serde_json::to_string(&value)?, value })
    }
}

impl<T, DB> FromSql<Text, DB> for JsonColumn<T>
where
    T: DeserializeOwned,
    DB: Backend,
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(value)?;
        let value = serde_json::from_str(&text).map_err(|error| unreadable("JSON", &error))?;
        Ok(Self { value, text })
    }
}

impl<T, DB> ToSql<Text, DB> for JsonColumn<T>
where
    T: Debug,
    DB: Backend,
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(&self.text, out)
    }
}

/// Whether the [`SetColumn`] of codes has this member.
#[macro_export]
macro_rules! has_member {
    ($column:expr, $member:expr) => {
        diesel::IntoSql::into_sql::<diesel::sql_types::Text>(";")
            .concat($column)
            .concat(";")
            .like($crate::db::column::pattern_of($member))
            .escape('\\')
    };
}

/// The pattern of LIKE for a set with this member.
pub fn pattern_of(member: &str) -> String {
    // An underscore of a code would match any character.
    format!("%;{};%", member.replace('_', "\\_"))
}

/// A SHA-256 or HMAC-SHA-256 as a column of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// All zeros: the hash before the first event of a log.
    pub const ZERO: Self = Self([0; 32]);

    /// The SHA-256 of `bytes` (FIPS 180-4).
    pub fn sha256(bytes: impl AsRef<[u8]>) -> Self {
        Self::copied(digest(&SHA256, bytes.as_ref()).as_ref())
    }

    /// The HMAC-SHA-256 of `bytes` under `key`, a key of that algorithm.
    pub fn hmac_sha256(key: &hmac::Key, bytes: impl AsRef<[u8]>) -> Self {
        Self::copied(hmac::sign(key, bytes.as_ref()).as_ref())
    }

    /// Both algorithms answer 32 bytes, which their types do not say.
    fn copied(output: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(output);
        Self(bytes)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<DB> FromSql<Binary, DB> for Hash
where
    DB: Backend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = Vec::<u8>::from_sql(value)?;
        let bytes = bytes.try_into().map_err(|_| unreadable("a hash", &"it has 32 bytes"))?;
        Ok(Self(bytes))
    }
}

impl<DB> ToSql<Binary, DB> for Hash
where
    DB: Backend,
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <[u8] as ToSql<Binary, DB>>::to_sql(self.0.as_slice(), out)
    }
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_types::{BigInt, Nullable};
    use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
    use gridward_domain::range::{
        Attempts, BirthYear, DueDays, EscalateDays, Priority, RetryDays, ServiceMinutes, Version,
        WeeklyMinutes,
    };

    use super::*;

    fn conn() -> Conn {
        Conn::Sqlite(SqliteConnection::establish(":memory:").expect("a database"))
    }

    macro_rules! round_trips {
        ($($type:ident as $column:ident: $($value:expr),+;)+) => {$({
            type Stored = (Option<$type>, $type);
            for value in [$($value),+] {
                let row = (Some(value.clone()).into_sql::<Nullable<$column>>(), value.clone().into_sql::<$column>());
                let read: Stored = diesel::select(row).get_result(&mut conn()).expect("a row");
                assert_eq!(read, (Some(value.clone()), value));
            }
        })+};
    }

    #[test]
    fn what_is_bounded_reads_back_from_a_column() {
        round_trips! {
            ServiceMinutes as Integer: ServiceMinutes::MIN, ServiceMinutes::MAX;
            Priority as Integer: Priority::MIN, Priority::MAX;
            Attempts as Integer: Attempts::MIN, Attempts::MAX;
            RetryDays as Integer: RetryDays::MIN, RetryDays::MAX;
            EscalateDays as Integer: EscalateDays::MIN, EscalateDays::MAX;
            DueDays as Integer: DueDays::MIN, DueDays::MAX;
            WeeklyMinutes as Integer: WeeklyMinutes::MIN, WeeklyMinutes::MAX;
            BirthYear as Integer: BirthYear::MIN, BirthYear::MAX;
            Version as BigInt: Version::MIN, Version::MAX;
            TimeOfDay as Integer: TimeOfDay::new(0).expect("midnight"), TimeOfDay::LAST;
            NoticeTitle as Text: "高温预警".parse::<NoticeTitle>().expect("a title");
            NoticeText as Text: "".parse::<NoticeText>().expect("a text");
        }
    }

    #[test]
    fn a_column_beyond_the_bounds_is_not_read() {
        let read = |number: i32| {
            diesel::select(number.into_sql::<Integer>()).get_result::<Priority>(&mut conn())
        };
        assert_eq!(read(10).expect("in range"), Priority::MAX);
        assert!(read(11).is_err());
        let late = diesel::select(1441.into_sql::<Integer>()).get_result::<TimeOfDay>(&mut conn());
        assert!(late.is_err());
    }
}
