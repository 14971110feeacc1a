//! Announces the shutdown of the server: endless answers and the computation of plans end then, so
//! that a graceful stop waits only for short ones.

use tokio::sync::watch;

/// Announces the shutdown to what would outlast it.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// Begins the shutdown.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether the shutdown has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// A signal for one answer or task.
    pub fn signal(&self) -> ShutdownSignal {
        ShutdownSignal(self.0.subscribe())
    }
}

/// The shutdown signal that an endless answer or task waits for.
#[derive(Debug)]
pub struct ShutdownSignal(watch::Receiver<bool>);

impl ShutdownSignal {
    /// Returns once the shutdown has begun.
    pub async fn started(&mut self) {
        // A dropped sender means the same.
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
        assert!(!shutdown.has_begun());
        shutdown.begin();
        assert!(shutdown.has_begun());
        before.started().await;
        shutdown.signal().started().await;
    }
}
