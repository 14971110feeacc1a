//! Whatever the numbers of an instance are, it is refused or planned by the rules,
//! explained, bounded and mended without a panic.

#![no_main]

use arbitrary::Arbitrary;
use gridward_dispatch::routing::instance::{Bar, Instance, Partner, Pin, Shift, Visit, Volunteer};
use gridward_dispatch::routing::travel::Matrix;
use gridward_dispatch::routing::{self, Budget, Effort, Weights};
use libfuzzer_sys::fuzz_target;

/// A number: mostly small, sometimes any.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Number {
    Small(u8),
    Day(u16),
    Any(i32),
}

impl From<Number> for i32 {
    fn from(number: Number) -> Self {
        match number {
            Number::Small(small) => small.into(),
            Number::Day(seconds) => seconds.into(),
            Number::Any(any) => any,
        }
    }
}

type Span = (Number, Number);

#[derive(Arbitrary, Debug)]
struct Person {
    shifts: Vec<(u8, Span, Vec<Span>, Option<Number>)>,
    offered: Option<Number>,
    share_of: Option<Number>,
    carried: Number,
}

#[derive(Arbitrary, Debug)]
struct VisitCase {
    service: Number,
    windows: Vec<Span>,
    days: Span,
    priority: Number,
    amount: Number,
    known: Vec<u8>,
    previous: Option<(u8, Number)>,
    pinned: Option<(u8, u8, Option<Number>)>,
    group: Option<u8>,
    partner: Option<(u8, bool, Span)>,
}

#[derive(Arbitrary, Debug)]
struct Case {
    people: Vec<Person>,
    visits: Vec<VisitCase>,
    bars: Vec<bool>,
    ways: Vec<Number>,
}

fn span((from, to): &Span) -> (i32, i32) {
    ((*from).into(), (*to).into())
}

fn volunteer(person: &Person) -> Volunteer {
    let shifts = person.shifts.iter().map(|(day, hours, breaks, capacity)| Shift {
        day: (*day).into(),
        open: span(hours).0,
        close: span(hours).1,
        breaks: breaks.iter().map(span).collect(),
        capacity: capacity.map(Into::into),
    });
    Volunteer {
        shifts: shifts.collect(),
        offered: person.offered.map(Into::into),
        quotas: Vec::new(),
        share_of: person.share_of.map(Into::into),
        carried: person.carried.into(),
        matrix: 0,
    }
}

fn visit(case: &VisitCase) -> Visit {
    Visit {
        service: case.service.into(),
        windows: case.windows.iter().map(span).collect(),
        first_day: span(&case.days).0,
        due: span(&case.days).1,
        priority: case.priority.into(),
        amount: case.amount.into(),
        known: case.known.iter().map(|who| usize::from(*who)).collect(),
        previous: case.previous.map(|(who, day)| (who.into(), day.into())),
        pinned: case.pinned.map(|(who, day, start)| Pin {
            volunteer: who.into(),
            day: day.into(),
            start: start.map(Into::into),
        }),
        group: case.group.map(Into::into),
        partner: case.partner.as_ref().map(|(visit, first, gap)| Partner {
            visit: (*visit).into(),
            first: *first,
            gap: span(gap),
        }),
    }
}

fn instance(case: &Case) -> Option<Instance> {
    let places = case.people.len() + case.visits.len();
    let pairs = case.people.len() * case.visits.len();
    let mut ways: Vec<i32> = case.ways.iter().map(|way| (*way).into()).collect();
    ways.resize(places * places, 7);
    let mut bars: Vec<Bar> =
        case.bars.iter().map(|bar| if *bar { Bar::Skill } else { Bar::None }).collect();
    bars.resize(pairs, Bar::None);
    Some(Instance {
        volunteers: case.people.iter().map(volunteer).collect(),
        visits: case.visits.iter().map(visit).collect(),
        bars,
        travel: vec![Matrix::new(places, ways)?],
    })
}

fuzz_target!(|case: Case| {
    if case.people.len() > 6 || case.visits.len() > 16 {
        return; // more of the same, only slower
    }
    let Some(instance) = instance(&case) else { return };
    let weights = Weights::default();
    let Ok(plan) = routing::plan(&instance, weights, &Budget::Iterations(30), 1) else { return };
    assert_eq!(routing::check(&instance, &plan), Ok(()));
    let bounds = routing::bounds(&instance, &plan, Effort::Thorough);
    assert!(bounds.unserved_priority <= plan.tiers(&instance).unserved_priority);
    let reasons = routing::explain(&instance, weights, &plan, routing::Detail::All);
    assert_eq!(reasons.missing.len(), plan.unserved.len());
    let mended = routing::replan(&instance, &plan, weights, &Budget::Iterations(10), 2);
    assert_eq!(mended.map(|plan| routing::check(&instance, &plan)), Ok(Ok(())));
});
