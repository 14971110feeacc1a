//! The drafts that no person orders: the one for freed tasks is of the smallest area whose people can make
//! them, and each has a notice to those who can apply it.

use std::collections::BTreeSet;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PersonId;
use serde_json::json;

use crate::auth::account_notice::AccountNoticeKind;
use crate::auth::account_notice_store::NoticeSubject;
use crate::auth::notify::{self, Notification};
use crate::db::DbError;
use crate::plan::compute::computed::Computed;
use crate::plan::model::PlanOrigin;
use crate::plan::plan_row::PlanRow;
use crate::tx::Tx;
use crate::{area, person};

/// The area of which the suggestion is computed again: the next larger one, up to the town, if the people
/// of its own leave a task or make one late. `None`: the plan stays as it is.
pub(in crate::plan) fn wider(row: &PlanRow, computed: &Computed) -> Option<AreaCode> {
    let suffices = computed.solved.unserved.is_empty() && computed.made_late(row.origin) == 0;
    let wider = row.area.parent().filter(|area| area.level() >= Level::Town);
    wider.filter(|_| row.is_suggestion() && !suffices)
}

/// Adds a notice of a draft that gives any task to a person and that no person ordered, for the nearest
/// supervisors of its area, and for the manager of a grid.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn announce(tx: &mut Tx<'_>, row: &PlanRow) -> Result<(), DbError> {
    let kind = match row.origin {
        PlanOrigin::Nightly => AccountNoticeKind::NightlyPlan,
        PlanOrigin::Replan => AccountNoticeKind::PlanSuggested,
        PlanOrigin::Ordered | PlanOrigin::Released => return Ok(()),
    };
    if row.kept()?.assigned == 0 {
        return Ok(());
    }
    let conn = tx.read_unbatched();
    let readers = person::superiors::supervisors_of(conn, &row.area)?.into_iter();
    let manager = person::superiors::manager(conn, &row.area.range())?.map(|manager| manager.id);
    let readers: BTreeSet<PersonId> = readers.chain(manager).collect();
    let name = area::store::name_or_code(conn, &row.area)?;
    for reader in readers {
        let subject = NoticeSubject { task: None, about_zh: name.clone(), about_en: name.clone() };
        let notification = Notification {
            kind,
            subject,
            action: "person.plan_suggested",
            actor: None,
            details: json!({ "plan": row.id }),
        };
        notify::notify(tx, reader, notification)?;
    }
    Ok(())
}
