//! OpenAPI schemas of types with a text form that their fields do not show.

use crate::word::VariantArray as _;
use utoipa::PartialSchema;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};

use crate::word::Word as _;

use crate::area::{AreaCode, Level};
use crate::id::{
    AbsenceId, AudienceId, BeneficiaryId, BulkId, CampaignId, CaseId, CorrectionId, FeedbackId,
    HandoutId, ImportId, MovementId, NoticeId, OriginId, PersonId, PlanId, ProposalId, RegimeId,
    ReportId, SecondmentId, SessionId, TaskId,
};
use crate::place::Place;
use crate::time::{TimeOfDay, Window};

/// Gives the schema of a type its name in the contract.
macro_rules! named {
    ($type:ident as $name:expr) => {
        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }
        }
    };
}

pub(crate) use named;

/// A whole number within bounds.
pub(crate) fn whole_number(min: i64, max: i64, example: i64, description: &str) -> RefOr<Schema> {
    let format = if i32::try_from(max).is_ok() { KnownFormat::Int32 } else { KnownFormat::Int64 };
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(format)))
        .minimum(Some(min))
        .maximum(Some(max))
        .examples([example])
        .description(Some(description))
        .build()
        .into()
}

/// A text within a number of characters.
pub(crate) fn bounded_text(
    (min, max): (usize, usize),
    pattern: Option<&str>,
    (example, description): (&str, &str),
) -> RefOr<Schema> {
    string(example, description)
        .pattern(pattern)
        .min_length((min > 0).then_some(min))
        .max_length(Some(max))
        .build()
        .into()
}

/// A code of at most `max` characters that match `pattern`.
pub(crate) fn code(pattern: &str, max: usize, example: &str, description: &str) -> RefOr<Schema> {
    string(example, description).pattern(Some(pattern)).max_length(Some(max)).build().into()
}

fn string(example: &str, description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .examples([example])
        .description(Some(description))
}

impl PartialSchema for AreaCode {
    fn schema() -> RefOr<Schema> {
        code(
            "^[0-9]{6}([0-9]{3}){0,3}$",
            15,
            "500116001002001",
            "The code of an area: 6 digits for a district, 9 for a town, 12 for a village, 15 for \
             a grid. It begins with the code of the parent area.",
        )
    }
}

named!(AreaCode as "AreaCode");

macro_rules! ids {
    ($($id:ident: $description:literal),* $(,)?) => {$(
        impl PartialSchema for $id {
            fn schema() -> RefOr<Schema> {
                string("0198c4d0-7a5e-7c3e-9d5b-3f1f2a6b7c8d", $description)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                    .max_length(Some(36))
                    .build()
                    .into()
            }
        }

        named!($id as stringify!($id));
    )*};
}

ids! {
    PersonId: "Identifies a person.",
    BeneficiaryId: "Identifies a beneficiary.",
    TaskId: "Identifies a task.",
    ReportId: "Identifies a report.",
    NoticeId: "Identifies a notice.",
    PlanId: "Identifies a plan.",
    ImportId: "Identifies an import of files.",
    CorrectionId: "Identifies a proposed correction of a beneficiary's entry.",
    SessionId: "Identifies a session of a person on a device.",
    AbsenceId: "Identifies an absence of a person.",
    BulkId: "Identifies commands to many tasks.",
    OriginId: "Identifies what a follow-up task follows from.",
    FeedbackId: "Identifies feedback.",
    ProposalId: "Identifies a proposal for the manager of a grid.",
    AudienceId: "Identifies a saved audience.",
    CampaignId: "Identifies a campaign.",
    CaseId: "Identifies a case.",
    RegimeId: "Identifies a standing duty.",
    SecondmentId: "Identifies a secondment of a volunteer.",
    MovementId: "Identifies a movement of goods.",
    HandoutId: "Identifies a hand-out.",
}

impl PartialSchema for Level {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::VARIANTS.iter().map(|level| level.as_str())))
            .description(Some("One of the four levels of areas."))
            .build()
            .into()
    }
}

named!(Level as "AreaLevel");

impl PartialSchema for Place {
    fn schema() -> RefOr<Schema> {
        let degrees = |most: i32, example: f64, description: &str| {
            ObjectBuilder::new()
                .schema_type(Type::Number)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
                .minimum(Some(-most))
                .maximum(Some(most))
                .examples([example])
                .description(Some(description))
        };
        ObjectBuilder::new()
            .property("lat", degrees(90, 29.28874, "Latitude in degrees."))
            .property("lon", degrees(180, 106.26093, "Longitude in degrees."))
            .required("lat")
            .required("lon")
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
            .description(Some("A position, WGS-84."))
            .build()
            .into()
    }
}

named!(Place as "Place");

/// Minutes from midnight, from `first` to `last`.
fn minute(first: u16, last: u16, example: u16, description: &str) -> RefOr<Schema> {
    whole_number(first.into(), last.into(), example.into(), description)
}

impl PartialSchema for TimeOfDay {
    fn schema() -> RefOr<Schema> {
        let description = "A time of day, in minutes from midnight in the district's time zone.";
        minute(0, Self::LAST.minutes(), 555, description)
    }
}

named!(TimeOfDay as "TimeOfDay");

impl PartialSchema for Window {
    fn schema() -> RefOr<Schema> {
        // Neither bound reaches the other's: the end is after the start.
        let last = TimeOfDay::LAST.minutes();
        ObjectBuilder::new()
            .property("start", minute(0, last - 1, 540, "The start."))
            .property("end", minute(1, last, 720, "The end; after `start`."))
            .required("start")
            .required("end")
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
            .description(Some(
                "A time window of a day, in minutes from midnight in the district's time zone.",
            ))
            .build()
            .into()
    }
}

named!(Window as "DayWindow");
