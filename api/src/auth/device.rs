//! The device of a session, and how its person was authenticated.

use gridward_domain::bounded_text::DeviceName;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// The kind of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<DeviceKind>)]
pub enum DeviceKind {
    /// A phone: its session lasts for months, and it stores its refresh token itself.
    Phone,
    /// A browser: its session lasts for a working day, and its refresh token is a cookie.
    Console,
}

/// Deserializes a name as its person entered it.
///
/// # Errors
/// An invalid or invisible name.
pub(super) fn entered_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<DeviceName, D::Error> {
    let text = String::deserialize(deserializer)?;
    DeviceName::entered(&text).map_err(D::Error::custom)
}

/// A device on which a person signs in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDevice)]
pub struct Device {
    /// The name in the person's list of devices; blanks at its ends are dropped.
    #[serde(deserialize_with = "entered_name")]
    pub name: DeviceName,
    /// The kind of the device.
    pub kind: DeviceKind,
}

/// An authentication method (RFC 8176).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<AuthMethod>)]
pub enum AuthMethod {
    /// A password.
    Pwd,
    /// The key of an enrolled device, proved with each request.
    Swk,
    /// A time-based one-time password.
    Otp,
}

impl AuthMethod {
    /// Whether it proves the possession of something, beside the knowledge of a password.
    pub const fn is_second_factor(self) -> bool {
        matches!(self, Self::Swk | Self::Otp)
    }
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<EndReason>)]
pub enum EndReason {
    /// The device signed out.
    SignedOut,
    /// The person or a superior ended it.
    Revoked,
    /// The person signed in on more devices than the limit.
    Displaced,
    /// The device signed in again, with the same key.
    Replaced,
    /// The password was changed.
    PasswordChanged,
    /// A spent refresh token was used: it may have been copied.
    TokenReused,
    /// The person left.
    Left,
    /// A superior ended the person's second factors.
    FactorsEnded,
}

text_column!(DeviceKind, EndReason);
