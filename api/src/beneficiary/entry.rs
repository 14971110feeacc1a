//! Changes of some fields of an entry: what corrections propose and what reports find.

use std::collections::BTreeSet;
use std::str::FromStr;

use gridward_domain::bounded_text::{BeneficiaryName, HomeAddress, Household, TextError};
use gridward_domain::code::{Hardship, Hardships, PlaqueState};
use gridward_domain::phone::Phone;
use gridward_domain::text::is_blank;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entry_field::EntryField;
use super::model::Particulars;
use super::store::BeneficiaryRow;
use super::words::EntryWords;
use super::{Contact, Mobility};
use crate::http::problem::FieldError;
use crate::vocabulary::Vocabularies;

/// New values for some fields of an entry; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "10012345678", "plaque": "damaged"}))]
pub struct EntryChanges {
    /// Family and given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<BeneficiaryName>,
    /// The phone number: 5 to 20 digits; separators are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 5, max_length = 40, example = "10012345678")]
    pub phone: Option<String>,
    /// The address, without the name of the district.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<HomeAddress>,
    /// All hardships, words of the vocabulary `hardships`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200, value_type = Option<Vec<Hardship>>, example = json!(["medical"]))]
    pub hardships: Option<Hardships>,
    /// The number of the household.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household: Option<Household>,
    /// Whether the beneficiary lives alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lives_alone: Option<bool>,
    /// The degree of mobility.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobility: Option<Mobility>,
    /// The preferred form of contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The plaque 光荣之家 at the door, a word of the vocabulary `plaque_states`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plaque: Option<PlaqueState>,
}

impl EntryChanges {
    /// The values of these fields in an entry.
    pub fn of(row: &BeneficiaryRow, opened: &Particulars, fields: &BTreeSet<EntryField>) -> Self {
        let has = |field| fields.contains(&field);
        let Particulars { name, phone, address, hardships, .. } = opened;
        Self {
            // Entries of earlier versions may have texts that are refused today.
            name: has(EntryField::Name).then(|| name.parse().ok()).flatten(),
            phone: has(EntryField::Phone).then(|| phone.clone()),
            address: has(EntryField::Address).then(|| address.parse().ok()).flatten(),
            hardships: has(EntryField::Hardships).then(|| hardships.clone()),
            household: row.household.clone().filter(|_| has(EntryField::Household)),
            lives_alone: has(EntryField::LivesAlone).then_some(row.lives_alone),
            mobility: has(EntryField::Mobility).then_some(row.mobility),
            contact: has(EntryField::Contact).then_some(row.contact),
            plaque: has(EntryField::Plaque).then(|| row.plaque.clone()),
        }
    }

    /// The fields that have a value.
    pub fn fields(&self) -> BTreeSet<EntryField> {
        self.differences(&Self::default())
    }

    /// The fields that have a value in either, and not the same in both.
    pub fn differences(&self, other: &Self) -> BTreeSet<EntryField> {
        let differs = [
            (EntryField::Name, self.name != other.name),
            (EntryField::Phone, self.phone != other.phone),
            (EntryField::Address, self.address != other.address),
            (EntryField::Hardships, self.hardships != other.hardships),
            (EntryField::Household, self.household != other.household),
            (EntryField::LivesAlone, self.lives_alone != other.lives_alone),
            (EntryField::Mobility, self.mobility != other.mobility),
            (EntryField::Contact, self.contact != other.contact),
            (EntryField::Plaque, self.plaque != other.plaque),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
    }

    /// The changes of the entry with these values `before`: with a phone number of digits only,
    /// texts without blanks at their ends, and words that the entry may use.
    ///
    /// # Errors
    /// The invalid fields, with pointers relative to the changes.
    pub fn checked(self, before: &Self, words: &Vocabularies) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let phone = self.phone.as_deref().map(str::parse::<Phone>).transpose();
        let phone = phone.unwrap_or_else(|error| {
            errors.push(FieldError::new("/phone", error));
            None
        });
        errors.extend(self.words().faults(&before.words(), words));
        let name = parsed(self.name.as_ref(), "/name", &mut errors);
        let address = parsed(self.address.as_ref(), "/address", &mut errors);
        if errors.is_empty() {
            Ok(Self { name, phone: phone.map(String::from), address, ..self })
        } else {
            Err(errors)
        }
    }

    fn words(&self) -> EntryWords<'_> {
        let (hardships, plaque) = (self.hardships.as_ref(), self.plaque.as_ref());
        EntryWords { hardships, plaque, ..EntryWords::default() }
    }

    /// The entry with these changes, at its version.
    pub fn applied(
        &self,
        row: &BeneficiaryRow,
        opened: Particulars,
    ) -> (BeneficiaryRow, Particulars) {
        let changes = self.clone();
        let particulars = Particulars {
            name: changes.name.map_or(opened.name, String::from),
            phone: changes.phone.unwrap_or(opened.phone),
            address: changes.address.map_or(opened.address, String::from),
            hardships: changes.hardships.unwrap_or(opened.hardships),
            ..opened
        };
        let row = BeneficiaryRow {
            household: changes.household.or_else(|| row.household.clone()),
            lives_alone: changes.lives_alone.unwrap_or(row.lives_alone),
            mobility: changes.mobility.unwrap_or(row.mobility),
            contact: changes.contact.unwrap_or(row.contact),
            plaque: changes.plaque.unwrap_or_else(|| row.plaque.clone()),
            ..row.clone()
        };
        (row, particulars)
    }
}

/// A text as an entry stores it: without blanks at its ends.
pub fn trimmed(text: &str) -> String {
    text.trim_matches(is_blank).to_owned()
}

fn parsed<'a, T>(text: Option<&'a T>, pointer: &str, errors: &mut Vec<FieldError>) -> Option<T>
where
    &'a str: From<&'a T>,
    T: FromStr<Err = TextError>,
{
    let parsed = trimmed(text?.into()).parse::<T>();
    parsed.map_err(|error| errors.push(FieldError::new(pointer, error))).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn opened() -> Particulars {
        Particulars {
            name: "王小明".to_owned(),
            phone: "10012345678".to_owned(),
            id_number: "999999194810010011".to_owned(),
            address: "南门社区1号".to_owned(),
            hardships: Hardships::new(),
            notes: String::new(),
            next_of_kin: Vec::new(),
            stay: None,
            hospital_until: None,
        }
    }

    fn row() -> BeneficiaryRow {
        BeneficiaryRow {
            district: "500116".parse().expect("a code"),
            id: "018d622e-0000-7000-8000-000000000001".parse().expect("an id"),
            grid: "500116001002001".parse().expect("a code"),
            categories: std::collections::BTreeSet::new().into(),
            gender: crate::person::Gender::Male,
            birth_year: 1948_i64.try_into().expect("a year"),
            lat: 29.0,
            lon: 106.0,
            lives_alone: false,
            mobility: Mobility::Full,
            contact: Contact::Visit,
            plaque: "hung".parse().expect("a code"),
            last_contact: None,
            last_visitor: None,
            id_index: crate::db::column::Hash::ZERO,
            sealed: Vec::new(),
            version: 1,
            valid_to: None,
            ended_because: None,
            successor: None,
            stay_grid: None,
            stay_from: None,
            last_visit: None,
            stay_to: None,
            tags: std::collections::BTreeSet::new().into(),
            household: None,
        }
    }

    fn changes() -> impl Strategy<Value = EntryChanges> {
        let code = |text: &str| text.parse::<PlaqueState>().expect("a code");
        let plaques = prop::sample::select(vec![code("hung"), code("damaged")]);
        let values = (
            prop::option::of("[王李]{1,3}"),
            prop::option::of("[0-9]{5,20}"),
            prop::option::of(any::<bool>()),
            prop::option::of(prop::sample::select(vec![Mobility::Full, Mobility::Homebound])),
            prop::option::of(plaques),
        );
        values.prop_map(|(name, phone, lives_alone, mobility, plaque)| EntryChanges {
            name: name.map(|name| name.parse().expect("a name")),
            phone,
            lives_alone,
            mobility,
            plaque,
            ..EntryChanges::default()
        })
    }

    proptest! {
        #[test]
        fn an_entry_has_the_changed_values_and_keeps_all_others(changes in changes()) {
            let (row, particulars) = changes.applied(&row(), opened());
            prop_assert_eq!(EntryChanges::of(&row, &particulars, &changes.fields()), changes.clone());
            prop_assert_eq!(&particulars.id_number, &opened().id_number);
            let others: BTreeSet<EntryField> = [
                EntryField::Name, EntryField::Phone, EntryField::Address, EntryField::LivesAlone,
                EntryField::Mobility, EntryField::Plaque,
            ].into_iter().filter(|field| !changes.fields().contains(field)).collect();
            let kept = EntryChanges::of(&row, &particulars, &others);
            prop_assert_eq!(kept, EntryChanges::of(&self::row(), &opened(), &others));
            // The same changes again make no difference.
            let (again, more) = changes.applied(&row, particulars.clone());
            prop_assert_eq!((again, more), (row, particulars));
        }
    }

    #[test]
    fn a_phone_number_is_stored_as_digits_and_unknown_words_are_named() {
        let words = Vocabularies::default();
        let given = |json: Value| serde_json::from_value::<EntryChanges>(json).expect("changes");
        let changes = given(
            json!({ "name": " 王小明\u{3000}", "phone": "100-1234 5678", "plaque": "damaged" }),
        );
        let before = EntryChanges::default();
        let checked = changes.checked(&before, &words).expect("valid");
        assert_eq!(checked.phone.as_deref(), Some("10012345678"));
        assert_eq!(checked.name.as_ref().map(BeneficiaryName::as_str), Some("王小明"));
        let changes =
            given(json!({ "phone": "none", "plaque": "damged", "hardships": ["poverty"] }));
        let errors = changes.checked(&before, &words).expect_err("three faults");
        let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/phone", "/hardships", "/plaque"]);
    }
}
