//! Why a visit is on its day, in a sentence. A pure function.

use super::sentence::Who;
use crate::plan::drafts::why::DayWhy;

/// The days among which a plan chose the one of a visit.
#[derive(Clone, Copy, Debug)]
pub struct DayChoice {
    /// Whether the task cannot be made before the chosen day.
    pub is_first: bool,
    /// Whether the plan has other days.
    pub has_others: bool,
}

/// The sentence in Chinese and in English; none where it would say nothing.
pub(super) fn why_day(
    code: DayWhy,
    who: Who<'_>,
    DayChoice { is_first, has_others }: DayChoice,
) -> Option<(String, String)> {
    let name = who.zh();
    let has = |what: &str| {
        let verb = if who == Who::You { "have" } else { "has" };
        format!("It is the {what} day of the plan on which {} {verb} hours for it.", who.en())
    };
    let fixed = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    Some(match code {
        DayWhy::ByHand => fixed("日期由人工指定。", "The day was set by hand."),
        DayWhy::Pinned => fixed("日期在做方案之前就已定下。", "The day was set before the plan."),
        DayWhy::FirstPossible if is_first => {
            fixed("这是任务可以开始的第一天。", "It is the first day of the task.")
        }
        DayWhy::FirstPossible | DayWhy::OnlyDay if !has_others => return None,
        DayWhy::FirstPossible => {
            (format!("方案的日子里，这是{name}有合适时间的第一天。"), has("first"))
        }
        DayWhy::OnlyDay => (format!("方案的日子里，{name}只有这一天有合适的时间。"), has("only")),
        DayWhy::EarlierFull => (
            format!("{name}更早的日子已经排满。"),
            who.en_with("have", "has") + " no room on the earlier days.",
        ),
        DayWhy::Nearby => fixed(
            "当天附近还有别的走访，比更早的日子少走路。",
            "Other visits are nearby that day, so it takes less travel than on an earlier one.",
        ),
        DayWhy::BestFit => {
            fixed("综合整个方案，这一天最合适。", "The plan as a whole is best with this day.")
        }
    })
}
