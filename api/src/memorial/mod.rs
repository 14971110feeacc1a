//! Memorial sites (烈士纪念设施): cemeteries, monuments, tombs and halls that are tended and visited.
//! Admins edit them; everybody in an area has those in it, on phones too.

pub mod edit;
pub mod routes;
pub mod store;

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::RegisterName;
use gridward_domain::place::Place;
use gridward_domain::range::Version;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kind of a memorial site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<MemorialKind>)]
pub enum MemorialKind {
    /// 陵园
    Cemetery,
    /// 纪念碑
    Monument,
    /// 墓
    Tomb,
    /// 纪念馆
    Hall,
}

text_column!(MemorialKind);

/// A memorial site.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Memorial {
    /// Identifies the site within the district.
    #[schema(max_length = 64, example = "M01")]
    pub id: String,
    /// Its name.
    #[schema(max_length = 100, example = "几江街道烈士陵园")]
    pub name: String,
    /// Its kind.
    pub kind: MemorialKind,
    /// The grid that contains it.
    pub grid: AreaCode,
    /// The position.
    pub place: Place,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The content of a memorial site.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "几江街道烈士陵园", "kind": "cemetery", "grid": "500116001002001",
    "place": { "lat": 29.285, "lon": 106.255 }
}))]
pub struct MemorialContent {
    /// Its name.
    pub name: RegisterName,
    /// Its kind.
    pub kind: MemorialKind,
    /// The grid that contains it.
    pub grid: AreaCode,
    /// The position.
    pub place: Place,
}
