//! The actions, and the one table of role by action.

use serde::{Deserialize, Serialize};

use super::Role;
use crate::word::{UnknownWord, unknown};

/// An action that the table permits or denies. Each operation of the API is declared with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Action>)]
pub enum Action {
    /// Use the service: one's own account, the catalogue, the notices, sync, one's uploads.
    UseService,
    /// Read areas, their outlines and totals.
    ReadAreas,
    /// Read the people of an area.
    ReadPeople,
    /// Create and edit people below.
    EditPeople,
    /// Appoint the manager of a grid.
    AppointManager,
    /// Change the vocabularies and the service kinds of the district.
    ConfigureDistrict,
    /// List and end the sessions of subordinates.
    ManageAccess,
    /// Read beneficiaries, masked.
    ReadBeneficiaries,
    /// Read saved audiences: filters, their words and no person.
    ReadAudiences,
    /// Count, save, change and delete audiences, and list their members.
    ManageAudiences,
    /// Read campaigns and their progress.
    ReadCampaigns,
    /// Write, approve, launch and close campaigns.
    ManageCampaigns,
    /// Read standing duties.
    ReadRegimes,
    /// Create and change standing duties.
    ManageRegimes,
    /// Read the secondments of volunteers; volunteers read their own.
    ReadSecondments,
    /// Request and withdraw the help of volunteers in another area.
    RequestSecondment,
    /// Agree to the secondment of a volunteer of the own grid, or decline it.
    DecideSecondment,
    /// Read the stocks and the movements of goods.
    ReadGoods,
    /// Receive, allot and count goods.
    ManageGoods,
    /// Read hand-outs.
    ReadHandouts,
    /// Hand goods out to beneficiaries, and take them back.
    HandOut,
    /// Reveal a beneficiary's particulars for a recorded purpose.
    RevealBeneficiary,
    /// Enter, change and move beneficiaries, and record stays and deaths.
    EditBeneficiaries,
    /// End an entitlement, take an end back, merge duplicates.
    ManageEntitlements,
    /// Propose corrections of a beneficiary's entry, and read them; volunteers propose those of the
    /// homes that they visit, and read their own.
    ProposeCorrection,
    /// Approve or reject corrections that others have proposed.
    DecideCorrection,
    /// Propose tasks for what beneficiaries need, and read proposals; volunteers read their own.
    MakeProposal,
    /// Accept or refuse proposals of others: another day for a task, or a task for a need.
    DecideProposal,
    /// Read cases and their kinds.
    ReadCases,
    /// Open and move cases.
    WorkCases,
    /// Read the reports of tasks; volunteers read their own.
    ReadReports,
    /// Read tasks.
    ReadTasks,
    /// Create a task.
    CreateTask,
    /// Claim, accept, decline, release and start a task.
    WorkTask,
    /// Report a visit: the own one, or as who directs the task that of its assignee.
    ReportVisit,
    /// Assign, reschedule, cancel or escalate a task.
    DirectTask,
    /// Reopen a finished task.
    ReopenTask,
    /// Read and export the district's log.
    ReadLog,
    /// Post a notice to an area.
    PostNotice,
    /// Edit the registers of the district: areas, stations, memorial sites, holidays.
    ManageRegisters,
    /// Run dispatch and apply its plan.
    Dispatch,
    /// Read plans.
    ReadPlans,
    /// Import files of the district.
    Import,
    /// Read and answer the feedback to the district.
    AnswerFeedback,
    /// Read dead letters: commands that the server failed to process.
    ReadDeadLetters,
    /// Export tasks, and the figures of areas: summaries, reports of campaigns, stocks and the coverage by plaques.
    ExportWork,
    /// Export people, beneficiaries and reports, masked.
    ExportPersonal,
}

/// Whether `role` permits `action` at all, within its area.
pub const fn permits(role: Role, action: Action) -> bool {
    use Action as A;
    match role {
        // An admin works through others: the visit itself and the consent of a manager are denied.
        Role::Admin => !matches!(action, A::WorkTask | A::DecideSecondment),
        Role::Supervisor => !matches!(
            action,
            A::WorkTask
                | A::DecideSecondment
                | A::Import
                | A::ManageRegisters
                | A::ConfigureDistrict
                | A::AnswerFeedback
                | A::ReadDeadLetters
        ),
        Role::Manager => !matches!(
            action,
            A::AppointManager
                | A::RequestSecondment
                | A::ConfigureDistrict
                | A::Import
                | A::ManageRegisters
                | A::ReopenTask
                | A::ReadLog
                | A::ReadAudiences
                | A::ManageAudiences
                | A::ReadCampaigns
                | A::ManageCampaigns
                | A::ReadRegimes
                | A::ManageRegimes
                | A::ReadGoods
                | A::ManageGoods
                | A::ManageEntitlements
                | A::ExportWork
                | A::ExportPersonal
                | A::AnswerFeedback
                | A::ReadDeadLetters
        ),
        Role::Volunteer => matches!(
            action,
            A::UseService
                | A::ReadAreas
                | A::ReadTasks
                | A::WorkTask
                | A::ReportVisit
                | A::HandOut
                | A::RevealBeneficiary
                | A::ProposeCorrection
                | A::MakeProposal
                | A::ReadReports
                | A::ReadSecondments
        ),
        // The log names people and beneficiaries by id, and an audit needs no more.
        Role::Auditor => matches!(
            action,
            A::UseService
                | A::ReadAreas
                | A::ReadAudiences
                | A::ReadCampaigns
                | A::ReadRegimes
                | A::ReadGoods
                | A::ReadTasks
                | A::ReadPlans
                | A::ReadLog
                | A::ExportWork
        ),
    }
}
