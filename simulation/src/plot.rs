//! The weeks of the outcomes as an SVG: tasks served in time, and how unequal the shares are.

use std::fmt::Write as _;

use crate::measures::{Outcome, Week, float};

/// Colours that are distinguishable for people who do not distinguish red and green (Okabe and Ito,
/// 2008), one for each outcome.
const COLOURS: [&str; 3] = ["#0072b2", "#d55e00", "#009e73"];

/// Width and height of the picture.
const SIZE: (f64, f64) = (860.0, 320.0);
/// Width and height of the area of a panel that has lines.
const PLOT: (f64, f64) = (350.0, 200.0);
/// The top of both panels.
const TOP: f64 = 56.0;

/// A panel: one measure of every week.
struct Panel {
    title: &'static str,
    left: f64,
    /// The value at the top of the vertical axis; the bottom is 0.
    most: f64,
    /// The text of a value at the axis.
    label: fn(f64) -> String,
    /// The value of a week, if it has one.
    value: fn(&Week) -> Option<f64>,
}

const PANELS: [Panel; 2] = [
    Panel {
        title: "Served in time, of the tasks due in the week",
        left: 60.0,
        most: 1.0,
        label: |value| format!("{:.0} %", value * 100.0),
        value: |week| (week.due > 0).then(|| float(week.in_time) / float(week.due)),
    },
    Panel {
        title: "Gini of shares since the first day (0: equal)",
        left: 490.0,
        most: 1.0,
        label: |value| format!("{value:.1}"),
        value: |week| Some(week.gini),
    },
];

/// The picture.
pub fn svg(outcomes: &[Outcome]) -> String {
    let (width, height) = SIZE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\" \
         fill=\"#333\">\n<title>A simulated quarter, week by week</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for panel in &PANELS {
        axes(&mut svg, panel, weeks(outcomes));
        for (outcome, colour) in outcomes.iter().zip(COLOURS) {
            line(&mut svg, panel, outcome, colour);
        }
    }
    legend(&mut svg, outcomes);
    svg.push_str("</svg>\n");
    svg
}

fn weeks(outcomes: &[Outcome]) -> usize {
    outcomes.iter().map(|outcome| outcome.weeks.len()).max().unwrap_or(0)
}

/// The horizontal position of a week, from 1.
fn x(panel: &Panel, week: usize, weeks: usize) -> f64 {
    panel.left + PLOT.0 * (float(week) - 0.5) / float(weeks.max(1))
}

/// The vertical position of a value.
fn y(panel: &Panel, value: f64) -> f64 {
    TOP + PLOT.1 * (1.0 - (value / panel.most).clamp(0.0, 1.0))
}

fn axes(svg: &mut String, panel: &Panel, weeks: usize) {
    let (left, right, bottom) = (panel.left, panel.left + PLOT.0, TOP + PLOT.1);
    text(svg, (left, TOP - 16.0), "start", panel.title);
    for step in 0..=5_u8 {
        let value = panel.most * f64::from(step) / 5.0;
        let at = y(panel, value);
        let _ = writeln!(
            svg,
            "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>"
        );
        text(svg, (left - 8.0, at + 4.0), "end", &(panel.label)(value));
    }
    let _ = writeln!(
        svg,
        "<line x1=\"{left}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\" stroke=\"#333\"/>"
    );
    for week in 1..=weeks {
        text(svg, (x(panel, week, weeks), bottom + 18.0), "middle", &week.to_string());
    }
    text(svg, (f64::midpoint(left, right), bottom + 38.0), "middle", "week");
}

fn line(svg: &mut String, panel: &Panel, outcome: &Outcome, colour: &str) {
    let weeks = outcome.weeks.len();
    let at = |(week, values): (usize, &Week)| {
        let value = (panel.value)(values)?;
        Some((x(panel, week + 1, weeks), y(panel, value)))
    };
    let points: Vec<(f64, f64)> = outcome.weeks.iter().enumerate().filter_map(at).collect();
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        path.join(" ")
    );
    for (x, y) in points {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
}

fn legend(svg: &mut String, outcomes: &[Outcome]) {
    let mut left = PANELS[0].left;
    for (outcome, colour) in outcomes.iter().zip(COLOURS) {
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"10\" width=\"14\" height=\"4\" fill=\"{colour}\"/>"
        );
        text(svg, (left + 20.0, 17.0), "start", outcome.policy.name());
        left += 130.0;
    }
}

/// Writes a text, which has no characters that XML escapes.
fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}
