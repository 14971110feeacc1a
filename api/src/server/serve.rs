//! The server process, from start to shutdown.

use std::time::Duration;

use actix_web::HttpServer;
use tokio::signal::unix::{SignalKind, signal};

use super::components::Components;
use super::settings::Settings;
use super::tls::Certificate;
use super::{diagnosis, router};
use crate::db::migrate::migrate;
use crate::http::shutdown::Shutdown;
use crate::jobs::{self, JobContext, scheduler};
use crate::limits::{Connections, PeerConnections};
use crate::measures::gauges;
use crate::ops;

/// How long a shutdown waits for requests in flight, in seconds.
const GRACE: u64 = 30;

/// The time for the head of a request: enough for a lost packet that is sent again twice.
const HEAD: Duration = Duration::from_secs(3);

/// The bytes of a request over HTTP/2 that are received before the handler reads them.
const STREAM_WINDOW: u32 = 256 * 1024;

/// How long the end of a computation of a plan and its return to the queue may take.
const HAND_BACK: Duration = Duration::from_secs(10);

/// How long a connection stays open after an answer to a request whose body was not read.
const CLOSING: Duration = Duration::from_millis(500);

/// Migrates the database and serves until a signal stops it; calls `ready` with the
/// server's URL once it accepts requests.
///
/// # Errors
/// If the settings are invalid or unsafe, or the database is unavailable.
pub fn serve(
    settings: &Settings,
    ready: impl FnOnce(&str),
) -> Result<(), Box<dyn std::error::Error>> {
    ops::logs::start(&settings.log, settings.log_format)?;
    diagnosis::check_start(settings)?;
    let certificate = settings.tls.as_ref().map(Certificate::load).transpose()?;
    let mut conn = settings.database.connect()?;
    migrate(&mut conn)?;
    let demo = diagnosis::check_database(settings, &mut conn)?;
    let connections = Connections::raise(settings.readers, settings.limits.connections)?;
    tracing::info!(files = connections.files, connections = connections.count, "limits");
    let components = Components::new(settings, connections, demo, &mut conn)?;
    drop(conn);
    let db = components.db.get_ref().clone();
    let served = actix_web::rt::System::new().block_on(async {
        actix_web::rt::spawn(components.changes.get_ref().clone().run(db.clone()));
        let planner = actix_web::rt::spawn(components.planner.get_ref().clone().run());
        let shutdown = components.shutdown.get_ref().clone();
        let JobContext { clock, metrics, .. } = job_context(&components);
        actix_web::rt::spawn(gauges::watch(db.clone(), clock, metrics, shutdown.clone()));
        actix_web::rt::spawn(end_endless(shutdown.clone()));
        let jobs = jobs::registry(
            settings.retention.clone(),
            settings.attachments.clone(),
            settings.launch_batch,
        );
        scheduler::start(job_context(&components), jobs);
        let (cors, https) = (settings.cors_origins.clone(), certificate.is_some());
        let peers = PeerConnections::new(
            settings.limits.connections_per_address,
            connections.count,
            settings.trusted_proxies.clone(),
        );
        let server = HttpServer::new(move || router::app(components.clone(), cors.clone(), https))
            .on_connect(move |io, data| peers.accept(io, data))
            .workers(settings.workers)
            .max_connections((connections.count / settings.workers).max(1))
            .client_request_timeout(HEAD)
            .client_disconnect_timeout(CLOSING)
            .h2_initial_window_size(STREAM_WINDOW)
            .h2_initial_connection_window_size(2 * STREAM_WINDOW)
            // Nagle's algorithm would delay a small answer by up to 40 ms.
            .tcp_nodelay(true)
            .shutdown_timeout(GRACE);
        let server = match certificate {
            None => server.bind(settings.listen),
            Some(certificate) => {
                let config = certificate.server_config()?;
                certificate.reload_on_hangup()?;
                server.bind_rustls_0_23(settings.listen, config)
            }
        };
        let server =
            server.map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
        // With port 0 the system chooses a free port.
        let bound = server.addrs_with_scheme().first().copied();
        let (address, scheme) = bound.unwrap_or((settings.listen, "http"));
        let url = format!("{scheme}://{address}");
        let server = server.run();
        tracing::info!(database = ?settings.database, "serving on {url}");
        ready(&url);
        let ended = server.await;
        // Other signals end the server without the announcement.
        shutdown.begin();
        if actix_web::rt::time::timeout(HAND_BACK, planner).await.is_err() {
            tracing::warn!("a plan is left to the server that starts next");
        }
        Ok(ended?)
    });
    db.close();
    served
}

/// Ends the streams and the computation of plans on the signal that starts the framework's graceful
/// shutdown.
async fn end_endless(shutdown: Shutdown) {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
            shutdown.begin();
        }
        Err(error) => tracing::warn!(%error, "open streams will delay a stop"),
    }
}

/// The components that the background jobs share with the handlers.
fn job_context(components: &Components) -> JobContext {
    JobContext {
        db: components.db.get_ref().clone(),
        keys: components.keys.get_ref().clone(),
        clock: **components.clock,
        metrics: components.metrics.get_ref().clone(),
    }
}
