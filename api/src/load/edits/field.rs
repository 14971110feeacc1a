//! The fields of records, by the names that events use.

use crate::load::record::{
    AreaRecord, BeneficiaryRecord, HolidayRecord, MemorialRecord, PersonRecord, StationRecord,
};

/// A record that is edited through the API.
pub(super) trait Editable: Clone + PartialEq {
    /// Takes a field of `current`; returns whether it differed. A name that is no field of a
    /// record, such as `languages`, changes nothing.
    fn take(&mut self, field: &str, current: &Self) -> bool;
}

macro_rules! editable {
    ($($record:ty: $($field:ident),*;)*) => {$(
        impl Editable for $record {
            fn take(&mut self, field: &str, current: &Self) -> bool {
                match field {
                    $(stringify!($field) => {
                        let differs = self.$field != current.$field;
                        self.$field = current.$field.clone();
                        differs
                    })*
                    _ => false,
                }
            }
        }
    )*};
}

editable! {
    AreaRecord: name, place;
    PersonRecord: role, area, name, gender, birth_year, phone, home, skills, weekly_minutes,
        availability;
    BeneficiaryRecord: grid, name, gender, birth_year, categories, tags, household, place, address,
        phone, id_number, hardships, lives_alone, mobility, contact, plaque;
    StationRecord: area, name, grid, place, phone, hours;
    MemorialRecord: name, kind, grid, place;
    HolidayRecord: name, calendar, lunar_date;
}
