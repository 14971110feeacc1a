//! Columns: conversions between domain types and database values, by diesel's traits.

use std::error::Error;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;

use crate::area::{AreaCode, Level};
use crate::authority::Role;
use crate::campaign::CampaignState;
use crate::channel::Channel;
use crate::entry::{Contact, Gender, Mobility};
use crate::goods::{HandoutState, MovementAction, ReturnReason};
use crate::id::{
    AbsenceId, AudienceId, BeneficiaryId, BulkId, CampaignId, CaseId, CorrectionId, FeedbackId,
    HandoutId, ImportId, MovementId, NoticeId, OriginId, PersonId, PlanId, ProposalId, RegimeId,
    ReportId, SecondmentId, SessionId, TaskId,
};
use crate::person_state::PersonState;
use crate::regime::{CadenceType, RegimeSubject, SatisfiedBy};
use crate::secondment::SecondmentState;
use crate::task::{Outcome, Overdue, Phase};
use crate::time::TimeOfDay;

/// Reads and writes a type as text, with `FromStr` and `Into<&str>` of its reference. The
/// type derives `AsExpression` and `FromSqlRow` for `Text`.
#[macro_export]
macro_rules! text_column {
    ($($type:ty),+ $(,)?) => {$(
        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $type
        where
            DB: diesel::backend::Backend,
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = <String as diesel::deserialize::FromSql<
                    diesel::sql_types::Text,
                    DB,
                >>::from_sql(value)?;
                // The text itself may be personal, so the error contains only the reason.
                text.parse().map_err(|error| $crate::sql::unreadable(stringify!($type), &error))
            }
        }

        impl<DB> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $type
        where
            DB: diesel::backend::Backend,
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                let text: &'b str = self.into();
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, DB>>::to_sql(text, out)
            }
        }
    )+};
}

/// Reads and writes a type that holds the integer of its column, checked by `TryFrom<i64>`.
macro_rules! number_column {
    ($type:ident: $integer:ident as $column:ident) => {
        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::$column, DB> for $type
        where
            DB: diesel::backend::Backend,
            $integer: diesel::deserialize::FromSql<diesel::sql_types::$column, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let number = <$integer as diesel::deserialize::FromSql<
                    diesel::sql_types::$column,
                    DB,
                >>::from_sql(value)?;
                Self::try_from(i64::from(number))
                    .map_err(|error| $crate::sql::unreadable(stringify!($type), &error))
            }
        }

        impl<DB> diesel::serialize::ToSql<diesel::sql_types::$column, DB> for $type
        where
            DB: diesel::backend::Backend,
            $integer: diesel::serialize::ToSql<diesel::sql_types::$column, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, DB>,
            ) -> diesel::serialize::Result {
                <$integer as diesel::serialize::ToSql<diesel::sql_types::$column, DB>>::to_sql(
                    &self.0, out,
                )
            }
        }
    };
}

pub(crate) use number_column;

/// A column value that Gridward cannot have written.
pub fn unreadable(type_name: &str, reason: &dyn std::fmt::Display) -> Box<dyn Error + Send + Sync> {
    format!("a column cannot be read as {type_name}: {reason}").into()
}

text_column!(
    AreaCode,
    CampaignState,
    CadenceType,
    RegimeSubject,
    SatisfiedBy,
    SecondmentState,
    Channel,
    Level,
    Role,
    PersonState,
    Phase,
    Outcome,
    Overdue,
    Gender,
    Mobility,
    Contact,
    MovementAction,
    HandoutState,
    ReturnReason
);

macro_rules! id_column {
    ($($id:ident),+ $(,)?) => {$(
        impl<DB> FromSql<Text, DB> for $id
        where
            DB: Backend,
            String: FromSql<Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let text = String::from_sql(value)?;
                text.parse().map_err(|error| unreadable(stringify!($id), &error))
            }
        }

        impl ToSql<Text, Pg> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                let mut buffer = uuid::Uuid::encode_buffer();
                let text = self.0.as_hyphenated().encode_lower(&mut buffer);
                std::io::Write::write_all(out, text.as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl ToSql<Text, Sqlite> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.to_string());
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

impl<DB> FromSql<Integer, DB> for TimeOfDay
where
    DB: Backend,
    i32: FromSql<Integer, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let minutes = u16::try_from(i32::from_sql(value)?);
        let minutes = minutes.map_err(|error| unreadable("TimeOfDay", &error))?;
        Self::new(minutes).map_err(|error| unreadable("TimeOfDay", &error))
    }
}

impl ToSql<Integer, Pg> for TimeOfDay {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Integer, Pg>::to_sql(&i32::from(self.minutes()), &mut out.reborrow())
    }
}

impl ToSql<Integer, Sqlite> for TimeOfDay {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(i32::from(self.minutes()));
        Ok(IsNull::No)
    }
}
