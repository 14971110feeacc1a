//! Why a visit is at its time, in sentences. Pure functions of plain values.

use chrono::{DateTime, FixedOffset};
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;

use super::day_sentences::{DayChoice, why_day};
use super::day_words::PresentYear;
use super::model::WhyThen;
use super::sentence::{Sentence, Who};
use crate::http::problem::quantity;

/// What the sentence of a time depends on besides its fields.
#[derive(Clone, Copy, Debug)]
pub struct TimeContext<'c> {
    /// The assignee.
    pub who: Who<'c>,
    /// The person who changed the time after the plan.
    pub changed_by: Who<'c>,
    /// The state of the task.
    pub phase: Phase,
    /// The days among which a plan chose the one of the visit.
    pub choice: DayChoice,
    /// The present year.
    pub year: PresentYear,
}

/// Why then. `due_on` and `window` are those of the task.
pub fn why_then(when: &WhyThen, context: &TimeContext<'_>) -> Sentence {
    let (mut zh, mut en) = beginning(when, context);
    if let Some(order) = when.order {
        zh.push(format!("，当天第 {order} 项任务"));
        en.push(format!(", task {order} of the day"));
    }
    if let Some(travel) = when.travel {
        zh.push(format!("，路上约 {travel} 分钟"));
        en.push(format!(", after {}", quantity(travel, "minute")));
        en.push(" on the way".to_owned());
    }
    zh.push("。".to_owned());
    en.push(".".to_owned());
    if let Some(at) = when.changed_at {
        let ((zh_at, en_at), by) = (moment(at, context.year), context.changed_by);
        if when.changed_by_id.is_some() {
            zh.push(format!("{zh_at}，{}改了时间。", by.zh()));
            en.push(format!(" {} the time on {en_at}.", by.en_with("changed", "changed")));
        } else {
            zh.push(format!("{zh_at}，系统按规则改了时间。"));
            en.push(format!(" The system changed the time on {en_at}, by its rules."));
        }
    }
    let code = when.code.and_then(|code| why_day(code, context.who, context.choice));
    if let Some((why_zh, why_en)) = code {
        zh.push(why_zh);
        en.push(format!(" {why_en}"));
    }
    let (due_zh, due_en) = due(when, context);
    zh.push(due_zh);
    en.push(due_en);
    if let Some(window) = when.window {
        zh.push(format!("任务时段：{} 至 {}。", clock(window.start()), clock(window.end())));
        en.push(format!(" Its hours are {} to {}.", clock(window.start()), clock(window.end())));
    }
    Sentence { zh: zh.concat(), en: en.concat() }
}

/// The planned time, or what became of the task without one, in Chinese and in English.
fn beginning(when: &WhyThen, context: &TimeContext<'_>) -> (Vec<String>, Vec<String>) {
    let year = context.year;
    let (zh, en) = match (when.day, when.start, context.phase) {
        (Some(day), Some(start), _) => (
            format!("安排在{} {}", year.zh_day(day), clock(start)),
            format!("Planned for {}, {}", year.en_day(day), clock(start)),
        ),
        // A finished visit that was planned for no day counts on that of its report.
        (Some(day), None, Phase::Done) => (
            format!("{}报告完成，没有定时间", year.zh_day(day)),
            format!("Reported as done on {}, without a planned time", year.en_day(day)),
        ),
        (Some(day), None, Phase::Failed) => (
            format!("{}报告未能完成，没有定时间", year.zh_day(day)),
            format!("Reported as not done on {}, without a planned time", year.en_day(day)),
        ),
        (Some(day), None, _) => (
            format!("安排在{}，还没有定时间", year.zh_day(day)),
            format!("Planned for {}, no hour is set", year.en_day(day)),
        ),
        (None, _, Phase::InProgress) => match when.started_at.map(|at| moment(at, year)) {
            Some((zh, en)) => (
                format!("{zh} 已开始，没有定时间"),
                format!("Started on {en}, without a planned time"),
            ),
            None => (
                "已经开始，没有定时间".to_owned(),
                "It has been started, without a planned time".to_owned(),
            ),
        },
        (None, _, Phase::Open | Phase::Assigned | Phase::Accepted) => {
            ("还没有定时间".to_owned(), "No day and hour are set".to_owned())
        }
        (None, _, _) => ("没有定时间".to_owned(), "No day and hour were set".to_owned()),
    };
    (vec![zh], vec![en])
}

/// The due day, in Chinese and in English.
fn due(when: &WhyThen, context: &TimeContext<'_>) -> (String, String) {
    let (due, late, year) = (when.due_on, when.late_days, context.year);
    let is_live = Phase::UNFINISHED.contains(&context.phase);
    let en_is = if is_live { "is" } else { "was" };
    if late > 0 {
        (
            format!("比截止日期{}晚 {late} 天。", year.zh_day(due)),
            format!(" {} late: due {}.", quantity(late, "day"), year.en_day(due)),
        )
    } else if when.day == Some(due) {
        ("当天到期。".to_owned(), format!(" It {en_is} due that day."))
    } else {
        let in_time = if when.day.is_some() && is_live { "，来得及" } else { "" };
        (
            format!("{}到期{in_time}。", year.zh_day(due)),
            format!(" It {en_is} due {}.", year.en_day(due)),
        )
    }
}

/// A moment in Chinese and in English.
fn moment(at: DateTime<FixedOffset>, year: PresentYear) -> (String, String) {
    let (day, time) = (at.date_naive(), at.format("%H:%M"));
    (format!("{} {time}", year.zh_day(day)), format!("{}, {time}", year.en_day(day)))
}

fn clock(time: TimeOfDay) -> String {
    format!("{:02}:{:02}", time.minutes() / 60, time.minutes() % 60)
}

#[cfg(test)]
mod tests {
    use gridward_domain::id::PersonId;
    use gridward_domain::time::Window;
    use uuid::Uuid;

    use super::*;
    use crate::explanation::fixture::{day, year};
    use crate::person::start::RouteStart;
    use crate::plan::drafts::why::DayWhy;

    fn at(minutes: u16) -> TimeOfDay {
        TimeOfDay::new(minutes).expect("a time")
    }

    const LATER: DayChoice = DayChoice { is_first: false, has_others: true };

    fn context(phase: Phase, choice: DayChoice) -> TimeContext<'static> {
        let changed_by = Who::Named("沈华华");
        TimeContext { who: Who::You, changed_by, phase, choice, year: year() }
    }

    fn planned() -> WhyThen {
        WhyThen {
            code: None,
            day: Some(day("2026-12-01")),
            start: Some(at(570)),
            travel: Some(12),
            starts_at: Some(RouteStart::Home),
            order: Some(2),
            changed_at: None,
            changed_by_id: None,
            changed_by_name: None,
            started_at: None,
            due_on: day("2026-12-03"),
            late_days: 0,
            window: Window::new(at(540), at(720)).ok(),
            sentence: Sentence::default(),
        }
    }

    /// Without a time.
    fn unset() -> WhyThen {
        let when = planned();
        let when = WhyThen { day: None, start: None, travel: None, order: None, ..when };
        WhyThen { window: None, ..when }
    }

    fn said(when: &WhyThen, phase: Phase) -> (String, String) {
        let Sentence { zh, en } = why_then(when, &context(phase, LATER));
        (zh, en)
    }

    #[test]
    fn a_time_is_explained_by_the_due_day_and_the_hours() {
        let (zh, en) = said(&planned(), Phase::Assigned);
        assert_eq!(
            zh,
            "安排在12月1日（周二） 09:30，当天第 2 项任务，路上约 12 分钟。12月3日（周四）到期，来得及。\
             任务时段：09:00 至 12:00。"
        );
        assert_eq!(
            en,
            "Planned for Tue 1 Dec, 09:30, task 2 of the day, after 12 minutes on the way. It is due \
             Thu 3 Dec. Its hours are 09:00 to 12:00."
        );
        let late = WhyThen { due_on: day("2026-11-30"), late_days: 1, ..planned() };
        let (zh, en) = said(&late, Phase::Assigned);
        assert!(zh.contains("比截止日期11月30日（周一）晚 1 天"), "{zh}");
        assert!(en.contains("1 day late: due Mon 30 Nov"), "{en}");
        let (zh, en) = said(&unset(), Phase::Open);
        assert_eq!(zh, "还没有定时间。12月3日（周四）到期。");
        assert_eq!(en, "No day and hour are set. It is due Thu 3 Dec.");
    }

    #[test]
    fn the_reason_of_a_day_is_that_of_its_person_among_the_days_of_the_plan() {
        let of = |code, choice| {
            let when = WhyThen { code: Some(code), travel: None, order: None, ..planned() };
            let Sentence { zh, en } = why_then(&when, &context(Phase::Assigned, choice));
            let zh = zh.split('。').nth(1).expect("a sentence").to_owned();
            (zh, en.split(". ").nth(1).expect("a sentence").to_owned())
        };
        let owned = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
        let first = DayChoice { is_first: true, has_others: true };
        assert_eq!(
            of(DayWhy::FirstPossible, first),
            owned("这是任务可以开始的第一天", "It is the first day of the task")
        );
        assert_eq!(
            of(DayWhy::FirstPossible, LATER),
            owned(
                "方案的日子里，这是您有合适时间的第一天",
                "It is the first day of the plan on which you have hours for it"
            )
        );
        assert_eq!(
            of(DayWhy::OnlyDay, LATER),
            owned(
                "方案的日子里，您只有这一天有合适的时间",
                "It is the only day of the plan on which you have hours for it"
            )
        );
        let alone = DayChoice { is_first: false, has_others: false };
        assert_eq!(
            of(DayWhy::OnlyDay, alone),
            owned("12月3日（周四）到期，来得及", "It is due Thu 3 Dec"),
            "of a plan of one day"
        );
        assert_eq!(
            of(DayWhy::EarlierFull, LATER),
            owned("您更早的日子已经排满", "You have no room on the earlier days")
        );
    }

    #[test]
    fn a_changed_time_names_the_person_who_changed_it_or_the_system() {
        let changed_at = "2026-11-30T19:24:00+08:00".parse().ok();
        let changed = WhyThen { changed_at, ..unset() };
        let by = Some(PersonId(Uuid::nil()));
        let (zh, en) = said(&WhyThen { changed_by_id: by, ..changed.clone() }, Phase::Accepted);
        assert_eq!(
            zh,
            "还没有定时间。11月30日（周一） 19:24，沈华华改了时间。12月3日（周四）到期。"
        );
        assert_eq!(
            en,
            "No day and hour are set. 沈华华 changed the time on Mon 30 Nov, 19:24. It is due Thu 3 Dec."
        );
        let (zh, en) = said(&changed, Phase::Accepted);
        assert!(zh.contains("19:24，系统按规则改了时间。12月3日"), "{zh}");
        assert!(en.contains(" The system changed the time on Mon 30 Nov, 19:24, by its rules. It"));
    }

    #[test]
    fn a_task_without_a_time_says_when_it_was_started_or_reported() {
        let started_at = "2026-12-01T09:05:00+08:00".parse().ok();
        let (zh, en) = said(&WhyThen { started_at, ..unset() }, Phase::InProgress);
        assert_eq!(zh, "12月1日（周二） 09:05 已开始，没有定时间。12月3日（周四）到期。");
        assert_eq!(en, "Started on Tue 1 Dec, 09:05, without a planned time. It is due Thu 3 Dec.");
        let reported = WhyThen { day: Some(day("2026-12-01")), ..unset() };
        let (zh, en) = said(&reported, Phase::Done);
        assert_eq!(zh, "12月1日（周二）报告完成，没有定时间。12月3日（周四）到期。");
        assert_eq!(
            en,
            "Reported as done on Tue 1 Dec, without a planned time. It was due Thu 3 Dec."
        );
        let (_, en) = said(&reported, Phase::Failed);
        assert!(
            en.starts_with("Reported as not done on Tue 1 Dec, without a planned time."),
            "{en}"
        );
        let (zh, en) = said(&unset(), Phase::Done);
        assert_eq!(zh, "没有定时间。12月3日（周四）到期。");
        assert_eq!(en, "No day and hour were set. It was due Thu 3 Dec.");
    }
}
