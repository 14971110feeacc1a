//! The access to each operation: the one table behind `x-roles`, `x-scope` and `x-data-class` of
//! the contract.
//!
//! The roles of an action are those of [`permits`]; a test requires a line for each operation,
//! and `tests/auth/authorization` calls each operation in each role.

use gridward_domain::authority::{Action, Role, permits};
use gridward_domain::word::{VariantArray as _, Word as _};
use serde::Serialize;
use yaml_serde::{Mapping, Value};

use Action as A;
use DataClass::{Internal, Personal, Public, Sensitive};
use Scope::{Anyone, Area, Assignment, Own, Subordinates};

/// The resources that an operation reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// Everything, without authentication.
    Anyone,
    /// The caller's own resources.
    Own,
    /// For volunteers, the caller's own tasks and what belongs to them; for other roles, the
    /// caller's area.
    Assignment,
    /// The caller's area, and the caller's own tasks elsewhere.
    Area,
    /// The people of the caller's area whose superior the caller is.
    Subordinates,
}

/// The most sensitive data in the requests and answers of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum DataClass {
    /// For everybody.
    Public,
    /// About the work, not about a person.
    Internal,
    /// About a person, masked or of low risk: ids, masked names, staff.
    Personal,
    /// Personal data whose disclosure harms: particulars, homes, reports, photos, passwords.
    Sensitive,
}

/// The access to one operation.
#[derive(Clone, Copy, Debug)]
struct Access {
    operation: &'static str,
    /// `None`: no authentication required.
    action: Option<Action>,
    scope: Scope,
    data: DataClass,
}

const fn on(operation: &'static str, action: Action, scope: Scope, data: DataClass) -> Access {
    Access { operation, action: Some(action), scope, data }
}

const fn open(operation: &'static str, data: DataClass) -> Access {
    Access { operation, action: None, scope: Anyone, data }
}

/// The access to every operation.
const TABLE: &[Access] = &[
    open("sign_in", Sensitive),
    open("replace_password", Sensitive),
    on("change_my_password", A::UseService, Own, Sensitive),
    open("refresh", Sensitive),
    open("sign_out", Sensitive),
    on("list_sessions", A::UseService, Own, Personal),
    on("rename_session", A::UseService, Own, Personal),
    on("end_session", A::UseService, Own, Personal),
    on("change_person_state", A::ManageAccess, Subordinates, Personal),
    on("end_work_of_people", A::ManageAccess, Subordinates, Personal),
    on("end_work_of_person", A::ManageAccess, Subordinates, Personal),
    on("move_person", A::ManageAccess, Subordinates, Personal),
    on("get_availability", A::ManageAccess, Subordinates, Personal),
    on("put_availability", A::ManageAccess, Subordinates, Personal),
    on("list_absences", A::ManageAccess, Subordinates, Sensitive),
    on("add_absence", A::ManageAccess, Subordinates, Sensitive),
    on("withdraw_absence", A::ManageAccess, Subordinates, Personal),
    on("list_sessions_of_person", A::ManageAccess, Subordinates, Personal),
    on("end_sessions_of_person", A::ManageAccess, Subordinates, Personal),
    on("end_session_of_person", A::ManageAccess, Subordinates, Personal),
    on("allow_reveals", A::ManageAccess, Subordinates, Personal),
    on("reset_password", A::ManageAccess, Subordinates, Sensitive),
    on("invite_person", A::ManageAccess, Subordinates, Sensitive),
    on("print_invitation", A::ManageAccess, Subordinates, Sensitive),
    on("end_second_factors", A::ManageAccess, Subordinates, Personal),
    open("enrol", Sensitive),
    open("request_code", Personal),
    on("step_up", A::UseService, Own, Sensitive),
    on("set_up_totp", A::UseService, Own, Sensitive),
    on("confirm_totp", A::UseService, Own, Sensitive),
    on("delete_totp", A::UseService, Own, Personal),
    open("get_public_keys", Public),
    open("explain_problem", Public),
    open("get_health", Public),
    open("get_readiness", Public),
    open("get_metrics", Internal),
    on("get_me", A::UseService, Own, Personal),
    on("get_my_availability", A::UseService, Own, Personal),
    on("put_my_availability", A::UseService, Own, Personal),
    on("put_my_duty", A::UseService, Own, Personal),
    on("list_my_absences", A::UseService, Own, Sensitive),
    on("add_my_absence", A::UseService, Own, Sensitive),
    on("withdraw_my_absence", A::UseService, Own, Personal),
    on("edit_me", A::UseService, Own, Personal),
    on("get_my_workload", A::UseService, Own, Personal),
    on("acknowledge_account_notice", A::UseService, Own, Personal),
    on("list_service_kinds", A::UseService, Area, Internal),
    on("list_stations", A::UseService, Area, Internal),
    on("get_station", A::UseService, Area, Personal),
    on("put_station", A::ManageRegisters, Area, Personal),
    on("end_station", A::ManageRegisters, Area, Internal),
    on("list_memorials", A::UseService, Area, Internal),
    on("get_memorial", A::UseService, Area, Internal),
    on("put_memorial", A::ManageRegisters, Area, Internal),
    on("end_memorial", A::ManageRegisters, Area, Internal),
    on("list_holidays", A::UseService, Area, Internal),
    on("get_holiday", A::UseService, Area, Internal),
    on("put_holiday", A::ManageRegisters, Area, Internal),
    on("end_holiday", A::ManageRegisters, Area, Internal),
    on("get_service_kind", A::UseService, Area, Internal),
    on("get_work_calendar", A::UseService, Area, Internal),
    on("replace_work_calendar", A::ManageRegisters, Area, Internal),
    on("create_service_kind", A::ConfigureDistrict, Area, Internal),
    on("change_service_kind", A::ConfigureDistrict, Area, Internal),
    on("install_service", A::ConfigureDistrict, Area, Internal),
    on("list_case_kinds", A::ReadCases, Area, Internal),
    on("get_case_kind", A::ReadCases, Area, Internal),
    on("create_case_kind", A::ConfigureDistrict, Area, Internal),
    on("change_case_kind", A::ConfigureDistrict, Area, Internal),
    on("open_case", A::WorkCases, Area, Sensitive),
    on("list_cases", A::ReadCases, Area, Personal),
    on("get_case", A::ReadCases, Area, Sensitive),
    on("move_case", A::WorkCases, Area, Sensitive),
    on("list_vocabularies", A::UseService, Area, Internal),
    on("get_vocabulary", A::UseService, Area, Internal),
    on("list_skills", A::UseService, Area, Internal),
    on("replace_vocabulary", A::ConfigureDistrict, Area, Internal),
    on("list_notices", A::UseService, Area, Internal),
    on("post_notice", A::PostNotice, Area, Internal),
    on("change_notice", A::PostNotice, Area, Internal),
    on("withdraw_notice", A::PostNotice, Area, Internal),
    on("list_areas", A::ReadAreas, Area, Internal),
    on("locate_area", A::ReadAreas, Area, Internal),
    on("get_area", A::ReadAreas, Area, Internal),
    on("get_area_boundary", A::ReadAreas, Area, Internal),
    on("list_outlines", A::ReadAreas, Area, Internal),
    on("summarize_area", A::ReadPlans, Area, Internal),
    on("get_area_week", A::ReadBeneficiaries, Area, Personal),
    on("get_area_measures", A::ReadBeneficiaries, Area, Internal),
    on("print_area_week", A::ReadBeneficiaries, Area, Personal),
    on("change_areas", A::ManageRegisters, Area, Personal),
    on("appoint_manager", A::AppointManager, Area, Personal),
    on("list_people", A::ReadPeople, Area, Personal),
    on("get_person", A::ReadPeople, Area, Personal),
    on("get_manager", A::ReadPeople, Area, Personal),
    on("search_people", A::ReadPeople, Area, Personal),
    on("create_person", A::EditPeople, Area, Personal),
    on("edit_person", A::EditPeople, Subordinates, Personal),
    on("save_people", A::EditPeople, Subordinates, Personal),
    on("invite_people", A::ManageAccess, Area, Sensitive),
    on("print_invitations", A::ManageAccess, Area, Sensitive),
    on("get_people_workload", A::ReadPeople, Area, Personal),
    on("get_person_workload", A::ReadPeople, Area, Personal),
    on("get_sync_health", A::ManageAccess, Subordinates, Personal),
    on("list_beneficiaries", A::ReadBeneficiaries, Area, Personal),
    on("search_beneficiaries", A::ReadBeneficiaries, Area, Sensitive),
    on("get_beneficiary", A::ReadBeneficiaries, Area, Personal),
    on("preview_audience", A::ManageAudiences, Area, Internal),
    on("list_audiences", A::ReadAudiences, Area, Internal),
    on("create_audience", A::ManageAudiences, Area, Internal),
    on("get_audience", A::ReadAudiences, Area, Internal),
    on("change_audience", A::ManageAudiences, Area, Internal),
    on("delete_audience", A::ManageAudiences, Area, Internal),
    on("list_regimes", A::ReadRegimes, Area, Personal),
    on("create_regime", A::ManageRegimes, Area, Personal),
    on("get_regime", A::ReadRegimes, Area, Personal),
    on("change_regime", A::ManageRegimes, Area, Personal),
    on("get_regime_outlook", A::ReadRegimes, Area, Internal),
    on("list_secondments", A::ReadSecondments, Assignment, Personal),
    on("get_secondment", A::ReadSecondments, Assignment, Personal),
    on("request_secondment", A::RequestSecondment, Area, Personal),
    on("agree_to_secondment", A::DecideSecondment, Area, Personal),
    on("decline_secondment", A::DecideSecondment, Area, Personal),
    on("withdraw_secondment", A::RequestSecondment, Area, Personal),
    on("list_goods_items", A::UseService, Area, Internal),
    on("put_goods_item", A::ConfigureDistrict, Area, Internal),
    on("get_goods_coverage", A::ReadGoods, Area, Internal),
    on("list_goods_stocks", A::ReadGoods, Area, Internal),
    on("list_goods_movements", A::ReadGoods, Area, Internal),
    on("enter_goods_movement", A::ManageGoods, Area, Internal),
    on("list_handouts", A::ReadHandouts, Area, Personal),
    on("hand_out", A::HandOut, Area, Sensitive),
    on("get_handout", A::ReadHandouts, Area, Sensitive),
    on("return_handout", A::HandOut, Area, Personal),
    on("list_audience_members", A::ManageAudiences, Area, Personal),
    on("list_campaigns", A::ReadCampaigns, Area, Internal),
    on("create_campaign", A::ManageCampaigns, Area, Internal),
    on("get_campaign", A::ReadCampaigns, Area, Sensitive),
    on("change_campaign", A::ManageCampaigns, Area, Internal),
    on("approve_campaign", A::ManageCampaigns, Area, Internal),
    on("launch_campaign", A::ManageCampaigns, Area, Internal),
    on("close_campaign", A::ManageCampaigns, Area, Internal),
    on("get_campaign_progress", A::ReadCampaigns, Area, Internal),
    on("assess_campaign", A::ManageCampaigns, Area, Internal),
    on("get_campaign_feasibility", A::ManageCampaigns, Area, Internal),
    on("plan_campaign", A::ManageCampaigns, Area, Internal),
    on("remind_campaign", A::ManageCampaigns, Area, Internal),
    on("get_campaign_report", A::ReadCampaigns, Area, Internal),
    on("get_beneficiary_history", A::ReadBeneficiaries, Area, Personal),
    on("correct_beneficiary", A::ProposeCorrection, Assignment, Sensitive),
    on("list_corrections", A::ProposeCorrection, Assignment, Personal),
    on("get_correction", A::ProposeCorrection, Assignment, Sensitive),
    on("approve_correction", A::DecideCorrection, Area, Personal),
    on("reject_correction", A::DecideCorrection, Area, Sensitive),
    on("propose_day", A::WorkTask, Assignment, Sensitive),
    on("raise_need", A::MakeProposal, Assignment, Sensitive),
    on("list_proposals", A::MakeProposal, Assignment, Sensitive),
    on("get_proposal", A::MakeProposal, Assignment, Sensitive),
    on("accept_proposal", A::DecideProposal, Area, Sensitive),
    on("refuse_proposal", A::DecideProposal, Area, Sensitive),
    on("reveal_beneficiary", A::RevealBeneficiary, Assignment, Sensitive),
    on("create_beneficiary", A::EditBeneficiaries, Area, Sensitive),
    on("change_beneficiary", A::EditBeneficiaries, Area, Sensitive),
    on("move_beneficiary", A::EditBeneficiaries, Area, Sensitive),
    on("put_stay", A::EditBeneficiaries, Area, Sensitive),
    on("end_stay", A::EditBeneficiaries, Area, Personal),
    on("get_beneficiary_visitors", A::EditBeneficiaries, Area, Personal),
    on("put_beneficiary_visitors", A::EditBeneficiaries, Area, Personal),
    on("record_death", A::EditBeneficiaries, Area, Sensitive),
    on("end_beneficiary", A::ManageEntitlements, Area, Sensitive),
    on("reinstate_beneficiary", A::ManageEntitlements, Area, Sensitive),
    on("merge_beneficiaries", A::ManageEntitlements, Area, Personal),
    on("undo_merge", A::ManageEntitlements, Area, Personal),
    on("list_tasks", A::ReadTasks, Area, Sensitive),
    on("get_task", A::ReadTasks, Area, Sensitive),
    on("explain_task", A::ReadTasks, Area, Personal),
    on("list_candidates", A::DirectTask, Area, Personal),
    on("get_task_history", A::ReadTasks, Area, Sensitive),
    on("list_task_reports", A::ReadReports, Assignment, Sensitive),
    on("list_reports", A::ReadReports, Assignment, Personal),
    on("amend_report", A::ReadReports, Own, Sensitive),
    on("list_report_versions", A::ReadReports, Assignment, Sensitive),
    on("create_task", A::CreateTask, Area, Personal),
    on("claim_task", A::WorkTask, Area, Sensitive),
    on("accept_task", A::WorkTask, Area, Sensitive),
    on("decline_task", A::WorkTask, Area, Sensitive),
    on("release_task", A::WorkTask, Area, Sensitive),
    on("start_task", A::WorkTask, Area, Sensitive),
    on("report_task", A::ReportVisit, Area, Sensitive),
    on("reassign_task", A::DirectTask, Area, Personal),
    on("direct_tasks", A::DirectTask, Area, Sensitive),
    on("undo_task_bulk", A::DirectTask, Own, Internal),
    on("unassign_task", A::DirectTask, Area, Sensitive),
    on("edit_task", A::DirectTask, Area, Sensitive),
    on("reschedule_task", A::DirectTask, Area, Personal),
    on("escalate_task", A::DirectTask, Area, Sensitive),
    on("cancel_task", A::DirectTask, Area, Sensitive),
    on("reopen_task", A::ReopenTask, Area, Sensitive),
    on("upload_options", A::UseService, Own, Internal),
    on("announce_attachment", A::ReportVisit, Assignment, Sensitive),
    on("attachment_offset", A::UseService, Own, Sensitive),
    on("send_attachment", A::UseService, Own, Sensitive),
    on("give_up_attachment", A::UseService, Own, Sensitive),
    on("get_attachment", A::ReadReports, Assignment, Sensitive),
    on("list_task_attachments", A::ReadReports, Assignment, Personal),
    on("list_case_documents", A::ReadCases, Area, Personal),
    on("push_and_pull", A::UseService, Assignment, Sensitive),
    on("pull", A::UseService, Assignment, Sensitive),
    on("stream_events", A::UseService, Area, Internal),
    on("list_events", A::ReadLog, Area, Personal),
    on("export_events", A::ReadLog, Area, Personal),
    on("list_actions", A::ReadLog, Area, Internal),
    open("get_about", Public),
    open("send_feedback", Sensitive),
    on("list_feedback", A::AnswerFeedback, Area, Sensitive),
    on("answer_feedback", A::AnswerFeedback, Area, Sensitive),
    on("list_my_feedback", A::UseService, Own, Sensitive),
    on("list_dead_letters", A::ReadDeadLetters, Area, Sensitive),
    on("export_tasks", A::ExportWork, Area, Personal),
    on("export_reports", A::ExportPersonal, Area, Personal),
    on("export_people", A::ExportPersonal, Area, Personal),
    on("export_beneficiaries", A::ExportPersonal, Area, Personal),
    on("export_cases", A::ExportPersonal, Area, Personal),
    on("export_handouts", A::ExportPersonal, Area, Personal),
    on("list_campaign_templates", A::ReadCampaigns, Area, Internal),
    on("create_campaign_of_template", A::ManageCampaigns, Area, Internal),
    on("export_campaigns", A::ExportPersonal, Area, Internal),
    on("export_regimes", A::ExportPersonal, Area, Personal),
    on("export_goods_movements", A::ExportPersonal, Area, Internal),
    on("export_goods_stocks", A::ExportWork, Area, Internal),
    on("export_goods_coverage", A::ExportWork, Area, Internal),
    on("export_campaign_report", A::ExportWork, Area, Internal),
    on("export_summary", A::ExportWork, Area, Internal),
    on("get_planning_settings", A::ReadPlans, Area, Internal),
    on("replace_planning_settings", A::ConfigureDistrict, Area, Internal),
    on("create_plan", A::Dispatch, Area, Personal),
    on("estimate_plan", A::Dispatch, Area, Internal),
    on("list_plans", A::ReadPlans, Area, Internal),
    on("get_plan", A::ReadPlans, Area, Internal),
    on("stream_plan_progress", A::ReadPlans, Area, Internal),
    on("discard_plan", A::Dispatch, Area, Internal),
    on("apply_plan", A::Dispatch, Area, Internal),
    on("undo_plan", A::Dispatch, Area, Internal),
    on("list_plan_visits", A::ReadPlans, Area, Personal),
    on("explain_plan_visit", A::ReadPlans, Area, Personal),
    on("get_plan_loads", A::Dispatch, Area, Personal),
    on("list_plan_obstacles", A::ReadPlans, Area, Internal),
    on("compare_plans", A::ReadPlans, Area, Internal),
    on("create_import", A::Import, Area, Sensitive),
    on("list_imports", A::Import, Area, Internal),
    on("get_import", A::Import, Area, Internal),
    on("list_import_faults", A::Import, Area, Internal),
    on("get_import_template", A::Import, Area, Public),
    on("list_import_headings", A::Import, Area, Internal),
    on("replace_import_headings", A::Import, Area, Internal),
];

impl Access {
    fn of(operation: &str) -> Option<&'static Self> {
        TABLE.iter().find(|access| access.operation == operation)
    }

    /// The permitted roles; none for an operation without authentication.
    fn roles(&self) -> impl Iterator<Item = Role> {
        let action = self.action;
        let permitted = move |role: &Role| action.is_some_and(|action| permits(*role, action));
        Role::VARIANTS.iter().copied().filter(permitted)
    }

    /// The extensions of the operation in the contract.
    fn extensions(&self) -> Result<[(Value, Value); 3], yaml_serde::Error> {
        let roles = self.roles().map(|role| Value::from(role.as_str())).collect();
        Ok([
            ("x-roles".into(), Value::Sequence(roles)),
            ("x-scope".into(), yaml_serde::to_value(self.scope)?),
            ("x-data-class".into(), yaml_serde::to_value(self.data)?),
        ])
    }
}

/// Adds the access to each operation of the contract. Extensions of utoipa's own types are in no
/// order, so they are added to the document's YAML.
///
/// # Errors
/// Only for values without a YAML form.
pub(super) fn declare(document: &mut Value) -> Result<(), yaml_serde::Error> {
    let paths = document.get_mut("paths").and_then(Value::as_mapping_mut);
    let items = paths.into_iter().flat_map(Mapping::values_mut).filter_map(Value::as_mapping_mut);
    let operations = items.flat_map(Mapping::values_mut).filter_map(Value::as_mapping_mut);
    for operation in operations {
        let name = operation.get("operationId").and_then(Value::as_str);
        if let Some(access) = name.and_then(Access::of) {
            operation.extend(access.extensions()?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_has_its_access_declared() {
        let document = yaml_serde::to_value(super::super::contract()).expect("YAML");
        let items = document["paths"].as_mapping().expect("paths").values();
        let operations = items.flat_map(|item| item.as_mapping().expect("operations").values());
        let names = operations.map(|one| one["operationId"].as_str().expect("an id").to_owned());
        let declared = TABLE.iter().map(|access| access.operation.to_owned());
        let (names, declared): (BTreeSet<_>, BTreeSet<_>) = (names.collect(), declared.collect());
        let undeclared: Vec<_> = names.difference(&declared).collect();
        assert!(undeclared.is_empty(), "no access declared in server/access.rs: {undeclared:?}");
        let unknown: Vec<_> = declared.difference(&names).collect();
        assert!(unknown.is_empty(), "no such operations: {unknown:?}");
        assert_eq!(TABLE.len(), declared.len(), "an operation is declared twice");
    }
}
