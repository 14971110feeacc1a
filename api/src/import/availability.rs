//! The weekly availability of a person: `mon 0900-1200;sat 0900-1700`.

use std::collections::BTreeMap;

use gridward_domain::time::{TimeOfDay, Window};

use super::fault::FaultReason;
use crate::person::Weekday;

/// The spans, Monday first; none if the text is empty.
pub(super) fn parse(text: &str) -> Result<Vec<(Weekday, Window)>, FaultReason> {
    let mut days = BTreeMap::new();
    for span in text.split(';').filter(|_| !text.is_empty()) {
        let (day, window) = parse_span(span)?;
        if days.insert(day, window).is_some() {
            return Err(FaultReason::TwoSpans(day));
        }
    }
    Ok(days.into_iter().collect())
}

fn parse_span(span: &str) -> Result<(Weekday, Window), FaultReason> {
    let (day, times) = span.split_once(' ').ok_or(FaultReason::NotSpan)?;
    let (start, end) = times.split_once('-').ok_or(FaultReason::NotSpan)?;
    let window = Window::new(TimeOfDay::parse(start)?, TimeOfDay::parse(end)?)?;
    Ok((day.parse()?, window))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        parse(text).expect_err("not an availability").to_string()
    }

    #[test]
    fn spans_are_read_in_the_order_of_the_week() {
        let spans = parse("sat 0900-1700;mon 0900-1200").expect("an availability");
        assert_eq!(
            spans.iter().map(|(day, _)| *day).collect::<Vec<_>>(),
            [Weekday::Mon, Weekday::Sat]
        );
        assert_eq!(spans[0].1.length().0, 180);
        assert_eq!(parse(""), Ok(vec![]), "never");
    }

    #[test]
    fn what_is_not_a_span_says_which_part_of_it() {
        for wrong in ["mon", "mon0900-1200", "mon 0900", "mon 0900-1200;", ";"] {
            assert_eq!(said(wrong), "each span must be a day and times, such as mon 0900-1200");
        }
        assert_eq!(said("day 0900-1200"), "must be one of: mon, tue, wed, thu, fri, sat, sun");
        assert_eq!(said("mon 0900-2460"), "a time of day must be from 00:00 to 24:00");
        assert_eq!(said("mon 1200-0900"), "a window must end after it starts");
        assert_eq!(said("mon 0900-1200;mon 1300-1400"), "mon has more than one span");
    }
}
