//! Records that an audience was counted or listed by answers or cases: a filter of few people says of them what their
//! entries show to fewer.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::audience::{Condition, Filter};
use gridward_domain::authority::Principal;
use gridward_domain::code::{CaseKindCode, KindCode, WordCode};
use gridward_domain::id::AudienceId;
use serde_json::{Value, json};

use super::store;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::tx::Db;

/// Records a reading before it is answered, if the filter has conditions on answers or cases: their kinds and fields,
/// the hash of the filter, and the number of beneficiaries that is shown, of a saved audience with its id.
///
/// # Errors
/// [`Problem`] of the database.
pub(super) async fn record(
    db: &Db,
    principal: Principal,
    (area, filter): (AreaCode, &Filter),
    audience: Option<AudienceId>,
    shown: i64,
) -> Result<(), Problem> {
    let conditions = filter.conditions();
    let answers = conditions.iter().filter_map(|(_, condition)| match condition {
        Condition::Answer(among) => Some((&among.kind, &among.field)),
        _ => None,
    });
    let answers: BTreeSet<(&KindCode, &WordCode)> = answers.collect();
    let cases = conditions.iter().filter_map(|(_, condition)| match condition {
        Condition::Case(case) => Some(&case.kind),
        _ => None,
    });
    let cases: BTreeSet<&CaseKindCode> = cases.collect();
    if answers.is_empty() && cases.is_empty() {
        return Ok(());
    }
    let answers: Vec<Value> =
        answers.iter().map(|(kind, field)| json!({ "kind": kind, "field": field })).collect();
    let filter = store::hash(&store::text(filter)?);
    let mut body = json!({ "answers": answers, "filter": filter, "shown": shown });
    if !cases.is_empty() {
        body["cases"] = json!(cases);
    }
    if let Some(id) = audience {
        body["audience"] = json!(id);
    }
    let me = principal.person;
    let recorded = db.write(principal.district(), move |tx| {
        let event = Event::new("audience.read", Subject::Reading, me, area, 1);
        tx.record(event.by(me).with(body.clone()));
        Ok::<_, DbError>(())
    });
    Ok(recorded.await?)
}
