//! Why a visit is on its day, in a sentence. A pure function.

use crate::plan::drafts::why::DayWhy;

/// The sentence in Chinese and in English.
pub(super) const fn why_day(code: DayWhy) -> (&'static str, &'static str) {
    match code {
        DayWhy::ByHand => ("日期由人工指定。", "The day was set by hand."),
        DayWhy::Pinned => ("日期在做方案之前就已定下。", "The day was set before the plan."),
        DayWhy::FirstPossible => {
            ("这是最早能上门的一天。", "It is the first day on which this is possible.")
        }
        DayWhy::OnlyDay => (
            "方案的日子里，上门的人只有这一天有空。",
            "On no other day of the plan is the visitor free for it.",
        ),
        DayWhy::EarlierFull => ("更早的日子已经排满。", "The visitor's earlier days are full."),
        DayWhy::Nearby => (
            "当天附近还有别的走访，比更早的日子少走路。",
            "Other visits are nearby that day, so it takes less travel than on an earlier one.",
        ),
        DayWhy::BestFit => {
            ("综合整个方案，这一天最合适。", "The plan as a whole is best with this day.")
        }
    }
}
