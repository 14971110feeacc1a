//! The rules of a plan, one name each.

use chrono::NaiveDate;
use thiserror::Error;

use gridward_domain::id::{PersonId, TaskId};

/// The first rule that a plan was found to break, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A route of someone who is not among the volunteers.
    #[error("{0} is not among the volunteers")]
    UnknownVolunteer(PersonId),
    /// A task that is not among the visits.
    #[error("{0} is not among the visits")]
    UnknownVisit(TaskId),
    /// A visit that stands twice, in routes or among the unserved.
    #[error("visit {0} stands twice in the plan")]
    VisitTwice(TaskId),
    /// A visit that stands nowhere.
    #[error("visit {0} does not stand in the plan")]
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
    /// A visit in an area that the volunteer does not serve.
    #[error("visit {0} lies outside the volunteer's areas")]
    Area(TaskId),
    /// A visit that needs a skill the volunteer does not have.
    #[error("visit {0} needs a skill that the volunteer has not")]
    Skill(TaskId),
    /// A visit before its first day.
    #[error("visit {0} is too early")]
    TooEarly(TaskId),
    /// A pinned visit by another person, on another day or at another hour.
    #[error("visit {0} is not where it is pinned")]
    Pin(TaskId),
    /// A journey of other minutes than the way takes.
    #[error("the journey to visit {0} does not take what is written")]
    Journey(TaskId),
    /// A journey that begins before its time or runs into a break, a service
    /// that begins before the arrival or is not as long as it must be.
    #[error("the times of visit {0} do not follow from each other")]
    Times(TaskId),
    /// A service that runs into a break.
    #[error("visit {0} runs into a break")]
    Break(TaskId),
    /// A service that no window holds.
    #[error("visit {0} is outside its windows")]
    Window(TaskId),
    /// A way home that ends after the shift.
    #[error("{0} is home too late on {1}")]
    Home(PersonId, NaiveDate),
    /// Journeys that do not come to the travel written.
    #[error("the travel of {0} on {1} is not what is written")]
    Travel(PersonId, NaiveDate),
    /// More than was offered, for other than pinned visits.
    #[error("{0} carries more than they offered")]
    Offered(PersonId),
    /// Visits of one person that two make.
    #[error("visit {0} is not made by who makes the others it is tied to")]
    OnePerson(TaskId),
    /// Two people who do not both come, or not as they should.
    #[error("visit {0} is not made by two people as it should")]
    TwoPeople(TaskId),
    /// A reason that does not hold.
    #[error("the reason why visit {0} is unserved does not hold")]
    Reason(TaskId),
    /// An account of why that does not hold.
    #[error("the account of who does visit {0} does not hold")]
    Why(TaskId),
    /// A measure that the plan does not have.
    #[error("the plan's {0} is not what is written")]
    Measure(&'static str),
}
