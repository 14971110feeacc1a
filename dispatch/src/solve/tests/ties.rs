//! Tied visits.

use super::*;

fn one_person(visits: &[u128]) -> Tie {
    Tie::SamePerson(visits.iter().map(|number| task(*number)).collect())
}

/// The second begins from `after` to `by` minutes after the first.
fn two_people(first: u128, second: u128, after: u32, by: u32) -> Tie {
    let (after, by) = (Minutes(after), Minutes(by));
    Tie::TwoPeople(Pair { first: task(first), second: task(second), after, by })
}

fn tied(volunteers: Vec<Volunteer>, visits: Vec<Visit>, ties: Vec<Tie>) -> DispatchProblem {
    DispatchProblem { ties, ..village(volunteers, visits) }
}

fn starts(plan: &Plan, number: u128) -> u32 {
    u32::from(stop(plan, number).start.minutes())
}

#[test]
fn two_people_begin_at_once_and_who_is_there_first_waits() {
    let far = Volunteer { home: north(-19.9), ..volunteer(2) };
    let problem =
        tied(vec![volunteer(1), far], vec![visit(1), visit(2)], vec![two_people(1, 2, 0, 0)]);
    let plan = planned(&problem);
    let both = [1, 2].map(|number| goes(&plan, number).expect("somebody goes").0);
    assert_ne!(both[0], both[1]);
    assert_eq!([starts(&plan, 1), starts(&plan, 2)], [570, 570]);
}

#[test]
fn the_second_of_two_comes_within_the_gap_after_the_first() {
    let problem = tied(
        vec![volunteer(1), volunteer(2)],
        vec![visit(1), visit(2)],
        vec![two_people(1, 2, 30, 45)],
    );
    let plan = planned(&problem);
    assert!((30..=45).contains(&(starts(&plan, 2) - starts(&plan, 1))));
}

#[test]
fn one_person_alone_makes_neither_visit_of_two_people() {
    let problem = tied(vec![volunteer(1)], vec![visit(1), visit(2)], vec![two_people(1, 2, 0, 0)]);
    let plan = planned(&problem);
    let reasons: Vec<_> = plan.unserved.iter().map(|left| &left.reason).collect();
    assert_eq!(reasons, [&Reason::NotTogether, &Reason::NotTogether]);
}

#[test]
fn the_missing_volunteer_of_a_pair_is_the_reason() {
    let needs = Visit { skills: skills(&["medical"]), ..visit(2) };
    let problem =
        tied(vec![volunteer(1), volunteer(2)], vec![visit(1), needs], vec![two_people(1, 2, 0, 0)]);
    let plan = planned(&problem);
    let reasons: Vec<_> = plan.unserved.iter().map(|left| left.reason.clone()).collect();
    let missing = skills(&["medical"]);
    assert_eq!(reasons, [Reason::NotTogether, Reason::NoSkill { missing }]);
}

#[test]
fn beside_one_of_two_people_the_other_has_the_remedies_of_a_single_visit() {
    let remedies = |second: Volunteer, visits: Vec<Visit>| {
        let plan = planned(&tied(vec![volunteer(1), second], visits, vec![two_people(1, 2, 0, 0)]));
        plan.unserved.into_iter().map(|left| left.remedy).collect::<Vec<_>>()
    };
    let both = || vec![visit(1), visit(2)];
    let (who, day) = (person(2), june(1));
    let shy = Volunteer { offered: Minutes(45), ..volunteer(2) };
    let more = Remedy::MoreMinutes { volunteer: who, week: None, day, minutes: Minutes(5) };
    assert_eq!(remedies(shy, both()), [Some(more.clone()), Some(more)]);
    let needs = Visit { skills: skills(&["legal"]), ..visit(2) };
    let skill = Remedy::Skill { volunteer: who, day, missing: skills(&["legal"]) };
    assert_eq!(remedies(volunteer(2), vec![visit(1), needs]), [None, Some(skill)]);
    let brief = || Volunteer { shifts: vec![shift(1, "0900-0945")], ..volunteer(2) };
    let longer = |minutes| Remedy::MoreTime { volunteer: who, day, minutes: Minutes(minutes) };
    assert_eq!(remedies(brief(), both()), [Some(longer(5)), Some(longer(5))]);
    // Beside a visit with an hour, so late that the way home ends at 10:40.
    let settled = Visit { pinned: Some(pin(1, 1, Some("1000"))), ..visit(1) };
    assert_eq!(remedies(brief(), vec![settled, visit(2)]), [None, Some(longer(55))]);
}

#[test]
fn a_pinned_visit_of_two_people_draws_the_other_to_its_hour() {
    let pinned = Visit { pinned: Some(pin(1, 1, Some("1100"))), ..visit(1) };
    let problem = tied(
        vec![volunteer(1), volunteer(2)],
        vec![pinned, visit(2)],
        vec![two_people(1, 2, 0, 0)],
    );
    let plan = planned(&problem);
    assert_eq!(goes(&plan, 2), Some((person(2), june(1))));
    assert_eq!(starts(&plan, 2), 660);
}

#[test]
fn one_volunteer_makes_a_whole_group_though_another_lives_nearer() {
    let near = Volunteer { home: north(9.9), ..volunteer(2) };
    let first = Visit { pinned: Some(pin(1, 1, None)), ..visit(1) };
    let problem = tied(vec![volunteer(1), near], vec![first, visit(2)], vec![one_person(&[1, 2])]);
    assert_eq!(goes(&planned(&problem), 2), Some((person(1), june(1))));
}

#[test]
fn a_group_that_one_person_cannot_make_whole_is_cut_short_and_not_shared() {
    let visits = (1..=6).map(visit).collect();
    let group = one_person(&[1, 2, 3, 4, 5, 6]);
    let problem = tied(vec![volunteer(1), volunteer(2)], visits, vec![group]);
    let plan = planned(&problem);
    assert_eq!(plan.routes.len(), 1);
    assert_eq!(plan.measures.unserved, 1);
    // Ten minutes there, six times thirty and ten back are twenty more than were offered.
    assert_eq!(*reason(&plan), Reason::NoRoom { short: Minutes(20) });
}

#[test]
fn tied_visits_of_two_grids_are_planned_together() {
    let elsewhere = Visit { grid: area(NEXT_GRID), ..visit(2) };
    let neighbour = Volunteer { grid: area(NEXT_GRID), ..volunteer(2) };
    let problem = tied(
        vec![volunteer(1), neighbour],
        vec![visit(1), elsewhere],
        vec![two_people(1, 2, 0, 0)],
    );
    assert_eq!(planned(&problem).measures.served, 2);
}

#[test]
fn two_people_are_asked_of_the_neighbours_together() {
    let neighbours = [1, 2].map(|number| Volunteer { grid: area(NEXT_GRID), ..volunteer(number) });
    let problem = tied(neighbours.to_vec(), vec![visit(1), visit(2)], vec![two_people(1, 2, 0, 0)]);
    assert_eq!(planned_with_help(&problem, Level::Village).measures.served, 2);
}

#[test]
fn neighbours_take_no_visit_of_a_group_that_one_of_the_grid_has_begun() {
    let neighbour = Volunteer { grid: area("500116001002001"), ..volunteer(2) };
    let visits: Vec<_> = (1..=6).map(visit).collect();
    let problem =
        tied(vec![volunteer(1), neighbour], visits, vec![one_person(&[1, 2, 3, 4, 5, 6])]);
    assert_eq!(planned_with_help(&problem, Level::Town).measures.unserved, 1);
}

#[test]
fn senseless_ties_are_refused_by_name() {
    let refused = |visits: Vec<Visit>, ties: Vec<Tie>| {
        let problem = tied(vec![volunteer(1), volunteer(2)], visits, ties);
        refusal(&problem)
    };
    let both = || vec![visit(1), visit(2)];
    assert_eq!(
        refused(both(), vec![one_person(&[1, 9])]),
        DispatchProblemError::UnknownTie(task(9))
    );
    let twice = vec![two_people(1, 2, 0, 0), two_people(2, 1, 0, 0)];
    assert_eq!(refused(both(), twice), DispatchProblemError::TiedTwice(task(2)));
    let itself = vec![two_people(1, 1, 0, 0)];
    assert_eq!(refused(both(), itself), DispatchProblemError::TiedTwice(task(1)));
    let reversed = vec![two_people(1, 2, 10, 9)];
    assert_eq!(refused(both(), reversed), DispatchProblemError::ReversedTie(task(1)));
    let torn = vec![one_person(&[1, 2]), two_people(1, 2, 0, 0)];
    assert_eq!(refused(both(), torn), DispatchProblemError::TornTie(task(1)));
    let pinned = |people: [u128; 2]| {
        let visits = [1, 2].into_iter().zip(people);
        let pinned =
            visits.map(|(number, who)| Visit { pinned: Some(pin(who, 1, None)), ..visit(number) });
        pinned.collect::<Vec<_>>()
    };
    assert_eq!(
        refused(pinned([1, 2]), vec![one_person(&[1, 2])]),
        DispatchProblemError::TornTie(task(1))
    );
    let pair = vec![two_people(1, 2, 0, 0)];
    assert_eq!(refused(pinned([2, 2]), pair), DispatchProblemError::TornTie(task(1)));
}

#[test]
fn the_checker_finds_ties_that_are_not_kept() {
    let people = vec![volunteer(1), volunteer(2)];
    let visits = vec![visit(1), visit(2)];
    let plan = planned(&tied(people.clone(), visits.clone(), vec![two_people(1, 2, 0, 0)]));
    let found = |tie: Tie| check(&tied(people.clone(), visits.clone(), vec![tie]), &plan);
    assert_eq!(found(one_person(&[1, 2])), Err(Violation::OnePerson(task(2))));
    assert_eq!(found(two_people(1, 2, 5, 10)), Err(Violation::TwoPeople(task(1))));
    let alone = planned(&tied(people.clone(), visits.clone(), vec![one_person(&[1, 2])]));
    let pair = tied(people, visits, vec![two_people(1, 2, 0, 600)]);
    assert_eq!(check(&pair, &alone), Err(Violation::TwoPeople(task(1))));
}
