//! The server under test: started, killed without mercy, started again where it was.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use crate::Error;

/// Makes a command line of the binary.
type CommandLine = Box<dyn Fn(&[&str]) -> Command + Send + Sync>;

/// A server that can be killed. `command` makes the binary's command line with
/// the settings of the run.
pub struct Host {
    command: CommandLine,
    child: Mutex<Child>,
    address: String,
}

impl Host {
    /// Starts `gridward serve`.
    ///
    /// # Errors
    /// When it does not say where it serves.
    pub fn start(
        command: impl Fn(&[&str]) -> Command + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let (child, address) = spawn(command(&["serve"]))?;
        Ok(Self { command: Box::new(command), child: Mutex::new(child), address })
    }

    /// Where it serves, as `http://127.0.0.1:8080`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Runs another command of the binary; answers whether it succeeded and what it said.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run(&self, args: &[&str]) -> Result<(bool, String), Error> {
        let output =
            (self.command)(args).output().map_err(|error| Error::Away(error.to_string()))?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
    }

    /// How much memory the server holds, as the system says.
    pub fn memory(&self) -> String {
        let id = self.child.lock().map(|child| child.id()).unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let lines =
            status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
        lines.collect::<Vec<_>>().join(", ")
    }

    /// Kills the server in the middle of whatever it does, and starts it again.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn kill_and_restart(&self) -> Result<(), Error> {
        let mut child = self.child.lock().map_err(|error| Error::Away(error.to_string()))?;
        // On Unix this is SIGKILL; a child that has ended already is as good.
        let _ = child.kill();
        let _ = child.wait();
        let mut again = (self.command)(&["serve"]);
        again.env("GRIDWARD_LISTEN", &self.address);
        (*child, _) = spawn(again)?;
        Ok(())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(mut command: Command) -> Result<(Child, String), Error> {
    let away = |error: std::io::Error| Error::Away(error.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(away)?;
    let told = child.stderr.take().ok_or_else(|| Error::Away("no output".to_owned()))?;
    let mut lines = BufReader::new(told).lines();
    let mut said = String::new();
    while let Some(Ok(line)) = lines.next() {
        if let Some((_, rest)) = line.split_once("serving on http://") {
            let address = rest.split_whitespace().next().unwrap_or_default();
            let address = address.trim_end_matches(|c: char| !c.is_ascii_digit()).to_owned();
            // What it says later is read, so that it never waits for a reader.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((child, address));
        }
        said.push_str(&line);
        said.push('\n');
    }
    Err(Error::Away(format!("the server did not start:\n{said}")))
}
