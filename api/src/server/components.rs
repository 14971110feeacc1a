//! The components of the handlers: each is registered as its own `web::Data`,
//! and a handler takes those that it uses.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use gridward_domain::area::AreaCode;

use super::contract;
use super::contract_routes::ServedContract;
use super::methods::Methods;
use super::settings::Settings;
use crate::area::map::Maps;
use crate::area::outlines::OutlineCache;
use crate::attachment::receive::Attachments;
use crate::attachment::uploads::Uploads;
use crate::auth::attempts::Attempts;
use crate::auth::enrolment::code_requests::CodeMessages;
use crate::auth::password::Passwords;
use crate::auth::proofs::Proofs;
use crate::auth::sign_in::{OnlyDistrict, SignIn};
use crate::auth::signing::SigningKeys;
use crate::auth::token::Tokens;
use crate::auth::{
    Authenticator, Enrolments, PrincipalCache, SecondFactorPolicy, SecondFactors, Sessions,
};
use crate::beneficiary::name_index::NameIndex;
use crate::campaign::create_tasks::LaunchBatch;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::db::Conn;
use crate::export::run::Exports;
use crate::feedback::send::Mailbox;
use crate::http::public_origins::PublicOrigins;
use crate::http::shutdown::Shutdown;
use crate::idempotency::Commands;
use crate::import::run::Imports;
use crate::limits::body::PersonOf;
use crate::limits::{BodyLimits, Connections, Limits, Searches, Streams};
use crate::ops::Metrics;
use crate::ops::about::{About, Identity, PhonePin};
use crate::plan::compute::planner::Planner;
use crate::sync::change_broadcast::ChangeBroadcast;
use crate::sync::last_change_index::LastChangeIndex;
use crate::sync::routes::Sync;
use crate::sync::row_cache::RowCache;
use crate::task::reveals::reveal_budget::RevealBudget;
use crate::task::view::summary_cache::SummaryCache;
use crate::tx::Db;
use crate::web::WebApps;

/// Registers `Data<T>` for each field of a struct of components.
macro_rules! components {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $component:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub(super) struct $name {
            $(pub(super) $field: Data<$component>,)+
        }

        impl $name {
            /// Registers each component.
            pub(super) fn register(&self, config: &mut ServiceConfig) {
                $(config.app_data(Data::clone(&self.$field));)+
            }
        }
    };
}

components! {
    /// The components of a running server.
    Components {
        db: Db,
        keys: KeyRing,
        limits: Limits,
        clock: Clock,
        tokens: Tokens,
        principals: PrincipalCache,
        authenticator: Authenticator,
        sign_in: SignIn,
        sessions: Sessions,
        second_factors: SecondFactors,
        enrolments: Enrolments,
        code_messages: CodeMessages,
        proofs: Proofs,
        public_origins: PublicOrigins,
        commands: Commands,
        maps: Maps,
        outlines: OutlineCache,
        summaries: SummaryCache,
        names: NameIndex,
        searches: Searches,
        reveals: RevealBudget,
        sync: Sync,
        changes: ChangeBroadcast,
        shutdown: Shutdown,
        attachments: Attachments,
        imports: Imports,
        mailbox: Mailbox,
        planner: Planner,
        launch_batch: LaunchBatch,
        about: About,
        web: WebApps,
        exports: Exports,
        metrics: Metrics,
        methods: Methods,
        contract: ServedContract,
    }
}

impl Components {
    /// The components for these settings; `demo` is the demo district of the database.
    ///
    /// # Errors
    /// If a key, a password hash or the attachment store is unavailable.
    pub(super) fn new(
        settings: &Settings,
        connections: Connections,
        demo: Option<AreaCode>,
        conn: &mut Conn,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let installation = settings.installation_key(conn)?;
        let clock: Clock = clock::system;
        let signing = SigningKeys::load_or_make(conn, &installation, clock())?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let db = Db::open(settings.database.clone(), settings.readers, clock);
        let proofs =
            Proofs::new(installation.key().clone(), settings.public_origins.clone(), clock);
        let keys = KeyRing::new(installation);
        let tokens = Tokens::new(signing, settings.sessions.access_token);
        let principals = PrincipalCache::default();
        let only_district = OnlyDistrict::default();
        let (metrics, shutdown) = (Metrics::default(), Shutdown::default());
        let observed = (metrics.clone(), shutdown.clone());
        let opened = (db.clone(), keys.clone());
        let planner = Planner::new(opened, clock, settings.plan_threads, observed)?;
        let policy = second_factor(settings, demo);
        Ok(Self {
            authenticator: Data::new(Authenticator {
                db: db.clone(),
                tokens: tokens.clone(),
                proofs: proofs.clone(),
                principals: principals.clone(),
                second_factor: policy,
                clock,
            }),
            proofs: Data::new(proofs),
            public_origins: Data::new(settings.public_origins.clone()),
            sign_in: Data::new(SignIn {
                db: db.clone(),
                keys: keys.clone(),
                passwords: Passwords::new(cores)?,
                tokens: tokens.clone(),
                clock,
                attempts: Attempts::new(settings.limits.sign_ins_per_minute),
                only_district: only_district.clone(),
            }),
            sessions: Data::new(Sessions {
                db: db.clone(),
                keys: keys.clone(),
                tokens: tokens.clone(),
                principals: principals.clone(),
                clock,
                rules: settings.sessions.rules,
                second_factor: policy,
            }),
            second_factors: Data::new(SecondFactors {
                db: db.clone(),
                keys: keys.clone(),
                clock,
                policy,
            }),
            enrolments: Data::new(Enrolments {
                db: db.clone(),
                keys: keys.clone(),
                only_district: only_district.clone(),
                lifetime: settings.enrolment.invitation,
            }),
            code_messages: Data::new(settings.enrolment.messages.clone()),
            commands: Data::new(Commands::new(db.clone(), keys.clone())),
            sync: Data::new(sync(&db, &keys, clock)),
            imports: Data::new(Imports::new(db.clone(), keys.clone(), clock)),
            attachments: Data::new(Attachments {
                db: db.clone(),
                keys: keys.clone(),
                blobs: settings.attachments.open()?,
                uploads: Uploads::default(),
                clock,
            }),
            limits: Data::new(limits(settings, connections, person_of(tokens.clone(), clock))),
            planner: Data::new(planner),
            mailbox: Data::new(Mailbox::new(db.clone(), keys.clone(), only_district.clone())),
            about: Data::new(about(settings, demo)),
            launch_batch: Data::new(settings.launch_batch),
            web: Data::new(settings.web),
            exports: Data::new(Exports::default()),
            maps: Data::new(Maps::default()),
            outlines: Data::new(OutlineCache::default()),
            summaries: Data::new(SummaryCache::default()),
            names: Data::new(NameIndex::new(settings.readers)),
            searches: Data::new(Searches::new(settings.limits.searches_per_minute)),
            reveals: Data::new(settings.reveals),
            changes: Data::new(ChangeBroadcast::default()),
            shutdown: Data::new(shutdown),
            metrics: Data::new(metrics),
            methods: Data::new(Methods::of(&contract::contract())),
            contract: Data::new(ServedContract::new(contract::yaml)),
            db: Data::new(db),
            keys: Data::new(keys),
            clock: Data::new(clock),
            tokens: Data::new(tokens),
            principals: Data::new(principals),
        })
    }
}

/// The synchronisation of phones, with empty caches.
fn sync(db: &Db, keys: &KeyRing, clock: Clock) -> Sync {
    Sync {
        db: db.clone(),
        keys: keys.clone(),
        rows: RowCache::default(),
        last_changes: LastChangeIndex::default(),
        clock,
    }
}

/// The limits of requests, the slow bodies by the person of `person_of`.
fn limits(settings: &Settings, connections: Connections, person_of: PersonOf) -> Limits {
    Limits {
        proxies: settings.trusted_proxies.clone(),
        is_encrypted: settings.tls.is_some(),
        bodies: BodyLimits::new(settings.limits.body_timeout, connections.count, person_of),
        streams: Streams::default(),
    }
}

/// The person whose valid access token is in a header `Authorization`.
fn person_of(tokens: Tokens, clock: Clock) -> PersonOf {
    Arc::new(move |header| {
        let (_, token) = header.to_str().ok()?.split_once(' ')?;
        let bearer = tokens.verify(token.trim(), clock()).ok()?;
        Some((bearer.district, bearer.person))
    })
}

/// The policy of second factors. The passwords of a demo are public, so a second factor would
/// protect nothing.
const fn second_factor(settings: &Settings, demo: Option<AreaCode>) -> SecondFactorPolicy {
    let policy = settings.enrolment.second_factor;
    SecondFactorPolicy { is_required: policy.is_required && demo.is_none(), ..policy }
}

/// What the installation says about itself. The people of a demo are invented, so its phones ask for
/// no PIN.
fn about(settings: &Settings, demo: Option<AreaCode>) -> About {
    let phone_pin = if demo.is_some() { PhonePin::Off } else { settings.identity.phone_pin };
    Identity { phone_pin, ..settings.identity.clone() }.into()
}
