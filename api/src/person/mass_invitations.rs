//! Invitations of all people of an area who have no enrolled device: as rows, and as a document to
//! print.
//!
//! The codes are made a batch at a time, each in a transaction of its own, so that the invitation
//! of thousands delays nobody else's changes.

use std::collections::BTreeSet;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};
use chrono::{DateTime, FixedOffset, TimeDelta};
use futures_util::stream;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::PersonId;
use gridward_domain::range::PageLimit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invitation_sheet as sheet;
use super::invitations::url;
use super::invite_many::{Batch, InviteMany, Issued, Selection};
use super::list_store::Position;
use crate::auth::{Authenticated, Enrolments, qr};
use crate::http::page::{self, PageQuery, Wanted};
use crate::http::problem::Problem;
use crate::http::public_origins::PublicOrigins;
use crate::http::{Json as Body, openapi};
use crate::idempotency::{Commands, IdempotencyKey};

/// The sheets of a part of the document, made in one transaction.
const SHEETS_AT_A_TIME: usize = 50;

/// The people to invite.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "area": "500116001", "role": "manager" }))]
pub struct SheetOrder {
    /// Only people in this area and its descendants. Default: the caller's area.
    area: Option<AreaCode>,
    /// Only people with this role.
    role: Option<Role>,
    /// Only these people, all of whom must be below the caller.
    #[schema(max_items = 500, value_type = Option<Vec<PersonId>>)]
    ids: Option<BTreeSet<PersonId>>,
}

/// The people to invite, and the page.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "area": "500116001", "role": "manager", "limit": 200 }))]
pub struct InvitationOrder {
    /// Only people in this area and its descendants. Default: the caller's area.
    area: Option<AreaCode>,
    /// Only people with this role.
    role: Option<Role>,
    /// Only these people, all of whom must be below the caller.
    #[schema(max_items = 500, value_type = Option<Vec<PersonId>>)]
    ids: Option<BTreeSet<PersonId>>,
    /// The most invitations of the answer, 1 to 200. Default 50.
    limit: Option<PageLimit>,
    /// The `next_cursor` of the previous answer.
    #[schema(max_length = 512)]
    cursor: Option<String>,
}

/// The invitation of one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedInvitation {
    /// The person.
    person_id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    name: String,
    /// The person's area.
    area: AreaCode,
    /// The one-time code, to be handed over in person. It is shown only once.
    #[schema(max_length = 11, example = "7K3QD-M9XT2")]
    code: String,
    /// When it expires.
    expires_at: DateTime<FixedOffset>,
    /// The address that opens the app with the code, which is not sent to the server.
    #[schema(format = "uri", max_length = 512)]
    url: String,
}

/// A page of new invitations.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedInvitations {
    /// The invitations, ordered by area.
    #[schema(max_items = 200)]
    items: Vec<IssuedInvitation>,
    /// The cursor of the next people; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 512)]
    next_cursor: Option<String>,
}

/// Invitations on paper.
#[derive(ToSchema)]
#[schema(as = InvitationSheets, max_length = 134_217_728, example = "<!doctype html>")]
#[expect(dead_code, reason = "describes a text")]
struct Document(String);

/// Invite many people
///
/// Makes one-time codes for the active people of an area who have no enrolled device, a page at a
/// time. Each voids the person's previous invitation. The codes are shown once and never stored.
/// `POST /v1/people/invitations/sheets` prints them. Allowed roles: admins, supervisors and managers,
/// for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "invite_people",
    params(openapi::NeverStored),
    request_body(content = InvitationOrder, description = "The people to invite"),
    responses(
        (status = OK, description = "The invitations of a page", body = IssuedInvitations),
        openapi::Write,
    ),
)]
#[post("/people/invitations")]
pub(crate) async fn invite_people(
    request: HttpRequest,
    origins: Data<PublicOrigins>,
    commands: Data<Commands>,
    enrolments: Data<Enrolments>,
    Authenticated(principal): Authenticated,
    // Parsed so that an invalid one is rejected; a disclosure is never stored.
    _: IdempotencyKey,
    Body(order): Body<InvitationOrder>,
) -> Result<HttpResponse, Problem> {
    let InvitationOrder { area, role, ids, limit, cursor } = order;
    let wanted: Wanted<Position> = PageQuery { limit, cursor }
        .wanted()
        .map_err(|_| Problem::invalid("/cursor", "must be a `next_cursor` of this operation"))?;
    let selection = Selection::of(&principal, area, role, ids)?;
    let lifetime = enrolments.lifetime;
    let (after, most) = (wanted.after, usize::from(wanted.limit));
    let batch = commands.disclose(principal, InviteMany { selection, after, most, lifetime });
    let Batch { issued, last } = batch.await?;
    let item = |one: Issued| IssuedInvitation {
        url: url(&origins, &request, &one.code),
        person_id: one.person,
        name: one.name,
        area: one.area,
        code: one.code,
        expires_at: one.expires_at,
    };
    let items = issued.into_iter().map(item).collect();
    let page = IssuedInvitations { items, next_cursor: last.as_ref().and_then(page::cursor) };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(page))
}

/// Print many invitations
///
/// As `POST /v1/people/invitations`, for all people at once, as a document in Chinese to be printed
/// on A4: a page for each person, ordered by area. It is sent while the codes are made; after an
/// interruption a new document is printed, whose codes void those of the first. Allowed roles:
/// admins, supervisors and managers, for people below them.
#[utoipa::path(
    tag = "people",
    operation_id = "print_invitations",
    params(openapi::NeverStored),
    request_body(content = SheetOrder, description = "The people to invite"),
    responses(
        (status = OK, description = "The pages", body = Document, content_type = "text/html"),
        openapi::Write,
    ),
)]
#[post("/people/invitations/sheets")]
pub(crate) async fn print_invitations(
    request: HttpRequest,
    origins: Data<PublicOrigins>,
    commands: Data<Commands>,
    enrolments: Data<Enrolments>,
    Authenticated(principal): Authenticated,
    // Parsed so that an invalid one is rejected; a disclosure is never stored.
    _: IdempotencyKey,
    Body(SheetOrder { area, role, ids }): Body<SheetOrder>,
) -> Result<HttpResponse, Problem> {
    let selection = Selection::of(&principal, area, role, ids)?;
    let printer = Printer {
        commands: commands.as_ref().clone(),
        principal,
        selection,
        lifetime: enrolments.lifetime,
        base: url(&origins, &request, ""),
    };
    // The first part decides on the status of the answer.
    let (first, rest) = printer.part(None).await?;
    let first = Bytes::from(format!("{}{first}", sheet::head()));
    let pages = stream::unfold(Next::Known(first, rest), move |next| {
        let printer = printer.clone();
        async move { printer.step(next).await }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, sheet::policy()))
        .content_type("text/html; charset=utf-8")
        .streaming(pages))
}

/// The next step of a document.
enum Next {
    /// A part is there; people after the position may follow.
    Known(Bytes, Option<Position>),
    /// The people after the position.
    After(Position),
    /// The end of the document.
    Foot,
    /// Nothing.
    End,
}

/// Makes the parts of a document.
#[derive(Clone)]
struct Printer {
    commands: Commands,
    principal: Principal,
    selection: Selection,
    lifetime: TimeDelta,
    /// The address of the app, without a code.
    base: String,
}

impl Printer {
    async fn step(&self, next: Next) -> Option<(Result<Bytes, Problem>, Next)> {
        let follow = |rest: Option<Position>| rest.map_or(Next::Foot, Next::After);
        match next {
            Next::Known(part, rest) => Some((Ok(part), follow(rest))),
            Next::After(position) => Some(match self.part(Some(position)).await {
                Ok((text, rest)) => (Ok(Bytes::from(text)), follow(rest)),
                // The aborted document shows the client that it is incomplete.
                Err(problem) => (Err(problem), Next::End),
            }),
            Next::Foot => Some((Ok(Bytes::from_static(sheet::FOOT.as_bytes())), Next::End)),
            Next::End => None,
        }
    }

    /// The sheets of the next people, and the position of the last if more may follow.
    async fn part(&self, after: Option<Position>) -> Result<(String, Option<Position>), Problem> {
        let invite = InviteMany {
            selection: self.selection.clone(),
            after,
            most: SHEETS_AT_A_TIME,
            lifetime: self.lifetime,
        };
        let Batch { issued, last } = self.commands.disclose(self.principal, invite).await?;
        let base = self.base.clone();
        // The QR codes would block the other requests of this thread.
        let sheets = web::block(move || sheets(&base, &issued)).await;
        Ok((sheets.map_err(Problem::defect)??, last))
    }
}

fn sheets(base: &str, issued: &[Issued]) -> Result<String, Problem> {
    let mut text = String::new();
    for Issued { name, code, expires_at, .. } in issued {
        let qr = qr::svg(&format!("{base}{code}")).map_err(Problem::defect)?;
        let sheet = sheet::Sheet { name, code, expires_at: *expires_at, qr: &qr };
        text.push_str(&sheet.to_string());
    }
    Ok(text)
}
