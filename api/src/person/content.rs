//! The content of a person as superiors and the person itself enter it.

use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::PersonName;
use gridward_domain::id::PersonId;
use gridward_domain::language::{SpokenLanguage, SpokenLanguages};
use gridward_domain::phone::Phone;
use gridward_domain::place::Place;
use gridward_domain::range::{BirthYear, WeeklyMinutes};
use gridward_domain::skill::{Skill, Skills};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{Particulars, PersonRow, coordinates};
use super::{Availability, Gender, PersonState, Role, entered};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::deserialize;
use crate::http::problem::Problem;

/// A person to create.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "王小明", "phone": "13812341234", "role": "volunteer", "area": "500116001002001",
    "gender": "male", "birth_year": 1990, "home": { "lat": 29.288, "lon": 106.259 },
    "skills": ["driving"], "languages": ["mandarin", "chongqing"], "weekly_minutes": 240,
    "availability": "mon 0900-1200;sat 0900-1700"
}))]
pub struct NewPerson {
    /// The id, preferably a UUID of version 7. Default: chosen by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<PersonId>,
    /// Family and given name; blanks at its ends are dropped.
    #[serde(deserialize_with = "entered::name")]
    pub name: PersonName,
    /// The phone number, which no other person of the district may have: 5 to 20 digits;
    /// separators are dropped.
    #[schema(value_type = String, min_length = 5, max_length = 40, example = "13812341234")]
    pub phone: Phone,
    /// The role.
    pub role: Role,
    /// The grid of a manager or volunteer; the area of responsibility of other roles.
    pub area: AreaCode,
    /// The registered gender.
    pub gender: Gender,
    /// Year of birth, from 1900.
    pub birth_year: BirthYear,
    /// The home, where the person's routes start; without one they start at the point of the grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Place>,
    /// The skills: words of the vocabulary `skills`.
    #[serde(default)]
    #[schema(max_items = 32, value_type = Vec<Skill>)]
    pub skills: Skills,
    /// The languages that the person speaks: words of the vocabulary `languages`.
    #[serde(default)]
    #[schema(max_items = 16, value_type = Vec<SpokenLanguage>)]
    pub languages: SpokenLanguages,
    /// Minutes offered per week, at most those of the availability. Default: 0.
    #[serde(default = "no_minutes")]
    pub weekly_minutes: WeeklyMinutes,
    /// Availability as `mon 0900-1200;sat 0900-1700`, at most one span a day. Default: none.
    #[serde(default)]
    #[schema(value_type = String, max_length = 128, example = "mon 0900-1200;sat 0900-1700")]
    pub availability: Availability,
}

const fn no_minutes() -> WeeklyMinutes {
    WeeklyMinutes::MIN
}

/// The changes of a person by a superior: only the fields that change. Role, area and state
/// change by other operations.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "phone": "13812341234", "skills": ["driving", "first_aid"] }))]
pub struct PersonChanges {
    /// Family and given name; blanks at its ends are dropped.
    #[serde(
        default,
        deserialize_with = "entered::optional_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<PersonName>,
    /// The phone number, which no other person of the district may have: 5 to 20 digits;
    /// separators are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 5, max_length = 40, example = "13812341234")]
    pub phone: Option<Phone>,
    /// The registered gender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Year of birth, from 1900.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<BirthYear>,
    /// The home, where the person's routes start; `null` removes it, and they start at the point of the
    /// grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::present")]
    #[schema(value_type = Option<Place>)]
    pub home: Option<Option<Place>>,
    /// All skills: words of the vocabulary `skills`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 32, value_type = Option<Vec<Skill>>)]
    pub skills: Option<Skills>,
    /// All languages that the person speaks: words of the vocabulary `languages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 16, value_type = Option<Vec<SpokenLanguage>>)]
    pub languages: Option<SpokenLanguages>,
    /// Minutes offered per week, at most those of the availability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly_minutes: Option<WeeklyMinutes>,
    /// Availability as `mon 0900-1200;sat 0900-1700`, at most one span a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128, example = "mon 0900-1200;sat 0900-1700")]
    pub availability: Option<Availability>,
}

/// The changes of the own entry: only the fields that change. The phone number, by which the
/// person signs in, is changed by a superior.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "languages": ["mandarin", "chongqing"], "weekly_minutes": 180,
    "availability": "mon 0900-1200;sat 0900-1700"
}))]
pub struct OwnChanges {
    /// The home, where the person's routes start; `null` removes it, and they start at the point of the
    /// grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "deserialize::present")]
    #[schema(value_type = Option<Place>)]
    pub home: Option<Option<Place>>,
    /// The skills that the person keeps. A superior adds skills, since visits depend on them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 32, value_type = Option<Vec<Skill>>)]
    pub skills: Option<Skills>,
    /// All languages that the person speaks: words of the vocabulary `languages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 16, value_type = Option<Vec<SpokenLanguage>>)]
    pub languages: Option<SpokenLanguages>,
    /// Minutes offered per week, at most those of the availability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly_minutes: Option<WeeklyMinutes>,
    /// Availability as `mon 0900-1200;sat 0900-1700`, at most one span a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128, example = "mon 0900-1200;sat 0900-1700")]
    pub availability: Option<Availability>,
}

impl OwnChanges {
    /// The changes as of a superior.
    ///
    /// # Errors
    /// 422 for a skill that the person does not have.
    pub fn of(&self, row: &PersonRow) -> Result<PersonChanges, Problem> {
        let Self { home, skills, languages, weekly_minutes, availability } = self.clone();
        if skills.iter().flatten().any(|skill| !row.skills.members().contains(skill)) {
            return Err(Problem::invalid("/skills", "may drop skills only; a superior adds them"));
        }
        let all = PersonChanges::default();
        Ok(PersonChanges { home, skills, languages, weekly_minutes, availability, ..all })
    }
}

impl NewPerson {
    /// The row of the person `id`.
    ///
    /// # Errors
    /// [`DbError`] if the personal data cannot be encrypted.
    pub fn row(&self, key: &SealingKey, id: PersonId) -> Result<PersonRow, DbError> {
        let district = self.area.district();
        let particulars =
            Particulars { name: self.name.as_str().to_owned(), phone: self.phone.to_string() };
        let (lat, lon) = coordinates(self.home);
        Ok(PersonRow {
            district,
            id,
            role: self.role,
            area: self.area,
            state: PersonState::Active,
            gender: self.gender,
            birth_year: self.birth_year,
            lat,
            lon,
            skills: self.skills.clone().into(),
            weekly_minutes: self.weekly_minutes,
            availability: self.availability.clone(),
            phone_index: key.index(self.phone.as_str()),
            sealed: seal(key, district, id, &particulars)?,
            version: 1,
            tokens_not_before: None,
            languages: self.languages.clone().into(),
        })
    }
}

fn seal(
    key: &SealingKey,
    district: AreaCode,
    id: PersonId,
    particulars: &Particulars,
) -> Result<Vec<u8>, DbError> {
    key.seal_row((district, "people", id), particulars)
}

impl PersonChanges {
    /// The row with the changes, at the next version, and the names of the fields that change;
    /// `None` if none does.
    ///
    /// # Errors
    /// [`DbError`] if the personal data cannot be decrypted or encrypted.
    pub fn apply(
        &self,
        row: &PersonRow,
        key: &SealingKey,
    ) -> Result<Option<(PersonRow, Vec<&'static str>)>, DbError> {
        let (mut next, before) = (row.clone(), row.particulars(key)?);
        let mut after = before.clone();
        if let Some(name) = &self.name {
            name.as_str().clone_into(&mut after.name);
        }
        if let Some(phone) = &self.phone {
            after.phone = phone.to_string();
            next.phone_index = key.index(phone.as_str());
        }
        if let Some(home) = self.home {
            next.set_home(home);
        }
        next.gender = self.gender.unwrap_or(next.gender);
        next.birth_year = self.birth_year.unwrap_or(next.birth_year);
        next.weekly_minutes = self.weekly_minutes.unwrap_or(next.weekly_minutes);
        next.skills = self.skills.clone().map_or(next.skills, Into::into);
        next.languages = self.languages.clone().map_or(next.languages, Into::into);
        next.availability = self.availability.clone().unwrap_or(next.availability);
        let changed = [
            ("name", before.name != after.name),
            ("phone", before.phone != after.phone),
            ("gender", row.gender != next.gender),
            ("birth_year", row.birth_year != next.birth_year),
            ("home", row.home()? != next.home()?),
            ("skills", row.skills != next.skills),
            ("languages", row.languages != next.languages),
            ("weekly_minutes", row.weekly_minutes != next.weekly_minutes),
            ("availability", row.availability != next.availability),
        ];
        let fields: Vec<_> =
            changed.into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
        if fields.is_empty() {
            return Ok(None);
        }
        next.sealed = seal(key, row.district, row.id, &after)?;
        next.version += 1;
        Ok(Some((next, fields)))
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use serde_json::json;

    use super::super::content_check::faults;
    use super::*;
    use crate::vocabulary::Vocabularies;

    fn key() -> SealingKey {
        SealingKey::new(&[7; 32])
    }

    fn new(more: serde_json::Value) -> NewPerson {
        let mut all = json!({
            "name": " 王小明\u{3000}", "phone": "138 1234-1234", "role": "volunteer",
            "area": "500116001002001", "gender": "male", "birth_year": 1990,
            "home": { "lat": 29.288, "lon": 106.259 }, "skills": ["driving"],
            "weekly_minutes": 240, "availability": "mon 0900-1200;sat 0900-1700",
        });
        for (name, value) in more.as_object().expect("fields") {
            all[name] = value.clone();
        }
        deserialize::value(all).expect("a person")
    }

    fn row(new: &NewPerson) -> PersonRow {
        new.row(&key(), PersonId(uuid::Uuid::nil())).expect("a row")
    }

    fn changes(json: serde_json::Value) -> PersonChanges {
        deserialize::value(json).expect("changes")
    }

    fn pointers(next: &PersonRow, before: Option<&PersonRow>) -> Vec<String> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 28).expect("a day");
        let faults = faults(next, before, &Vocabularies::default(), today);
        faults.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn a_new_person_is_cleaned_and_sealed() {
        let row = row(&new(json!({ "phone": "１３８ 1234 1234" })));
        let Particulars { name, phone } = row.particulars(&key()).expect("particulars");
        assert_eq!((name.as_str(), phone.as_str()), ("王小明", "13812341234"));
        assert_eq!(row.phone_index, key().index("13812341234"));
        assert_eq!(pointers(&row, None), Vec::<String>::new());
    }

    #[test]
    fn each_fault_of_the_content_is_named() {
        let more = json!({
            "birth_year": 2027, "skills": ["drivng"], "languages": ["klingon"],
            "weekly_minutes": 661,
        });
        let expected = ["/birth_year", "/skills", "/languages", "/weekly_minutes"];
        assert_eq!(pointers(&row(&new(more)), None), expected);
    }

    #[test]
    fn changes_name_the_fields_that_change_and_equal_content_is_none() {
        let before = row(&new(json!({})));
        let same =
            changes(json!({ "name": "王小明", "phone": "13812341234", "skills": ["driving"] }));
        assert_eq!(same.apply(&before, &key()).expect("readable"), None);
        let changes = changes(json!({ "phone": "13812345678", "weekly_minutes": 60 }));
        let (after, fields) = changes.apply(&before, &key()).expect("readable").expect("a change");
        assert_eq!(fields, ["phone", "weekly_minutes"]);
        assert_eq!(after.version, before.version + 1);
        assert_eq!(after.particulars(&key()).expect("particulars").name, "王小明");
    }

    #[test]
    fn content_that_stays_is_not_checked_again() {
        let before = row(&new(json!({ "skills": ["drivng"], "weekly_minutes": 10_080 })));
        let changes = changes(json!({ "home": { "lat": 29.3, "lon": 106.3 } }));
        let (after, _) = changes.apply(&before, &key()).expect("readable").expect("a change");
        assert_eq!(pointers(&after, Some(&before)), Vec::<String>::new());
    }

    #[test]
    fn a_person_drops_own_skills_and_adds_none() {
        let row = row(&new(json!({ "skills": ["driving", "legal"] })));
        let own = |skills: &[&str]| {
            deserialize::value::<OwnChanges>(json!({ "skills": skills })).expect("changes")
        };
        assert!(own(&["legal"]).of(&row).is_ok() && own(&[]).of(&row).is_ok());
        let refused = own(&["legal", "medical"]).of(&row).expect_err("a new skill");
        assert_eq!(refused.errors()[0].pointer, "/skills");
    }

    #[test]
    fn rights_and_versions_are_no_fields_of_a_change() {
        for field in ["role", "area", "state", "version", "id"] {
            for problem in [
                deserialize::value::<PersonChanges>(json!({ field: "admin" })).err(),
                deserialize::value::<OwnChanges>(json!({ field: "admin" })).err(),
            ] {
                let pointer = problem.expect("a refusal").errors()[0].pointer.clone();
                assert_eq!(pointer, format!("/{field}"));
            }
        }
    }
}
