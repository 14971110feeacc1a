//! Why a visit is planned with its person, in sentences. Pure functions of plain values.

use super::day_words::PresentYear;
use super::model::WhyPerson;
use super::sentence::{Sentence, Who, percent};
use super::share_period::SharePeriod;
use crate::http::problem::quantity;
use crate::task::view::planned_why::PlannedWhy;

/// Why this person; `period` is that of the shares.
pub fn why_person(
    who: Who<'_>,
    why: &WhyPerson,
    (period, year): (SharePeriod, PresentYear),
) -> Sentence {
    let (reason_zh, reason_en) = reason(who, why);
    let (others_zh, others_en) = others(why);
    let (name, has) = (who.zh(), who.en_with("have", "has"));
    let share = percent(why.share_after);
    Sentence {
        zh: format!("{reason_zh}{others_zh}按方案，{name}{}的时间已用 {share}%。", period.zh(year)),
        en: format!(
            "{reason_en}{others_en} {has} {share} % of the time offered {} in use by the plan.",
            period.en(year)
        ),
    }
}

/// Why the plan chose the person of a task whose time was changed later, by this sentence of the plan.
pub fn before_change(Sentence { zh, en }: &Sentence) -> Sentence {
    Sentence {
        zh: format!("任务由方案安排，后来改了时间。方案当时的理由：{zh}"),
        en: format!(
            "A plan gave the task, and its time was changed later. The reasons of the plan: {en}"
        ),
    }
}

/// The reason for the person, in Chinese and in English.
fn reason(who: Who<'_>, why: &WhyPerson) -> (String, String) {
    let (zh, en) = (who.zh(), who.en());
    match why.code {
        PlannedWhy::ByHand => {
            (format!("方案制定人指定由{zh}负责。"), format!("The author of the plan chose {en}."))
        }
        PlannedWhy::Known => (format!("这一户熟悉{zh}。"), format!("The beneficiary knows {en}.")),
        PlannedWhy::OnlyOne => (
            format!("方案的其他安排不变时，考虑过的其他人在方案的日子里都接不了，所以由{zh}上门。"),
            format!(
                "{}: with the rest of the plan as it is, no one else whom it considered could on \
                 its days.",
                who.en_with("make the visit", "makes the visit")
            ),
        ),
        PlannedWhy::OnTheWay => on_the_way(who, why.extra_travel),
        PlannedWhy::ByPhone => {
            ("电话联系，不用上门。".to_owned(), "By phone, no travel.".to_owned())
        }
        PlannedWhy::LighterLoad => (
            format!("比起能上门的其他人，{zh}手上的任务较少。"),
            format!(
                "{} than the others who could go.",
                who.en_with("have less work", "has less work")
            ),
        ),
        PlannedWhy::BestFit => {
            let verb = if who == Who::You { "go" } else { "goes" };
            (
                format!("综合路程、日期和大家的工作量，由{zh}上门最合适。"),
                format!("It suits everyone's ways, days and loads best if {en} {verb}."),
            )
        }
    }
}

/// The reason that the visit adds few or no minutes of travel.
fn on_the_way(who: Who<'_>, extra: u32) -> (String, String) {
    let (zh, en) = (who.zh(), who.en());
    if extra == 0 {
        return (
            format!("顺路：{zh}当天不用多走。"),
            format!("It is on the way: no more travel for {en} that day."),
        );
    }
    let minutes = quantity(extra, "more minute");
    (
        format!("顺路：{zh}当天只多走 {extra} 分钟。"),
        format!("It is on the way: {minutes} of travel for {en} that day."),
    )
}

/// How many others could take over, in Chinese and in English; empty if none could.
fn others(why: &WhyPerson) -> (String, String) {
    match (why.code, why.others) {
        (PlannedWhy::OnlyOne, _) | (_, 0) => (String::new(), String::new()),
        (_, others) => {
            let en = quantity(others, "other");
            (format!("另有 {others} 人也能接手。"), format!(" {en} could take over."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explanation::fixture::period;

    fn why(code: PlannedWhy, extra_travel: u32, others: u32) -> WhyPerson {
        WhyPerson {
            code,
            known: code == PlannedWhy::Known,
            extra_travel,
            share_before: 0.3,
            share_after: 0.358,
            others,
            sentence: Sentence::default(),
        }
    }

    #[test]
    fn a_reason_addresses_its_reader() {
        let near = why(PlannedWhy::OnTheWay, 6, 2);
        let Sentence { zh, en } = why_person(Who::You, &near, period());
        assert_eq!(
            zh,
            "顺路：您当天只多走 6 分钟。另有 2 人也能接手。按方案，您近四周（至12月6日）的时间已用 36%。"
        );
        assert_eq!(
            en,
            "It is on the way: 6 more minutes of travel for you that day. 2 others could take over. \
             You have 36 % of the time offered in the four weeks to 6 Dec in use by the plan."
        );
        let Sentence { zh, en } =
            why_person(Who::Named("王志愿"), &why(PlannedWhy::Known, 0, 1), period());
        assert_eq!(
            zh,
            "这一户熟悉王志愿。另有 1 人也能接手。按方案，王志愿近四周（至12月6日）的时间已用 36%。"
        );
        assert!(
            en.starts_with(
                "The beneficiary knows 王志愿. 1 other could take over. 王志愿 has 36 %"
            )
        );
    }

    /// People of other grids may be able to, and others later.
    #[test]
    fn the_only_one_is_so_of_those_whom_the_plan_considered_on_its_days() {
        let Sentence { zh, en } = why_person(Who::You, &why(PlannedWhy::OnlyOne, 30, 0), period());
        assert_eq!(
            zh,
            "方案的其他安排不变时，考虑过的其他人在方案的日子里都接不了，所以由您上门。按方案，您近四周（至12月6日）的时间已用 36%。"
        );
        assert!(en.starts_with(
            "You make the visit: with the rest of the plan as it is, no one else whom it considered \
             could on its days."
        ));
    }
}
