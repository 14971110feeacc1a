//! Many phones under network faults: no command is lost.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use gridward_phones::{Options, Restart, SignIn, simulate};
use rstest::rstest;

use crate::support::server::{gridward, said};
use crate::support::{Backend, Database, Server};

/// A served demo district, and its people.
fn district(database: Database) -> (Server, Vec<SignIn>) {
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
    let (server, sign_ins) = district(database);
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
        restart: Some(restart),
    });
    let findings = findings.await.unwrap_or_else(|broken| panic!("{broken}"));
    assert_eq!(findings.kills, 3);
    assert!(findings.rows_compared > 100 && findings.events > 50, "{findings:?}");
    let server = server.lock().expect("a server");
    let verified = gridward(&server.database, &["verify-log"]).output().expect("it runs");
    assert!(verified.status.success(), "{}", said(&verified));
}
