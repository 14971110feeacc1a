//! Between the minutes of the domain and the seconds of [`crate::routing`].

use crate::routing::instance::{MOST_SECONDS, Seconds};
use crate::routing::timeline::Span;
use gridward_domain::time::{Minutes, TimeOfDay, Window};

const MINUTE: Seconds = 60;

/// A length in seconds; beyond what a plan can hold it is [`MOST_SECONDS`].
pub(super) fn seconds(minutes: Minutes) -> Seconds {
    let seconds = i64::from(minutes.0) * i64::from(MINUTE);
    i32::try_from(seconds).map_or(MOST_SECONDS, |seconds| seconds.min(MOST_SECONDS))
}

/// A length in minutes, rounded up; a negative one is none.
pub(super) fn minutes(seconds: Seconds) -> Minutes {
    Minutes(seconds.max(0).cast_unsigned().div_ceil(MINUTE.cast_unsigned()))
}

/// A moment of a day in seconds.
pub(super) fn moment(time: TimeOfDay) -> Seconds {
    Seconds::from(time.minutes()) * MINUTE
}

/// A moment in seconds as a time of the day, rounded up to a minute; none after 24:00.
pub(super) fn time_of_day(moment: Seconds) -> Option<TimeOfDay> {
    TimeOfDay::new(u16::try_from(minutes(moment).0).ok()?).ok()
}

/// A span of a day in seconds.
pub(super) fn span(window: Window) -> Span {
    (moment(window.start()), moment(window.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_survive_the_way_there_and_back() {
        for count in [0, 1, 59, 1_440] {
            assert_eq!(minutes(seconds(Minutes(count))), Minutes(count));
        }
        assert_eq!(seconds(Minutes(u32::MAX)), MOST_SECONDS);
        assert_eq!((minutes(61), minutes(-61)), (Minutes(2), Minutes(0)));
    }
}
