//! Several remedies of one person.

use gridward_domain::skill::Skill;
use uuid::Uuid;

use super::*;

fn time(minutes: u16, task: Option<u128>) -> MoreTime {
    let task_id = task.map(|n| TaskId(Uuid::from_u128(n)));
    MoreTime { person_id: PersonId(Uuid::nil()), day: NaiveDate::MIN, minutes, task_id }
}

fn skill(word: &str, task: u128) -> PersonSkills {
    let skills = Skills::from([word.parse::<Skill>().expect("a skill")]);
    let task_id = Some(TaskId(Uuid::from_u128(task)));
    PersonSkills { person_id: PersonId(Uuid::nil()), skills, task_id }
}

#[test]
fn what_one_person_gets_for_several_tasks_adds_up() {
    let changes = PlanChanges {
        more_time: vec![time(20, Some(1)), time(15, Some(2)), time(5, None)],
        skills: vec![skill("medical", 3), skill("legal", 4), skill("medical", 5)],
        ..PlanChanges::default()
    };
    assert_eq!(changes.faults(), []);
    let person = PersonId(Uuid::nil());
    assert_eq!(changes.time_by_day(), HashMap::from([((person, NaiveDate::MIN), 40)]));
    let both = ["legal", "medical"].map(|word| word.parse::<Skill>().expect("a skill"));
    assert_eq!(changes.skills_by_person(), HashMap::from([(person, Skills::from(both))]));
}

#[test]
fn a_person_gets_more_for_one_task_or_for_none_a_single_time() {
    let changes = PlanChanges {
        more_time: vec![time(20, Some(1)), time(20, Some(1)), time(5, None), time(5, None)],
        skills: vec![skill("medical", 3), skill("legal", 3)],
        ..PlanChanges::default()
    };
    let pointers: Vec<String> = changes.faults().into_iter().map(|it| it.pointer).collect();
    let expected =
        ["/changes/more_time/1/day", "/changes/more_time/3/day", "/changes/skills/1/person_id"];
    assert_eq!(pointers, expected);
}
