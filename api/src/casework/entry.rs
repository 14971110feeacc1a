//! The content of an entry, and its change as a pure function: which fields follow from others, and
//! which contradict each other.

use chrono::{Datelike as _, NaiveDate};
use gridward_domain::bounded_text::Household;
use gridward_domain::code::{Categories, PlaqueState, Tags};
use gridward_domain::id_number::IdNumber;
use gridward_domain::phone::Phone;
use gridward_domain::place::Place;
use gridward_domain::range::BirthYear;
use gridward_domain::text::is_blank;

use super::model::{BeneficiaryChange, NewBeneficiary};
use crate::beneficiary::entry::trimmed;
use crate::beneficiary::model::{NextOfKin, Particulars};
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::words::EntryWords;
use crate::beneficiary::{Contact, Mobility};
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::http::problem::FieldError;
use crate::person::Gender;

/// The most categories, tags, hardships and people to call.
const MOST: [usize; 4] = [32, 32, 200, 5];

/// The content that people enter and correct.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub categories: Categories,
    pub tags: Tags,
    pub household: Option<Household>,
    pub gender: Gender,
    pub birth_year: BirthYear,
    pub place: Place,
    pub lives_alone: bool,
    pub mobility: Mobility,
    pub contact: Contact,
    pub plaque: PlaqueState,
    pub particulars: Particulars,
}

impl Entry {
    /// The content of a row.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn of(row: &BeneficiaryRow, key: &SealingKey) -> Result<Self, DbError> {
        Ok(Self {
            categories: row.categories.members().clone(),
            tags: row.tags.members().clone(),
            household: row.household.clone(),
            gender: row.gender,
            birth_year: row.birth_year,
            place: row.home()?,
            lives_alone: row.lives_alone,
            mobility: row.mobility,
            contact: row.contact,
            plaque: row.plaque.clone(),
            particulars: row.particulars(key)?,
        })
    }

    /// The words.
    pub const fn words(&self) -> EntryWords<'_> {
        EntryWords {
            categories: Some(&self.categories),
            tags: Some(&self.tags),
            hardships: Some(&self.particulars.hardships),
            plaque: Some(&self.plaque),
        }
    }

    /// The names of the fields that differ, for the log.
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        let (mine, theirs) = (&self.particulars, &other.particulars);
        let fields = [
            ("name", mine.name != theirs.name),
            ("phone", mine.phone != theirs.phone),
            ("id_number", mine.id_number != theirs.id_number),
            ("address", mine.address != theirs.address),
            ("place", self.place != other.place),
            ("categories", self.categories != other.categories),
            ("tags", self.tags != other.tags),
            ("household", self.household != other.household),
            ("hardships", mine.hardships != theirs.hardships),
            ("gender", self.gender != other.gender),
            ("birth_year", self.birth_year != other.birth_year),
            ("lives_alone", self.lives_alone != other.lives_alone),
            ("mobility", self.mobility != other.mobility),
            ("contact", self.contact != other.contact),
            ("plaque", self.plaque != other.plaque),
            ("notes", mine.notes != theirs.notes),
            ("next_of_kin", mine.next_of_kin != theirs.next_of_kin),
        ];
        fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }

    /// The entry with normalized phone numbers, if it keeps the bounds and has no other `errors`.
    fn checked(mut self, mut errors: Vec<FieldError>) -> Result<Self, Vec<FieldError>> {
        let Particulars { phone, hardships, next_of_kin, .. } = &mut self.particulars;
        normalize(phone, "/phone", &mut errors);
        for (n, kin) in next_of_kin.iter_mut().enumerate() {
            normalize(&mut kin.phone, &format!("/next_of_kin/{n}/phone"), &mut errors);
        }
        if self.categories.is_empty() {
            errors.push(FieldError::new("/categories", "must name at least one"));
        }
        let lengths = [self.categories.len(), self.tags.len(), hardships.len(), next_of_kin.len()];
        let names = ["/categories", "/tags", "/hardships", "/next_of_kin"];
        for ((name, length), most) in names.into_iter().zip(lengths).zip(MOST) {
            if length > most {
                errors.push(FieldError::new(name, format!("must have at most {most} items")));
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// The entry, if the people to call are others, each named once.
    fn with_others_as_kin(self) -> Result<Self, Vec<FieldError>> {
        let errors = kin_faults(&self.particulars);
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

/// An error for each of the people to call who is the beneficiary, or is named before.
fn kin_faults(particulars: &Particulars) -> Vec<FieldError> {
    let kin = &particulars.next_of_kin;
    let mut errors = Vec::new();
    for (n, one) in kin.iter().enumerate() {
        let pointer = format!("/next_of_kin/{n}");
        let name = one.name.as_str().trim_matches(is_blank);
        if name == particulars.name && one.phone == particulars.phone {
            errors.push(FieldError::new(pointer, "must be another person than the beneficiary"));
        } else if kin.iter().take(n).any(|before| is_same(before, one)) {
            errors.push(FieldError::new(pointer, "must be named once"));
        }
    }
    errors
}

/// Whether both are one person: the same beneficiary, or the same name and number.
fn is_same(one: &NextOfKin, other: &NextOfKin) -> bool {
    let name = |kin: &NextOfKin| trimmed(kin.name.as_str());
    let is_named = one.beneficiary_id.is_some() && one.beneficiary_id == other.beneficiary_id;
    is_named || (name(one) == name(other) && one.phone == other.phone)
}

fn normalize(phone: &mut String, pointer: &str, errors: &mut Vec<FieldError>) {
    match phone.parse::<Phone>() {
        Ok(parsed) => *phone = parsed.into(),
        Err(error) => errors.push(FieldError::new(pointer, error)),
    }
}

/// What follows from an ID number.
struct Identity {
    number: String,
    gender: Gender,
    birth_year: BirthYear,
}

/// The identity by the number, with which the values that were sent must agree.
fn identity(
    number: &str,
    gender: Option<Gender>,
    birth_year: Option<BirthYear>,
    today: NaiveDate,
    errors: &mut Vec<FieldError>,
) -> Option<Identity> {
    let number: IdNumber = match number.parse() {
        Ok(number) => number,
        Err(error) => {
            errors.push(FieldError::new("/id_number", error));
            return None;
        }
    };
    let born = number.born().filter(|day| *day <= today);
    let year = born.and_then(|day| BirthYear::try_from(i64::from(day.year())).ok());
    let Some(year) = year else {
        errors.push(FieldError::new("/id_number", "must contain a day of birth in the past"));
        return None;
    };
    let own = if number.is_of_a_man() { Gender::Male } else { Gender::Female };
    let agree = "must agree with the ID number";
    if gender.is_some_and(|gender| gender != own) {
        errors.push(FieldError::new("/gender", agree));
    }
    if birth_year.is_some_and(|sent| sent != year) {
        errors.push(FieldError::new("/birth_year", agree));
    }
    Some(Identity { number: number.into(), gender: own, birth_year: year })
}

/// The entry of a new beneficiary.
///
/// # Errors
/// An error for each field that breaks a bound or contradicts another.
pub fn entered(new: &NewBeneficiary, today: NaiveDate) -> Result<Entry, Vec<FieldError>> {
    let mut errors = Vec::new();
    let known = identity(&new.id_number, new.gender, new.birth_year, today, &mut errors);
    let Some(Identity { number, gender, birth_year }) = known else {
        return Err(errors);
    };
    let entry = Entry {
        categories: new.categories.clone(),
        tags: new.tags.clone(),
        household: new.household.clone(),
        gender,
        birth_year,
        place: new.place,
        lives_alone: new.lives_alone,
        mobility: new.mobility,
        contact: new.contact,
        plaque: new.plaque.clone(),
        particulars: Particulars {
            name: trimmed(new.name.as_str()),
            phone: new.phone.clone(),
            id_number: number,
            address: trimmed(new.address.as_str()),
            hardships: new.hardships.clone(),
            notes: new.notes.as_ref().map(|notes| trimmed(notes.as_str())).unwrap_or_default(),
            next_of_kin: new.next_of_kin.clone(),
            stay: None,
            hospital_until: None,
        },
    };
    entry.checked(errors).and_then(Entry::with_others_as_kin)
}

/// The entry after the change.
///
/// # Errors
/// An error for each field that breaks a bound or contradicts another.
pub fn edited(
    before: &Entry,
    change: &BeneficiaryChange,
    today: NaiveDate,
) -> Result<Entry, Vec<FieldError>> {
    let (mut errors, mut entry) = (Vec::new(), before.clone());
    let BeneficiaryChange { id_number, gender, birth_year, .. } = change;
    if id_number.is_some() || gender.is_some() || birth_year.is_some() {
        let number = id_number.as_ref().unwrap_or(&before.particulars.id_number);
        if let Some(known) = identity(number, *gender, *birth_year, today, &mut errors) {
            entry.particulars.id_number = known.number;
            (entry.gender, entry.birth_year) = (known.gender, known.birth_year);
        }
    }
    let particulars = &mut entry.particulars;
    if let Some(name) = &change.name {
        particulars.name = trimmed(name.as_str());
    }
    if let Some(address) = &change.address {
        particulars.address = trimmed(address.as_str());
    }
    if let Some(notes) = &change.notes {
        particulars.notes = trimmed(notes.as_str());
    }
    set(&mut particulars.phone, change.phone.as_ref());
    set(&mut particulars.hardships, change.hardships.as_ref());
    set(&mut particulars.next_of_kin, change.next_of_kin.as_ref());
    set(&mut entry.categories, change.categories.as_ref());
    set(&mut entry.tags, change.tags.as_ref());
    set(&mut entry.household, change.household.as_ref());
    set(&mut entry.place, change.place.as_ref());
    set(&mut entry.lives_alone, change.lives_alone.as_ref());
    set(&mut entry.mobility, change.mobility.as_ref());
    set(&mut entry.contact, change.contact.as_ref());
    set(&mut entry.plaque, change.plaque.as_ref());
    let entry = entry.checked(errors)?;
    if change.next_of_kin.is_some() { entry.with_others_as_kin() } else { Ok(entry) }
}

fn set<T: Clone>(field: &mut T, sent: Option<&T>) {
    if let Some(sent) = sent {
        field.clone_from(sent);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 27).expect("a day")
    }

    fn new(more: Value) -> NewBeneficiary {
        let mut new = json!({
            "grid": "500116001002001", "name": " 王小明\u{3000}", "phone": "100-1234 5678",
            "id_number": "11010519491231002x", "address": "南门社区1号",
            "place": { "lat": 29.284, "lon": 106.251 }, "categories": ["combat_veteran"],
            "lives_alone": true, "mobility": "limited", "contact": "visit", "plaque": "hung"
        });
        if let (Value::Object(new), Value::Object(more)) = (&mut new, more) {
            new.extend(more);
        }
        serde_json::from_value(new).expect("a beneficiary")
    }

    fn pointers(refused: Result<Entry, Vec<FieldError>>) -> Vec<String> {
        let errors = refused.expect_err("refused");
        errors.into_iter().map(|error| error.pointer).collect()
    }

    fn change(change: Value) -> BeneficiaryChange {
        serde_json::from_value(change).expect("a change")
    }

    #[test]
    fn gender_and_year_of_birth_follow_from_the_number() {
        let entry = entered(&new(json!({})), today()).expect("an entry");
        assert_eq!((entry.gender, entry.birth_year.get()), (Gender::Female, 1949));
        assert_eq!(entry.particulars.id_number, "11010519491231002X");
        assert_eq!(entry.particulars.name, "王小明", "without blanks at the ends");
        assert_eq!(entry.particulars.phone, "10012345678", "without separators");
        let agreeing = new(json!({ "gender": "female", "birth_year": 1949 }));
        assert_eq!(entered(&agreeing, today()), Ok(entry));
    }

    #[test]
    fn every_contradiction_is_named() {
        let wrong = |more| pointers(entered(&new(more), today()));
        assert_eq!(wrong(json!({ "id_number": "110105194912310021" })), ["/id_number"]);
        assert_eq!(
            wrong(json!({ "gender": "male", "birth_year": 1950, "phone": "12", "categories": [] })),
            ["/gender", "/birth_year", "/phone", "/categories"]
        );
        let kin = json!({ "name": "王芳", "relation": "女儿", "phone": "1" });
        assert_eq!(wrong(json!({ "next_of_kin": [kin] })), ["/next_of_kin/0/phone"]);
        let kin = json!({ "name": "王芳", "relation": "女儿", "phone": "12345" });
        assert_eq!(wrong(json!({ "next_of_kin": vec![kin.clone(); 6] })), ["/next_of_kin"]);
        let own = json!({ "name": "王小明 ", "relation": "本人", "phone": "100 1234 5678" });
        let again = json!({ "name": "王芳", "relation": "邻居", "phone": "1-2345" });
        let more = json!({ "next_of_kin": [kin, own, again] });
        assert_eq!(wrong(more), ["/next_of_kin/1", "/next_of_kin/2"]);
        // The day of birth is after today.
        let yesterday = NaiveDate::from_ymd_opt(1949, 12, 30).expect("a day");
        assert_eq!(pointers(entered(&new(json!({})), yesterday)), ["/id_number"]);
    }

    #[test]
    fn a_change_of_some_fields_keeps_the_others() {
        let before = entered(&new(json!({ "notes": "院里有狗" })), today()).expect("an entry");
        let after = edited(&before, &change(json!({ "phone": "13900000000" })), today());
        let after = after.expect("an entry");
        assert_eq!(before.differing(&after), ["phone"]);
        assert_eq!(edited(&before, &BeneficiaryChange::default(), today()), Ok(before.clone()));
        let number = change(json!({ "id_number": "440524188001010014" }));
        let after = edited(&before, &number, today()).expect("an entry");
        assert_eq!(before.differing(&after), ["id_number", "gender", "birth_year"]);
        let household = change(json!({ "household": "02-A7" }));
        let after = edited(&before, &household, today()).expect("an entry");
        assert_eq!(before.differing(&after), ["household"]);
        let unknown = edited(&after, &change(json!({ "household": null })), today());
        assert_eq!(unknown.as_ref(), Ok(&before), "removed");
        let wrong = change(json!({ "birth_year": 1950 }));
        assert_eq!(pointers(edited(&before, &wrong, today())), ["/birth_year"]);
    }
}
