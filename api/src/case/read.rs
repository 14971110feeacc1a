//! A case with its history.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::case::{self, CaseMove};
use gridward_domain::id::{CaseId, PersonId};
use serde_json::json;

use super::entry_store;
use super::row::{CaseRow, CaseSealed, PlacedCase};
use super::scope::{self, VisibleCase};
use super::{Case, CaseDetail, CaseKind, CaseNextMove, documents};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::station::{self, StationLawyer};
use crate::tx::Tx;

/// The moves that the present step of the case permits.
pub(crate) fn may_come(kind: &CaseKind, placed: &PlacedCase) -> Vec<CaseNextMove> {
    let (path, life) = (kind.path(), placed.row.life(None));
    shown(kind, placed, &case::next_moves(&path, &life))
}

/// The moves that the present step of the case permits to the person: none if another one must act.
///
/// # Errors
/// [`DbError`].
pub(super) fn moves_of(
    conn: &mut Conn,
    kind: &CaseKind,
    placed: &PlacedCase,
    person: PersonId,
) -> Result<Vec<CaseNextMove>, DbError> {
    let asked_by = entry_store::asked_by(conn, kind, &placed.row)?;
    let life = case::Case { asked_by, ..placed.row.life(None) };
    Ok(shown(kind, placed, &case::moves_of(&kind.path(), &life, person)))
}

fn shown(kind: &CaseKind, placed: &PlacedCase, permitted: &[&CaseMove]) -> Vec<CaseNextMove> {
    let step = kind.step(&placed.row.step);
    let moves = step.map(|step| step.moves.as_slice()).unwrap_or_default();
    let shown = moves.iter().filter(|one| permitted.iter().any(|other| other.code == one.code));
    shown
        .map(|one| CaseNextMove {
            code: one.code.clone(),
            name: one.name.clone(),
            name_en: one.name_en.clone(),
            to: one.to.clone(),
            effect: one.effect,
            refers: one.refers,
            leaves_undone: kind.leaves_undone(one),
        })
        .collect()
}

/// The lawyer of the station at whose desk the case was opened, if it has one.
///
/// # Errors
/// [`DbError`].
pub(crate) fn lawyer(
    conn: &mut Conn,
    key: &SealingKey,
    row: &CaseRow,
) -> Result<Option<StationLawyer>, DbError> {
    let Some(id) = &row.station else { return Ok(None) };
    let station = station::store::row(conn, row.district, id.as_str())?;
    let station = station.filter(|station| station.valid_to.is_none());
    Ok(station.map(|station| station.lawyer(key)).transpose()?.flatten())
}

/// The case with what is encrypted; the log records the access.
///
/// # Errors
/// 404; 403.
pub(super) fn read(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    id: CaseId,
) -> Result<CaseDetail, Problem> {
    let now = tx.now;
    let conn = tx.read()?;
    let VisibleCase { placed, kind, is_confidential } =
        scope::visible(conn, principal, id, Action::ReadCases)?;
    let history = entry_store::of_case(conn, key, (placed.row.district, id))?;
    let CaseSealed { detail, class } = placed.row.content(key)?;
    let case = placed.case(now);
    let case = Case { class: class.or(case.class), ..case };
    let may_come = may_come(&kind, &placed);
    let stored = documents::stored(conn, placed.row.district, id)?;
    let missing_documents = documents::missing(&kind, &placed, &stored);
    let lawyer = match kind.step(&placed.row.step) {
        Some(step) if step.referrals.iter().any(|word| word.lawyer_of_station) => {
            lawyer(conn, key, &placed.row)?
        }
        _ => None,
    };
    // As the other events of a confidential case, that of its reading names no grid.
    let area = if is_confidential { placed.row.district } else { placed.area };
    let event = Event::new("case.read", Subject::Reading, id, area, placed.row.version);
    tx.record(event.by(principal.person).with(json!({ "entries": history.len() })));
    Ok(CaseDetail { case, detail, history, may_come, lawyer, missing_documents })
}
