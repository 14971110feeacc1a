//! The system under test: a server process that is started, killed with SIGKILL and restarted at
//! the same address. It takes its settings from the environment, and those of the run.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use crate::Error;

/// Time limit for the server to become ready.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often readiness is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A server process; dropping this value kills it.
pub struct System {
    binary: PathBuf,
    url: String,
    settings: Vec<(&'static str, String)>,
    child: Mutex<Child>,
}

impl System {
    /// Starts `binary serve` so that it listens where `url` says, with more `settings` as
    /// environment variables, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start or is not ready within a minute.
    pub async fn start(
        binary: &Path,
        url: &str,
        settings: Vec<(&'static str, String)>,
    ) -> Result<Arc<Self>, Error> {
        let child = Mutex::new(spawn(binary, url, &settings)?);
        let (binary, url) = (binary.to_owned(), url.to_owned());
        let system = Arc::new(Self { binary, url, settings, child });
        system.ready().await?;
        Ok(system)
    }

    /// Kills the server with SIGKILL at an arbitrary moment and starts it again.
    ///
    /// # Errors
    /// As [`System::start`].
    pub async fn kill_and_restart(&self) -> Result<(), Error> {
        let mut child = self.child.lock().await;
        child.kill().await.map_err(|error| Error::Setting(format!("the server: {error}")))?;
        *child = spawn(&self.binary, &self.url, &self.settings)?;
        drop(child);
        self.ready().await
    }

    async fn ready(&self) -> Result<(), Error> {
        let http = Client::new();
        let asked = async {
            while !is_ready(&http, &self.url).await {
                if let Ok(Some(status)) = self.child.lock().await.try_wait() {
                    return Err(Error::Setting(format!("the server ended: {status}")));
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            Ok(())
        };
        let late = |_| Error::Setting("the server is not ready after a minute".to_owned());
        tokio::time::timeout(TIMEOUT, asked).await.map_err(late)?
    }
}

async fn is_ready(http: &Client, url: &str) -> bool {
    let answer = http.get(format!("{url}/readyz")).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

fn spawn(binary: &Path, url: &str, settings: &[(&'static str, String)]) -> Result<Child, Error> {
    let address = listen_address(url)?;
    let mut command = Command::new(binary);
    command.arg("serve").env("GRIDWARD_LISTEN", address).stdout(Stdio::null()).kill_on_drop(true);
    // All phones have the address of this machine.
    command.env("GRIDWARD_SIGN_INS_PER_MINUTE", "1000000");
    if std::env::var_os("GRIDWARD_LOG").is_none() {
        command.env("GRIDWARD_LOG", "warn");
    }
    command.envs(settings.iter().cloned());
    command.spawn().map_err(|error| Error::Setting(format!("{}: {error}", binary.display())))
}

/// Host and port of a URL, in the form of the setting `listen`.
fn listen_address(url: &str) -> Result<String, Error> {
    let parsed = Url::parse(url).map_err(|error| Error::Setting(format!("{url}: {error}")))?;
    match (parsed.host_str(), parsed.port_or_known_default()) {
        (Some(host), Some(port)) => Ok(format!("{host}:{port}")),
        _ => Err(Error::Setting(format!("{url}: no host and port"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listen_address_is_host_and_port_of_the_url() {
        assert_eq!(listen_address("http://127.0.0.1:8181/").expect("an address"), "127.0.0.1:8181");
        assert_eq!(listen_address("http://localhost").expect("an address"), "localhost:80");
        assert!(listen_address("nowhere").is_err());
    }
}
