//! An event about to be put on the log.

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What kind of thing an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Subject>)]
pub enum Subject {
    /// A task.
    Task,
    /// A beneficiary.
    Beneficiary,
    /// Somebody who works in the system.
    Person,
    /// A run of dispatch.
    Plan,
    /// A notice.
    Notice,
    /// A kind of service of the catalogue.
    ServiceKind,
    /// A photo, a signature or a voice.
    Attachment,
    /// What somebody asked for.
    Command,
    /// The whole district.
    District,
    /// What somebody read that is personal.
    Reading,
}

text_column!(Subject);

/// A fact about to be put on the log.
#[derive(Clone, Debug)]
pub struct Event {
    /// Who did it; nobody when Gridward did it by itself.
    pub actor: Option<PersonId>,
    /// With which device, as it calls itself.
    pub device: Option<String>,
    /// What was done, as `task.claim`.
    pub action: &'static str,
    /// What kind of thing it was done to.
    pub subject: Subject,
    /// Which one.
    pub subject_id: String,
    /// Where the thing lies now; its district is the log's.
    pub area: AreaCode,
    /// Where it lay before, if that was elsewhere.
    pub area_before: Option<AreaCode>,
    /// The assignee after the change.
    pub person: Option<PersonId>,
    /// The assignee before the change.
    pub person_before: Option<PersonId>,
    /// The thing's version after the change.
    pub version: i64,
    /// More about it; what is personal in it lies sealed.
    pub body: Value,
}

impl Event {
    /// That `action` was done to the thing `id`, which lies in `area`.
    pub fn new(
        action: &'static str,
        subject: Subject,
        id: impl std::fmt::Display,
        area: AreaCode,
        version: i64,
    ) -> Self {
        Self {
            actor: None,
            device: None,
            action,
            subject,
            subject_id: id.to_string(),
            area,
            area_before: None,
            person: None,
            person_before: None,
            version,
            body: Value::Object(serde_json::Map::new()),
        }
    }

    /// By whom; nobody when Gridward did it by itself.
    #[must_use]
    pub fn by(self, actor: impl Into<Option<PersonId>>) -> Self {
        Self { actor: actor.into(), ..self }
    }

    /// Sets the assignee before and after the change.
    #[must_use]
    pub fn assignees(self, before: Option<PersonId>, after: Option<PersonId>) -> Self {
        Self { person_before: before, person: after, ..self }
    }

    /// Where it lay before; nothing is noted if that is where it lies now.
    #[must_use]
    pub fn moved_from(self, before: AreaCode) -> Self {
        Self { area_before: (before != self.area).then_some(before), ..self }
    }

    /// More about it, without anything personal in clear.
    #[must_use]
    pub fn with(self, body: Value) -> Self {
        Self { body, ..self }
    }
}
