//! What a visit would cost with a person, and what hinders a person, in sentences. Pure functions of plain values.

use gridward_domain::channel::Channel;

use super::day_words::PresentYear;
use super::hindrance::HindranceCode;
use super::sentence::{Sentence, Who, percent};
use super::share_period::SharePeriod;
use crate::http::problem::quantity;
use crate::plan::drafts::why::VisitCost;

/// What the visit or the call would cost with a person; `period` is that of the share.
pub fn possible(
    who: Who<'_>,
    cost: &VisitCost,
    channel: Channel,
    (period, year): (SharePeriod, PresentYear),
) -> Sentence {
    let (extra, share) = (cost.extra_travel, percent(cost.share_after));
    let (can_zh, can_en) = match channel {
        Channel::Visit => ("可以上门", "could go"),
        Channel::Call => ("可以打电话", "could call"),
    };
    let mut zh = vec![format!("{}{can_zh}：{}", who.zh(), year.zh_day(cost.day))];
    let mut en = vec![format!("{}: {}", who.en_with(can_en, can_en), year.en_day(cost.day))];
    if cost.late_days > 0 {
        zh.push(format!("，晚 {} 天", cost.late_days));
        en.push(format!(", {} late", quantity(cost.late_days, "day")));
    }
    if channel == Channel::Call {
        zh.push("，电话联系，不用上门".to_owned());
        en.push(", by phone, no travel".to_owned());
    } else if extra == 0 {
        zh.push("，不用多走".to_owned());
        en.push(", no more travel".to_owned());
    } else {
        zh.push(format!("，多走 {extra} 分钟"));
        en.push(format!(", {} of travel", quantity(extra, "more minute")));
    }
    zh.push(format!("，{}时间用到 {share}%", period.zh(year)));
    en.push(format!(", {share} % of the time offered {} in use", period.en(year)));
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
    let minutes = quantity(short, "minute");
    let is = |rest: &str| who.en_with(&format!("are {rest}"), &format!("is {rest}"));
    let (zh, en) = match code {
        HindranceCode::Forbidden => (
            format!("{name}不能去这一户。"),
            who.en_with("must not visit this beneficiary", "must not visit this beneficiary") + ".",
        ),
        HindranceCode::Declined => (
            format!("{name}已退回这项任务，或者没有按时接受。"),
            who.en_with("have", "has") + " given this task back, or not accepted it in time.",
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
            format!("{name}当周剩余的时间不够（含路程），还差 {short} 分钟。"),
            who.en_with("have", "has")
                + &format!(
                    " too little time left in that week, the way included: {minutes} short."
                ),
        ),
        HindranceCode::NoRoom => (
            format!("{name}的行程排不下，还差 {short} 分钟。"),
            who.en_with("have", "has")
                + &format!(" no gap between the other visits: {minutes} short."),
        ),
        HindranceCode::Tied => (
            format!("按相关任务现在的安排，{name}搭配不上。"),
            who.en_with("do not", "does not")
                + " fit with the visits that belong to this one, as these are planned.",
        ),
    };
    Sentence { zh, en }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explanation::fixture::{day, period};

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
        let Sentence { zh, en } = hindered(Who::You, HindranceCode::Declined, 0, &[]);
        assert_eq!(zh, "您已退回这项任务，或者没有按时接受。");
        assert_eq!(en, "You have given this task back, or not accepted it in time.");
        let Sentence { zh, en } = hindered(Who::You, HindranceCode::NoRoom, 25, &[]);
        assert_eq!(zh, "您的行程排不下，还差 25 分钟。");
        assert_eq!(en, "You have no gap between the other visits: 25 minutes short.");
    }
}
