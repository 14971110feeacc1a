//! Reads the edits from the log, and the rows that they changed.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};

use super::apply::{self, ByKey, Former, Kept};
use super::event::Edit;
use crate::area::store::AreaRow;
use crate::area::successors;
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::db::schema::{areas, beneficiaries, holidays, memorials, outlines, people, stations};
use crate::db::{Conn, DbError, in_batches};
use crate::holiday::HolidayId;
use crate::holiday::store::HolidayRow;
use crate::load::Options;
use crate::load::existing;
use crate::load::merge::Keyed;
use crate::load::record::{
    AreaRecord, BeneficiaryRecord, DistrictRecords, HolidayRecord, MemorialRecord, PersonRecord,
    StationRecord,
};
use crate::load::rows::{OutlineRow, holiday_key};
use crate::log::store::EventContent;
use crate::log::{self, Subject, head};
use crate::memorial::store::MemorialRow;
use crate::person::PersonState;
use crate::person::store::PersonRow;
use crate::station::store::StationRow;

/// The records of a load after the edits.
pub(in crate::load) struct Newest<'a> {
    /// The newest values.
    pub(in crate::load) records: Cow<'a, DistrictRecords>,
    /// The values of the database that outweigh those of the files, by kind.
    pub(in crate::load) kept: HashMap<&'static str, Kept>,
    /// Former areas, without exactly one successor, that the files refer to.
    pub(in crate::load) lost: Vec<AreaCode>,
}

/// The edits that are newer than the files, as far as the log has been read.
#[derive(Clone, Default)]
pub(in crate::load) struct Edits {
    by_subject: HashMap<Subject, ByKey>,
    /// The number of the last event that has been read.
    last: i64,
}

/// The subjects of the registers that files contain.
const SUBJECTS: [Subject; 6] = [
    Subject::Area,
    Subject::Person,
    Subject::Beneficiary,
    Subject::Station,
    Subject::Memorial,
    Subject::Holiday,
];
/// The maximum number of events that are read together.
const PAGE: i64 = 10_000;
impl Edits {
    /// Reads on in the log; returns whether there are more edits.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::load) fn read_next(
        &mut self,
        conn: &mut Conn,
        district: AreaCode,
        written: Option<DateTime<Utc>>,
    ) -> Result<bool, DbError> {
        let end = head::read(conn, district)?.seq;
        let mut has_more = false;
        loop {
            let page = (self.last, PAGE);
            let rows = log::store::about(conn, district, &SUBJECTS, written, page)?;
            for row in &rows {
                has_more |= self.add(row)?;
            }
            match rows.last() {
                Some(last) => self.last = last.seq,
                None => break,
            }
        }
        // The events of other subjects need not be read again.
        self.last = self.last.max(end);
        Ok(has_more)
    }

    /// Adds the edit of an event; returns whether it is one.
    fn add(&mut self, row: &EventContent) -> Result<bool, DbError> {
        let body =
            serde_json::from_str(&row.body).map_err(|error| DbError::corrupt("events", error))?;
        let Some(edit) = Edit::of(&row.action, &body) else { return Ok(false) };
        let of_kind = self.by_subject.entry(row.subject).or_default();
        let edit = match of_kind.remove(&row.subject_id) {
            Some(before) => before.then(edit),
            None => edit,
        };
        of_kind.insert(row.subject_id.clone(), edit);
        Ok(true)
    }

    fn of(&self, subject: Subject) -> ByKey {
        self.by_subject.get(&subject).cloned().unwrap_or_default()
    }
}

/// The records after the edits.
///
/// # Errors
/// [`DbError`].
pub(in crate::load) fn newest<'a>(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    records: &'a DistrictRecords,
    (edits, options): (&Edits, &Options<'_>),
) -> Result<Newest<'a>, DbError> {
    let mut newest =
        Newest { records: Cow::Borrowed(records), kept: HashMap::new(), lost: Vec::new() };
    if edits.by_subject.is_empty() {
        return Ok(newest);
    }
    let of = |subject| edits.of(subject);
    let mut current = Current { conn, key, district };
    let (records, kept, lost) = (newest.records.to_mut(), &mut newest.kept, &mut newest.lost);

    let of_areas = of(Subject::Area);
    let areas = current.areas(&of_areas)?;
    kept.insert("areas", apply::newest(&mut records.areas, &of_areas, &areas, options.whole));
    let former = current.former(&of_areas)?;
    apply::without_former(records, &former);
    current.outlines(&of_areas, records)?;

    let of_people = of(Subject::Person);
    let people = current.people(&of_people)?;
    kept.insert("people", apply::newest(&mut records.people, &of_people, &people, options.whole));
    lost.extend(apply::relocate(&mut records.people, &former));

    // An end that somebody decided is never taken back by files: see `rows::beneficiary`.
    let mut of_beneficiaries = of(Subject::Beneficiary);
    of_beneficiaries.retain(|_, edit| *edit != Edit::Ended);
    let beneficiaries = current.beneficiaries(&of_beneficiaries)?;
    let kept_beneficiaries =
        apply::newest(&mut records.beneficiaries, &of_beneficiaries, &beneficiaries, options.whole);
    kept.insert("beneficiaries", kept_beneficiaries);
    lost.extend(apply::relocate(&mut records.beneficiaries, &former));

    let (of_stations, of_memorials) = (of(Subject::Station), of(Subject::Memorial));
    let stations = current.stations(&of_stations)?;
    kept.insert(
        "stations",
        apply::newest(&mut records.stations, &of_stations, &stations, options.whole),
    );
    let memorials = current.memorials(&of_memorials)?;
    kept.insert(
        "memorials",
        apply::newest(&mut records.memorials, &of_memorials, &memorials, options.whole),
    );
    let by_id = of(Subject::Holiday);
    let holidays = current.holidays(&by_id)?;
    let of_holidays = by_id.into_iter().filter_map(|(id, edit)| {
        let HolidayId { date, code } = id.parse().ok()?;
        Some((holiday_key(date, &code), edit))
    });
    let of_holidays: ByKey = of_holidays.collect();
    kept.insert(
        "holidays",
        apply::newest(&mut records.holidays, &of_holidays, &holidays, options.whole),
    );
    Ok(newest)
}

/// Reads the current rows with edits as records.
struct Current<'a> {
    conn: &'a mut Conn,
    key: &'a SealingKey,
    district: AreaCode,
}

/// The current rows of a table with these keys.
macro_rules! rows {
    ($current:ident, $table:ident, $key:ident, $type:ty, $keys:expr, $filter:expr) => {{
        let keys: Vec<_> = $keys.collect();
        in_batches(&keys, |keys| {
            $table::table
                .filter($table::district.eq($current.district))
                .filter($table::$key.eq_any(keys))
                .filter($filter)
                .select(<$type>::as_select())
                .load::<$type>($current.conn)
        })?
    }};
}

/// The keys of edits that parse; others name no row.
fn parsed<Key: std::str::FromStr>(edits: &ByKey) -> impl Iterator<Item = Key> + '_ {
    edits.keys().filter_map(|key| key.parse().ok())
}

fn by_key<Record: Keyed>(records: Vec<Record>) -> HashMap<String, Record> {
    records.into_iter().map(|record| (record.key(), record)).collect()
}

impl Current<'_> {
    fn areas(&mut self, edits: &ByKey) -> Result<HashMap<String, AreaRecord>, DbError> {
        let keys = parsed::<AreaCode>(edits);
        let rows = rows!(self, areas, code, AreaRow, keys, areas::valid_to.is_null());
        Ok(by_key(rows.iter().map(existing::area).collect::<Result<_, _>>()?))
    }

    /// The areas that have ended, with their only successor.
    fn former(&mut self, edits: &ByKey) -> Result<Former, DbError> {
        let ended = edits.iter().filter(|(_, edit)| **edit == Edit::Ended);
        let mut former = Former::new();
        for code in ended.filter_map(|(code, _)| code.parse::<AreaCode>().ok()) {
            let mut successor = self.successor(&code)?;
            // A successor may have ended too.
            while let Some(next) = successor
                && edits.get(&next.to_string()) == Some(&Edit::Ended)
            {
                successor = self.successor(&next)?;
            }
            former.insert(code, successor);
        }
        Ok(former)
    }

    fn successor(&mut self, code: &AreaCode) -> Result<Option<AreaCode>, DbError> {
        let successors = successors::of(self.conn, code)?;
        Ok(if let [only] = *successors { Some(only) } else { None })
    }

    /// Gives edited grids their current outlines.
    fn outlines(&mut self, edits: &ByKey, records: &mut DistrictRecords) -> Result<(), DbError> {
        let keys = parsed::<AreaCode>(edits);
        let district = outlines::district.eq(self.district);
        let rows = rows!(self, outlines, grid, OutlineRow, keys, district);
        for row in rows {
            let outline = row.record()?;
            match records.outlines.iter_mut().find(|other| other.grid == outline.grid) {
                Some(of_files) => *of_files = outline,
                None => records.outlines.push(outline),
            }
        }
        Ok(())
    }

    fn people(&mut self, edits: &ByKey) -> Result<HashMap<String, PersonRecord>, DbError> {
        let keys = parsed::<PersonId>(edits);
        let working = people::state.ne(PersonState::Left);
        let rows = rows!(self, people, id, PersonRow, keys, working);
        let records = rows.iter().map(|row| existing::person(row, self.key));
        Ok(by_key(records.collect::<Result<_, _>>()?))
    }

    fn beneficiaries(
        &mut self,
        edits: &ByKey,
    ) -> Result<HashMap<String, BeneficiaryRecord>, DbError> {
        let keys = parsed::<BeneficiaryId>(edits);
        let current = beneficiaries::valid_to.is_null();
        let rows = rows!(self, beneficiaries, id, BeneficiaryRow, keys, current);
        let records = rows.iter().map(|row| existing::beneficiary(row, self.key));
        Ok(by_key(records.collect::<Result<_, _>>()?))
    }

    fn stations(&mut self, edits: &ByKey) -> Result<HashMap<String, StationRecord>, DbError> {
        let current = stations::valid_to.is_null();
        let rows = rows!(self, stations, id, StationRow, edits.keys(), current);
        Ok(by_key(rows.into_iter().map(existing::station).collect::<Result<_, _>>()?))
    }

    fn memorials(&mut self, edits: &ByKey) -> Result<HashMap<String, MemorialRecord>, DbError> {
        let current = memorials::valid_to.is_null();
        let rows = rows!(self, memorials, id, MemorialRow, edits.keys(), current);
        Ok(by_key(rows.into_iter().map(existing::memorial).collect::<Result<_, _>>()?))
    }

    fn holidays(&mut self, edits: &ByKey) -> Result<HashMap<String, HolidayRecord>, DbError> {
        let days: Vec<HolidayId> = parsed(edits).collect();
        let current = holidays::valid_to.is_null();
        let dates = days.iter().map(|day| day.date);
        let rows = rows!(self, holidays, date, HolidayRow, dates, current);
        Ok(by_key(rows.into_iter().map(existing::holiday).collect()))
    }
}
