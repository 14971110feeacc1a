//! Who made a visit, and who wrote its report: the same person, unless a manager or a superior
//! reports the visit of an assignee without a phone.

use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;

/// The authors of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authors {
    /// The person who made the visit, in the present role.
    pub visitor: Principal,
    /// The person who wrote the report.
    pub writer: PersonId,
}

impl Authors {
    /// The writer, if that is not the visitor.
    pub fn written_by(&self) -> Option<PersonId> {
        (self.writer != self.visitor.person).then_some(self.writer)
    }
}
