//! Executes a task command: reads the task, applies the rules, writes the result.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use gridward_domain::task::{self as life, Candidate, Command, Phase, Transition, Verb};
use gridward_domain::visibility::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::command::{NewTimes, Reassignment, TaskCommand};
use super::origin::Origin;
use super::transition::{Change, Step, write};
use super::{refusal, reschedule};
use crate::beneficiary::visitors::{self, VisitorChoice};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::problem::{Kept, Problem, ProblemCode};
use crate::log::reason;
use crate::person::active::ActivePerson;
use crate::task::Task;
use crate::task::assignment::assignees::Assignees;
use crate::task::assignment::breach::{self, Breach};
use crate::task::assignment::{freed, pair, tie};
use crate::task::model::TaskWithAssignee;
use crate::task::reports::report;
use crate::task::row::TaskRow;
use crate::task::schedule::{overlap, possible_days};
use crate::task::view::seen;
use crate::tx::Tx;
use crate::{area, beneficiary};

/// A command to execute.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The task.
    pub task: TaskId,
    /// The command.
    pub command: &'a TaskCommand,
    /// The versions that the decision may be based on, if given.
    pub base: &'a [i64],
    /// The origin of the command.
    pub origin: &'a Origin,
    /// The people to whom the bulk of the command assigns; absent for a command alone.
    pub assignees: Option<&'a Assignees>,
}

/// The result of a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Performed {
    /// The current task, without the exact position of a home: the result is stored.
    pub task: Task,
    /// Whether the command is a report that was stored as evidence without changing the
    /// task.
    pub recorded: bool,
    /// Why the task was not changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Kept>,
}

impl Performed {
    /// The task after a command.
    pub const fn done(task: Task) -> Self {
        Self { task, recorded: false, because: None }
    }

    /// A report stored without changing the task.
    pub fn recorded(task: Task, because: Option<&Problem>) -> Self {
        Self { task, recorded: true, because: because.map(Problem::kept) }
    }
}

/// The task, if the principal may give the command: the task is visible, and the role permits
/// the verb.
///
/// # Errors
/// 404; 403.
pub fn authorize(
    tx: &mut Tx<'_>,
    principal: &Principal,
    sent: &Sent<'_>,
) -> Result<TaskRow, Problem> {
    if sent.command.verb() == Verb::Report {
        return report::authorize(tx, principal, sent);
    }
    let row = seen::visible_now(tx, principal, sent.task)?;
    if sent.command.verb().is_for(principal.role) {
        Ok(row)
    } else {
        Err(ProblemCode::Forbidden.into())
    }
}

/// Executes the command.
///
/// # Errors
/// 404; 403; 412 or 428 for the version; 422; or 409 with the current task and its
/// assignee.
pub fn perform(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    sent: &Sent<'_>,
) -> Result<Performed, Problem> {
    if let TaskCommand::Report(content) = sent.command {
        return report::report(tx, key, principal, sent, content);
    }
    Ok(execute(tx, key, principal, sent)?.0)
}

/// Executes a command other than a report; returns also the tasks that it changed, that of the
/// command first.
///
/// # Errors
/// As [`perform`].
pub fn execute(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    sent: &Sent<'_>,
) -> Result<(Performed, Vec<Change>), Problem> {
    let row = authorize(tx, principal, sent)?;
    decided_on(&row, sent)?;
    let (command, forced) = checked(tx, principal, &row, sent)?;
    let body = body(key, &row, sent, &forced)?;
    let (before, mut changes) = (row.life()?, Vec::new());
    let mut task = match life::apply(&before, &command, principal, clock::day(tx.now)) {
        Ok(Transition::Already) => row.task(View::Pool)?,
        Ok(Transition::Changed(after)) => {
            let step = Step { row: &row, before, after, verb: sent.command.verb() };
            let times = match sent.command {
                TaskCommand::Reschedule(new) => new.times(),
                _ => NewTimes::default(),
            };
            let event = step.event().on(sent.origin.device()).with(body);
            if matches!(command, Command::Decline | Command::Release) {
                freed::refused(tx, &row)?;
            }
            let moved = matches!(command, Command::Reschedule { .. }).then(|| event.body.clone());
            let next = write(tx, &step, times, event.by(principal.person))?;
            let task = next.task(View::Pool)?;
            changes.push(Change { before: row.clone(), after: next });
            if let Some(body) = moved {
                changes.extend(pair::move_second(tx, principal, &row, &command, times, &body)?);
            }
            task
        }
        Err(rejection) => return Err(refusal::refused(tx.read_unbatched(), key, &row, rejection)?),
    };
    if let TaskCommand::Cancel(cancellation) = sent.command {
        let (tied, cancelled) = pair::settle_second(tx, principal, &row, key, cancellation)?;
        task.tied = tied;
        changes.extend(cancelled);
    }
    Ok((Performed::done(task), changes))
}

/// The command by the rules of a task's life, and the breaches that it forces.
fn checked(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    sent: &Sent<'_>,
) -> Result<(Command, BTreeSet<Breach>), Problem> {
    let mut forced = BTreeSet::new();
    let command = match sent.command {
        TaskCommand::Claim => {
            ActivePerson::check(tx, principal)?;
            // Of a task that is not open the rules say more.
            if row.state == Phase::Open {
                let tied = tie::tied(tx, row)?;
                let choice = visitor_choice(tx, row)?;
                breach::check_claim(row, &tied, &choice, principal.person)?;
            }
            Command::Claim
        }
        TaskCommand::Accept => Command::Accept,
        TaskCommand::Decline(_) => Command::Decline,
        TaskCommand::Release => Command::Release,
        TaskCommand::Start => Command::Start,
        TaskCommand::Reassign(to) => {
            is_served(tx.read_unbatched(), row)?;
            let candidate;
            let made_on = clock::day(sent.origin.made(tx.now));
            (candidate, forced) =
                self::candidate(tx, principal, row, (to, made_on), sent.assignees)?;
            Command::Reassign(candidate)
        }
        TaskCommand::Unassign(_) => Command::Unassign,
        TaskCommand::Reschedule(new) => {
            let command = reschedule::command(row, new, sent.origin.made(tx.now))?;
            if Verb::Reschedule.starts_at(row.state) && !new.force {
                reschedule::check_people(tx, principal, row, new, &command)?;
            }
            command
        }
        TaskCommand::Escalate(_) => Command::Escalate,
        TaskCommand::Cancel(_) => Command::Cancel,
        TaskCommand::Reopen(_) => {
            is_served(tx.read_unbatched(), row)?;
            Command::Reopen
        }
        TaskCommand::Report(_) => return Err(ProblemCode::UnknownCommand.into()),
    };
    Ok((command, forced))
}

/// What the event of the command says beside the transition.
fn body(
    key: &SealingKey,
    row: &TaskRow,
    sent: &Sent<'_>,
    forced: &BTreeSet<Breach>,
) -> Result<Value, Problem> {
    Ok(match (sent.command.reason(), sent.origin.proposal) {
        (Some(reason), _) => {
            json!({ "reason": reason::sealed(key, row.district, row.id, reason)? })
        }
        (None, Some(proposal)) => json!({ "because": "proposal", "proposal": proposal }),
        (None, None) => {
            let forced = (!forced.is_empty()).then(|| ("forced".to_owned(), json!(forced)));
            let day = sent.command.named_day().map(|day| ("day".to_owned(), json!(day)));
            Value::Object(forced.into_iter().chain(day).collect())
        }
    })
}

/// Checks that the command is based on the current version. A decision by staff about
/// another person's task must name its base version.
pub(in crate::task) fn decided_on(row: &TaskRow, sent: &Sent<'_>) -> Result<(), Problem> {
    let verb = sent.command.verb();
    // In an outbox the base version of an assignee's command is only informative: the rules
    // decide.
    let binds = verb.decides_for_others() || !sent.origin.from_outbox;
    match sent.base {
        [_, ..] if binds && !sent.base.contains(&row.version) => {
            Err(Problem::from(ProblemCode::VersionConflict).showing(&row.task(View::Pool)?))
        }
        [] if matches!(verb, Verb::Reschedule | Verb::Cancel) => {
            Err(ProblemCode::VersionRequired.into())
        }
        _ => Ok(()),
    }
}

/// Checks that neither the grid nor the beneficiary of the task has ended.
fn is_served(conn: &mut Conn, row: &TaskRow) -> Result<(), Problem> {
    let grid = area::store::current(conn, &row.grid)?.is_some();
    let beneficiary = match row.beneficiary {
        None => true,
        Some(id) => beneficiary::store::row(conn, &row.district.range(), id)?
            .is_some_and(|row| row.is_current()),
    };
    if grid && beneficiary {
        return Ok(());
    }
    let current = TaskWithAssignee { task: row.task(View::Pool)?, assignee: None };
    Err(Problem::from(ProblemCode::SubjectEnded).showing(&current))
}

/// Who visits the task's beneficiary by preference, and who must not.
fn visitor_choice(tx: &mut Tx<'_>, row: &TaskRow) -> Result<VisitorChoice, DbError> {
    match row.beneficiary {
        Some(id) => visitors::one(tx.read_unbatched(), row.district, id),
        None => Ok(VisitorChoice::default()),
    }
}

/// The person of a reassignment, and the rules that it breaks, which are none unless it is forced. Who must
/// not visit the beneficiary does not give the visit to themselves even so, and learns no reason, as at a claim.
fn candidate(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    (to, made_on): (&Reassignment, NaiveDate),
    assignees: Option<&Assignees>,
) -> Result<(Candidate, BTreeSet<Breach>), Problem> {
    let one;
    let assignees = if let Some(assignees) = assignees {
        assignees
    } else {
        one = Assignees::read(tx, principal, &BTreeSet::from([to.person_id]))?;
        &one
    };
    let assignee = assignees.get(to.person_id).ok_or(ProblemCode::NotACandidate)?;
    let person = &assignee.row;
    // What the rules refuse anyway has no further reasons.
    let is_possible = Verb::Reassign.starts_at(row.state)
        && principal.area.contains(&row.grid)
        && person.role.visits();
    let mut forced = BTreeSet::new();
    if is_possible && row.assignee != Some(person.id) {
        let today = clock::day(tx.now);
        if let Some(day) = to.day {
            // A command that waited on a phone may name a day that has passed since.
            possible_days::check_possible(row, ("/day", day), made_on)?;
        }
        let (tied, choice) = (tie::tied(tx, row)?, visitor_choice(tx, row)?);
        if person.id == principal.person && choice.forbidden.contains(&person.id) {
            return Err(ProblemCode::NotClaimable.into());
        }
        let overlaps = overlap::with_second(tx, principal, row, &tied, person.id)?;
        let (others, days) = ((&*tied, &*overlaps), (today, to.day));
        if to.force {
            forced = breach::broken(row, others, assignee, &choice, days)?;
        } else {
            breach::check(row, others, assignee, &choice, days)?;
        }
    }
    Ok((Candidate { person: person.id, role: person.role, grid: person.area }, forced))
}
