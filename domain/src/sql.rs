//! Columns: conversions between domain types and database values, by diesel's traits.

use std::error::Error;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;

use crate::area::{AreaCode, Level};
use crate::authority::Role;
use crate::id::{BeneficiaryId, NoticeId, PersonId, PlanId, ReportId, TaskId};
use crate::task::{Outcome, Overdue, Phase};

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

/// A column value that Gridward cannot have written.
pub fn unreadable(type_name: &str, reason: &dyn std::fmt::Display) -> Box<dyn Error + Send + Sync> {
    format!("a column cannot be read as {type_name}: {reason}").into()
}

text_column!(AreaCode, Level, Role, Phase, Outcome, Overdue);

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

id_column!(PersonId, BeneficiaryId, TaskId, ReportId, PlanId, NoticeId);
