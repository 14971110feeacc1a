//! `gridward serve`.

use std::net::SocketAddr;

use actix_web::HttpServer;
use actix_web::web::Data;

use super::{Failure, connect};
use crate::app::{self, Gridward, Methods};
use crate::auth::password::Passwords;
use crate::auth::signing::SigningKeys;
use crate::auth::token::Tokens;
use crate::clock;
use crate::clockwork;
use crate::db::Db;
use crate::ops;
use crate::seal::Vault;
use crate::settings::Settings;

/// How long a shutdown waits for requests in flight, in seconds.
const GRACE: u64 = 30;

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    announce(settings, |_| {})
}

/// Serves until told to stop, and calls `ready` once requests are taken.
pub(super) fn announce(settings: &Settings, ready: impl FnOnce(SocketAddr)) -> Result<(), Failure> {
    ops::logs::start(settings)?;
    let gridward = Data::new(prepare(settings)?);
    let methods = Data::new(Methods::of(&app::contract()));
    let (db, clock, feed) = (gridward.db.clone(), gridward.clock, gridward.feed.clone());
    let served = actix_web::rt::System::new().block_on(async {
        actix_web::rt::spawn(feed.run(db.clone()));
        let retention = settings.retention.clone();
        actix_web::rt::spawn(clockwork::run(db.clone(), clock, retention, clockwork::EVERY));
        let server = HttpServer::new(move || app::app(gridward.clone(), methods.clone()))
            .workers(settings.workers)
            // A small answer must not wait 40 ms for the phone to confirm the one before.
            .tcp_nodelay(true)
            .shutdown_timeout(GRACE)
            .bind(settings.listen)
            .map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
        // Port 0 asks for a free port; say which it is.
        let address = server.addrs().first().copied().unwrap_or(settings.listen);
        let server = server.run();
        tracing::info!(database = ?settings.database, "serving on http://{address}");
        ready(address);
        Ok(server.await?)
    });
    db.close();
    served
}

fn prepare(settings: &Settings) -> Result<Gridward, Failure> {
    let installation = settings.installation_key()?;
    let mut conn = connect(&settings.database)?;
    let now = clock::system();
    let keys = SigningKeys::load_or_make(&mut conn, &installation, now)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Gridward {
        db: Db::open(settings.database.clone(), settings.readers, clock::system),
        vault: Vault::new(installation),
        tokens: Tokens::new(keys),
        passwords: Passwords::new(cores)?,
        standings: crate::auth::caller::Standings::default(),
        failures: crate::auth::sign_in::Failures::default(),
        cards: crate::task::cards::Cards::default(),
        sync: crate::sync::cards::Cards::default(),
        recent: crate::sync::recent::Recent::default(),
        feed: crate::sync::feed::Feed::default(),
        shelf: settings.attachments.open()?,
        maps: crate::area::map::Maps::default(),
        clock: clock::system,
        metrics: ops::Metrics::default(),
    })
}
