//! A case with its history.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::case;
use gridward_domain::id::CaseId;
use serde_json::json;

use super::entry_store;
use super::row::{CaseSealed, PlacedCase};
use super::scope::{self, VisibleCase};
use super::{Case, CaseDetail, CaseKind, CaseNextMove, documents};
use crate::crypto::SealingKey;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// The moves that the present step of the case permits.
pub(crate) fn may_come(kind: &CaseKind, placed: &PlacedCase) -> Vec<CaseNextMove> {
    let (path, life) = (kind.path(), placed.row.life(None));
    let permitted = case::next_moves(&path, &life);
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
    // As the other events of a confidential case, that of its reading names no grid.
    let area = if is_confidential { placed.row.district } else { placed.area };
    let event = Event::new("case.read", Subject::Reading, id, area, placed.row.version);
    tx.record(event.by(principal.person).with(json!({ "entries": history.len() })));
    Ok(CaseDetail { case, detail, history, may_come, missing_documents })
}
