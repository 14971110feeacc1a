//! Notices: announcements to the staff and volunteers of an area, or to some roles among them.

pub mod edit;
pub mod post;
pub mod read;
pub mod routes;
pub mod store;

use std::collections::BTreeSet;

use chrono::{DateTime, Days, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role, permits};
use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
use gridward_domain::id::{NoticeId, PersonId};
use gridward_domain::range::Version;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The roles that a notice addresses; all if empty.
pub type Audience = BTreeSet<Role>;

/// An announcement to the staff and volunteers of an area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Identifies the notice.
    pub id: NoticeId,
    /// The area that the notice addresses.
    pub area: AreaCode,
    /// The roles that the notice addresses; all if empty.
    #[serde(default)]
    #[schema(value_type = Vec<Role>, max_items = 5)]
    pub audience: Audience,
    /// A short title.
    pub title: NoticeTitle,
    /// The full text.
    pub text: NoticeText,
    /// The last day on which the notice is shown.
    pub until: NaiveDate,
    /// The author.
    pub created_by: PersonId,
    /// When the notice was posted.
    pub created_at: DateTime<FixedOffset>,
    /// When the notice was withdrawn; absent if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<DateTime<FixedOffset>>,
    /// When the caller marked the notice as read, with `notice.read` of an outbox; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<DateTime<FixedOffset>>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The state of a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<NoticeState>)]
pub enum NoticeState {
    /// Shown today.
    #[default]
    Current,
    /// Its last day has passed.
    Past,
    /// Withdrawn before its last day.
    Withdrawn,
}

/// The longest period for which a notice is shown.
const LONGEST: Days = Days::new(366);

/// The requirement for the last day of a notice.
const UNTIL: &str = "must be from today to one year from now";

/// Whether a notice posted or changed today may be shown until `until`.
fn ends_in_time(until: NaiveDate, today: NaiveDate) -> bool {
    let last = today.checked_add_days(LONGEST);
    (today..=last.unwrap_or(NaiveDate::MAX)).contains(&until)
}

impl Notice {
    /// Whether the notice is shown on `today`.
    pub fn is_current(&self, today: NaiveDate) -> bool {
        self.withdrawn_at.is_none() && today <= self.until
    }

    /// Whether the notice reaches the principal: by its area, and by the role. Its editors see it
    /// in any role.
    pub fn reaches(&self, principal: &Principal) -> bool {
        let around = self.area.contains(&principal.area) || principal.area.contains(&self.area);
        let addressed = self.audience.is_empty() || self.audience.contains(&principal.role);
        around && (addressed || self.is_editable_by(principal))
    }

    /// Whether the principal may edit or withdraw the notice: its author, or a supervisor or
    /// admin of an area that contains the notice's.
    pub fn is_editable_by(&self, principal: &Principal) -> bool {
        let author = self.created_by == principal.person;
        permits(principal.role, Action::PostNotice)
            && principal.area.contains(&self.area)
            && (author || principal.role != Role::Manager)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const AUTHOR: PersonId = PersonId(Uuid::from_u128(1));
    const OTHER: PersonId = PersonId(Uuid::from_u128(2));

    fn notice(area: &str, audience: &[Role]) -> Notice {
        let at = "2026-08-01T09:00:00+08:00".parse().expect("a time");
        Notice {
            id: NoticeId(Uuid::nil()),
            area: area.parse().expect("a code"),
            audience: audience.iter().copied().collect(),
            title: "x".parse().expect("a title"),
            text: "y".parse().expect("a text"),
            until: "2026-08-07".parse().expect("a day"),
            created_by: AUTHOR,
            created_at: at,
            withdrawn_at: None,
            read_at: None,
            version: 1,
        }
    }

    fn person(person: PersonId, role: Role, area: &str) -> Principal {
        Principal { person, role, area: area.parse().expect("a code") }
    }

    #[test]
    fn a_notice_reaches_its_roles_in_its_area_and_its_editors() {
        let (town, grid) = ("500116001", "500116001002001");
        let volunteer = person(OTHER, Role::Volunteer, grid);
        let manager = person(OTHER, Role::Manager, grid);
        assert!(notice(town, &[]).reaches(&volunteer));
        assert!(notice(town, &[Role::Volunteer]).reaches(&volunteer));
        assert!(!notice(town, &[Role::Volunteer]).reaches(&manager));
        assert!(!notice("500116002", &[]).reaches(&volunteer));
        assert!(notice(grid, &[Role::Volunteer]).reaches(&person(OTHER, Role::Supervisor, town)));
    }

    #[test]
    fn a_notice_is_edited_by_its_author_and_from_above() {
        let grid = "500116001002001";
        let own = notice(grid, &[]);
        assert!(own.is_editable_by(&person(AUTHOR, Role::Manager, grid)));
        assert!(!own.is_editable_by(&person(OTHER, Role::Manager, grid)), "of a supervisor");
        assert!(own.is_editable_by(&person(OTHER, Role::Supervisor, "500116001")));
        assert!(!own.is_editable_by(&person(OTHER, Role::Supervisor, "500116002")));
        assert!(!own.is_editable_by(&person(AUTHOR, Role::Volunteer, grid)), "has changed roles");
    }

    #[test]
    fn a_withdrawn_notice_is_not_current() {
        let (day, next) = ("2026-08-07", "2026-08-08");
        let [day, next] = [day, next].map(|day| day.parse().expect("a day"));
        let shown = notice("500116", &[]);
        assert!(shown.is_current(day) && !shown.is_current(next));
        let withdrawn_at = Some(shown.created_at);
        assert!(!Notice { withdrawn_at, ..shown }.is_current(day));
    }
}
