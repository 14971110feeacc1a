//! The origin of a command: channel, device and time.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::ProposalId;

use crate::clock::nearest_moment;
use crate::idempotency::CommandId;

/// The origin of a command.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The command id, if it has one.
    pub id: Option<CommandId>,
    /// The device, as the client names it.
    pub device: Option<DeviceName>,
    /// Whether the command waited in an outbox: then the person can no longer correct it,
    /// and its content is evidence.
    pub from_outbox: bool,
    /// When the command was made, by the phone's clock, if known.
    pub made_at: Option<DateTime<FixedOffset>>,
    /// The offset of the phone's clock behind the server's.
    pub clock_behind: TimeDelta,
    /// The proposal that is accepted by the command.
    pub proposal: Option<ProposalId>,
}

/// A phone clock with a larger offset is not trusted.
pub const TRUSTED: TimeDelta = TimeDelta::minutes(5);

impl Origin {
    /// The device, as the log stores it.
    pub fn device(&self) -> Option<String> {
        self.device.clone().map(String::from)
    }

    /// When the command was made, by the server's clock; never later than `now`.
    pub fn made(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.made_at.map_or(now, |at| self.by_server(at)).min(now)
    }

    /// Converts the phone's time `at` to the server's clock.
    pub fn by_server(&self, at: DateTime<FixedOffset>) -> DateTime<Utc> {
        let corrected = at.with_timezone(&Utc).checked_add_signed(self.clock_behind);
        corrected.map_or_else(|| nearest_moment(at), |at| nearest_moment(at.fixed_offset()))
    }

    /// Whether the phone's clock differs too much from the server's to be trusted.
    pub fn clock_is_off(&self) -> bool {
        self.clock_behind.abs() > TRUSTED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_phone_with_a_wrong_clock_did_is_dated_by_the_servers() {
        let now: DateTime<Utc> = "2026-08-01T09:00:00Z".parse().expect("a time");
        let at = |text: &str| DateTime::parse_from_rfc3339(text).ok();
        let origin = |made_at, clock_behind| Origin { made_at, clock_behind, ..Origin::default() };
        let years_back = origin(
            at("2019-01-01T06:00:00+08:00"),
            now - at("2019-01-01T08:00:00+08:00").expect("a time").to_utc(),
        );
        assert_eq!(years_back.made(now).to_rfc3339(), "2026-08-01T07:00:00+00:00");
        assert!(years_back.clock_is_off());
        // No command can be made in the future, whatever the phone reports.
        assert_eq!(origin(at("2030-01-01T00:00:00Z"), TimeDelta::zero()).made(now), now);
        assert_eq!(Origin::default().made(now), now);
    }
}
