//! The requests and answers of area changes.

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::RegisterName;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::area::store::Ring;
use crate::goods::model::MovedStock;

/// Gives an area another name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The area.
    pub area: AreaCode,
    /// The new name.
    pub name: RegisterName,
}

/// Adds a town or a village without grids; grids come by other changes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// The code.
    pub area: AreaCode,
    /// The name.
    pub name: RegisterName,
    /// A point inside the area.
    pub place: Place,
}

/// Gives a town, village or grid, with everything in it, another code of the same level; the
/// parent by the new code may be another one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recode {
    /// The area.
    pub area: AreaCode,
    /// The new code.
    pub to: AreaCode,
}

/// Ends a town or village without current areas in it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The area.
    pub area: AreaCode,
    /// The areas that took over, which reports refer to.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub successors: Vec<AreaCode>,
}

/// Makes one grid of several that adjoin.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The grids.
    #[schema(min_items = 2, max_items = 50)]
    pub grids: Vec<AreaCode>,
    /// The merged grid: one of them, or a new code.
    pub into: AreaCode,
    /// Its name; absent to keep that of `into` or of the first grid.
    pub name: Option<RegisterName>,
    /// Its manager; absent to keep the manager of `into`. The managers of the others become
    /// volunteers.
    pub manager_id: Option<PersonId>,
}

/// Makes several grids of one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The grid.
    pub grid: AreaCode,
    /// The parts. One of them may keep the code.
    #[schema(min_items = 2, max_items = 50)]
    pub into: Vec<Part>,
}

/// A position of GeoJSON: longitude and latitude.
#[derive(Debug)]
pub struct Position;

impl PartialSchema for Position {
    fn schema() -> RefOr<Schema> {
        let degrees = ObjectBuilder::new()
            .schema_type(Type::Number)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
            .minimum(Some(-180))
            .maximum(Some(180));
        ArrayBuilder::new()
            .items(degrees)
            .min_items(Some(2))
            .max_items(Some(2))
            .description(Some("Longitude and latitude in degrees, WGS-84."))
            .examples([[106.255, 29.285]])
            .build()
            .into()
    }
}

impl ToSchema for Position {
    fn name() -> std::borrow::Cow<'static, str> {
        "OutlinePosition".into()
    }
}

/// One part of a split grid.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The code.
    pub code: AreaCode,
    /// The name.
    pub name: RegisterName,
    /// The manager: the grid's manager or an active volunteer. One part may omit it: the grid's
    /// manager stays there.
    pub manager_id: Option<PersonId>,
    /// The outer ring: points of `[lon, lat]`, WGS-84, the last equal to the first. A home inside
    /// belongs to the part unless a list assigns it to another.
    #[schema(value_type = Option<Vec<Position>>, min_items = 4, max_items = 5000)]
    pub outline: Option<Ring>,
    /// Beneficiaries that belong to the part, wherever they live.
    #[serde(default)]
    #[schema(max_items = 5000)]
    pub beneficiaries: Vec<BeneficiaryId>,
    /// Volunteers that belong to the part, wherever they live.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub people: Vec<PersonId>,
}

/// A change of areas, under its word.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AreaChange {
    /// Gives an area another name.
    Rename(Rename),
    /// Adds a town or a village.
    Add(Add),
    /// Gives an area another code.
    Recode(Recode),
    /// Ends a town or a village.
    End(End),
    /// Makes one grid of several.
    Merge(Merge),
    /// Makes several grids of one.
    Split(Split),
}

/// A list of changes, applied one after another and all together.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "preview": true,
    "changes": [
        { "add": { "area": "500116001009", "name": "新村", "place": { "lat": 29.285, "lon": 106.255 } } },
        { "recode": { "area": "500116001002002", "to": "500116001009001" } }
    ]
}))]
pub struct AreaChanges {
    /// Whether the outcome is only reported and nothing is changed.
    pub preview: bool,
    /// The changes, in order.
    #[schema(min_items = 1, max_items = 500)]
    pub changes: Vec<AreaChange>,
}

/// An area that begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StartedArea {
    /// The code.
    pub code: AreaCode,
    /// The name.
    #[schema(max_length = 100, example = "第3网格")]
    pub name: String,
}

/// An area that ends today.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EndedArea {
    /// The code.
    pub code: AreaCode,
    /// The areas that take over.
    #[schema(max_items = 1000)]
    pub successors: Vec<AreaCode>,
}

/// A grid that begins, or whose people, beneficiaries or tasks change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangedGrid {
    /// The grid.
    pub code: AreaCode,
    /// Its manager.
    pub manager_id: PersonId,
    /// People who come to it, with the manager.
    #[schema(minimum = 0, maximum = 1_000_000, example = 9)]
    #[schema(value_type = i64, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub people: usize,
    /// Beneficiaries who come to it.
    #[schema(minimum = 0, maximum = 1_000_000, example = 26)]
    #[schema(value_type = i64, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub beneficiaries: usize,
    /// Tasks that come to it, finished ones included.
    #[schema(minimum = 0, maximum = 10_000_000, example = 80)]
    #[schema(value_type = i64, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub tasks: usize,
}

/// The outcome of a list of changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangedAreas {
    /// Whether nothing was changed.
    pub preview: bool,
    /// Areas that begin, ordered by code.
    #[schema(max_items = 10_000)]
    pub started: Vec<StartedArea>,
    /// Areas that end, ordered by code.
    #[schema(max_items = 10_000)]
    pub ended: Vec<EndedArea>,
    /// Areas with another name, ordered by code.
    #[schema(max_items = 10_000)]
    pub renamed: Vec<StartedArea>,
    /// Grids with new contents, ordered by code.
    #[schema(max_items = 10_000)]
    pub grids: Vec<ChangedGrid>,
    /// People of split grids without a part by list or outline: they go to the first part.
    #[schema(max_items = 10_000)]
    pub placed_by_default: Vec<PersonId>,
    /// Goods in stock that go from areas that end to those that took over, ordered by former area and item.
    // Answers stored by the previous version have none.
    #[serde(default)]
    #[schema(required = true, max_items = 100_000)]
    pub stocks: Vec<MovedStock>,
}
