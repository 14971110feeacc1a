use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::area::AreaCode;
use crate::range::CadenceDays;

fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day") + Days::new(n)
}

fn cadence(days: i64) -> CadenceDays {
    days.try_into().expect("a cadence")
}

fn rule(days: i64, lead: i64) -> Rule {
    let lead_days = lead.try_into().expect("a lead");
    Rule { starts_on: day(0), cadence: cadence(days), lead_days }
}

fn grid(n: usize) -> AreaCode {
    format!("500116{:06}{:03}", 1 + n / 200, 1 + n % 200).parse().expect("a grid")
}

#[test]
fn a_visit_is_prepared_before_its_day_and_again_in_the_next_cycle() {
    let rule = rule(30, 7);
    assert_eq!(due(&rule, 10, None, day(2)), None);
    let first = Due { slot: day(10), due_on: day(10) };
    assert_eq!(due(&rule, 10, None, day(3)), Some(first));
    assert_eq!(due(&rule, 10, None, day(10)), Some(first));
    let visited = Some(day(9));
    assert_eq!(due(&rule, 10, visited, day(11)), None);
    assert_eq!(due(&rule, 10, visited, day(32)), None);
    let second = Due { slot: day(40), due_on: day(40) };
    assert_eq!(due(&rule, 10, visited, day(33)), Some(second));
}

#[test]
fn a_contact_shortly_before_satisfies_the_visit() {
    let rule = rule(90, 7);
    // A quarter of the cycle before day 50, but not earlier.
    assert_eq!(due(&rule, 50, Some(day(28)), day(45)), None);
    assert_eq!(due(&rule, 50, Some(day(27)), day(45)).map(|due| due.slot), Some(day(50)));
}

#[test]
fn one_visit_makes_up_for_all_that_were_missed() {
    let rule = rule(30, 7);
    let missed = due(&rule, 10, Some(day(5)), day(115)).expect("a visit");
    assert_eq!(missed.slot, day(100));
    assert!(missed.due_on > day(115) && missed.due_on <= day(123), "{missed:?}");
    assert_eq!(due(&rule, 10, Some(day(120)), day(122)), None);
}

#[test]
fn the_next_visit_is_the_first_that_no_contact_satisfies() {
    let rule = rule(30, 0);
    let next = |contact: Option<u64>, from: u64| {
        let next = rule.next(10, contact.map(day), day(from)).expect("within the calendar");
        next.slot.signed_duration_since(day(0)).num_days()
    };
    assert_eq!(next(None, 0), 10);
    assert_eq!(next(Some(10), 11), 40);
    assert_eq!(next(Some(33), 34), 70, "the contact satisfies the visit of day 40");
    assert_eq!(next(Some(32), 34), 40);
    assert_eq!(next(None, 45), 40, "a missed one");
}

#[test]
fn a_cycle_begins_on_the_day_of_the_regime() {
    let rule = rule(365, 14);
    assert_eq!(due(&rule, 364, None, day(0)), None);
    assert_eq!(due(&rule, 364, None, day(350)).map(|due| due.slot), Some(day(364)));
}

/// The numbers of visits in each week of a year, in all.
fn weeks(phases: &[Phase], days: i64) -> Vec<usize> {
    let rule = rule(days, 0);
    let mut weeks = vec![0; 52];
    for phase in phases {
        let (mut contact, mut from) = (None, day(0));
        while let Some(visit) = rule.next(*phase, contact, from) {
            let n = visit.due_on.signed_duration_since(day(0)).num_days() / 7;
            let Some(week) = weeks.get_mut(usize::try_from(n).expect("later")) else { break };
            *week += 1;
            contact = Some(visit.due_on);
            from = visit.due_on + Days::new(1);
        }
    }
    weeks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Of grids of 1 to 40 members in any order, of which some come later.
    #[test]
    fn no_week_differs_by_a_fifth_from_the_mean(
        sizes in proptest::collection::vec((1_usize..40, 0_usize..10), 80..120),
        days in prop_oneof![Just(30_i64), Just(90), Just(365)],
    ) {
        let mut spread = Spread::new(cadence(days));
        let mut phases = Vec::new();
        for (n, (first, _)) in sizes.iter().enumerate() {
            phases.extend(spread.add(grid(n), *first));
        }
        for (n, (_, later)) in sizes.iter().enumerate() {
            phases.extend(spread.add(grid(n), *later));
        }
        prop_assert!(phases.iter().all(|phase| i64::from(*phase) < days));
        let weeks = weeks(&phases, days);
        let total: usize = weeks.iter().sum();
        // The whole numbers of fewer visits differ by more than a fifth.
        prop_assume!(total >= 25 * weeks.len());
        for week in &weeks {
            prop_assert!(5 * (week * weeks.len()).abs_diff(total) <= total, "{weeks:?}");
        }
    }

    /// The visits of one grid are apart by at least half of the even distance.
    #[test]
    fn a_grid_has_its_visits_far_apart(first in 1_usize..30, later in 0_usize..20) {
        let mut spread = Spread::new(cadence(365));
        let mut phases = spread.add(grid(0), first);
        phases.extend(spread.add(grid(0), later));
        phases.sort_unstable();
        let least = 365 / (4 * (first + later));
        let gaps = phases.windows(2).map(|pair| usize::from(pair[1] - pair[0]));
        prop_assert!(gaps.min().is_none_or(|gap| gap >= least), "{phases:?}");
    }

    /// Whatever the contacts, a member waits at most one cycle and a quarter, and never has two
    /// visits within half of it.
    #[test]
    fn a_member_is_visited_in_each_cycle(
        days in prop_oneof![Just(30_i64), Just(90), Just(365)],
        phase in 0_u16..365,
        contacts in proptest::collection::vec(0_u64..1500, 0..6),
    ) {
        let (rule, phase) = (rule(days, 0), phase % u16::try_from(days).expect("small"));
        let days = u64::try_from(days).expect("positive");
        let (mut contact, mut since) = (None, 0);
        for n in 0..1500 {
            let is_due = due(&rule, phase, contact, day(n)).is_some();
            if is_due || contacts.contains(&n) {
                contact = Some(day(n));
                since = n;
            }
            prop_assert!(n - since <= days + days / 4, "day {n}, last {since}");
        }
    }
}

#[test]
fn after_a_pause_the_missed_visits_are_spread() {
    let rule = rule(30, 7);
    let mut on = std::collections::BTreeMap::new();
    for phase in 0..30 {
        let due = due(&rule, phase, None, day(300)).expect("all are due");
        *on.entry(due.due_on).or_insert(0) += 1;
    }
    assert!(on.values().all(|visits| *visits <= 6), "{on:?}");
}
