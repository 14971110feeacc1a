//! `gridward doctor`: its findings, its next command, its status.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use insta::internals::SettingsBindDropGuard;
use insta::{Settings, assert_snapshot};
use rstest::rstest;

use crate::support::server::{gridward, import, said};
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Database, Files};

/// Replaces the figures of this machine.
fn without_this_machine() -> [SettingsBindDropGuard; 2] {
    let outer = without_what_varies();
    let mut settings = Settings::clone_current();
    settings.add_filter(r"\d+ MiB free", "[number] MiB free");
    [settings.bind_to_scope(), outer]
}

/// The command, with a limit of open files that does not depend on this machine.
fn doctor(database: &Database) -> Command {
    let direct = gridward(database, &["doctor"]);
    let mut limited = Command::new("/bin/sh");
    limited
        .args(["-c", "ulimit -n 4096; exec \"$0\" \"$@\""])
        .arg(direct.get_program())
        .args(direct.get_args())
        .current_dir(database.folder.path())
        .env_clear()
        .envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited
}

/// What a command prints, and its status.
fn report(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    format!("{}[ends with {}]\n", said(&output), output.status.code().expect("a code"))
}

#[test]
fn a_new_folder_is_ready_for_an_import_and_stays_empty() {
    let _redacted = without_this_machine();
    let database = Database::sqlite();
    assert_snapshot!("doctor_new", report(&mut doctor(&database)));
    let left = std::fs::read_dir(database.folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "nothing was created");
}

#[rstest]
fn a_district_is_ready_to_serve(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_this_machine();
    let database = Database::from(backend);
    let loaded = import(&database, &Files::small(), &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    let name = if database.is_postgres() { "doctor_ready_postgres" } else { "doctor_ready" };
    assert_snapshot!(name, report(&mut doctor(&database)));
}

#[test]
fn every_fault_is_found_and_the_next_command_corrects_the_first() {
    let _redacted = without_this_machine();
    let database = Database::sqlite();
    let mut demo = gridward(&database, &["demo", "--grids", "2"]);
    let made = demo.env_remove("GRIDWARD_SECRET_KEY").output().expect("it runs");
    assert!(made.status.success(), "{}", said(&made));
    for file in ["gridward.db", "gridward.key"] {
        let path = database.folder.path().join(file);
        std::fs::set_permissions(path, Permissions::from_mode(0o644)).expect("a mode");
    }
    let mut exposed = doctor(&database);
    exposed.env_remove("GRIDWARD_SECRET_KEY").env("GRIDWARD_LISTEN", "0.0.0.0:8080");
    assert_snapshot!("doctor_exposed", report(&mut exposed));
    assert_snapshot!("doctor_other_key", report(&mut doctor(&database)));
    let misspelt = report(doctor(&database).env("GRIDWARD_COLOUR", "red"));
    assert!(misspelt.contains("failed   settings") && misspelt.contains("unknown field"));
}

#[test]
fn an_ended_time_to_enrol_is_a_warning() {
    let database = Database::sqlite();
    let grace = |day: &str| {
        let mut doctor = doctor(&database);
        let required = ("GRIDWARD_SECOND_FACTOR", "required");
        report(doctor.envs([required, ("GRIDWARD_SECOND_FACTOR_GRACE", day)]))
    };
    let ended = grace("2026-01-31");
    assert!(ended.contains("warning  enrolment    the time to enrol"), "{ended}");
    assert!(
        ended.contains("2026-01-31") && ended.contains("next: gridward user invite"),
        "{ended}"
    );
    assert!(grace("2199-01-31").contains("ok       enrolment"));
}

#[test]
fn a_clock_before_the_newest_event_is_a_fault() {
    let database = Database::sqlite();
    let loaded = import(&database, &Files::small(), &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    database.execute("UPDATE events SET at = '2199-01-01 00:00:00'");
    let text = report(&mut doctor(&database));
    assert!(text.contains("s off the newest event's time") && text.ends_with("[ends with 1]\n"));
}
