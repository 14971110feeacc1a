//! The commands that a phone may queue: their words and what each needs beside its payload.

use gridward_domain::id::{
    AbsenceId, BeneficiaryId, CaseId, HandoutId, NoticeId, ProposalId, ReportId, TaskId,
};
use gridward_domain::range::BaseVersion;
use gridward_domain::task::Verb;
use gridward_domain::word::VariantArray as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::absence::model::NewAbsence;
use crate::availability::model::DutyChange;
use crate::correction::{ProposedCorrection, propose};
use crate::decision::{CaseMoveSent, move_case};
use crate::goods::handout_model::{NewHandout, ReturnHandout};
use crate::goods::{give_back, hand_out};
use crate::http::deserialize;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::proposal::decide::{ACCEPT, Answer, REFUSE};
use crate::proposal::{NeedProposal, NewDay, propose_day, raise_need};
use crate::task::commands::command::{StatedReason, TaskCommand, action};
use crate::task::reports::report_amend::{self, ReportAmendment};

/// The words of the commands about the person's own absences, duty and notices.
const OWN: [&str; 4] = ["absence.create", "absence.cancel", "duty.set", "notice.read"];

/// The words of the commands about proposals.
const PROPOSALS: [&str; 4] = [propose_day::ACTION, raise_need::ACTION, ACCEPT, REFUSE];

/// The words of the commands about hand-outs.
const GOODS: [&str; 2] = [hand_out::ACTION, give_back::ACTION];

/// The command types that a person may send.
fn words() -> impl Iterator<Item = &'static str> {
    let sent = Verb::VARIANTS.iter().copied().filter(|verb| {
        gridward_domain::authority::Role::VARIANTS.iter().copied().any(|role| verb.is_for(role))
    });
    sent.map(action)
        .chain([propose::ACTION, report_amend::ACTION, move_case::ACTION])
        .chain(OWN)
        .chain(PROPOSALS)
        .chain(GOODS)
}

/// Whether a person may send commands of this type.
pub(super) fn is_known(word: &str) -> bool {
    words().any(|known| known == word)
}

/// The refusal of a type that no person may send.
pub(super) fn unknown() -> Problem {
    Problem::from(ProblemCode::UnknownCommand).with(FieldError::new("/type", "is unknown"))
}

/// The schema of the command types that a person may send.
pub(super) fn schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words()))
        .description(Some("The action."))
        .examples([action(Verb::Claim)])
        .build()
}

/// What a phone may do offline.
#[derive(Clone, Debug)]
pub enum OutboxCommand {
    /// A command to a task.
    Task {
        /// The task.
        task: TaskId,
        /// The command.
        command: TaskCommand,
        /// The version of the task that the decision is based on.
        base: Option<i64>,
    },
    /// Proposes a correction of a beneficiary's entry.
    Correct(BeneficiaryId, ProposedCorrection),
    /// Amends a report.
    Amend(ReportId, ReportAmendment),
    /// Adds an absence of one's own.
    AddAbsence(NewAbsence),
    /// Withdraws an absence of one's own.
    WithdrawAbsence(AbsenceId),
    /// Goes on or off duty.
    SetDuty(DutyChange),
    /// Acknowledges a notice about the own account, or marks one of the district as read.
    ReadNotice(NoticeId),
    /// Proposes another day for a task.
    ProposeDay(TaskId, NewDay),
    /// Raises a need of a beneficiary.
    RaiseNeed(NeedProposal),
    /// Decides a proposal.
    Decide(ProposalId, Answer),
    /// Hands goods out.
    HandOut(NewHandout),
    /// Returns goods.
    GiveBack(HandoutId, ReturnHandout),
    /// Moves a case.
    MoveCase {
        /// The case.
        case: CaseId,
        /// The move.
        sent: CaseMoveSent,
        /// The version of the case that the decision is based on.
        base: Option<i64>,
    },
}

impl OutboxCommand {
    /// The task, if it is a command to one.
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::Task { task, .. } => Some(*task),
            _ => None,
        }
    }
}

/// A command as sent, except for its id and time.
#[derive(Debug)]
pub(super) struct Unread {
    /// The word.
    pub word: String,
    /// The subjects.
    pub about: Subjects,
    /// The version that the decision is based on.
    pub base: Option<BaseVersion>,
    /// The arguments.
    pub payload: Option<Map<String, Value>>,
}

/// The subjects that a command may name.
#[derive(Debug)]
pub(super) struct Subjects {
    /// The task.
    pub task: Option<TaskId>,
    /// The beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// The report.
    pub report: Option<ReportId>,
    /// The absence.
    pub absence: Option<AbsenceId>,
    /// The notice.
    pub notice: Option<NoticeId>,
    /// The proposal.
    pub proposal: Option<ProposalId>,
    /// The hand-out.
    pub handout: Option<HandoutId>,
    /// The case.
    pub case: Option<CaseId>,
}

impl Unread {
    /// Parses the command.
    ///
    /// # Errors
    /// 422, with pointers relative to the command.
    pub(super) fn read(self) -> Result<OutboxCommand, Problem> {
        let Self { word, about, base, payload } = self;
        let payload = payload.unwrap_or_default();
        let base = base.map(BaseVersion::get);
        Ok(match word.as_str() {
            propose::ACTION => OutboxCommand::Correct(
                present(about.beneficiary, "/beneficiary_id")?,
                arguments(payload)?,
            ),
            report_amend::ACTION => {
                OutboxCommand::Amend(present(about.report, "/report_id")?, arguments(payload)?)
            }
            "absence.create" => OutboxCommand::AddAbsence(arguments(payload)?),
            "absence.cancel" => {
                OutboxCommand::WithdrawAbsence(present(about.absence, "/absence_id")?)
            }
            "duty.set" => OutboxCommand::SetDuty(arguments(payload)?),
            "notice.read" => OutboxCommand::ReadNotice(present(about.notice, "/notice_id")?),
            propose_day::ACTION => {
                OutboxCommand::ProposeDay(present(about.task, "/task_id")?, arguments(payload)?)
            }
            raise_need::ACTION => OutboxCommand::RaiseNeed(arguments(payload)?),
            ACCEPT => {
                let proposal = present(about.proposal, "/proposal_id")?;
                OutboxCommand::Decide(proposal, Answer::Accept(arguments(payload)?))
            }
            REFUSE => {
                let proposal = present(about.proposal, "/proposal_id")?;
                let why: StatedReason = arguments(payload)?;
                OutboxCommand::Decide(proposal, Answer::Refuse(why.reason))
            }
            hand_out::ACTION => OutboxCommand::HandOut(arguments(payload)?),
            give_back::ACTION => {
                OutboxCommand::GiveBack(present(about.handout, "/handout_id")?, arguments(payload)?)
            }
            move_case::ACTION => {
                let case = present(about.case, "/case_id")?;
                OutboxCommand::MoveCase { case, sent: arguments(payload)?, base }
            }
            word => {
                let task = present(about.task, "/task_id")?;
                // Unknown words are refused before: what is refused here is the payload.
                let command = TaskCommand::read(word, payload);
                let command = command.map_err(|problem| problem.under("/payload"))?;
                OutboxCommand::Task { task, command, base }
            }
        })
    }
}

fn present<T>(subject: Option<T>, pointer: &'static str) -> Result<T, Problem> {
    subject.ok_or_else(|| Problem::invalid(pointer, "is missing"))
}

fn arguments<T: DeserializeOwned>(payload: Map<String, Value>) -> Result<T, Problem> {
    deserialize::value(Value::Object(payload)).map_err(|problem| problem.under("/payload"))
}
