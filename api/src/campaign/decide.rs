//! Approves, launches and closes a campaign.

use chrono::NaiveDate;
use gridward_domain::area::Level;
use gridward_domain::authority::{Action, Principal};
use gridward_domain::campaign::{
    self as life, CampaignCommand, CampaignRejection, CampaignState, CampaignStep,
};
use gridward_domain::id::{CampaignId, PlanId};
use serde_json::{Value, json};

use super::Campaign;
use super::content::{EMPTY, PAST, item_errors, kind_errors};
use super::dry_plan;
use super::model::LaunchCampaign;
use super::store::{self, CampaignRow};
use crate::audience::preview;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::idempotency::Effect;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// A command to a campaign.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The campaign.
    pub campaign: CampaignId,
    /// What is done.
    pub verdict: Verdict,
}

/// What is done to a campaign.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is approved, at the version that the approval is based on, also without a dry plan in which all visits have
    /// room if `confirm`.
    Approve {
        /// The version.
        base: IfMatch,
        /// Whether that is confirmed.
        confirm: bool,
    },
    /// Its tasks are created.
    Launch(LaunchCampaign),
    /// It ends.
    Close,
}

impl Effect for Decision {
    type Made = Campaign;

    fn action(&self) -> &'static str {
        match self.verdict {
            Verdict::Approve { .. } => "campaign.approve",
            Verdict::Launch(_) => "campaign.launch",
            Verdict::Close => "campaign.close",
        }
    }

    fn request(&self) -> Value {
        match &self.verdict {
            Verdict::Launch(how) => json!({ "campaign_id": self.campaign, "how": how }),
            Verdict::Approve { confirm: true, .. } => {
                json!({ "campaign_id": self.campaign, "confirm": true })
            }
            Verdict::Approve { .. } | Verdict::Close => json!({ "campaign_id": self.campaign }),
        }
    }

    fn authorize(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
        found(tx, principal, self.campaign).map(drop)
    }
}

impl Decision {
    /// Applies the command. A repeated one changes nothing.
    ///
    /// # Errors
    /// 403, also for the approval of own content; 404; 409 in another state, or without a necessary
    /// confirmation; 412 or 428 for an approval of another version; 422 for an empty audience.
    pub fn apply(&self, tx: &mut Tx<'_>, principal: &Principal) -> Result<Campaign, Problem> {
        let row = found(tx, principal, self.campaign)?;
        let shown = row.shown(tx.read_unbatched())?;
        let command = match &self.verdict {
            Verdict::Approve { .. } => CampaignCommand::Approve,
            Verdict::Launch(_) => CampaignCommand::Launch,
            Verdict::Close => CampaignCommand::Close,
        };
        let Some(state) = step(&row, command, principal, &shown)? else { return Ok(shown) };
        let (by, at) = (Some(principal.person), Some(tx.now.naive_utc()));
        let next = CampaignRow { state, version: row.version + 1, ..row.clone() };
        let mut details = json!({});
        let next = match &self.verdict {
            Verdict::Approve { base, confirm } => {
                base.check(row.version, &shown)?;
                check(tx, &row)?;
                let plan = with_room(tx, &row, *confirm)?;
                details = match plan {
                    Some(plan) => json!({ "plan_id": plan }),
                    None => json!({ "confirmed": true }),
                };
                CampaignRow { approved_by: by, approved_at: at, approved_plan: plan, ..next }
            }
            Verdict::Launch(how) => {
                let count = check(tx, &row)?;
                confirmed(tx, &row, *how, count)?;
                CampaignRow { launched_by: by, launched_at: at, ..next }
            }
            Verdict::Close => CampaignRow { closed_at: at, ..next },
        };
        store::put(tx.write_unbatched(), Some(&row), &next)?;
        record_with(tx, principal, (self.action(), details), &next);
        Ok(next.shown(tx.read_unbatched())?)
    }
}

/// The campaign, if the principal may change it.
pub(super) fn found(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: CampaignId,
) -> Result<CampaignRow, Problem> {
    principal.may(Action::ManageCampaigns)?;
    let row = store::row(tx.read_unbatched(), &principal.scope(), id)?;
    row.ok_or_else(Problem::not_found)
}

/// The state after the command; `None` if an earlier one had the same effect.
pub(super) fn step(
    row: &CampaignRow,
    command: CampaignCommand,
    principal: &Principal,
    shown: &Campaign,
) -> Result<Option<CampaignState>, Problem> {
    match life::apply(row.state, &row.authors(), command, Some(principal.person)) {
        Ok(CampaignStep::To(state)) => Ok(Some(state)),
        Ok(CampaignStep::Already) => Ok(None),
        Err(CampaignRejection::Author) => Err(ProblemCode::CampaignAuthor.into()),
        Err(CampaignRejection::State) => {
            Err(Problem::from(ProblemCode::CampaignState).showing(shown))
        }
    }
}

/// Checks what may have changed since the content was written: that the kind is in use, that there
/// is a beneficiary to visit, and that the visits fit into the days that remain; returns their number.
fn check(tx: &mut Tx<'_>, row: &CampaignRow) -> Result<i64, Problem> {
    let today = clock::day(tx.now);
    let conn = tx.read_unbatched();
    let mut errors = item_errors(conn, row.district, &row.items()?)?;
    errors.extend(kind_errors(conn, row.district, row.kind.as_ref())?);
    Problem::refuse(errors)?;
    if row.last_day < today {
        return Err(Problem::invalid("/last_day", PAST));
    }
    let (count, beyond) = counted(conn, row, today)?;
    if count == 0 {
        return Err(Problem::invalid("/filter", EMPTY));
    }
    if beyond == 0 {
        return Ok(count);
    }
    let days = row.span().from(today).days();
    let detail = format!("{count} visits do not fit into {days} days");
    Err(Problem::invalid("/quota_per_day", detail))
}

/// The visits of the campaign, and how many of them the quota does not let begin on the days that remain.
///
/// # Errors
/// [`DbError`].
pub(super) fn counted(
    conn: &mut Conn,
    row: &CampaignRow,
    today: NaiveDate,
) -> Result<(i64, u64), DbError> {
    let members = row.members(conn)?;
    let count = preview::count(conn, row.area, &members, today)?;
    Ok((count, row.span().from(today).beyond(count.unsigned_abs())))
}

/// Checks that a campaign for all beneficiaries of the district or of a town is confirmed.
fn confirmed(
    tx: &mut Tx<'_>,
    row: &CampaignRow,
    how: LaunchCampaign,
    count: i64,
) -> Result<(), Problem> {
    if how.confirm || !matches!(row.area.level(), Level::District | Level::Town) {
        return Ok(());
    }
    if count < preview::size(tx.read_unbatched(), row.area)? {
        return Ok(());
    }
    let detail = match row.kind {
        Some(_) => format!("creates tasks for all {count} beneficiaries of the area"),
        None => format!("plans hand-outs to all {count} beneficiaries of the area"),
    };
    let problem = Problem::from(ProblemCode::ConfirmationRequired);
    Err(problem.with(FieldError::new("/confirm", detail)))
}

/// The dry plan in which every visit of the campaign has room; `None` if an approval without one is confirmed.
fn with_room(tx: &mut Tx<'_>, row: &CampaignRow, confirm: bool) -> Result<Option<PlanId>, Problem> {
    let plan = dry_plan::with_room(tx.read_unbatched(), row)?;
    if plan.is_some() || confirm {
        return Ok(plan);
    }
    let detail = "no current dry plan has room for all visits";
    let problem = Problem::from(ProblemCode::ConfirmationRequired);
    Err(problem.with(FieldError::new("confirm", detail)))
}

/// Records what was done to the campaign.
pub(super) fn record(
    tx: &mut Tx<'_>,
    principal: &Principal,
    action: &'static str,
    row: &CampaignRow,
) {
    record_with(tx, principal, (action, json!({})), row);
}

fn record_with(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (action, details): (&'static str, Value),
    row: &CampaignRow,
) {
    let event = Event::new(action, Subject::Campaign, row.id, row.area, row.version);
    tx.record(event.by(principal.person).with(details));
}
