//! A case with its history.

use gridward_domain::area::Level;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::case::{self, CaseMove, CasePath};
use gridward_domain::id::{CaseId, PersonId};
use serde_json::json;

use super::entry_store;
use super::row::{CaseSealed, PlacedCase};
use super::scope::{self, VisibleCase};
use super::{Case, CaseDetail, CaseKind, CaseMoveContent, CaseNextMove, documents};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::station::{self, StationLawyer};
use crate::tx::Tx;

/// The moves that the present step of the case permits, whatever became of its task; it began at the level of the desk
/// `desk`, if at one.
pub(crate) fn may_come(
    kind: &CaseKind,
    placed: &PlacedCase,
    desk: Option<Level>,
) -> Vec<CaseNextMove> {
    let life = case::Case { desk, ..placed.row.life(None) };
    let path = kind.path();
    shown(kind, (&path, &life), &case::next_moves(&path, &life))
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
    let desk = entry_store::desk(conn, &placed.row)?;
    let life = case::Case { asked_by, desk, ..placed.row.life(None) };
    let path = kind.path();
    Ok(shown(kind, (&path, &life), &case::moves_of(&path, &life, person)))
}

fn shown(
    kind: &CaseKind,
    (path, life): (&CasePath, &case::Case),
    permitted: &[&CaseMove],
) -> Vec<CaseNextMove> {
    let step = kind.step(&life.step);
    let moves = step.map(|step| step.moves.as_slice()).unwrap_or_default();
    let permits = |one: &CaseMoveContent| permitted.iter().find(|other| other.code == one.code);
    let shown = moves.iter().filter_map(|one| Some((one, permits(one)?)));
    shown
        .map(|(one, permitted)| CaseNextMove {
            code: one.code.clone(),
            name: one.name.clone(),
            name_en: one.name_en.clone(),
            to: one.to.clone(),
            effect: one.effect,
            refers: one.refers,
            leaves_undone: kind.leaves_undone(one),
            after_task: case::task_end(path, life, permitted),
        })
        .collect()
}

/// The lawyer of the station at whose desk the case was opened; without one, or for a case that came to no desk, that
/// of the station of its town.
///
/// # Errors
/// [`DbError`].
pub(crate) fn lawyer(
    conn: &mut Conn,
    key: &SealingKey,
    PlacedCase { row, area, .. }: &PlacedCase,
) -> Result<Option<StationLawyer>, DbError> {
    let of_desk = match &row.station {
        Some(id) => station::store::row(conn, row.district, id.as_str())?,
        None => None,
    };
    let of_desk = of_desk.filter(|one| one.valid_to.is_none() && one.lawyer.is_some());
    let station = match (of_desk, area.ancestor(Level::Town)) {
        (None, Some(town)) => station::store::with_lawyer(conn, town)?,
        (of_desk, _) => of_desk,
    };
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
    let desk = entry_store::desk(conn, &placed.row)?;
    let may_come = may_come(&kind, &placed, desk);
    let stored = documents::stored(conn, placed.row.district, id)?;
    let missing_documents = documents::missing(&kind, &placed, &stored);
    let lawyer = match kind.step(&placed.row.step) {
        Some(step) if step.referrals.iter().any(|word| word.lawyer_of_station) => {
            lawyer(conn, key, &placed)?
        }
        _ => None,
    };
    // As the other events of a confidential case, that of its reading names no grid.
    let area = if is_confidential { placed.row.district } else { placed.area };
    let event = Event::new("case.read", Subject::Reading, id, area, placed.row.version);
    tx.record(event.by(principal.person).with(json!({ "entries": history.len() })));
    Ok(CaseDetail { case, detail, history, may_come, lawyer, missing_documents })
}
