//! What an installation says about itself to everybody.

use actix_web::get;
use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::openapi;

/// A language of the server (RFC 5646).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub enum Locale {
    /// Chinese, as written in China.
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// Whether the phone app protects what it keeps by a PIN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhonePin {
    /// A person may set one.
    Off,
    /// Each person sets one after the first sign-in.
    #[default]
    Asked,
}

/// The installation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct About {
    /// The name of the service.
    #[schema(max_length = 100, example = "江津区退役军人走访")]
    pub name: String,
    /// The version of the server.
    #[schema(max_length = 32, example = "0.1.0")]
    pub version: &'static str,
    /// The unit that runs the service (主办单位); absent if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "江津区退役军人事务局")]
    pub host_unit: Option<String>,
    /// The filing number of the site (备案号); absent if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "渝ICP备00000000号-1")]
    pub filing_number: Option<String>,
    /// How to complain, besides `POST /v1/feedback`; absent if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "电话 12345")]
    pub complaint_contact: Option<String>,
    /// Whether the phone app asks for a PIN.
    pub phone_pin: PhonePin,
    /// The path of the contract.
    #[schema(max_length = 64, example = "/openapi.yaml")]
    pub contract: &'static str,
    /// The path of the contract as a page.
    #[schema(max_length = 64, example = "/docs")]
    pub documentation: &'static str,
    /// The path for feedback.
    #[schema(max_length = 64, example = "/v1/feedback")]
    pub feedback: &'static str,
    /// The languages of problems, exports and pages.
    #[schema(max_items = 8)]
    pub locales: [Locale; 2],
    /// The time zone of days.
    #[schema(max_length = 64, example = "Asia/Shanghai")]
    pub time_zone: &'static str,
}

/// The settings of [`About`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The name of the service.
    pub name: Option<String>,
    /// The unit that runs it.
    pub host_unit: Option<String>,
    /// The filing number.
    pub filing_number: Option<String>,
    /// How to complain.
    pub complaint_contact: Option<String>,
    /// Whether the phone app asks for a PIN.
    pub phone_pin: PhonePin,
}

impl From<Identity> for About {
    fn from(identity: Identity) -> Self {
        let Identity { name, host_unit, filing_number, complaint_contact, phone_pin } = identity;
        Self {
            name: name.unwrap_or_else(|| "Gridward".to_owned()),
            version: env!("CARGO_PKG_VERSION"),
            host_unit,
            filing_number,
            complaint_contact,
            phone_pin,
            contract: "/openapi.yaml",
            documentation: "/docs",
            feedback: "/v1/feedback",
            locales: [Locale::Chinese, Locale::English],
            time_zone: "Asia/Shanghai",
        }
    }
}

/// Describe the installation
///
/// The name, the unit that runs the service, its filing number and the contact for complaints, as
/// far as the installation has set them, and the paths of the contract. No authentication required.
#[utoipa::path(
    tag = "service",
    operation_id = "get_about",
    responses((status = OK, description = "The installation", body = About), openapi::Read),
    security(()),
)]
#[get("/about")]
pub(crate) async fn get_about(about: Data<About>) -> Json<About> {
    Json(about.get_ref().clone())
}
