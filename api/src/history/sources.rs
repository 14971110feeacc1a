//! Reads the entries of a history from the reports, the corrections, the log, the cases and the
//! hand-outs, and merges them.

use chrono::{DateTime, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::{BeneficiaryId, CaseId, CorrectionId, HandoutId, ReportId};
use uuid::Uuid;

use super::entry::{BeneficiaryHistoryEntry as Entry, HistoryEntryType, Key, Source};
use crate::case::list as cases;
use crate::correction;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError, parsed};
use crate::goods::handout_store as handouts;
use crate::http::page::Wanted;
use crate::log::{self, Subject};
use crate::task::beneficiary::beneficiary_change::{CONTACT, VISITORS};
use crate::task::beneficiary::visits;

/// A beneficiary of a district.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) key: &'a SealingKey,
    pub(super) district: AreaCode,
    pub(super) beneficiary: BeneficiaryId,
    /// The role of the reader.
    pub(super) role: Role,
}

/// A page of the readings of the beneficiary's personal data, newest first.
pub(super) fn readings(
    conn: &mut Conn,
    of: Of<'_>,
    wanted: &Wanted<Key>,
) -> Result<Vec<Entry>, DbError> {
    events(conn, of, Subject::Reading, wanted)
}

/// A page of the visits, the corrections, the changes of the entry, the cases and the hand-outs, newest
/// first.
pub(super) fn contacts(
    conn: &mut Conn,
    of: Of<'_>,
    wanted: &Wanted<Key>,
) -> Result<Vec<Entry>, DbError> {
    let mut all = reports(conn, of, wanted)?;
    all.extend(corrections(conn, of, wanted)?);
    all.extend(events(conn, of, Subject::Beneficiary, wanted)?);
    all.extend(opened(conn, of, wanted)?);
    all.extend(handed_out(conn, of, wanted)?);
    all.sort_by(|one, other| if one.key.precedes(&other.key) { LESS } else { MORE });
    all.truncate(usize::try_from(wanted.rows()).unwrap_or(usize::MAX));
    Ok(all)
}

const LESS: std::cmp::Ordering = std::cmp::Ordering::Less;
const MORE: std::cmp::Ordering = std::cmp::Ordering::Greater;

/// The end of what follows the cursor in one source: a moment, and the id at that moment, all ids
/// (`Everything`) or none.
enum End {
    Everything,
    Id(String),
    Nothing,
}

/// Where the entries of `source` that follow the cursor begin.
fn end(source: Source, wanted: &Wanted<Key>) -> Option<(DateTime<Utc>, End)> {
    let Key(at, of, id) = wanted.after.clone()?;
    let end = match source.cmp(&of) {
        std::cmp::Ordering::Less => End::Nothing,
        std::cmp::Ordering::Equal => End::Id(id),
        std::cmp::Ordering::Greater => End::Everything,
    };
    Some((at, end))
}

/// Before which moment and id the entries of `source` are that follow the cursor; no id excludes the
/// moment.
fn before<Id>(
    source: Source,
    wanted: &Wanted<Key>,
    of: fn(Uuid) -> Id,
) -> Option<(DateTime<Utc>, Option<Id>)> {
    let (at, end) = end(source, wanted)?;
    let id = match end {
        End::Nothing => None,
        End::Id(id) => id.parse::<Uuid>().ok(),
        End::Everything => Some(Uuid::max()),
    };
    Some((at, id.map(of)))
}

fn reports(conn: &mut Conn, of: Of<'_>, wanted: &Wanted<Key>) -> Result<Vec<Entry>, DbError> {
    let before = before(Source::Report, wanted, ReportId);
    let rows = visits::reported(conn, of.key, of.district, of.beneficiary, before, wanted.rows())?;
    Ok(rows.into_iter().map(Entry::visit).collect())
}

fn opened(conn: &mut Conn, of: Of<'_>, wanted: &Wanted<Key>) -> Result<Vec<Entry>, DbError> {
    let before = before(Source::Case, wanted, CaseId);
    let reader = (of.district, of.role);
    let found = cases::of_beneficiary(conn, reader, of.beneficiary, before, wanted.rows())?;
    Ok(found.iter().map(|placed| Entry::case(&placed.row)).collect())
}

fn handed_out(conn: &mut Conn, of: Of<'_>, wanted: &Wanted<Key>) -> Result<Vec<Entry>, DbError> {
    let before = before(Source::Handout, wanted, HandoutId);
    let about = (of.district, of.beneficiary);
    let found = handouts::of_beneficiary(conn, about, before, wanted.rows())?;
    Ok(found.iter().filter_map(Entry::handout).collect())
}

fn corrections(conn: &mut Conn, of: Of<'_>, wanted: &Wanted<Key>) -> Result<Vec<Entry>, DbError> {
    let after = match end(Source::Correction, wanted) {
        None => None,
        Some((at, End::Nothing)) => Some((at, CorrectionId(Uuid::nil()))),
        Some((at, End::Id(id))) => Some((at, parsed("corrections", &id)?)),
        Some((at, End::Everything)) => Some((at, CorrectionId(Uuid::max()))),
    };
    let filter = correction::store::Filter {
        beneficiary: Some(of.beneficiary),
        ..correction::store::Filter::default()
    };
    let wanted = Wanted { limit: wanted.limit, after };
    let rows = correction::store::list(conn, of.key, of.district, &filter, &wanted)?;
    Ok(rows.iter().map(Entry::correction).collect())
}

fn events(
    conn: &mut Conn,
    of: Of<'_>,
    subject: Subject,
    wanted: &Wanted<Key>,
) -> Result<Vec<Entry>, DbError> {
    let before = end(Source::Event, wanted).map(|(at, end)| match end {
        End::Nothing => (at, 0),
        End::Id(seq) => (at, seq.parse().unwrap_or_default()),
        End::Everything => (at, i64::MAX),
    });
    let id = of.beneficiary.to_string();
    let about = (subject, id.as_str());
    let rows =
        log::store::newest(conn, of.district, about, &[CONTACT, VISITORS], before, wanted.rows())?;
    let r#type = match subject {
        Subject::Reading => HistoryEntryType::Reading,
        _ => HistoryEntryType::Change,
    };
    rows.into_iter().map(|row| Entry::event(r#type, row)).collect()
}
