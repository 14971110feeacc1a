//! Many phones under network faults: no command is lost, nobody is signed out, and revoked devices
//! are out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use gridward_phones::clerk::EditKind;
use gridward_phones::network_faults::Fault;
use gridward_phones::{Calendar, Month, Options, Restart, SignIn, month, simulate};
use rstest::rstest;

use crate::support::server::{gridward, said};
use crate::support::{Backend, Database, Server};

/// A served demo district, and its people.
pub fn served_district(database: Database) -> (Server, Vec<SignIn>) {
    let file = database.folder.path().join("sign-ins.csv");
    let path = file.to_str().expect("a path");
    let made = gridward(&database, &["demo", "--grids", "3", "--sign-ins", path]).output();
    let made = made.expect("the binary runs");
    assert!(made.status.success(), "{}", said(&made));
    (Server::start(database), SignIn::read(&file).expect("people"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_on_a_faulty_network_lose_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    let (server, sign_ins) = served_district(database);
    let base_url = server.base.clone();
    let server = Arc::new(Mutex::new(server));
    let killed = Arc::clone(&server);
    let kill_and_restart = move || {
        let killed = Arc::clone(&killed);
        async move {
            let mut server = killed.lock().map_err(|error| error.to_string())?;
            server.kill_and_restart();
            Ok(server.base.clone())
        }
        .boxed_local()
    };
    let restart = Restart { times: 3, kill_and_restart: Box::new(kill_and_restart) };
    let findings = simulate(Options {
        base_url,
        sign_ins,
        seed: 7,
        managers: 3,
        volunteers: 9,
        steps: 24,
        concurrency: 12,
        revocations: 4,
        restart: Some(restart),
    });
    let findings = findings.await.unwrap_or_else(|broken| panic!("{broken}"));
    assert_eq!(findings.kills, 3);
    assert!(findings.rows_compared > 100 && findings.events > 50, "{findings:?}");
    for kind in EditKind::ALL {
        assert!(findings.edits.acknowledged.contains_key(&kind), "{kind:?}: {findings}");
    }
    let sessions = &findings.sessions;
    let lost = sessions.faults.get(&Fault::SessionAnswerLost);
    assert!(lost.is_some_and(|lost| *lost > 3) && sessions.refreshes > 15, "{findings}");
    let server = server.lock().expect("a server");
    let verified = gridward(&server.database, &["verify-log"]).output().expect("it runs");
    assert!(verified.status.success(), "{}", said(&verified));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_phone_is_out_and_its_outbox_gets_through_after_a_sign_in(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, sign_ins) = served_district(Database::from(backend));
    let findings = simulate(Options {
        base_url: server.base.clone(),
        sign_ins,
        seed: 3,
        managers: 3,
        volunteers: 9,
        steps: 16,
        concurrency: 12,
        revocations: 8,
        restart: None,
    });
    let findings = findings.await.unwrap_or_else(|broken| panic!("{broken}"));
    let sessions = &findings.sessions;
    assert_eq!((sessions.revoked_tokens.count(), sessions.revoked_streams.count()), (8, 8));
    assert!(sessions.ended > 2 && findings.kept_for_sign_in > 0, "{findings}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_lost_answers_signs_nobody_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let calendar = Calendar { day: Duration::from_millis(300) };
    let mut database = Database::from(backend);
    for (name, value) in calendar.settings() {
        database.set(name, value);
    }
    let (server, sign_ins) = served_district(database);
    let base_url = server.base.clone();
    let month = Month { base_url, sign_ins, seed: 7, phones: 12, days: 30, calendar };
    let findings = month::simulate(month).await.unwrap_or_else(|broken| panic!("{broken}"));
    let sessions = &findings.sessions;
    let lost = sessions.faults.get(&Fault::SessionAnswerLost);
    assert!(lost.is_some_and(|lost| *lost > 20) && sessions.refreshes > 60, "{findings}");
    assert!(sessions.longest_unused > 7 * calendar.day, "{findings}");
}
