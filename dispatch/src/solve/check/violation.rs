//! The violations of the rules of a plan.

use chrono::NaiveDate;
use thiserror::Error;

use gridward_domain::id::{PersonId, TaskId};

/// A violated rule, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A route of a person who is not among the volunteers.
    #[error("{0} is not among the volunteers")]
    UnknownVolunteer(PersonId),
    /// A task that is not among the visits.
    #[error("{0} is not among the visits")]
    UnknownVisit(TaskId),
    /// A visit occurs twice, in routes or among the unserved.
    #[error("visit {0} occurs twice in the plan")]
    VisitTwice(TaskId),
    /// A visit is missing.
    #[error("visit {0} is missing from the plan")]
    VisitMissing(TaskId),
    /// A day on which the volunteer has no shift.
    #[error("{0} has no shift on {1}")]
    NoShift(PersonId, NaiveDate),
    /// Two routes of one volunteer on one day.
    #[error("{0} has two routes on {1}")]
    RouteTwice(PersonId, NaiveDate),
    /// A route without stops.
    #[error("the route of {0} on {1} has no stops")]
    EmptyRoute(PersonId, NaiveDate),
    /// A visit is in an area that the volunteer does not serve.
    #[error("visit {0} is outside the volunteer's areas")]
    Area(TaskId),
    /// A visit needs a skill that the volunteer lacks.
    #[error("visit {0} needs a skill that the volunteer lacks")]
    Skill(TaskId),
    /// A visit is before its first day.
    #[error("visit {0} is too early")]
    TooEarly(TaskId),
    /// A pinned visit has another volunteer, day or time.
    #[error("visit {0} is not made as pinned")]
    Pin(TaskId),
    /// The travel time of a journey is wrong.
    #[error("the travel time to visit {0} is wrong")]
    Journey(TaskId),
    /// A journey begins too early or overlaps a break, or a service begins before the arrival or
    /// has another duration.
    #[error("the times of visit {0} are inconsistent")]
    Times(TaskId),
    /// A service overlaps a break.
    #[error("visit {0} overlaps a break")]
    Break(TaskId),
    /// A service is outside all windows.
    #[error("visit {0} is outside its windows")]
    Window(TaskId),
    /// The journey home ends after the shift.
    #[error("{0} is home too late on {1}")]
    Home(PersonId, NaiveDate),
    /// The total travel time is wrong.
    #[error("the travel time of {0} on {1} is wrong")]
    Travel(PersonId, NaiveDate),
    /// The load exceeds the offer, with a visit that is not pinned.
    #[error("the load of {0} exceeds the offer")]
    Offered(PersonId),
    /// Two volunteers make visits of one group.
    #[error("visit {0} and another of its group are made by different volunteers")]
    OnePerson(TaskId),
    /// The visits of a pair are not made as tied.
    #[error("visit {0} and the other of its pair are not made as tied")]
    TwoPeople(TaskId),
    /// A reason does not apply.
    #[error("the reason why visit {0} is unserved does not apply")]
    Reason(TaskId),
    /// An explanation is false.
    #[error("the explanation of visit {0} is false")]
    Why(TaskId),
    /// A measure is wrong.
    #[error("the plan's {0} is wrong")]
    Measure(&'static str),
}
