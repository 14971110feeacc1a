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
use crate::audience::{preview, spread};
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemCode, quantity};
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
    /// The visits that do not fit into the days, if any, at this version of the campaign: counted before the change,
    /// as a choice among all beneficiaries would hold up those of the district. A member who comes or goes in between
    /// does no harm: members do so during the launch as well, and it reaches those that there are then.
    pub excess: Option<(i64, Option<i64>)>,
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
    /// The command, with the visits of a campaign that is to be approved or launched counted.
    ///
    /// # Errors
    /// 403; [`DbError`].
    pub(super) fn read(
        conn: &mut Conn,
        principal: &Principal,
        (campaign, verdict): (CampaignId, Verdict),
        today: NaiveDate,
    ) -> Result<Self, Problem> {
        principal.may(Action::ManageCampaigns)?;
        let excess = match store::row(conn, &principal.scope(), campaign)? {
            Some(row) if matches!(row.state, CampaignState::Draft | CampaignState::Approved) => {
                let count = counted(conn, &row, today)?;
                Some((row.version, excess(conn, &row, today, count)?))
            }
            _ => None,
        };
        Ok(Self { campaign, verdict, excess })
    }

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
                self.check(tx, &row)?;
                let plan = with_room(tx, &row, *confirm)?;
                details = match plan {
                    Some(plan) => json!({ "plan_id": plan }),
                    None => json!({ "confirmed": true }),
                };
                CampaignRow { approved_by: by, approved_at: at, approved_plan: plan, ..next }
            }
            Verdict::Launch(how) => {
                let count = self.check(tx, &row)?;
                confirmed(tx, &row, *how, count)?;
                CampaignRow { launched_by: by, launched_at: at, ..next }
            }
            Verdict::Close => CampaignRow { closed_at: at, ..next },
        };
        store::put(tx.write_unbatched(), Some(&row), &next)?;
        record_with(tx, principal, (self.action(), details), &next);
        Ok(next.shown(tx.read_unbatched())?)
    }

    /// Checks what may have changed since the content was written: that the kind is in use, that there
    /// is a member, and that the visits fit into the days that remain; returns the number of the members.
    fn check(&self, tx: &mut Tx<'_>, row: &CampaignRow) -> Result<i64, Problem> {
        let today = clock::day(tx.now);
        let conn = tx.read_unbatched();
        let mut errors = item_errors(conn, row.district, &row.items()?)?;
        errors.extend(kind_errors(conn, row.district, row.kind.as_ref())?);
        Problem::refuse(errors)?;
        if row.last_day < today {
            return Err(Problem::invalid("/last_day", PAST));
        }
        let count = counted(conn, row, today)?;
        if count == 0 {
            return Err(Problem::invalid("/filter", EMPTY));
        }
        let excess = match self.excess {
            Some((version, excess)) if version == row.version => excess,
            _ => excess(conn, row, today, count)?,
        };
        let Some(visits) = excess else { return Ok(count) };
        let verb = if visits == 1 { "does" } else { "do" };
        let days = quantity(row.span().from(today).days(), "day");
        let detail = format!("{} {verb} not fit into {days}", quantity(visits, "visit"));
        Err(Problem::invalid("/quota_per_day", detail))
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

/// The number of the visits, if they do not fit into the days that remain for these many members.
fn excess(
    conn: &mut Conn,
    row: &CampaignRow,
    today: NaiveDate,
    members: i64,
) -> Result<Option<i64>, DbError> {
    let span = row.span().from(today);
    // There are at most as many visits as members.
    if span.beyond(members.unsigned_abs()) == 0 {
        return Ok(None);
    }
    let visits = spread::total(&row.visits(conn, today)?);
    Ok((span.beyond(visits.unsigned_abs()) > 0).then_some(visits))
}

/// The number of the members of the campaign.
///
/// # Errors
/// [`DbError`].
pub(super) fn counted(
    conn: &mut Conn,
    row: &CampaignRow,
    today: NaiveDate,
) -> Result<i64, DbError> {
    let members = row.members(conn)?;
    preview::count(conn, row.area, &members, today)
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
    let detail = if dry_plan::is_computing(tx.read_unbatched(), row)? {
        "the dry plan is still being computed: approve when it is there, or confirm"
    } else {
        "no current dry plan has room for all visits"
    };
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
