//! The sentences, in both languages. Pure functions of plain values.

use gridward_domain::channel::Channel;
use gridward_domain::time::TimeOfDay;
use serde::Serialize;
use utoipa::ToSchema;

use super::day_sentences::why_day;
use super::day_words::{en_day, zh_day};
use super::hindrance::HindranceCode;
use super::model::{WhyPerson, WhyThen};
use super::share_period::SharePeriod;
use crate::plan::drafts::why::VisitCost;
use crate::task::planned_why::PlannedWhy;

/// A sentence or two, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "zh": "顺路：王志愿当天只多走 6 分钟。", "en": "It is on the way: 6 more minutes of travel for 王志愿 that day."
}))]
pub struct Sentence {
    /// In Chinese.
    #[schema(max_length = 500)]
    pub zh: String,
    /// In English.
    #[schema(max_length = 500)]
    pub en: String,
}

/// How a sentence refers to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// The reader.
    You,
    /// A person whom the reader may know.
    Named(&'a str),
    /// Another person.
    Another,
}

impl Who<'_> {
    /// In Chinese.
    pub(super) const fn zh(&self) -> &str {
        match self {
            Self::You => "您",
            Self::Named(name) => name,
            Self::Another => "另一位同事",
        }
    }

    /// In English, within a sentence.
    pub(super) const fn en(&self) -> &str {
        match self {
            Self::You => "you",
            Self::Named(name) => name,
            Self::Another => "a colleague",
        }
    }

    /// At the beginning of a sentence, with the verb.
    pub(super) fn en_with(&self, of_you: &str, of_another: &str) -> String {
        match self {
            Self::You => format!("You {of_you}"),
            Self::Named(name) => format!("{name} {of_another}"),
            Self::Another => format!("A colleague {of_another}"),
        }
    }
}

/// A share in whole per cent.
fn percent(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

fn clock(time: TimeOfDay) -> String {
    format!("{:02}:{:02}", time.minutes() / 60, time.minutes() % 60)
}

/// `1 day`, `2 days`.
fn count(number: u32, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// Why this person; `period` is that of the shares.
pub fn why_person(who: Who<'_>, why: &WhyPerson, period: SharePeriod) -> Sentence {
    let (zh, extra) = (who.zh(), why.extra_travel);
    let minutes = count(extra, "more minute");
    let (reason_zh, reason_en) = match why.code {
        PlannedWhy::ByHand => (
            format!("方案制定人指定由{zh}负责。"),
            format!("The author of the plan chose {}.", who.en()),
        ),
        PlannedWhy::Known => {
            (format!("这一户熟悉{zh}。"), format!("The beneficiary knows {}.", who.en()))
        }
        PlannedWhy::OnlyOne => (
            format!("负责本网格的其他人都排不开，只有{zh}能上门。"),
            format!(
                "{}; no one else of those who serve the grid can.",
                who.en_with("can make the visit", "can make the visit")
            ),
        ),
        PlannedWhy::OnTheWay if extra == 0 => (
            format!("顺路：{zh}当天不用多走。"),
            format!("It is on the way: no more travel for {} that day.", who.en()),
        ),
        PlannedWhy::OnTheWay => (
            format!("顺路：{zh}当天只多走 {extra} 分钟。"),
            format!("It is on the way: {minutes} of travel for {} that day.", who.en()),
        ),
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
        PlannedWhy::BestFit => (
            format!("综合路程、日期和大家的工作量，由{zh}上门最合适。"),
            format!(
                "It suits everyone's ways, days and loads best if {} go{}.",
                who.en(),
                match who {
                    Who::You => "",
                    _ => "es",
                }
            ),
        ),
    };
    let share = percent(why.share_after);
    let others_zh = match (why.code, why.others) {
        (PlannedWhy::OnlyOne, _) | (_, 0) => String::new(),
        (_, others) => format!("另有 {others} 人也能接手。"),
    };
    let others_en = match (why.code, why.others) {
        (PlannedWhy::OnlyOne, _) | (_, 0) => String::new(),
        (_, 1) => " 1 other could take over.".to_owned(),
        (_, others) => format!(" {others} others could take over."),
    };
    let has = who.en_with("have", "has");
    Sentence {
        zh: format!("{reason_zh}{others_zh}按方案，{zh}{}的时间已用 {share}%。", period.zh()),
        en: format!(
            "{reason_en}{others_en} {has} {share} % of the time offered {} in use by the plan.",
            period.en()
        ),
    }
}

/// Why then. `due_on` and `window` are those of the task.
pub fn why_then(when: &WhyThen) -> Sentence {
    let due = when.due_on;
    let (mut zh, mut en) = match (when.day, when.start) {
        (Some(day), Some(start)) => (
            vec![format!("安排在{} {}", zh_day(day), clock(start))],
            vec![format!("Planned for {}, {}", en_day(day), clock(start))],
        ),
        (Some(day), None) => (
            vec![format!("安排在{}，还没有定时间", zh_day(day))],
            vec![format!("Planned for {}, no hour is set", en_day(day))],
        ),
        (None, _) => (vec!["还没有定时间".to_owned()], vec!["No day and hour are set".to_owned()]),
    };
    if let Some(order) = when.order {
        zh.push(format!("，当天第 {order} 户"));
        en.push(format!(", visit {order} of the day"));
    }
    if let Some(travel) = when.travel {
        zh.push(format!("，路上约 {travel} 分钟"));
        en.push(format!(", after {}", count(u32::try_from(travel).unwrap_or_default(), "minute")));
        en.push(" on the way".to_owned());
    }
    zh.push("。".to_owned());
    en.push(".".to_owned());
    if let Some((why_zh, why_en)) = when.code.map(why_day) {
        zh.push(why_zh.to_owned());
        en.push(format!(" {why_en}"));
    }
    let late = when.late_days;
    if late > 0 {
        zh.push(format!("比截止日期{}晚 {late} 天。", zh_day(due)));
        en.push(format!(" {} late: due {}.", count(late, "day"), en_day(due)));
    } else if when.day == Some(due) {
        zh.push("当天到期。".to_owned());
        en.push(" It is due that day.".to_owned());
    } else {
        let in_time = if when.day.is_some() { "，来得及" } else { "" };
        zh.push(format!("{}到期{in_time}。", zh_day(due)));
        en.push(format!(" It is due {}.", en_day(due)));
    }
    if let Some(window) = when.window {
        zh.push(format!("上门时段：{} 至 {}。", clock(window.start()), clock(window.end())));
        en.push(format!(" Its hours are {} to {}.", clock(window.start()), clock(window.end())));
    }
    Sentence { zh: zh.concat(), en: en.concat() }
}

/// What the visit or the call would cost with a person; `period` is that of the share.
pub fn possible(who: Who<'_>, cost: &VisitCost, channel: Channel, period: SharePeriod) -> Sentence {
    let (extra, share) = (cost.extra_travel, percent(cost.share_after));
    let (can_zh, can_en) = match channel {
        Channel::Visit => ("可以上门", "could go"),
        Channel::Call => ("可以打电话", "could call"),
    };
    let mut zh = vec![format!("{}{can_zh}：{}", who.zh(), zh_day(cost.day))];
    let mut en = vec![format!("{}: {}", who.en_with(can_en, can_en), en_day(cost.day))];
    if cost.late_days > 0 {
        zh.push(format!("，晚 {} 天", cost.late_days));
        en.push(format!(", {} late", count(cost.late_days, "day")));
    }
    if channel == Channel::Call {
        zh.push("，电话联系，不用上门".to_owned());
        en.push(", by phone, no travel".to_owned());
    } else if extra == 0 {
        zh.push("，不用多走".to_owned());
        en.push(", no more travel".to_owned());
    } else {
        zh.push(format!("，多走 {extra} 分钟"));
        en.push(format!(", {} of travel", count(extra, "more minute")));
    }
    zh.push(format!("，{}时间用到 {share}%", period.zh()));
    en.push(format!(", {share} % of the time offered {} in use", period.en()));
    if cost.known {
        zh.push("，这一户熟悉".to_owned());
        en.push(", known to the beneficiary".to_owned());
    }
    Sentence { zh: zh.concat() + "。", en: en.concat() + "." }
}

/// The labels of the missing skills, in Chinese and in English.
pub type Labels = [(String, String)];

/// What hinders a person; `short` is the missing minutes.
pub fn hindered(who: Who<'_>, code: HindranceCode, short: u32, missing: &Labels) -> Sentence {
    let name = who.zh();
    let minutes = count(short, "minute");
    let is = |rest: &str| who.en_with(&format!("are {rest}"), &format!("is {rest}"));
    let (zh, en) = match code {
        HindranceCode::Forbidden => (
            format!("{name}不能去这一户。"),
            who.en_with("must not visit this beneficiary", "must not visit this beneficiary") + ".",
        ),
        HindranceCode::NoSkill => {
            let zh: Vec<&str> = missing.iter().map(|(zh, _)| zh.as_str()).collect();
            let en: Vec<&str> = missing.iter().map(|(_, en)| en.as_str()).collect();
            let lacks = who.en_with("lack", "lacks");
            (
                format!("{name}缺少技能：{}。", zh.join("、")),
                format!("{lacks} a skill: {}.", en.join(", ")),
            )
        }
        HindranceCode::OffDuty => (format!("{name}暂停接单。"), is("off duty") + "."),
        HindranceCode::Away => {
            (format!("{name}没有空闲时间，或者不在。"), is("away or without free hours") + ".")
        }
        HindranceCode::OutsideWindow => (
            format!("{name}的时间与任务的日期、时段对不上。"),
            who.en_with("have", "has") + " no hours within the days and hours of the task.",
        ),
        HindranceCode::TooFar => (
            format!("{name}离得太远，来回的时间不够。"),
            is("too far away to go there and back in time") + ".",
        ),
        HindranceCode::NoMinutes => (
            format!("{name}当周的时间已排满，还差 {short} 分钟。"),
            who.en_with("have", "has") + &format!(" no time left in that week: {minutes} short."),
        ),
        HindranceCode::NoRoom => (
            format!("{name}的行程排不下，还差 {short} 分钟。"),
            who.en_with("have", "has")
                + &format!(" no gap between the other visits: {minutes} short."),
        ),
        HindranceCode::Tied => (
            format!("{name}不能与相关的任务搭配。"),
            who.en_with("do not", "does not") + " fit with the visits that belong to this one.",
        ),
    };
    Sentence { zh, en }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use gridward_domain::time::Window;

    use super::*;
    use crate::plan::drafts::why::DayWhy;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn at(minutes: u16) -> TimeOfDay {
        TimeOfDay::new(minutes).expect("a time")
    }

    fn period() -> SharePeriod {
        SharePeriod { weeks: 4, last: day("2026-12-06") }
    }

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
        let Sentence { zh, .. } = why_person(Who::You, &why(PlannedWhy::OnlyOne, 30, 0), period());
        assert_eq!(
            zh,
            "负责本网格的其他人都排不开，只有您能上门。按方案，您近四周（至12月6日）的时间已用 36%。"
        );
    }

    #[test]
    fn a_time_is_explained_by_the_due_day_and_the_hours() {
        let when = WhyThen {
            code: None,
            day: Some(day("2026-12-01")),
            start: Some(at(570)),
            travel: Some(12),
            starts_at: Some(crate::person::start::RouteStart::Home),
            order: Some(2),
            due_on: day("2026-12-03"),
            late_days: 0,
            window: Window::new(at(540), at(720)).ok(),
            sentence: Sentence::default(),
        };
        let Sentence { zh, en } = why_then(&when);
        assert_eq!(
            zh,
            "安排在12月1日（周二） 09:30，当天第 2 户，路上约 12 分钟。12月3日（周四）到期，来得及。\
             上门时段：09:00 至 12:00。"
        );
        assert_eq!(
            en,
            "Planned for Tue 1 Dec, 09:30, visit 2 of the day, after 12 minutes on the way. It is due \
             Thu 3 Dec. Its hours are 09:00 to 12:00."
        );
        let full = WhyThen { code: Some(DayWhy::EarlierFull), ..when.clone() };
        assert!(why_then(&full).zh.contains("路上约 12 分钟。更早的日子已经排满。12月3日"));
        assert!(why_then(&full).en.contains("way. The visitor's earlier days are full. It is due"));
        let late = WhyThen { due_on: day("2026-11-30"), late_days: 1, window: None, ..when };
        assert!(why_then(&late).zh.contains("比截止日期11月30日（周一）晚 1 天"));
        assert!(why_then(&late).en.contains("1 day late: due Mon 30 Nov"));
        let unset =
            WhyThen { day: None, start: None, travel: None, order: None, late_days: 0, ..late };
        let Sentence { zh, en } = why_then(&unset);
        assert_eq!(zh, "还没有定时间。11月30日（周一）到期。");
        assert_eq!(en, "No day and hour are set. It is due Mon 30 Nov.");
    }

    #[test]
    fn a_candidate_is_possible_or_hindered_in_a_sentence() {
        let cost = VisitCost {
            day: day("2026-12-01"),
            late_days: 0,
            known: true,
            extra_travel: 9,
            share_after: 0.42,
        };
        let Sentence { zh, en } = possible(Who::Named("陈志愿"), &cost, Channel::Visit, period());
        assert_eq!(
            zh,
            "陈志愿可以上门：12月1日（周二），多走 9 分钟，近四周（至12月6日）时间用到 42%，这一户熟悉。"
        );
        assert!(en.ends_with(
            "9 more minutes of travel, 42 % of the time offered in the four weeks to 6 Dec in use, known to \
             the beneficiary."
        ));
        let call = VisitCost { known: false, extra_travel: 0, ..cost };
        let Sentence { zh, en } = possible(Who::You, &call, Channel::Call, period());
        assert_eq!(
            zh,
            "您可以打电话：12月1日（周二），电话联系，不用上门，近四周（至12月6日）时间用到 42%。"
        );
        assert!(en.starts_with("You could call: Tue 1 Dec, by phone, no travel, 42 %"), "{en}");
        let lacks = [("驾驶".to_owned(), "driving".to_owned())];
        let Sentence { zh, en } = hindered(Who::Another, HindranceCode::NoSkill, 0, &lacks);
        assert_eq!(
            (zh.as_str(), en.as_str()),
            ("另一位同事缺少技能：驾驶。", "A colleague lacks a skill: driving.")
        );
        let Sentence { zh, en } = hindered(Who::You, HindranceCode::NoRoom, 25, &[]);
        assert_eq!(zh, "您的行程排不下，还差 25 分钟。");
        assert_eq!(en, "You have no gap between the other visits: 25 minutes short.");
    }
}
