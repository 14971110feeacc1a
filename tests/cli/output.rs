//! The output of the commands.

use insta::assert_snapshot;
use rstest::rstest;

use crate::support::server::{gridward, import, said};
use crate::support::snapshots::without_what_varies;
use crate::support::{Backend, Database, Files};

/// The output of these commands in sequence, as on a terminal.
fn transcript(database: &Database, commands: &[impl AsRef<str>]) -> String {
    let run = |line: &str| {
        let args: Vec<&str> = line.split(' ').collect();
        let output = gridward(database, &args).output().expect("it runs");
        let ended = output.status.code().expect("a code");
        format!("$ gridward {line}\n{}[ends with {ended}]\n", said(&output))
    };
    commands.iter().map(|line| run(line.as_ref())).collect::<Vec<_>>().join("\n")
}

/// A database, with `files` for an import in the folder `district` beside it.
fn with_files(backend: Backend, files: &Files) -> Database {
    let database = Database::from(backend);
    files.write(&database.folder.path().join("district"));
    database
}

/// A database with the small district.
fn with_district(backend: Backend) -> Database {
    let database = Database::from(backend);
    let loaded = import(&database, &Files::small(), &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    database
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let indented = lines.take_while(|line| !line.is_empty());
    // A description may continue on the next line, indented further.
    let commands = indented.filter(|line| !line.starts_with("   "));
    let names = commands.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Compares the help of a command and of its subcommands with the snapshots.
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
    assert_snapshot!("migrate", transcript(&database, &["migrate", "migrate"]));
}

#[rstest]
fn an_import_counts_the_rows_that_it_writes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let database = with_files(backend, &Files::small());
    let commands = ["import district --dry-run", "import district", "import district"];
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
    assert_snapshot!("import_with_faults", transcript(&database, &["import district"]));
}

#[rstest]
fn a_log_is_verified_archived_and_restored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let _redacted = without_what_varies();
    let database = with_district(backend);
    let commands = [
        "verify-log",
        "log archive old --keep-days 0",
        "verify-log",
        "verify-log --archive old",
        "log restored",
    ];
    assert_snapshot!("log", transcript(&database, &commands));
}

#[test]
fn a_command_that_needs_a_district_says_that_there_is_none() {
    let _redacted = without_what_varies();
    let database = Database::sqlite();
    let commands =
        ["migrate", "verify-log", "log restored", "log archive old", "dispatch --area 500116"];
    assert_snapshot!("no_district", transcript(&database, &commands));
}

#[rstest]
fn people_are_added_by_hand(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = with_district(backend);
    let commands = [
        "user add --role volunteer --area 500116001002001 --name 钱志愿 --phone 10000000099",
        "user add --role supervisor --area 500116001002001 --name 钱镇长 --phone 10000000099",
        "user add --role supervisor --area 500116002 --name 钱镇长 --phone 1000",
        "user add --role supervisor --area 500116002 --name 钱镇长 --phone 10000000099",
        "user add --role auditor --area 500116 --name 孙审计 --phone 10000000099",
    ];
    assert_snapshot!("user", transcript(&database, &commands));
}

#[rstest]
fn an_area_is_dispatched(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = with_district(backend);
    let commands = ["dispatch --area 500116001 --from 2090-03-06 --days 7 --confirm"];
    assert_snapshot!("dispatch", transcript(&database, &commands));
}

#[rstest]
fn a_demo_prints_its_accounts(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let _redacted = without_what_varies();
    let database = Database::from(backend);
    let commands = ["demo --grids 2", "demo --grids 2"];
    assert_snapshot!("demo", transcript(&database, &commands));
}

#[test]
fn a_wrong_day_and_a_file_that_is_not_written_are_named() {
    let database = Database::sqlite();
    let commands =
        ["dispatch --from yesterday", "demo --grids 2", "demo --grids 2 --sign-ins people.csv"];
    let printed = transcript(&database, &commands);
    let day = "invalid value 'yesterday' for '--from <FROM>': must be a date such as 2026-08-01";
    assert!(printed.contains(day), "{printed}");
    let file = "people.csv was not written: the passwords of a district that exists are not known.";
    assert!(printed.contains(file), "{printed}");
    assert!(!database.folder.path().join("people.csv").exists());
}

#[test]
fn a_missing_database_is_named_and_not_created() {
    let database = Database::sqlite();
    let run = |path: &str| {
        let mut command = gridward(&database, &["dispatch"]);
        let output = command.env("GRIDWARD_DATABASE_URL", path).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        said(&output)
    };
    let folder = database.folder.path().canonicalize().expect("a folder");
    let file = folder.join("var/gridward.db");
    let expected = format!(
        "gridward: there is no database {} (the path of the setting `database_url` is relative to \
         the current folder)\n",
        file.display()
    );
    assert_eq!(run("var/gridward.db"), expected);
    let whole = file.display().to_string();
    assert_eq!(run(&whole), format!("gridward: there is no database {whole}\n"));
    assert!(!file.exists());
}
