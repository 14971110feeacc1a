//! An event before it is appended to the log.

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The kind of subject of an event.
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
    /// A proposed correction of a beneficiary's entry.
    Correction,
    /// A proposal for the manager of a grid.
    Proposal,
    /// A member of staff or a volunteer.
    Person,
    /// A plan.
    Plan,
    /// A notice.
    Notice,
    /// A kind of service of the catalogue.
    ServiceKind,
    /// A case.
    Case,
    /// A kind of case.
    CaseKind,
    /// An area.
    Area,
    /// A service station.
    Station,
    /// A memorial site.
    Memorial,
    /// A holiday.
    Holiday,
    /// A vocabulary of the district.
    Vocabulary,
    /// A saved audience.
    Audience,
    /// A campaign.
    Campaign,
    /// A template of campaigns.
    CampaignTemplate,
    /// A standing duty.
    Regime,
    /// A secondment of a volunteer.
    Secondment,
    /// An item of the goods.
    GoodsItem,
    /// A movement of goods.
    GoodsMovement,
    /// A hand-out of goods.
    Handout,
    /// An attachment.
    Attachment,
    /// A command.
    Command,
    /// The district.
    District,
    /// An access to personal data.
    Reading,
}

text_column!(Subject);

/// An event before it is appended to the log.
#[derive(Clone, Debug)]
pub struct Event {
    /// The person who acted; `None` for actions of the system.
    pub actor: Option<PersonId>,
    /// The device, as the client names it.
    pub device: Option<String>,
    /// The action, such as `task.claim`.
    pub action: &'static str,
    /// The kind of subject.
    pub subject: Subject,
    /// The id of the subject.
    pub subject_id: String,
    /// The area of the subject after the event; its district owns the log.
    pub area: AreaCode,
    /// The area of the subject before the event, if different.
    pub area_before: Option<AreaCode>,
    /// The assignee after the change.
    pub person: Option<PersonId>,
    /// The assignee before the change.
    pub person_before: Option<PersonId>,
    /// The version of the subject after the change.
    pub version: i64,
    /// Details; personal data is encrypted.
    pub body: Value,
}

impl Event {
    /// The event that `action` changed the subject `id` in `area`.
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

    /// Sets the person who acted; `None` for actions of the system.
    #[must_use]
    pub fn by(self, actor: impl Into<Option<PersonId>>) -> Self {
        Self { actor: actor.into(), ..self }
    }

    /// Sets the device that sent the command, if it names itself.
    #[must_use]
    pub fn on(self, device: Option<String>) -> Self {
        Self { device, ..self }
    }

    /// Sets the assignee before and after the change.
    #[must_use]
    pub fn assignees(self, before: Option<PersonId>, after: Option<PersonId>) -> Self {
        Self { person_before: before, person: after, ..self }
    }

    /// Sets the area before the event, if different.
    #[must_use]
    pub fn moved_from(self, before: AreaCode) -> Self {
        Self { area_before: (before != self.area).then_some(before), ..self }
    }

    /// Sets the details, without personal data in clear.
    #[must_use]
    pub fn with(self, body: Value) -> Self {
        Self { body, ..self }
    }

    /// This event with two of the people, and an event `more`, without details, for each two of the others: the phones
    /// of all of them fetch the subject, wherever they work.
    pub fn naming(self, people: &[PersonId], more: &'static str) -> Vec<Self> {
        let mut pairs = people.chunks(2);
        let first = pairs.next().unwrap_or_default();
        let body = Value::Object(serde_json::Map::new());
        let others = Self { action: more, area_before: None, body, ..self.clone() };
        let mut events = vec![self.of_pair(first)];
        events.extend(pairs.map(|pair| others.clone().of_pair(pair)));
        events
    }

    /// The event with up to two people.
    fn of_pair(self, people: &[PersonId]) -> Self {
        self.assignees(people.first().copied(), people.get(1).copied())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_event_names_two_people_and_further_events_name_the_others() {
        let area: AreaCode = "500116001002001".parse().expect("a code");
        let before = "500116001002002".parse().expect("a code");
        let people: Vec<PersonId> = (1..=5).map(|n| PersonId(Uuid::from_u128(n))).collect();
        let event = Event::new("handout.exchange", Subject::Handout, "1", area, 2);
        let event = event.moved_from(before).with(json!({ "item": "rice" }));
        let named = |count: usize| {
            let events = event.clone().naming(&people[..count], "handout.visitors").into_iter();
            let named = events.map(|one| (one.action, one.person_before, one.person));
            named.collect::<Vec<_>>()
        };
        let [one, two, three, four, five] = [0, 1, 2, 3, 4].map(|n| Some(people[n]));
        let (first, more) = ("handout.exchange", "handout.visitors");
        assert_eq!(named(0), [(first, None, None)]);
        assert_eq!(named(1), [(first, one, None)]);
        assert_eq!(named(5), [(first, one, two), (more, three, four), (more, five, None)]);
        let events = event.clone().naming(&people, more);
        assert_eq!((events[0].area_before, events[1].area_before), (Some(before), None));
        assert_eq!((&events[0].body, &events[1].body), (&event.body, &json!({})));
        assert_eq!((events[1].area, events[1].version), (area, 2));
    }
}
