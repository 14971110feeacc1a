//! The lifetimes of sessions, and their number.

use chrono::TimeDelta;

use super::device::DeviceKind;

/// The lifetimes of sessions, and their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRules {
    /// The end of a session that is not used.
    pub idle: TimeDelta,
    /// The end of a phone's session, however much it is used.
    pub phone: TimeDelta,
    /// The same for a console.
    pub console: TimeDelta,
    /// How long a spent refresh token is forgiven.
    pub grace: TimeDelta,
    /// The maximum number of sessions of a person.
    pub per_person: usize,
}

impl SessionRules {
    /// How long a session of a device of this kind lasts at most.
    pub(super) const fn lifetime(&self, kind: DeviceKind) -> TimeDelta {
        match kind {
            DeviceKind::Phone => self.phone,
            DeviceKind::Console => self.console,
        }
    }
}
