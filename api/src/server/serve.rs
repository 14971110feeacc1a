//! The server process, from start to shutdown.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::HttpServer;
use tokio::signal::unix::{SignalKind, signal};

use super::components::Components;
use super::router;
use super::settings::Settings;
use crate::db::migrate::migrate;
use crate::http::shutdown::Shutdown;
use crate::jobs::{self, JobContext, scheduler};
use crate::limits::Connections;
use crate::ops;

/// How long a shutdown waits for requests in flight, in seconds.
const GRACE: u64 = 30;

/// How long a connection stays open after an answer to a request whose body was not read.
const CLOSING: Duration = Duration::from_millis(500);

/// Migrates the database and serves until a signal stops it; calls `ready` once it
/// accepts requests.
///
/// # Errors
/// If the settings are invalid or the database is unavailable.
pub fn serve(
    settings: &Settings,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Box<dyn std::error::Error>> {
    ops::logs::start(&settings.log, settings.log_format)?;
    let mut conn = settings.database.connect()?;
    migrate(&mut conn)?;
    let connections = Connections::raise(settings.readers, settings.connections)?;
    tracing::info!(files = connections.files, connections = connections.count, "limits");
    let components = Components::new(settings, connections, &mut conn)?;
    drop(conn);
    let db = components.db.get_ref().clone();
    let served = actix_web::rt::System::new().block_on(async {
        actix_web::rt::spawn(components.changes.get_ref().clone().run(db.clone()));
        actix_web::rt::spawn(end_streams(components.shutdown.get_ref().clone()));
        let jobs = jobs::registry(settings.retention.clone(), settings.attachments.clone());
        scheduler::start(job_context(&components), jobs);
        let server = HttpServer::new(move || router::app(components.clone()))
            .workers(settings.workers)
            .max_connections((connections.count / settings.workers).max(1))
            .client_disconnect_timeout(CLOSING)
            // Nagle's algorithm would delay a small answer by up to 40 ms.
            .tcp_nodelay(true)
            .shutdown_timeout(GRACE)
            .bind(settings.listen)
            .map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
        // With port 0 the system chooses a free port.
        let address = server.addrs().first().copied().unwrap_or(settings.listen);
        let server = server.run();
        tracing::info!(database = ?settings.database, "serving on http://{address}");
        ready(address);
        Ok(server.await?)
    });
    db.close();
    served
}

/// Ends the streams on the signal that starts the framework's graceful shutdown.
async fn end_streams(shutdown: Shutdown) {
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
        clock: **components.clock,
        metrics: components.metrics.get_ref().clone(),
    }
}
