//! A server that would be unsafe does not start, and says why.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;

use crate::support::server::{Server, gridward, import, said};
use crate::support::{Backend, Database, Files};

/// The longest time that a refused start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a command that must fail; returns what it printed.
pub(crate) fn refused(mut command: Command) -> String {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the binary runs");
    let began = Instant::now();
    while child.try_wait().expect("a state").is_none() {
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("it started: {}", said(&child.wait_with_output().expect("an output")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().expect("an output");
    assert!(!output.status.success(), "{}", said(&output));
    said(&output)
}

/// A command with a key file beside the database instead of the key of the tests.
fn with_key_file(database: &Database, args: &[&str]) -> Command {
    let mut command = gridward(database, args);
    command.env_remove("GRIDWARD_SECRET_KEY");
    command
}

/// Runs a command that must succeed.
fn accepted(mut command: Command) -> String {
    let output = command.output().expect("the binary runs");
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// A start of the server with these settings besides those of the tests.
pub(crate) fn serve(database: &Database, settings: &[(&str, &str)]) -> Command {
    let mut command = gridward(database, &["serve"]);
    command.envs(settings.iter().copied());
    command
}

/// All files and folders in `folder` and its subfolders.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).expect("a folder");
    let paths = found.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            let below = if path.is_dir() { entries(&path) } else { Vec::new() };
            below.into_iter().chain([path])
        })
        .collect()
}

#[test]
fn no_error_and_no_folder_shows_the_password_of_the_database() {
    for address in [
        "Postgres://anna:s3cr3t@127.0.0.1:1/x",
        "POSTGRESQL://anna:s3cr3t@127.0.0.1:1/x",
        "postgres://anna:s3 s3cr3t@127.0.0.1:1/x",
        "postgres://anna:s3cr3t/@127.0.0.1:1/x",
        "postgres:/anna:s3cr3t@127.0.0.1:1/x",
        "anna:s3cr3t@127.0.0.1/x",
    ] {
        let database = Database::sqlite();
        let text = refused(serve(&database, &[("GRIDWARD_DATABASE_URL", address)]));
        assert!(!text.contains("s3cr3t"), "{address}: {text}");
        assert_eq!(entries(database.folder.path()), Vec::<PathBuf>::new(), "{address}");
    }
}

#[test]
fn postgresql_beyond_this_machine_needs_encryption() {
    let database = Database::sqlite();
    let plain = [("GRIDWARD_DATABASE_URL", "postgres://anna:s3cr3t@192.0.2.1:5432/x")];
    let text = refused(serve(&database, &plain));
    assert!(text.contains("192.0.2.1:5432") && text.contains("sslmode=verify-full"), "{text}");
    assert!(!text.contains("s3cr3t"), "{text}");
    let mut doctor = gridward(&database, &["doctor"]);
    let found = said(&doctor.envs(plain).output().expect("it runs"));
    assert!(found.contains("failed   settings") && found.contains("sslmode"), "{found}");
}

#[test]
fn no_error_shows_the_secret_key() {
    let database = Database::sqlite();
    for key in ["123456789012", "true", "1.5e3", "{a=123456789012}"] {
        let text = refused(serve(&database, &[("GRIDWARD_SECRET_KEY", key)]));
        assert!(text.to_lowercase().contains("secret_key") && !text.contains(key), "{key}: {text}");
    }
    let file = database.folder.path().join("gridward.toml");
    std::fs::write(file, "secret_key = s3cr3t\n").expect("a file");
    let text = refused(serve(&database, &[]));
    assert!(text.contains("gridward.toml") && !text.contains("s3cr3t"), "{text}");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let database = Database::sqlite();
    accepted(with_key_file(&database, &["demo", "--grids", "2"]));
    let key = database.folder.path().join("gridward.key");
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("a mode");
    let text = refused(with_key_file(&database, &["serve"]));
    assert!(text.contains("0644") && text.contains("chmod 600"), "{text}");
}

#[test]
fn a_key_without_randomness_is_refused() {
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let database = Database::sqlite();
    let text = refused(serve(&database, &[("GRIDWARD_SECRET_KEY", zeros)]));
    assert!(text.contains("secret_key is one byte repeated"), "{text}");
    std::fs::write(database.folder.path().join("gridward.key"), zeros).expect("a file");
    let key = database.folder.path().join("gridward.key");
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a mode");
    let text = refused(with_key_file(&database, &["serve"]));
    assert!(text.contains("gridward.key is one byte repeated"), "{text}");
}

#[test]
fn a_lost_key_is_not_replaced_by_a_new_one() {
    let database = Database::sqlite();
    accepted(with_key_file(&database, &["demo", "--grids", "2"]));
    let key = database.folder.path().join("gridward.key");
    let copy = database.folder.path().join("copy");
    std::fs::rename(&key, &copy).expect("a lost key");
    for command in [&["serve"][..], &["demo", "--serve"], &["log", "dead-letters"]] {
        let text = refused(with_key_file(&database, command));
        assert!(text.contains("gridward.key is missing") && !key.exists(), "{text}");
    }
    std::fs::rename(&copy, &key).expect("a restored key");
    accepted(with_key_file(&database, &["log", "dead-letters"]));
}

#[test]
fn the_key_of_another_installation_is_refused() {
    let database = Database::sqlite();
    let loaded = import(&database, &Files::small(), &[]);
    assert!(loaded.status.success(), "{}", said(&loaded));
    let other = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    let text = refused(serve(&database, &[("GRIDWARD_SECRET_KEY", other)]));
    assert!(text.contains("does not decrypt this database"), "{text}");
}

#[test]
fn every_file_that_a_command_creates_is_for_its_owner_only() {
    let database = Database::sqlite();
    let commands = [
        &["demo", "--grids", "2", "--sign-ins", "sign-ins.csv"][..],
        &["log", "archive", "old", "--keep-days", "0"],
    ];
    for command in commands {
        accepted(with_key_file(&database, command));
    }
    let created = entries(database.folder.path());
    assert!(created.len() >= 5, "{created:?}");
    for path in created {
        let mode = path.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
    }
}

#[test]
fn plain_http_beyond_loopback_needs_a_proxy() {
    let mut database = Database::sqlite();
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let text = refused(serve(&database, &[("GRIDWARD_LISTEN", listen)]));
        assert!(text.contains("plain HTTP") && text.contains("trusted_proxies"), "{text}");
        assert_eq!(entries(database.folder.path()), Vec::<PathBuf>::new(), "nothing was created");
    }
    let wrong = [("GRIDWARD_LISTEN", "0.0.0.0:0"), ("GRIDWARD_TRUSTED_PROXIES", "0.0.0.0/0")];
    assert!(refused(serve(&database, &wrong)).contains("`0.0.0.0/0` is not a network of proxies"));
    database.set("GRIDWARD_LISTEN", "0.0.0.0:0");
    database.set("GRIDWARD_TRUSTED_PROXIES", "10.1.0.0/16, 127.0.0.1");
    database.set("GRIDWARD_PUBLIC_ORIGINS", "https://gridward.example");
    drop(Server::start(database));
}

#[test]
fn a_server_that_others_reach_needs_its_public_origins() {
    let database = Database::sqlite();
    let proxy = ("GRIDWARD_TRUSTED_PROXIES", "127.0.0.1");
    let text = refused(serve(&database, &[proxy]));
    assert!(text.contains("set `public_origins`"), "{text}");
    for wrong in ["http://gridward.example", "https://gridward.example/m", "gridward.example"] {
        let text = refused(serve(&database, &[proxy, ("GRIDWARD_PUBLIC_ORIGINS", wrong)]));
        assert!(text.contains(&format!("`{wrong}` is not an origin of the service")), "{text}");
    }
    assert_eq!(entries(database.folder.path()), Vec::<PathBuf>::new(), "nothing was created");
}

#[rstest]
fn a_demo_is_served_on_loopback_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = Database::from(backend);
    accepted(gridward(&database, &["demo", "--grids", "2"]));
    let exposed = [
        ("GRIDWARD_LISTEN", "0.0.0.0:0"),
        ("GRIDWARD_TRUSTED_PROXIES", "10.1.0.0/16"),
        ("GRIDWARD_PUBLIC_ORIGINS", "https://gridward.example"),
    ];
    for command in [&["serve"][..], &["demo", "--serve"]] {
        let mut command = gridward(&database, command);
        command.envs(exposed);
        let text = refused(command);
        assert!(text.contains("demo district 500116") && text.contains("loopback"), "{text}");
    }
    drop(Server::start(database));
}
