//! What the commands print.

use insta::assert_snapshot;
use rstest::rstest;

use crate::support::server::{gridward, said};
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Database, Files, GRID};

/// What is printed by each of these commands in turn, as on a terminal.
fn transcript(database: &Database, commands: &[&[&str]]) -> String {
    let run = |args: &&[&str]| {
        let output = gridward(database, args).output().expect("it runs");
        let ended = output.status.code().expect("a code");
        format!("$ gridward {}\n{}[ends with {ended}]\n", args.join(" "), said(&output))
    };
    commands.iter().map(run).collect::<Vec<_>>().join("\n")
}

/// The small district's files in the folder `district`, beside the database.
fn with_files(backend: Backend, files: &Files) -> Database {
    let database = Database::from(backend);
    files.write(&database.folder.path().join("district"));
    database
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let indented = lines.take_while(|line| !line.is_empty());
    // What a command does may go on in the next line, further in.
    let commands = indented.filter(|line| !line.starts_with("   "));
    let names = commands.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Compares the help of a command and of all below it with what was accepted.
fn check_help(database: &Database, command: &[&str]) {
    let args = [command, &["--help"]].concat();
    let help = said(&gridward(database, &args).output().expect("it runs"));
    assert_snapshot!([&["help"], command].concat().join("_"), help);
    for name in listed(&help) {
        check_help(database, &[command, &[name.as_str()]].concat());
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
    assert_snapshot!("migrate", transcript(&database, &[&["migrate"], &["migrate"]]));
}

#[rstest]
fn an_import_counts_the_rows_that_it_writes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let database = with_files(backend, &Files::small());
    let import: &[&str] = &["import", "district"];
    let commands = [&["import", "district", "--dry-run"], import, import];
    assert_snapshot!("import", transcript(&database, &commands));
}

#[rstest]
fn an_import_names_every_fault(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let faulty = Files::small()
        .with(
            "areas.csv",
            "500116002001,village,北门村,500116002,",
            "500116002001,village,北门村,,",
        )
        .with("people.csv", "29.28500,106.25200", "106.25200,29.28500")
        .with("beneficiaries.csv", "limited", "flying")
        .with("holidays.csv", "2026-08-01", "2026-13-01");
    let database = with_files(backend, &faulty);
    assert_snapshot!("import_with_faults", transcript(&database, &[&["import", "district"]]));
}

#[rstest]
fn a_log_is_verified_archived_and_restored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let database = with_files(backend, &Files::small());
    let commands: [&[&str]; 7] = [
        &["verify-log"],
        &["import", "district"],
        &["verify-log"],
        &["log", "archive", "old", "--keep-days", "0"],
        &["verify-log"],
        &["verify-log", "--archive", "old"],
        &["log", "restored"],
    ];
    assert_snapshot!("log", transcript(&database, &commands));
}

#[rstest]
fn people_are_added_by_hand(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = with_files(backend, &Files::small());
    let add = |role: &'static str, area: &'static str| {
        [
            "user",
            "add",
            "--role",
            role,
            "--area",
            area,
            "--name",
            "钱镇长",
            "--phone",
            "10000000099",
        ]
    };
    let commands: [&[&str]; 5] = [
        &["import", "district"],
        &add("volunteer", GRID),
        &add("supervisor", GRID),
        &add("supervisor", "500116002"),
        &add("supervisor", "500116002"),
    ];
    assert_snapshot!("user", transcript(&database, &commands));
}

#[rstest]
fn an_area_is_dispatched(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = with_files(backend, &Files::small());
    let dispatch = ["dispatch", "--area", GRID, "--from", "2090-03-06", "--days", "7"];
    let commands: [&[&str]; 2] = [&["import", "district"], &dispatch];
    assert_snapshot!("dispatch", transcript(&database, &commands));
}

#[rstest]
fn a_demo_prints_its_accounts(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = Database::from(backend);
    let demo: &[&str] = &["demo", "--grids", "2"];
    assert_snapshot!("demo", transcript(&database, &[demo]));
}
