//! The profile of the caller.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::id::PersonId;
use gridward_domain::language::{SpokenLanguage, SpokenLanguages};
use gridward_domain::place::Place;
use gridward_domain::range::{Version, WeeklyMinutes};
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::word::VariantArray as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::account_notices;
use super::store::{self, Particulars, PersonRow};
use super::superiors;
use crate::area;
use crate::auth::LimitedAccess;
use crate::auth::account_notice::AccountNotice;
use crate::clock::TIME_ZONE;
use crate::crypto::{KeyRing, SealingKey};
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::http::problem::answer::Language;
use crate::http::{openapi, versioned};
use crate::tx::Db;

/// The full official name of an area.
#[derive(ToSchema)]
#[schema(max_length = 64, example = "几江街道")]
#[expect(dead_code, reason = "describes the texts of a list")]
struct AreaName(String);

/// A person whom the caller may call.
#[derive(Serialize, ToSchema)]
pub struct ContactPerson {
    /// Identifies the person.
    id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    name: String,
    /// The whole phone number; absent for a volunteer's supervisor, who is reached through the
    /// manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20, example = "13812341234")]
    phone: Option<String>,
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Identifies the person.
    id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    name: String,
    /// The person's role.
    role: Role,
    /// The area that the person is responsible for.
    area: AreaCode,
    /// The names of the area and its ancestors, district first.
    #[schema(max_items = 4, value_type = Vec<AreaName>, example = json!(["江津区", "几江街道", "南门社区", "第1网格"]))]
    area_names: Vec<String>,
    /// The masked phone number.
    #[schema(max_length = 20, example = "138****1234")]
    phone: String,
    /// The caller's skills.
    #[schema(max_items = 32, value_type = Vec<Skill>)]
    skills: Skills,
    /// The languages that the caller speaks.
    #[schema(max_items = 16, value_type = Vec<SpokenLanguage>)]
    languages: SpokenLanguages,
    /// The caller's home; absent if it is not known: the caller's routes start at the point of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    home: Option<Place>,
    /// Minutes offered per week.
    weekly_minutes: WeeklyMinutes,
    /// Availability as `mon 0900-1200;sat 0900-1700`, in the district's time zone.
    #[schema(max_length = 128, example = "mon 0900-1200;sat 0900-1700")]
    availability: String,
    /// The version of the entry, for `If-Match` of `PATCH /v1/me`.
    #[schema(value_type = Version)]
    version: i64,
    /// The actions that the role permits within the area.
    #[schema(max_items = 64)]
    may: Vec<Action>,
    /// The manager of a volunteer's grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<ContactPerson>,
    /// The nearest supervisor above.
    #[serde(skip_serializing_if = "Option::is_none")]
    supervisor: Option<ContactPerson>,
    /// The active volunteers of a manager's grid, with their phone numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10_000)]
    volunteers: Vec<ContactPerson>,
    /// The time zone of the district (IANA), in which its days begin.
    #[schema(max_length = 64, example = "Asia/Shanghai")]
    time_zone: &'static str,
    /// Notices about the caller's account, newest first, until `DELETE /v1/me/notices/{id}`
    /// acknowledges them. The person to call is `manager`, or else `supervisor`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10_000)]
    notices: Vec<AccountNotice>,
}

/// Get the caller
///
/// Returns the caller's name, role and area, the actions that the role permits, the time zone of the
/// district, and the people to call: for a volunteer the manager of the grid, for a manager the
/// volunteers, for all the nearest supervisor. `notices` are about the caller's account, for instance
/// that another person may have used a copy of the sign-in. Allowed roles: all.
#[utoipa::path(
    tag = "auth",
    operation_id = "get_me",
    responses(
        (
            status = OK, description = "The caller", body = Me,
            headers(("ETag" = String, description = "The version of the entry, such as `\"v7\"`")),
        ),
        openapi::Read,
    ),
)]
#[get("/me")]
pub(crate) async fn get_me(
    request: HttpRequest,
    db: Data<Db>,
    keys: Data<KeyRing>,
    LimitedAccess { principal, .. }: LimitedAccess,
) -> Result<HttpResponse, Problem> {
    let me = read(&db, &keys, principal, Language::of(&request)).await?;
    Ok(versioned::at_version(HttpResponse::Ok(), me.version).json(me))
}

impl Me {
    /// The version of the entry.
    pub(super) const fn version(&self) -> i64 {
        self.version
    }
}

/// The caller, with the people to call.
///
/// # Errors
/// 404 if the person is gone.
pub(super) async fn read(
    db: &Db,
    keys: &KeyRing,
    principal: Principal,
    language: Language,
) -> Result<Me, Problem> {
    let keys = keys.clone();
    let me = db.read(move |conn| {
        let key = keys.key(conn, principal.district())?;
        let row = store::row(conn, &principal.scope(), principal.person)?;
        let row = row.ok_or_else(Problem::not_found)?;
        let (person, home) = (row.person(&key)?, row.home()?);
        let area_names = area::store::path(conn, &principal.area)?;
        let (role, grid) = (principal.role, principal.scope());
        let manager = match role {
            Role::Volunteer => superiors::manager(conn, &grid)?,
            _ => None,
        };
        let volunteers = match role {
            Role::Manager => store::volunteers(conn, &grid)?,
            _ => Vec::new(),
        };
        // A volunteer reaches the supervisor through the manager.
        let shows_number = role != Role::Volunteer;
        let supervisor = superiors::supervisor_above(conn, &principal.area)?;
        let (district, person_id) = (principal.district(), principal.person);
        let notices = account_notices::pending(conn, district, person_id, language)?;
        let actions = Action::VARIANTS.iter().copied();
        Ok::<_, Problem>(Me {
            phone: person.phone,
            skills: person.skills,
            languages: person.languages,
            home,
            weekly_minutes: person.weekly_minutes,
            availability: person.availability,
            version: person.version,
            may: actions.filter(|action| principal.may(*action).is_ok()).collect(),
            manager: manager.map(|row| contact(&row, &key, true)).transpose()?,
            supervisor: supervisor.map(|row| contact(&row, &key, shows_number)).transpose()?,
            volunteers: volunteers
                .iter()
                .map(|row| contact(row, &key, true))
                .collect::<Result<_, _>>()?,
            time_zone: TIME_ZONE,
            id: person.id,
            name: person.name,
            role: person.role,
            area: person.area,
            area_names,
            notices,
        })
    });
    me.await
}

/// The contact of a person, with the phone number if `whole`.
fn contact(row: &PersonRow, key: &SealingKey, whole: bool) -> Result<ContactPerson, DbError> {
    let Particulars { name, phone } = row.particulars(key)?;
    Ok(ContactPerson { id: row.id, name, phone: whole.then_some(phone) })
}
