//! The server: what every handler is handed, and which handler answers which path.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpRequest, HttpResponse};
use tracing_actix_web::TracingLogger;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::{AppExt, scope};

use crate::area::map::Maps;
use crate::auth::caller::Standings;
use crate::auth::password::Passwords;
use crate::auth::sign_in::Failures;
use crate::auth::token::Tokens;
use crate::clock::Clock;
use crate::db::Db;
use crate::problem::{Problem, answer, edge};
use crate::seal::Vault;
use crate::{
    area, attachment, auth, beneficiary, catalogue, event, notice, openapi, ops, person, plan,
    problem, sync, task,
};

/// What every handler is handed.
#[derive(Clone)]
pub struct Gridward {
    /// The database.
    pub db: Db,
    /// The districts' keys.
    pub vault: Vault,
    /// Signs and verifies access tokens.
    pub tokens: Tokens,
    /// Verifies passwords.
    pub passwords: Passwords,
    /// People's roles and areas, for a few seconds.
    pub standings: Standings,
    /// Failed sign-ins, for a few minutes.
    pub failures: Failures,
    /// Tasks as lists show them.
    pub cards: task::cards::Cards,
    /// Rows as phones hold them.
    pub sync: sync::cards::Cards,
    /// Where the districts' logs were last touched.
    pub recent: sync::recent::Recent,
    /// What is new on the districts' logs.
    pub feed: sync::feed::Feed,
    /// Where attachments lie.
    pub shelf: attachment::shelf::Shelf,
    /// The districts' maps.
    pub maps: Maps,
    /// Tells the moment.
    pub clock: Clock,
    /// What is measured.
    pub metrics: ops::Metrics,
}

/// Every documented path. This is the table of contents of the API.
fn documented(v1: &mut utoipa_actix_web::service_config::ServiceConfig) {
    v1.service(auth::routes::sign_in_with_password)
        .service(auth::routes::get_me)
        .service(area::routes::list_areas)
        .service(area::routes::locate_area)
        .service(area::routes::get_area)
        .service(area::routes::get_area_boundary)
        .service(person::routes::appoint_manager)
        .service(person::routes::list_people)
        .service(person::routes::get_person)
        .service(beneficiary::routes::list_beneficiaries)
        .service(beneficiary::routes::get_beneficiary)
        .service(beneficiary::routes::reveal_beneficiary)
        .service(catalogue::routes::list_service_kinds)
        .service(task::routes::list_tasks)
        .service(task::routes::create_task)
        .service(task::routes::get_task)
        .service(task::actions::claim_task)
        .service(task::actions::accept_task)
        .service(task::actions::decline_task)
        .service(task::actions::release_task)
        .service(task::actions::start_task)
        .service(task::actions::report_task)
        .service(task::actions::reassign_task)
        .service(task::actions::reschedule_task)
        .service(task::actions::escalate_task)
        .service(task::actions::cancel_task)
        .service(task::actions::reopen_task)
        .service(task::records::list_reports)
        .service(task::records::get_history)
        .service(attachment::routes::upload_options)
        .service(attachment::routes::announce_attachment)
        .service(attachment::routes::attachment_offset)
        .service(attachment::routes::send_attachment)
        .service(attachment::routes::give_up_attachment)
        .service(attachment::routes::get_attachment)
        .service(sync::routes::push_and_pull)
        .service(sync::routes::pull_alone)
        .service(notice::routes::list_notices)
        .service(notice::routes::post_notice)
        .service(sync::stream::stream_events)
        .service(event::routes::list_events)
        .service(event::routes::export_events)
        .service(plan::routes::create_plan)
        .service(plan::routes::list_plans)
        .service(plan::routes::get_plan)
        .service(plan::routes::list_plan_visits);
}

/// The contract, gathered from the handlers.
pub fn contract() -> OpenApi {
    let (_, mut document) = routes();
    openapi::finish(&mut document);
    document
}

/// The handlers and their contract.
fn routes() -> (
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
        .openapi(openapi::document())
        .service(scope::scope("/v1").configure(documented))
        .service(auth::routes::get_public_keys)
        .service(problem::routes::explain_problem)
        .service(ops::routes::healthz)
        .service(ops::routes::readyz)
        .service(ops::routes::get_metrics)
        .split_for_parts()
}

/// The whole application, with all that stands around the handlers. The first
/// in the list is the nearest to the handler.
pub fn app(
    gridward: Data<Gridward>,
    methods: Data<Methods>,
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
    app.app_data(gridward)
        .app_data(methods)
        .app_data(edge::path_config())
        .default_service(web::to(elsewhere))
        .wrap(from_fn(edge::plain_bodies))
        .wrap(from_fn(answer::in_callers_language))
        .wrap(Compress::default())
        .wrap(from_fn(ops::measure))
        .wrap(TracingLogger::<ops::Spans>::new())
}

/// Which methods each documented path takes.
pub struct Methods(Vec<(actix_web::dev::ResourceDef, Vec<&'static str>)>);

impl Methods {
    /// As the contract says.
    pub fn of(document: &OpenApi) -> Self {
        let paths = openapi::methods(document).into_iter();
        Self(
            paths
                .map(|(path, methods)| (actix_web::dev::ResourceDef::new(path), methods))
                .collect(),
        )
    }
}

/// Where no handler answers: 405 for a known path, 404 for any other.
async fn elsewhere(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let methods = request.app_data::<Data<Methods>>();
    let mut known = methods.iter().flat_map(|methods| methods.0.iter());
    match known.find(|(path, _)| path.is_match(request.path())) {
        Some((_, methods)) => Err(Problem::method_not_allowed(methods.join(", "))),
        None => Err(Problem::not_found()),
    }
}
