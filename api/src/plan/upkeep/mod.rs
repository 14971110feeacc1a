//! What keeps plans alive: plans of the night and of tasks that lost their assignee, offers that go on, and
//! retention.

pub mod after_release;
pub mod enqueue_nightly;
pub mod given_by_hand;
pub mod nightly;
pub mod offers;
pub mod overruns;
pub mod replan;
pub(super) mod replan_tries;
pub mod retention;
pub(super) mod suggestion;
