//! The ways to visits: by which means people make them, and which tasks have none.

use std::collections::HashSet;

use gridward_dispatch::solve::Mode;
use gridward_domain::channel::Channel;
use gridward_domain::code::KindCode;
use gridward_domain::skill::Skills;

/// How a person with these skills travels.
pub fn mode(skills: &Skills) -> Mode {
    let drives = skills.iter().any(|skill| skill.as_str() == "driving");
    if drives { Mode::Motorcycle } else { Mode::Bicycle }
}

/// How a task of this kind is made, given the kinds that are phone calls. A call that is tied to other tasks
/// is a visit: such tasks are made together.
pub fn channel(kind: &str, is_tied: bool, calls: &HashSet<KindCode>) -> Channel {
    if !is_tied && calls.iter().any(|call| call.as_str() == kind) {
        Channel::Call
    } else {
        Channel::Visit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_no_way_unless_it_is_tied_to_a_visit() {
        let calls = HashSet::from(["greeting_call".parse().expect("a code")]);
        assert_eq!(channel("greeting_call", false, &calls), Channel::Call);
        assert_eq!(channel("greeting_call", true, &calls), Channel::Visit);
        assert_eq!(channel("home_visit", false, &calls), Channel::Visit);
    }
}
