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
    of(Cadence::EveryDays { days: cadence(days) }, lead)
}

fn of(cadence: Cadence, lead: i64) -> Rule {
    let lead_days = lead.try_into().expect("a lead");
    Rule { starts_on: day(0), cadence, lead_days }
}

/// The visit that falls due for a member with this day in the cycle and this last contact.
fn due(rule: &Rule, phase: Phase, contact: Option<NaiveDate>, today: NaiveDate) -> Option<Due> {
    let member = MemberDays { phase, anchor: None, contact };
    super::due(rule, &member, &OccasionDays::new(), today)
}

/// The next visit of such a member.
fn next(rule: &Rule, phase: Phase, contact: Option<NaiveDate>, from: NaiveDate) -> Option<Due> {
    rule.next(&MemberDays { phase, anchor: None, contact }, &OccasionDays::new(), from)
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
        let next = next(&rule, 10, contact.map(day), day(from)).expect("within the calendar");
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
        while let Some(visit) = next(&rule, *phase, contact, from) {
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

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The visit that falls due for a member with this birthday or last day of a stay.
fn follows(rule: &Rule, anchor: &str, contact: Option<&str>, today: &str) -> Option<(String, i64)> {
    let member = MemberDays { phase: 0, anchor: Some(date(anchor)), contact: contact.map(date) };
    let due = super::due(rule, &member, &OccasionDays::new(), date(today))?;
    Some((due.slot.to_string(), due.due_on.signed_duration_since(date(today)).num_days()))
}

#[test]
fn a_birthday_on_29_february_is_on_28_february_of_common_years() {
    let on = |born: &str, year| birthday(date(born), year).map(|day| day.to_string());
    assert_eq!(on("1948-02-29", 2026).as_deref(), Some("2026-02-28"));
    assert_eq!(on("1948-02-29", 2028).as_deref(), Some("2028-02-29"));
    assert_eq!(on("1948-02-29", 2100).as_deref(), Some("2100-02-28"), "no leap year");
    assert_eq!(on("1948-02-28", 2028).as_deref(), Some("2028-02-28"));
}

#[test]
fn a_birthday_is_greeted_on_its_day_or_shortly_after() {
    let rule = of(Cadence::Birthday {}, 10);
    let due = |contact, today| follows(&rule, "1948-03-20", contact, today);
    let slot = |ahead| Some(("2026-03-20".to_owned(), ahead));
    assert_eq!(due(None, "2026-03-09"), None);
    assert_eq!(due(None, "2026-03-10"), slot(10));
    assert_eq!(due(None, "2026-03-20"), slot(0));
    assert_eq!(due(Some("2026-03-12"), "2026-03-20"), slot(0), "a visit before is no greeting");
    assert_eq!(due(Some("2026-03-13"), "2026-03-20"), None);
    assert_eq!((due(None, "2026-03-27"), due(None, "2026-03-28")), (slot(1), None), "too late");
    assert_eq!(follows(&rule, "1948-12-31", None, "2026-01-02"), None, "before the first day");
    let visit = Due { slot: date("2026-03-20"), due_on: date("2026-03-20") };
    assert_eq!(rule.first_day(visit, date("2026-03-10")), date("2026-03-13"));
    assert_eq!(rule.first_day(visit, date("2026-03-15")), date("2026-03-15"));
    let (unknown, none) = (MemberDays::default(), OccasionDays::new());
    assert_eq!(super::due(&rule, &unknown, &none, day(80)), None);
    assert_eq!(rule.next(&unknown, &none, day(80)), None);
}

#[test]
fn a_visit_follows_a_stay_in_hospital_once() {
    let rule = of(Cadence::AfterHospital { days: 14_i64.try_into().expect("days") }, 60);
    let due = |contact, today| follows(&rule, "2026-05-01", contact, today);
    let slot = |ahead| Some(("2026-05-15".to_owned(), ahead));
    assert_eq!(due(None, "2026-05-01"), None, "still in hospital");
    assert_eq!(due(None, "2026-05-02"), slot(13));
    assert_eq!(due(Some("2026-05-01"), "2026-05-10"), slot(5), "a visit in hospital");
    assert_eq!(due(Some("2026-05-03"), "2026-05-10"), None);
    assert_eq!(due(None, "2026-05-20"), slot(1), "missed");
    assert_eq!(due(None, "2026-06-15"), None, "of no use any more");
    let member = MemberDays { anchor: Some(date("2026-05-01")), ..MemberDays::default() };
    let none = OccasionDays::new();
    let next = rule.next(&member, &none, date("2026-05-02")).expect("a visit");
    assert_eq!(next.slot, date("2026-05-15"));
    let visited = MemberDays { contact: Some(next.due_on), ..member };
    assert_eq!(rule.next(&visited, &none, date("2026-05-16")), None);
}

#[test]
fn a_cadence_is_stored_by_its_type_and_days() {
    let after = Cadence::AfterHospital { days: 3_i64.try_into().expect("days") };
    let feast = Cadence::Feast { feast: "qingming".parse().expect("a code") };
    let needs = ["bereavement", "disaster"].map(|need| need.parse().expect("a need")).into();
    let need = Cadence::AfterNeed { needs, days: 3_i64.try_into().expect("days") };
    let cycle = Cadence::EveryDays { days: cadence(90) };
    for one in [cycle, Cadence::Birthday {}, feast, after.clone(), need] {
        assert_eq!(Cadence::of(one.parts()), Some(one));
    }
    let cadence = CadenceType::Feast;
    assert_eq!(Cadence::of(CadenceParts { cadence, ..after.parts() }), None, "without a feast");
    assert_eq!(Cadence::of(CadenceParts { days: 0, ..after.parts() }), None);
}

#[test]
fn an_occasion_is_on_its_day_of_each_year_as_far_as_it_is_known() {
    let rule = of(Cadence::Feast { feast: "qingming".parse().expect("a code") }, 14);
    let known = |days: &[&str]| -> OccasionDays { days.iter().map(|day| date(day)).collect() };
    let days = known(&["2025-04-04", "2026-04-05", "2027-04-05", "2028-04-04"]);
    let member = MemberDays::default();
    let slot = |days: &OccasionDays, today: &str| {
        let due = super::due(&rule, &member, days, date(today));
        due.map(|due| due.slot.to_string())
    };
    assert_eq!(slot(&days, "2026-03-21"), None);
    assert_eq!(slot(&days, "2026-03-22").as_deref(), Some("2026-04-05"));
    assert_eq!(slot(&days, "2028-04-01").as_deref(), Some("2028-04-04"));
    assert_eq!(slot(&days, "2026-04-13"), None, "too late");
    let next = |days: &OccasionDays| rule.next(&member, days, date("2026-04-13"));
    assert_eq!(next(&days).map(|due| due.slot), Some(date("2027-04-05")));
    // The district has moved that of the next year, or has entered no further one.
    let moved = known(&["2026-04-05", "2027-04-10"]);
    assert_eq!(next(&moved).map(|due| due.slot), Some(date("2027-04-10")));
    assert_eq!(slot(&moved, "2027-03-26"), None);
    assert_eq!(slot(&moved, "2027-03-27").as_deref(), Some("2027-04-10"));
    assert_eq!(next(&known(&["2026-04-05"])), None);
    assert_eq!(slot(&OccasionDays::new(), "2026-03-22"), None);
}

#[test]
fn an_occasion_has_one_visit_in_a_year_by_however_many_days_it_is_moved() {
    let rule = of(Cadence::Feast { feast: "qingming".parse().expect("a code") }, 14);
    let is_same = |slot| rule.is_same_visit(date("2026-04-05"), date(slot));
    assert!(is_same("2026-04-05") && is_same("2026-04-12") && is_same("2026-03-26"));
    assert!(is_same("2026-11-30"));
    assert!(!is_same("2025-04-04") && !is_same("2027-04-05") && !is_same("2027-01-05"));
}

#[test]
fn a_visit_at_an_occasion_has_no_reason_once_the_occasion_has_moved_far() {
    let rule = of(Cadence::Feast { feast: "qingming".parse().expect("a code") }, 14);
    let has_reason = |known: &[&str]| {
        let known: OccasionDays = known.iter().map(|text| date(text)).collect();
        let (slot, today) = (date("2026-04-18"), date("2026-04-10"));
        rule.has_reason((&MemberDays::default(), &known), slot, today)
    };
    assert!(has_reason(&["2025-04-04", "2026-04-18"]));
    assert!(has_reason(&["2026-06-17"]), "by 60 days");
    assert!(!has_reason(&["2025-04-04", "2026-06-18", "2027-04-05"]), "by 61 days");
    assert!(!has_reason(&["2026-10-18"]));
    assert!(!has_reason(&[]), "taken back");
}

#[test]
fn an_occasion_about_new_year_has_one_visit_also_if_it_is_moved_into_another_year() {
    let rule = of(Cadence::Feast { feast: "new_year".parse().expect("a code") }, 14);
    let is_same = |prepared, slot| rule.is_same_visit(date(prepared), date(slot));
    assert!(is_same("2027-01-01", "2026-12-31") && is_same("2026-12-20", "2027-01-10"));
    assert!(!is_same("2026-01-01", "2026-12-31"), "that of the next year");
    assert!(!is_same("2026-01-01", "2027-01-01"));
    // The days of the lunar year are 354 to 385 days apart.
    assert!(!is_same("2026-02-17", "2027-02-06") && !is_same("2027-02-06", "2028-01-26"));
}

#[test]
fn a_birthday_is_identified_by_its_day() {
    let birthday = of(Cadence::Birthday {}, 14);
    let is_same = |slot| birthday.is_same_visit(date("2026-04-05"), date(slot));
    assert!(is_same("2026-04-05") && !is_same("2026-04-06"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the day of birth, the lead and the days without a run: one visit in each year, on the
    /// birthday if the job ran on it.
    #[test]
    fn a_birthday_has_one_visit_in_each_year(
        born in 0_u64..25_000,
        lead in 0_i64..60,
        stopped in 0_u64..2184,
    ) {
        let rule = of(Cadence::Birthday {}, lead);
        let born = date("1930-01-01") + Days::new(born);
        let (mut contact, mut slots) = (None, Vec::new());
        let mut open: Option<Due> = None;
        // Six years, with six days without a run.
        for n in 0..2191 {
            let today = day(n);
            if open.is_some_and(|visit| visit.due_on <= today) {
                contact = open.take().map(|_| today);
            }
            if open.is_some() || (stopped..stopped + 6).contains(&n) {
                continue;
            }
            let member = MemberDays { phase: 0, anchor: Some(born), contact };
            if let Some(visit) = super::due(&rule, &member, &OccasionDays::new(), today) {
                prop_assert!(visit.due_on >= visit.slot);
                slots.push(visit.slot);
                open = Some(visit);
            }
        }
        let expected: Vec<NaiveDate> =
            (2026..2032).filter_map(|year| birthday(born, year)).collect();
        slots.retain(|slot| *slot < day(2191));
        // The last days of December may be prepared beyond the end.
        prop_assert_eq!(slots, expected);
    }
}

#[test]
fn a_visit_after_a_stay_has_no_reason_once_the_stay_is_shortened_or_taken_back() {
    let rule = of(Cadence::AfterHospital { days: 7.try_into().expect("days") }, 30);
    let none = OccasionDays::new();
    let ended =
        |anchor: Option<u64>| MemberDays { anchor: anchor.map(day), ..MemberDays::default() };
    assert!(rule.has_reason((&ended(Some(20)), &none), day(27), day(29)));
    assert!(!rule.has_reason((&ended(Some(18)), &none), day(27), day(29)), "shortened");
    assert!(!rule.has_reason((&ended(None), &none), day(27), day(29)), "taken back");
    assert!(rule.has_reason((&ended(Some(40)), &none), day(27), day(45)), "a later stay leaves it");
    let yearly = of(Cadence::Birthday {}, 30);
    assert!(yearly.has_reason((&ended(None), &none), day(27), day(29)));
    let needs = [("bereavement".parse().expect("a need"))].into();
    let need = of(Cadence::AfterNeed { needs, days: 7.try_into().expect("days") }, 30);
    assert!(
        !need.has_reason((&ended(None), &none), day(27), day(57)),
        "no report finds it any more"
    );
    assert!(
        need.has_reason((&ended(None), &none), day(27), day(58)),
        "its report is not read any more"
    );
    assert_eq!(need.found_since(day(57)), day(20));
    let begins_later = Rule { starts_on: day(60), ..need };
    assert_eq!(begins_later.found_since(day(57)), day(53), "its visit is due on the first day");
}

#[test]
fn a_need_that_is_found_again_puts_no_visit_off() {
    let found = [10, 17, 24].map(day).into();
    let followed = |contact: Option<u64>| followed(&found, contact.map(day));
    assert_eq!(followed(None), Some(day(10)));
    assert_eq!(followed(Some(10)), Some(day(10)), "the visit that has found it");
    assert_eq!(followed(Some(11)), Some(day(17)));
    assert_eq!(followed(Some(30)), Some(day(24)), "each is answered");
    assert_eq!(super::followed(&std::collections::BTreeSet::new(), None), None);
}

#[test]
fn one_visit_is_made_for_two_duties_by_the_day_of_the_tighter_one() {
    let (monthly, quarterly) = (rule(30, 7), rule(90, 14));
    let slot = |n| Due { slot: day(n), due_on: day(n) };
    let waits = |first: u64, last: u64| VisitDays { first: day(first), last: day(last) };
    let monthly_waits =
        |first, last, due| waits(first, last).shared((&quarterly, slot(due)), &[], day(50));
    assert_eq!(monthly_waits(50, 55, 60), Some(day(55)));
    assert_eq!(monthly_waits(50, 48, 60), Some(day(48)), "it is late, and still made");
    assert_eq!(monthly_waits(50, 55, 78), None, "more than a quarter of the cycle too early");
    assert_eq!(monthly_waits(57, 57, 55), None, "a person has it on a later day");
    let quarterly_waits = |slot_of_quarter| {
        let others = [(quarterly.clone(), day(slot_of_quarter))];
        waits(50, 64).shared((&monthly, slot(54)), &others, day(50))
    };
    assert_eq!(quarterly_waits(64), Some(day(54)), "brought forward");
    assert_eq!(quarterly_waits(77), None, "too early for the quarter");
    // Prepared three days before its day, and satisfied one day before it.
    let weekly = rule(7, 3);
    let weekly_falls_due = |first| waits(first, 51).shared((&weekly, slot(52)), &[], day(50));
    assert_eq!(weekly_falls_due(51), Some(day(51)));
    assert_eq!(weekly_falls_due(50), None, "it may be made before it satisfies the week");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Two duties of one member: a visit that is made for both satisfies the one that shares it, on whatever day it
    /// is made; each has its own in each cycle; and one visit waits at a time if both are prepared no earlier than a
    /// contact satisfies their visits.
    #[test]
    fn two_duties_share_the_visits_that_both_have_in_time(
        cycles in proptest::array::uniform2(prop_oneof![Just(7_i64), Just(30), Just(90)]),
        leads in proptest::array::uniform2(0_i64..30),
        is_short in any::<bool>(),
        phases in proptest::array::uniform2(0_u16..90),
        is_early in proptest::collection::vec(proptest::bool::weighted(0.2), 97),
    ) {
        struct Duty { rule: Rule, phase: Phase, slot: Option<NaiveDate> }
        struct Visit { last: NaiveDate, duties: Vec<usize> }
        let tolerances = cycles.map(|days| days / 4);
        let lead = |n: usize| if is_short { leads[n] % (tolerances[n] + 1) } else { leads[n] };
        let duty = |n: usize| {
            let length = u16::try_from(cycles[n]).expect("small");
            Duty { rule: rule(cycles[n], lead(n)), phase: phases[n] % length, slot: None }
        };
        let mut duties = [duty(0), duty(1)];
        let (mut waiting, mut contact, mut since): (Vec<Visit>, _, i64) = (Vec::new(), None, 0);
        for (n, is_early) in (0_i64..600).zip(is_early.into_iter().cycle()) {
            let today = day(n.unsigned_abs());
            let is_satisfied = |duty: &Duty, contact| {
                duty.slot.is_some_and(|slot| duty.rule.is_satisfied(slot, contact))
            };
            let is_made = |visit: &Visit| is_early || visit.last <= today;
            let (made, left) = waiting.into_iter().partition::<Vec<_>, _>(is_made);
            for visit in &made {
                (contact, since) = (Some(today), n);
                // The first one is the duty for which it was prepared.
                let shares = |one: &usize| is_satisfied(&duties[*one], contact);
                prop_assert!(visit.duties.iter().skip(1).all(shares), "day {n}");
            }
            waiting = left;
            for visit in &mut waiting {
                visit.duties.retain(|one| !is_satisfied(&duties[*one], contact));
            }
            waiting.retain(|visit| !visit.duties.is_empty());
            for one in 0..2 {
                let Duty { rule, phase, slot } = &duties[one];
                if waiting.iter().any(|visit| visit.duties.contains(&one)) {
                    continue;
                }
                let falls_due = due(rule, *phase, contact, today);
                let new = falls_due.filter(|due| slot.is_none_or(|slot| slot < due.slot));
                let Some(new) = new else { continue };
                let other = &duties[1 - one];
                let others = other.slot.map(|slot| (other.rule.clone(), slot));
                let shared = waiting.first().and_then(|visit| {
                    let days = VisitDays { first: today, last: visit.last };
                    days.shared((rule, new), others.as_slice(), today)
                });
                let is_alone = waiting.is_empty() || shared.is_some();
                prop_assert!(is_alone || !is_short, "day {n}: {new:?}");
                match (waiting.first_mut(), shared) {
                    (Some(visit), Some(last)) => {
                        visit.last = last;
                        visit.duties.push(one);
                    }
                    _ => waiting.push(Visit { last: new.due_on, duties: vec![one] }),
                }
                duties[one].slot = Some(new.slot);
            }
            for one in 0..2 {
                let ahead = lead(one).min(cycles[one] - 1).max(tolerances[one]);
                prop_assert!(n - since <= cycles[one] + ahead, "day {n}, last {since}");
            }
        }
    }
}
