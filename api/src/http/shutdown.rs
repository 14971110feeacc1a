//! That the server is about to stop: an answer that would go on by itself ends then, so that
//! a graceful stop has only to wait for what is finished soon.

use tokio::sync::watch;

/// Tells answers without an end that the server is about to stop.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// Ends them.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// For one of them.
    pub fn signal(&self) -> ShutdownSignal {
        ShutdownSignal(self.0.subscribe())
    }
}

/// What an answer without an end waits for beside its news.
#[derive(Debug)]
pub struct ShutdownSignal(watch::Receiver<bool>);

impl ShutdownSignal {
    /// Returns once the server is about to stop.
    pub async fn started(&mut self) {
        // Nobody left to tell means the same.
        let _ = self.0.wait_for(|started| *started).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_signal_made_before_or_after_the_start_ends() {
        let shutdown = Shutdown::default();
        let mut before = shutdown.signal();
        let waits = tokio::time::timeout(Duration::from_millis(5), before.started()).await;
        assert!(waits.is_err());
        shutdown.begin();
        before.started().await;
        shutdown.signal().started().await;
    }
}
