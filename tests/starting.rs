//! A server that would be unsafe does not start, and says why.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Database;
use crate::support::server::{gridward, said};

/// The longest time that a refused start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a command that must fail; returns what it printed.
fn refused(mut command: Command) -> String {
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

/// A start of the server with these settings besides those of the tests.
fn serve(database: &Database, settings: &[(&str, &str)]) -> Command {
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
