//! The tour of the README: its shell blocks work as they are shown, twice, and after the access token
//! has expired.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use gridward_phones::SignIn;
use gridward_phones::district::{Role, of_role};
use rstest::rstest;
use tempfile::TempDir;

use crate::support::server::{gridward, said};
use crate::support::{Backend, Database, Server};

const PAGE: &str = include_str!("../../README.md");

/// The shell blocks of the tour, in order.
fn blocks() -> Vec<&'static str> {
    let tour = PAGE.split_once("\n## Tour\n").expect("a tour").1;
    let tour = tour.split_once("\n## ").expect("the next section").0;
    let blocks = tour.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("a block")).collect()
}

/// A demo district with a server whose access tokens expire within seconds, and its people.
fn demo(database: Database) -> (Server, Vec<SignIn>) {
    let file = database.folder.path().join("sign-ins.csv");
    let path = file.to_str().expect("a path");
    let made = gridward(&database, &["demo", "--grids", "3", "--sign-ins", path]).output();
    let made = made.expect("the binary runs");
    assert!(made.status.success(), "{}", said(&made));
    let settings = &[("GRIDWARD_ACCESS_TOKEN_S", "32")];
    (Server::start_with(database, settings), SignIn::read(&file).expect("people"))
}

/// Runs a script as a person who has the binary and a home.
fn run(home: &Path, base: &str, script: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_gridward"));
    let folder = binary.parent().expect("a folder");
    Command::new("bash")
        .args(["-c", script])
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("BASE", base)
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display()))
        .output()
        .expect("bash runs")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_works_twice_and_after_its_token_has_expired(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, people) = demo(Database::from(backend));
    let volunteer = of_role(&people, Role::Volunteer).next().expect("a volunteer");
    let mut managers = of_role(&people, Role::Manager);
    let manager = managers.find(|manager| manager.area == volunteer.area).expect("a manager");
    let home = TempDir::new().expect("a folder");
    // The server of this test has another address than that of the README.
    let sign_in = "gridward() { case $1 in sign-in) command gridward \"$@\" --base \"$BASE\";; \
        *) command gridward \"$@\";; esac; }";
    let tour = blocks().join("\n").replace("10001481487", &manager.phone);
    let tour = tour.replace("10003580282", &volunteer.phone);
    assert!(!tour.contains("sed ") && !tour.contains("curl "), "{tour}");
    let script = format!("set -euo pipefail\n{sign_in}\n{tour}");
    for round in 1..=2 {
        let output = run(home.path(), &server.base, &script);
        let text = said(&output);
        assert!(output.status.success(), "{round}: {text}");
        let expected = [
            "Signed in as manager",
            "\"may\": [",
            "409 Conflict",
            "\"state\": \"done\"",
            "\"outcome\": \"applied\"",
            "\"task.report\"",
            "\"current\": true",
        ];
        for part in expected {
            assert!(text.contains(part), "{round}, {part}: {text}");
        }
        // On a day on which all of the grid's people work, the plan leaves no open task.
        let undo = "PLAN=$(gridward call --as manager GET '/v1/plans?state=applied' \
            --pick /items/0/id)\ngridward call --as manager POST \"/v1/plans/$PLAN/undo\"";
        let undone = run(home.path(), &server.base, undo);
        assert!(undone.status.success(), "{}", said(&undone));
    }
    let file = home.path().join(".config/gridward/manager.json");
    let session = || std::fs::read_to_string(&file).expect("a session");
    let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = session();
    // It is replaced 30 seconds before its end.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let call = "gridward call --as manager GET /v1/me --pick /role";
    let both = format!("{call} & {call}; wait $!");
    let output = run(home.path(), &server.base, &both);
    assert_eq!(said(&output), "manager\nmanager\n", "two at the same time");
    assert_ne!(session(), before);
    std::fs::remove_file(&file).expect("a session to forget");
    let output = run(home.path(), &server.base, call);
    let expected = "gridward: no session manager: run `gridward sign-in PHONE --as manager`\n";
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(1), expected));
}
