//! The guide for app developers: its shell blocks run as they are shown, and its problem codes exist.

use std::process::Command;

use gridward_phones::SignIn;
use gridward_phones::district::{Role, of_role};
use rstest::rstest;
use tempfile::TempDir;

use crate::support::documented::CONTRACT;
use crate::support::server::said;
use crate::support::{Backend, Database};
use crate::sync::network_faults::served_district;

const PAGE: &str = include_str!("../../docs/clients.md");

/// The shell blocks of the guide, in order.
fn shell_blocks() -> Vec<&'static str> {
    let blocks = PAGE.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("a block")).collect()
}

/// The manager of the grid of `volunteer`.
fn manager_of<'a>(people: &'a [SignIn], volunteer: &SignIn) -> &'a SignIn {
    let mut managers = of_role(people, Role::Manager);
    managers.find(|manager| manager.area == volunteer.area).expect("a manager")
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shell_blocks_of_the_guide_work(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (server, people) = served_district(Database::from(backend));
    let mut volunteers = of_role(&people, Role::Volunteer);
    let (volunteer, invited) = (volunteers.next(), volunteers.next());
    let (volunteer, invited) = (volunteer.expect("a volunteer"), invited.expect("another"));
    let folder = TempDir::new().expect("a folder");
    let mut script = vec!["set -euo pipefail"];
    // Each block begins without a nonce, as an app after days offline.
    script.extend(shell_blocks().into_iter().flat_map(|block| [": > nonce", block]));
    let run = Command::new("bash")
        .args(["-c", &script.join("\n")])
        .current_dir(folder.path())
        .env("BASE", &server.base)
        .env("PHONE", &volunteer.phone)
        .env("PASSWORD", &volunteer.password)
        .env("INVITED", &invited.phone)
        .env("MANAGER", &manager_of(&people, invited).phone)
        .output();
    let output = run.expect("bash runs");
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    let mut rest = text.as_str();
    for expected in [
        "\"device_key\"",
        "\"device_key\"",
        "\"refresh_token\"",
        "\"current\":true",
        "\"may\":[",
        "\"outcome\":\"applied\"",
        "304 Not Modified",
        "\"outcome\":\"applied\"",
        "upload-offset: 0",
        "204 No Content",
        "session_ended",
    ] {
        let (_, after) = rest.split_once(expected).unwrap_or_else(|| panic!("{expected}: {text}"));
        rest = after;
    }
}

#[test]
fn every_problem_code_of_the_guide_is_in_the_contract() {
    let table = PAGE.split_once("## Refusals").expect("a table of codes").1;
    let rows = table.lines().filter(|line| line.starts_with("| `")).skip(1);
    let cells = rows.map(|line| line.split('|').nth(1).expect("codes")).collect::<Vec<_>>();
    let codes: Vec<&str> =
        cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(codes.len() > 10, "{codes:?}");
    for code in codes {
        assert!(CONTRACT.contains(&format!("| `{code}` |")), "{code}");
    }
}
