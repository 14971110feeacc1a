//! Whatever a file holds, it is refused by name or planned by the rules.

#![no_main]

use gridward_dispatch::format;
use gridward_dispatch::routing::{self, Budget, Effort, Weights};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(named) = format::read(text) else { return };
    let instance = &named.instance;
    if instance.visits.len() > 60 || instance.volunteers.len() > 60 {
        return; // more of the same, only slower
    }
    let Ok(plan) = routing::plan(instance, Weights::default(), &Budget::Iterations(20), 1) else {
        return;
    };
    assert_eq!(routing::check(instance, &plan), Ok(()));
    let _ = routing::bounds(instance, &plan, Effort::Quick);
    let reasons = routing::explain(instance, Weights::default(), &plan, routing::Detail::All);
    assert_eq!(reasons.missing.len(), plan.unserved.len());
});
