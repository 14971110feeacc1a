//! The router: the handler of each path, and the middleware.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpRequest, HttpResponse};
use tracing_actix_web::TracingLogger;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::{AppExt, scope};

use super::components::Components;
use super::contract;
use super::contract_routes;
use super::methods::{self, Methods};
use crate::http::cors::CorsOrigins;
use crate::http::problem::{Problem, answer};
use crate::http::{body_limits, response_headers};
use crate::{
    absence, area, attachment, audience, auth, availability, beneficiary, campaign, case, casework,
    catalogue, correction, decision, event, explanation, export, feedback, goods, handover,
    history, holiday, http, import, limits, measures, memorial, notice, ops, person, plan,
    proposal, redistricting, regime, report, secondment, service, station, summary, sync, task,
    vocabulary, web as static_files, weekly, workday, workload,
};

/// Every documented path. This is the table of contents of the API.
#[expect(clippy::too_many_lines, reason = "a line for each slice")]
fn documented(v1: &mut utoipa_actix_web::service_config::ServiceConfig) {
    v1.service(auth::routes::sign_in_with_password)
        .service(auth::session_routes::refresh)
        .service(auth::session_routes::sign_out)
        .service(auth::session_routes::list_sessions)
        .service(auth::session_routes::rename_session)
        .service(auth::session_routes::end_session)
        .service(person::password::replace_password)
        .service(person::enrolment::enrol)
        .service(auth::enrolment::routes::request_code)
        .service(person::step_up::step_up)
        .service(person::me::get_me)
        .service(availability::routes::get_my_availability)
        .service(availability::routes::put_my_availability)
        .service(availability::routes::put_my_duty)
        .service(absence::routes::list_my_absences)
        .service(absence::routes::add_my_absence)
        .service(absence::routes::withdraw_my_absence)
        .service(person::edit::edit_me)
        .service(workload::routes::get_my_workload)
        .service(person::account_notices::acknowledge_account_notice)
        .service(person::totp::set_up_totp)
        .service(person::totp::confirm_totp)
        .service(person::totp::delete_totp)
        .service(person::password::change_my_password)
        .configure(areas)
        .configure(people)
        .service(beneficiary::find::list_beneficiaries)
        .service(beneficiary::find::search_beneficiaries)
        .service(beneficiary::routes::get_beneficiary)
        .service(history::routes::get_beneficiary_history)
        .service(correction::routes::correct_beneficiary)
        .service(correction::routes::list_corrections)
        .service(correction::routes::get_correction)
        .service(correction::routes::approve_correction)
        .service(correction::routes::reject_correction)
        .configure(audience::routes::register)
        .configure(campaign::routes::register)
        .configure(regime::routes::register)
        .configure(secondment::routes::register)
        .configure(goods::routes::register)
        .configure(proposal::routes::register)
        .service(task::reveals::reveal::reveal_beneficiary)
        .configure(casework::routes::register)
        .configure(case::routes::register)
        .configure(decision::routes::register)
        .service(catalogue::routes::list_service_kinds)
        .service(station::routes::list_stations)
        .service(station::routes::get_station)
        .service(station::routes::put_station)
        .service(station::routes::end_station)
        .service(memorial::routes::list_memorials)
        .service(memorial::routes::get_memorial)
        .service(memorial::routes::put_memorial)
        .service(memorial::routes::end_memorial)
        .service(holiday::routes::list_holidays)
        .service(holiday::routes::get_holiday)
        .service(holiday::routes::put_holiday)
        .service(holiday::routes::end_holiday)
        .service(workday::routes::get_work_calendar)
        .service(workday::routes::replace_work_calendar)
        .service(catalogue::routes::create_service_kind)
        .service(service::routes::install_service)
        .service(catalogue::routes::get_service_kind)
        .service(catalogue::routes::change_service_kind)
        .service(vocabulary::routes::list_vocabularies)
        .service(vocabulary::routes::get_vocabulary)
        .service(vocabulary::routes::replace_vocabulary)
        .service(vocabulary::routes::list_skills)
        .configure(tasks)
        .service(report::routes::list_reports)
        .service(report::amendments::amend_report)
        .service(report::amendments::list_report_versions)
        .service(attachment::routes::upload_options)
        .service(attachment::routes::announce_attachment)
        .service(attachment::routes::attachment_offset)
        .service(attachment::routes::send_attachment)
        .service(attachment::routes::give_up_attachment)
        .service(attachment::download::get_attachment)
        .service(attachment::list::list_task_attachments)
        .service(attachment::case_list::list_case_documents)
        .service(sync::routes::push_and_pull)
        .service(sync::routes::pull_alone)
        .service(notice::routes::list_notices)
        .service(notice::routes::post_notice)
        .service(import::routes::create_import)
        .service(import::routes::list_imports)
        .service(import::heading_routes::list_import_headings)
        .service(import::heading_routes::replace_import_headings)
        .service(import::heading_routes::get_import_template)
        .service(import::routes::get_import)
        .service(import::routes::list_import_faults)
        .service(notice::routes::change_notice)
        .service(notice::routes::withdraw_notice)
        .service(sync::stream::stream_events)
        .service(event::routes::list_events)
        .service(event::routes::export_events)
        .service(event::routes::list_actions)
        .configure(export::routes::register)
        .configure(feedback::routes::register)
        .service(ops::about::get_about)
        .service(event::dead_letters::list_dead_letters)
        .service(explanation::routes::explain_task)
        .service(explanation::routes::list_candidates)
        .configure(plans);
}

/// The paths of plans.
fn plans(v1: &mut utoipa_actix_web::service_config::ServiceConfig) {
    v1.service(plan::routes::create_plan)
        .service(plan::routes::estimate_plan)
        .service(plan::routes::list_plans)
        .service(plan::routes::get_plan)
        .service(plan::compute::progress_stream::stream_plan_progress)
        .service(plan::routes::discard_plan)
        .service(plan::commands::apply_plan)
        .service(plan::commands::undo_plan)
        .service(plan::drafts::visit_routes::list_plan_visits)
        .service(explanation::routes::explain_plan_visit)
        .service(plan::drafts::visit_routes::get_plan_loads)
        .service(plan::drafts::visit_routes::list_plan_obstacles)
        .service(plan::drafts::visit_routes::compare_plans)
        .service(plan::settings_routes::get_planning_settings)
        .service(plan::settings_routes::replace_planning_settings);
}

/// The paths of areas.
fn areas(v1: &mut utoipa_actix_web::service_config::ServiceConfig) {
    v1.service(area::routes::list_areas)
        .service(area::routes::locate_area)
        .service(area::routes::get_area)
        .service(area::routes::get_area_boundary)
        .service(area::routes::list_outlines)
        .service(summary::routes::summarize_area)
        .service(weekly::routes::get_area_week)
        .service(measures::routes::get_area_measures)
        .service(weekly::routes::print_area_week)
        .service(redistricting::routes::change_areas);
}

/// The paths of tasks.
fn tasks(v1: &mut utoipa_actix_web::service_config::ServiceConfig) {
    v1.service(task::routes::list_tasks)
        .service(task::routes::create_task)
        .service(task::routes::get_task)
        .service(task::bulk::routes::direct_tasks)
        .service(task::bulk::routes::undo_task_bulk)
        .service(task::commands::edit::edit_task)
        .configure(task::commands::actions::register)
        .service(task::reports::records::list_reports)
        .service(task::view::history::get_history);
}

/// The paths of people.
fn people(v1: &mut utoipa_actix_web::service_config::ServiceConfig) {
    v1.service(person::routes::get_manager)
        .service(handover::appoint::appoint_manager)
        .service(person::routes::list_people)
        .service(person::create::create_person)
        .service(person::bulk::save_people)
        .service(person::search::search_people)
        .service(person::mass_invitations::invite_people)
        .service(person::mass_invitations::print_invitations)
        .service(workload::routes::get_people_workload)
        .service(workload::routes::get_person_workload)
        .service(sync::health::routes::get_sync_health)
        .service(person::routes::get_person)
        .service(person::edit::edit_person)
        .service(handover::person_state::change_person_state)
        .service(handover::departures::end_work_of_people)
        .service(handover::routes::end_work_of_person)
        .service(handover::routes::move_person)
        .service(availability::routes::get_availability)
        .service(availability::routes::put_availability)
        .service(absence::routes::list_absences)
        .service(absence::routes::add_absence)
        .service(absence::routes::withdraw_absence)
        .service(person::sessions::list_sessions_of_person)
        .service(person::sessions::end_sessions_of_person)
        .service(person::sessions::end_session_of_person)
        .service(person::password_reset::reset_password)
        .service(task::reveals::reveal_allowance::allow_reveals)
        .service(person::invitations::invite_person)
        .service(person::invitations::print_invitation)
        .service(person::invitations::end_second_factors);
}

/// The handlers and their contract.
pub(super) fn routes() -> (
    App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = Error,
            InitError = (),
        >,
    >,
    OpenApi,
) {
    App::new()
        .into_utoipa_app()
        .openapi(contract::document())
        .service(scope::scope("/v1").configure(documented))
        .service(auth::routes::get_public_keys)
        .service(http::problem::routes::explain_problem)
        .service(ops::routes::healthz)
        .service(ops::routes::readyz)
        .service(ops::routes::get_metrics)
        .split_for_parts()
}

/// The application with its middleware; the first in the list is the innermost.
pub(super) fn app(
    components: Components,
    cors: CorsOrigins,
    https: bool,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let (app, _) = routes();
    app.configure(|config| components.register(config))
        .app_data(methods::path_config())
        .configure(static_files::routes::register)
        .route(contract_routes::FILE, web::get().to(contract_routes::file))
        .route(contract_routes::PAGE, web::get().to(contract_routes::page))
        .default_service(web::to(not_found))
        .wrap(from_fn(methods::refuse_unknown_query))
        .wrap(from_fn(body_limits::refuse_oversized))
        .wrap(from_fn(limits::encryption::required))
        .wrap(from_fn(answer::in_callers_language))
        .wrap(Compress::default())
        .wrap(from_fn(methods::head_as_get))
        .wrap(cors.middleware())
        .wrap(response_headers::defaults(https))
        .wrap(from_fn(ops::measure))
        .wrap(from_fn(limits::body::limited))
        .wrap(TracingLogger::<ops::Spans>::new())
}

/// The answer without a handler: 405 for a known path, otherwise 404.
async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let methods = request.app_data::<Data<Methods>>();
    let known = methods.and_then(|methods| methods.of_path(request.path()));
    Err(known.map_or_else(Problem::not_found, |known| {
        Problem::method_not_allowed(known.allowed().join(", "))
    }))
}
