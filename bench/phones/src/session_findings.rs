//! The summary of the sessions of a run.

use std::fmt;
use std::time::Duration;

use crate::network_faults::FaultCounts;
use crate::revocation::Outlasted;
use crate::session::session_log::SessionLog;
use crate::times::Times;

/// The summary of the sessions of a run in which every guarantee held.
#[derive(Clone, Debug, Default)]
pub struct SessionFindings {
    /// Answered sign-ins.
    pub sign_ins: u64,
    /// Answered refreshes.
    pub refreshes: u64,
    /// Faults of sign-ins and refreshes, by kind.
    pub faults: FaultCounts,
    /// Sessions that ended, each for a permitted reason.
    pub ended: usize,
    /// The longest time without a renewal after which a session was still renewed.
    pub longest_unused: Duration,
    /// How long revoked devices could still call.
    pub revoked_tokens: Times,
    /// How long revoked devices could still refresh.
    pub revoked_refreshes: Times,
    /// How long the streams of revoked devices lasted.
    pub revoked_streams: Times,
}

impl SessionFindings {
    /// Adds up the records of the devices and of the copies of revoked ones.
    pub fn of(logs: &[SessionLog], outlasted: &[Outlasted]) -> Self {
        let mut faults = FaultCounts::new();
        for (fault, count) in logs.iter().flat_map(|log| &log.faults) {
            *faults.entry(*fault).or_default() += count;
        }
        let times = |time: fn(&Outlasted) -> Option<Duration>| {
            Times::of(outlasted.iter().filter_map(time).collect())
        };
        Self {
            sign_ins: logs.iter().map(|log| log.sign_ins).sum(),
            refreshes: logs.iter().map(|log| log.refreshes).sum(),
            faults,
            ended: logs.iter().map(|log| log.sign_outs.len()).sum(),
            longest_unused: logs.iter().map(|log| log.longest_unused).max().unwrap_or_default(),
            revoked_tokens: times(|one| Some(one.token)),
            revoked_refreshes: times(|one| Some(one.refresh)),
            revoked_streams: times(|one| one.stream),
        }
    }
}

impl fmt::Display for SessionFindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: String| writeln!(f, "{name:<26} {value}");
        line("sign-ins", self.sign_ins.to_string())?;
        line("refreshes", self.refreshes.to_string())?;
        for (fault, count) in &self.faults {
            line(&format!("  {}", fault.label()), count.to_string())?;
        }
        line("longest unused session", format!("{:.1?}", self.longest_unused))?;
        line("sessions ended", format!("{}, none by the network", self.ended))?;
        line("devices revoked", self.revoked_tokens.count().to_string())?;
        if self.revoked_tokens.count() > 0 {
            line("  admitted after that", self.revoked_tokens.to_string())?;
            line("  refreshed after that", self.revoked_refreshes.to_string())?;
            let streams = &self.revoked_streams;
            line("  streams ended after", format!("{}; {streams}", streams.count()))?;
        }
        Ok(())
    }
}
