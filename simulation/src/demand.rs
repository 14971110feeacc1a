//! The tasks that arise on a day by the rules of the district.

use chrono::NaiveDate;
use gridward_domain::channel::Channel;
use gridward_domain::id::TaskId;
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use uuid::Uuid;

use crate::district::{Beneficiary, District};
use crate::luck::{Decision, Luck, subject};

/// A day by its number; the first simulated one is 0.
pub type Day = i32;

/// Holiday visits are made in the days before the holiday.
const HOLIDAY_DAYS: Day = 14;
/// How many visits of those that may require the special skill do.
const SPECIAL: f64 = 0.06;

/// The kind of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The regular visit of the household's segment.
    Regular(Cycle),
    /// The regular phone call between two of these visits.
    Call(Cycle),
    /// The visit before a holiday, pointless afterwards.
    Holiday,
    /// Help with a need that has become known.
    FollowUp,
}

/// Whose regular visit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cycle {
    /// Every 30 days.
    Monthly,
    /// Every 90 days.
    Quarterly,
    /// Every 365 days.
    Yearly,
}

impl Cycle {
    /// Its days.
    pub const fn days(self) -> Day {
        match self {
            Self::Monthly => 30,
            Self::Quarterly => 90,
            Self::Yearly => 365,
        }
    }

    /// Whether its day has come, for a household whose cycles begin on the day `phase`.
    const fn is_on(self, day: Day, phase: Day) -> bool {
        day % self.days() == phase % self.days()
    }
}

impl Kind {
    /// How it is made.
    pub const fn channel(self) -> Channel {
        if matches!(self, Self::Call(_)) { Channel::Call } else { Channel::Visit }
    }

    /// Minutes of service, as in the catalogue of a new district.
    pub const fn service(self) -> Minutes {
        match self {
            Self::Call(_) => Minutes(10),
            Self::Regular(Cycle::Monthly) | Self::FollowUp => Minutes(45),
            Self::Regular(_) => Minutes(30),
            Self::Holiday => Minutes(20),
        }
    }

    /// Days from arising to being due.
    pub const fn due_days(self) -> Day {
        match self {
            Self::Regular(Cycle::Monthly) | Self::FollowUp => 7,
            Self::Regular(_) | Self::Call(_) => 14,
            Self::Holiday => HOLIDAY_DAYS - 1,
        }
    }

    /// The urgency.
    pub const fn priority(self) -> Priority {
        match self {
            Self::Regular(Cycle::Monthly) | Self::FollowUp => Priority::of::<8>(),
            Self::Regular(_) => Priority::of::<5>(),
            Self::Call(_) => Priority::of::<3>(),
            Self::Holiday => Priority::of::<6>(),
        }
    }

    /// How often a visit is tried.
    pub const fn attempts(self) -> u8 {
        match self {
            Self::Regular(Cycle::Monthly) | Self::FollowUp => 3,
            _ => 2,
        }
    }

    /// Days until it is tried again.
    pub const fn retry_days(self) -> Day {
        if matches!(self, Self::Call(_)) { 1 } else { 3 }
    }

    /// The last day on which the visit has a point, if there is one: the eve of the holiday, or
    /// the day before the next monthly visit or call of the household.
    pub const fn last_day(self, arose: Day) -> Option<Day> {
        match self {
            Self::Holiday => Some(arose + HOLIDAY_DAYS - 1),
            Self::Regular(Cycle::Monthly) => Some(arose + 29),
            Self::Call(cycle) => Some(arose + cycle.days() - 1),
            Self::Regular(_) | Self::FollowUp => None,
        }
    }

    const fn word(self) -> u64 {
        match self {
            Self::Regular(cycle) => cycle as u64,
            Self::Call(cycle) => 20 + cycle as u64,
            Self::Holiday => 10,
            Self::FollowUp => 11,
        }
    }
}

/// A visit to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Identifies the task.
    pub id: TaskId,
    /// The number of the beneficiary in the district.
    pub beneficiary: usize,
    /// The kind.
    pub kind: Kind,
    /// The day on which it arose, the first on which it may be made.
    pub arose: Day,
    /// The last day on which it is in time.
    pub due: Day,
    /// The hours at which the beneficiary receives visits, if not all.
    pub window: Option<Window>,
    /// The required skills.
    pub skills: Skills,
    /// The number of the need that it helps with.
    pub need: Option<usize>,
}

/// The task of `kind` for a beneficiary of the district, arisen on `day`.
pub fn task(
    (district, luck): (&District, Luck),
    beneficiary: usize,
    kind: Kind,
    (day, need): (Day, Option<usize>),
) -> Task {
    let one = &district.beneficiaries[beneficiary];
    let who = subject(one.id.0);
    // A need is helped with on a day that depends on the policy, other visits arise on fixed days.
    let occasion = need.map_or(i64::from(day).cast_unsigned(), |need| need as u64);
    let about = [who, kind.word(), occasion];
    let high = luck.bits(Decision::Id, &about);
    let low = luck.bits(Decision::Id, &[who, kind.word(), occasion, 1]);
    let special = matches!(kind, Kind::FollowUp | Kind::Regular(Cycle::Monthly))
        && luck.happens(Decision::Skill, &about, SPECIAL);
    Task {
        id: TaskId(Uuid::from_u64_pair(high, low)),
        beneficiary,
        kind,
        arose: day,
        due: day + kind.due_days(),
        window: if kind.channel() == Channel::Call { None } else { window(luck, one) },
        skills: if special { district.special_skill.clone() } else { Skills::new() },
        need,
    }
}

/// The regular and holiday visits that arise on `day`, where day 0 is `first`.
pub fn arising(district: &District, luck: Luck, first: NaiveDate, day: Day) -> Vec<Task> {
    let holiday = district
        .holidays
        .iter()
        .any(|holiday| (*holiday - first).num_days() == i64::from(day) + i64::from(HOLIDAY_DAYS));
    let mut tasks = Vec::new();
    for (number, one) in district.beneficiaries.iter().enumerate() {
        let make = |kind| task((district, luck), number, kind, (day, None));
        tasks.extend(regular(luck, one, day).map(make));
        if holiday && one.holiday_visit {
            tasks.push(make(Kind::Holiday));
        }
    }
    tasks
}

/// The regular visit of the household that arises on the day, or the call between two of them.
fn regular(luck: Luck, one: &Beneficiary, day: Day) -> Option<Kind> {
    let visits = one.segment.visits();
    let days = u64::from(visits.days().unsigned_abs());
    let phase = luck.below(Decision::Phase, &[subject(one.id.0)], days);
    let phase = Day::try_from(phase).unwrap_or_default();
    if visits.is_on(day, phase) {
        return Some(Kind::Regular(visits));
    }
    one.segment.calls().filter(|calls| calls.is_on(day, phase)).map(Kind::Call)
}

/// Most beneficiaries receive visits at any time, some only in the morning or afternoon.
fn window(luck: Luck, one: &Beneficiary) -> Option<Window> {
    let (from, to) = match luck.below(Decision::Hours, &[subject(one.id.0)], 100) {
        0..70 => return None,
        70..85 => (9 * 60, 12 * 60),
        _ => (14 * 60, 17 * 60),
    };
    Window::new(TimeOfDay::new(from).ok()?, TimeOfDay::new(to).ok()?).ok()
}
