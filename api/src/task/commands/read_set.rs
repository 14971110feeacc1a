//! The rows that commands read.

use gridward_domain::authority::Principal;
use gridward_domain::id::{ReportId, TaskId};
use gridward_domain::task::Verb;

use crate::idempotency::store::CommandRow;
use crate::idempotency::{self, CommandId};
use crate::limits::daily_quota;
use crate::person::active::ActivePerson;
use crate::task::reports::report_row::{self, ReportRow};
use crate::task::row::TaskRow;
use crate::tx::ReadSet;

/// The rows that the execution of a command reads; without a verb, of an edit or a proposal.
pub fn of_command(
    principal: &Principal,
    task: TaskId,
    verb: Option<Verb>,
    id: Option<&CommandId>,
) -> ReadSet {
    let report = verb == Some(Verb::Report);
    let mut read_set = ReadSet::default();
    if verb == Some(Verb::Claim) {
        read_set.add::<ActivePerson>(principal.person);
    }
    read_set.add::<TaskRow>(task);
    if let Some(id) = id {
        read_set.add::<CommandRow>(idempotency::store::key(principal, id));
    }
    if id.is_some() || report {
        daily_quota::read(principal, &mut read_set);
    }
    if let Some(report) = id.and_then(CommandId::uuid).filter(|_| report) {
        read_set.add::<ReportRow>(report_row::key(report));
    }
    read_set
}

/// The rows that an amendment of a report reads.
pub fn of_amendment(principal: &Principal, report: ReportId, id: Option<&CommandId>) -> ReadSet {
    let mut read_set = ReadSet::default();
    read_set.add::<ReportRow>(report);
    if let Some(id) = id {
        read_set.add::<CommandRow>(idempotency::store::key(principal, id));
    }
    daily_quota::read(principal, &mut read_set);
    read_set
}
