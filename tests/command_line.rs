//! What the commands print.

use std::process::Output;

use insta::assert_snapshot;
use rstest::rstest;

use crate::support::server::{gridward, import, said, set_password};
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Database, Files, GRID};

/// What a command printed, on which stream, and how it ended.
fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    format!("{out}--- stderr\n{err}--- {}", output.status)
}

fn run(database: &Database, args: &[&str]) -> String {
    printed(&gridward(database, args).output().expect("it runs"))
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        line.strip_prefix("  ")?.split_whitespace().next().filter(|_| !line.starts_with("    "))
    });
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The help of a command and of all below it.
fn check_help(database: &Database, command: &[&str]) {
    let args: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
    let help = said(&gridward(database, &args).output().expect("it runs"));
    assert_snapshot!(["help"].iter().chain(command).copied().collect::<Vec<_>>().join("_"), help);
    for name in listed(&help) {
        check_help(database, &command.iter().copied().chain([name.as_str()]).collect::<Vec<_>>());
    }
}

#[test]
fn every_command_has_its_help() {
    let _redacted = without_what_varies();
    check_help(&Database::sqlite(), &[]);
}

#[rstest]
fn migrating_twice_does_nothing_the_second_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let database = Database::from(backend);
    assert_snapshot!("migrate", run(&database, &["migrate"]));
    assert_snapshot!("migrate_again", run(&database, &["migrate"]));
}

#[rstest]
fn an_import_counts_what_it_loads(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = Database::from(backend);
    assert_snapshot!(
        "import_dry_run",
        printed(&import(&database, &Files::small(), &["--dry-run"]))
    );
    assert_snapshot!("import", printed(&import(&database, &Files::small(), &[])));
    assert_snapshot!("import_again", printed(&import(&database, &Files::small(), &[])));
}

#[test]
fn an_import_names_every_fault() {
    let _redacted = without_what_varies();
    let faulty = Files::small()
        .with("areas.csv", "500116001,town", "5001160,town")
        .with("people.csv", "29.28500,106.25200", "106.25200,29.28500")
        .with("beneficiaries.csv", "limited", "flying")
        .with("holidays.csv", "2026-08-01", "2026-13-01");
    assert_snapshot!("import_with_faults", printed(&import(&Database::sqlite(), &faulty, &[])));
}

#[rstest]
fn a_log_is_verified_archived_and_said_to_be_restored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let database = Database::from(backend);
    assert_snapshot!("verify_log_without_a_district", run(&database, &["verify-log"]));
    import(&database, &Files::small(), &[]);
    assert_snapshot!("verify_log", run(&database, &["verify-log"]));
    let archive = ["log", "archive", "old", "--keep-days", "0"];
    assert_snapshot!("log_archive", run(&database, &archive));
    assert_snapshot!("verify_log_archived", run(&database, &["verify-log"]));
    assert_snapshot!("log_restored", run(&database, &["log", "restored"]));
}

#[rstest]
fn people_are_added_by_hand(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = Database::from(backend);
    import(&database, &Files::small(), &[]);
    let add = |role, area, phone| {
        let args = ["--role", role, "--area", area, "--name", "钱镇长", "--phone", phone];
        run(&database, &[&["user", "add"][..], &args].concat())
    };
    assert_snapshot!("user_add", add("supervisor", "500116002", "10000000099"));
    assert_snapshot!("user_add_twice", add("supervisor", "500116002", "10000000099"));
    assert_snapshot!("user_add_volunteer", add("volunteer", GRID, "10000000098"));
    assert_snapshot!("user_add_unfit", add("supervisor", GRID, "10000000097"));
    set_password(&database, "10000000099");
}

#[rstest]
fn an_area_is_dispatched(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = Database::from(backend);
    import(&database, &Files::small(), &[]);
    let args = ["dispatch", "--area", GRID, "--from", "2090-03-06", "--days", "7"];
    assert_snapshot!("dispatch", run(&database, &args));
}

#[rstest]
fn a_demo_says_who_signs_in(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = Database::from(backend);
    assert_snapshot!("demo", run(&database, &["demo", "--grids", "2"]));
}
