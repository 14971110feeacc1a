//! A plain download of a completed attachment, or of a small copy of a photo.

use std::borrow::Cow;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use gridward_domain::authority::Principal;
use gridward_domain::word::Word as _;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use strum::VariantArray as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use super::model::MediaType;
use super::owner;
use super::receive::{self, Attachments};
use super::store::{self, AttachmentRow};
use super::thumbnail::NoThumbnail;
use crate::auth::Authenticated;
use crate::http::Query;
use crate::http::openapi;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Bytes of an attachment.
#[derive(ToSchema)]
#[schema(as = AttachmentBytes, format = Binary, max_length = 10_485_760)]
#[expect(dead_code, reason = "describes bytes")]
pub(super) struct Content(String);

/// The width of a small copy, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
pub(super) enum Width {
    /// For a list.
    #[strum(serialize = "160")]
    Small,
    /// For a list on a screen of high resolution.
    #[strum(serialize = "320")]
    Medium,
    /// For a screen.
    #[strum(serialize = "640")]
    Large,
}

impl Width {
    const fn pixels(self) -> u32 {
        match self {
            Self::Small => 160,
            Self::Medium => 320,
            Self::Large => 640,
        }
    }
}

impl PartialSchema for Width {
    fn schema() -> RefOr<Schema> {
        let widths = Self::VARIANTS.iter().map(|width| width.pixels());
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(Self::Small.pixels()))
            .maximum(Some(Self::Large.pixels()))
            .enum_values(Some(widths))
            .into()
    }
}

impl ToSchema for Width {}

impl<'de> Deserialize<'de> for Width {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("must be 160, 320 or 640"))
    }
}

/// The form of a download.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DownloadQuery {
    /// The width of a small copy of a photo, in pixels: a JPEG, upright, without metadata such as the
    /// position; a narrower photo keeps its size. Default: the file as it was uploaded.
    #[param(inline)]
    width: Option<Width>,
}

/// Download an attachment
///
/// Returns the bytes of a completed attachment, as a file to be saved; the media type is verified at
/// the upload. With `width`, a small copy of a photo: 422 `no_preview` for a recording, for a photo that
/// is damaged, and for one of more than 25 million pixels. An event records the access.
/// Allowed roles: managers, supervisors and admins within their area, and the visitor who uploaded it, until
/// 72 hours after the visit; for a document of a case, those who see the case.
#[utoipa::path(
    tag = "attachments",
    operation_id = "get_attachment",
    params(("id" = inline(Uuid), Path, description = "The attachment"), DownloadQuery),
    responses(
        (
            status = OK, description = "The bytes",
            content(
                (Content = "image/jpeg"), (Content = "image/png"), (Content = "image/webp"),
                (Content = "audio/mp4"), (Content = "audio/ogg"), (Content = "audio/amr"),
                (Content = "application/pdf"),
            ),
            headers(("Content-Disposition" = String, description = "The name of the file")),
        ),
        openapi::ReadDays,
    ),
)]
#[get("/attachments/{id}")]
pub(crate) async fn get_attachment(
    attachments: Data<Attachments>,
    Authenticated(principal): Authenticated,
    id: Path<Uuid>,
    Query(query): Query<DownloadQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, keys, district) = (*id, attachments.keys.clone(), principal.district());
    let read = attachments.db.write(district, move |tx| {
        let row = readable(tx, &principal, id)?;
        Ok::<_, Problem>((row, keys.key(tx.read_unbatched(), principal.district())?))
    });
    let (row, key) = read.await?;
    let bytes = receive::open(&attachments, &key, &row).await?;
    let (media_type, size, bytes) = match query.width {
        None => (row.media_type, String::new(), bytes),
        Some(width) => {
            let copy = attachments.uploads.thumbnails.make(row.media_type, bytes, width.pixels());
            let copy = copy.await.map_err(no_preview)?;
            (MediaType::Jpeg, format!("-{}", width.pixels()), copy)
        }
    };
    let extension = media_type.extension();
    let name = format!("attachment; filename=\"{}{size}.{extension}\"", row.id);
    Ok(HttpResponse::Ok()
        .content_type(media_type.as_str())
        .insert_header((CONTENT_DISPOSITION, name))
        .body(bytes))
}

fn no_preview(error: NoThumbnail) -> Problem {
    match error {
        NoThumbnail::Failed => Problem::defect(error),
        _ => Problem::from(ProblemCode::NoPreview).with(FieldError::new("/width", error)),
    }
}

/// The attachment, if it is complete and the caller may read it. An event records the access, unless it
/// is by the visitor to the own attachment of a task.
fn readable(tx: &mut Tx<'_>, principal: &Principal, id: Uuid) -> Result<AttachmentRow, Problem> {
    let row = store::row(tx.read_unbatched(), principal.district(), id)?.filter(|row| row.complete);
    let row = row.ok_or_else(Problem::not_found)?;
    if let Some(area) = owner::read_in(tx, principal, &row)? {
        let event = Event::new("attachment.read", Subject::Reading, &row.id, area, 1);
        tx.record(event.by(principal.person).with(row.owner()?.body()));
    }
    Ok(row)
}
