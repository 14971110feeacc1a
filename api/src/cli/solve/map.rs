//! A plan as a picture: a map of the routes, and a chart of the loads.

use std::fmt::{Result, Write as _};

use gridward_dispatch::routing::solution::{ShiftRoute, share};

use super::Solved;
use super::table::{hour, length, reason, remedy, said};

/// The side length of the map, and its margin.
const SIDE: f64 = 720.0;
const MARGIN: f64 = 24.0;
/// The line height of the legend, and its width.
const LINE: f64 = 22.0;
const LEGEND: f64 = 440.0;
/// The length of a bar at full load, and the maximum length relative to it.
const BAR: f64 = 120.0;
const LONGEST: f64 = 1.4;
/// The maximum number of visits with rank labels; above it there is no space.
const MANY: usize = 120;
/// The maximum number of characters of a name and of a line in the legend.
const NAME: usize = 11;
const CLAUSE: usize = 60;

/// The picture as self-contained SVG.
pub(super) fn draw(solved: &Solved) -> String {
    let people = solved.named.volunteers.len();
    #[expect(clippy::cast_precision_loss, reason = "a count of lines")]
    let lines = (people + solved.reasons.missing.len() + 4) as f64;
    let height = (SIDE + 2.0 * MARGIN).max(lines * LINE + 2.0 * MARGIN);
    let width = SIDE + LEGEND + 3.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    // Writing into a string does not fail.
    let _ = ground(solved, &mut svg).and_then(|()| legend(solved, &mut svg));
    svg.push_str("</svg>\n");
    svg
}

/// The picture as an HTML page.
pub(super) fn page(svg: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Gridward plan</title>\
         <body style=\"margin:0\">{svg}</body></html>\n"
    )
}

fn ground(solved: &Solved, svg: &mut String) -> Result {
    let points = points(solved);
    if points.is_empty() {
        let middle = MARGIN + SIDE / 2.0;
        return write!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{middle}\">The file has no places to draw.</text>"
        );
    }
    let people = solved.named.volunteers.len();
    let used = || solved.plan.routes.iter().filter(|route| !route.stops.is_empty());
    used().try_for_each(|route| line(solved, &points, route, svg))?;
    used().try_for_each(|route| stops(solved, &points, route, svg))?;
    for (number, (x, y)) in points.iter().take(people).enumerate() {
        let title = escaped(&said(&solved.named.volunteers[number]));
        let colour = colour(number);
        write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"13\" height=\"13\" fill=\"{colour}\" stroke=\"#000\" stroke-width=\"1.5\"><title>home of {title}</title></rect>",
            x - 6.5,
            y - 6.5
        )?;
    }
    missing(solved, &points, svg)
}

/// The line of a route, on a white outline so that crossings are distinguishable.
fn line(solved: &Solved, points: &[(f64, f64)], route: &ShiftRoute, svg: &mut String) -> Result {
    let people = solved.named.volunteers.len();
    let path = route.stops.iter().map(|stop| points[people + stop.visit]);
    let home = points[route.volunteer];
    let mut line = String::new();
    for (x, y) in std::iter::once(home).chain(path).chain([home]) {
        write!(line, "{x:.1},{y:.1} ")?;
    }
    let line = line.trim_end();
    let (colour, dashes) = (colour(route.volunteer), dashes(route.volunteer));
    let title = escaped(&format!(
        "{}: {} visits, {} of travel",
        said(&solved.named.volunteers[route.volunteer]),
        route.stops.len(),
        length(route.travel(), solved)
    ));
    write!(
        svg,
        "<polyline points=\"{line}\" fill=\"none\" stroke=\"#fff\" stroke-width=\"5\"/>\
         <polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.2\"{dashes}><title>{title}</title></polyline>"
    )
}

fn stops(solved: &Solved, points: &[(f64, f64)], route: &ShiftRoute, svg: &mut String) -> Result {
    let people = solved.named.volunteers.len();
    let ranked = solved.named.visits.len() <= MANY;
    let (colour, radius) = (colour(route.volunteer), if ranked { 8 } else { 4 });
    let who = said(&solved.named.volunteers[route.volunteer]);
    for (rank, stop) in (1..).zip(&route.stops) {
        let (x, y) = points[people + stop.visit];
        let visit = said(&solved.named.visits[stop.visit]);
        let (start, leave) = (hour(stop.start, solved), hour(stop.leave, solved));
        let title = escaped(&format!("visit {visit}, stop {rank} of {who}, {start}-{leave}"));
        write!(
            svg,
            "<g><title>{title}</title><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\" stroke=\"#fff\"/>"
        )?;
        if ranked {
            write!(
                svg,
                "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"9\" text-anchor=\"middle\" fill=\"#fff\">{rank}</text>",
                y + 3.2
            )?;
        }
        svg.push_str("</g>");
    }
    Ok(())
}

/// The unserved visits: a black cross in a white ring, on top.
fn missing(solved: &Solved, points: &[(f64, f64)], svg: &mut String) -> Result {
    let people = solved.named.volunteers.len();
    for missing in &solved.reasons.missing {
        let (x, y) = points[people + missing.visit];
        let title = escaped(&clause(solved, missing.visit, &reason(solved, &missing.reason)));
        write!(
            svg,
            "<g><title>{title}</title><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\" fill=\"#fff\" stroke=\"#000\" stroke-width=\"2\"/>\
             <path d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\" stroke=\"#000\" stroke-width=\"2.5\"/></g>",
            x - 4.0,
            y - 4.0
        )?;
    }
    Ok(())
}

fn legend(solved: &Solved, svg: &mut String) -> Result {
    let left = SIDE + 2.0 * MARGIN;
    let mut y = MARGIN + LINE / 2.0;
    write!(
        svg,
        "<text x=\"{left}\" y=\"{y}\" font-weight=\"bold\">Load, and its share of the capacity</text>"
    )?;
    for number in 0..solved.named.volunteers.len() {
        y += LINE;
        bar(solved, number, (left, y), svg)?;
    }
    y += LINE / 2.0;
    for missing in &solved.reasons.missing {
        y += LINE;
        let clause = clause(solved, missing.visit, &reason(solved, &missing.reason));
        let title = escaped(&format!("{clause}; {}", remedy(solved, missing.relaxation)));
        let clause = escaped(&shortened(&clause, CLAUSE));
        write!(svg, "<text x=\"{left}\" y=\"{y}\"><title>{title}</title>&#10005; {clause}</text>")?;
    }
    Ok(())
}

/// The bar of a volunteer's load: the earlier load is darker, a mark shows the capacity.
fn bar(solved: &Solved, number: usize, (left, y): (f64, f64), svg: &mut String) -> Result {
    let instance = &solved.named.instance;
    let (before, load) = (i64::from(instance.volunteers[number].carried), solved.loads[number]);
    let share_of = |load: i64| share(instance, number, load);
    let long = |load: i64| share_of(load).min(LONGEST) * BAR;
    let (x, top) = (left + 100.0, y - 11.0);
    let name = said(&solved.named.volunteers[number]);
    let (colour, dashes) = (colour(number), dashes(number));
    let title = escaped(&format!(
        "{name}: load {} before, {} now",
        length(before, solved),
        length(load, solved)
    ));
    write!(
        svg,
        "<g><title>{title}</title>\
         <path d=\"M{left} {:.1}h22\" stroke=\"{colour}\" stroke-width=\"4\"{dashes}/>\
         <text x=\"{:.1}\" y=\"{y}\">{}</text>\
         <rect x=\"{x}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"12\" fill=\"{colour}\"/>\
         <rect x=\"{x}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"12\" fill=\"#000\" opacity=\"0.3\"/>\
         <path d=\"M{:.1} {:.1}v16\" stroke=\"#000\"/>\
         <text x=\"{:.1}\" y=\"{y}\">{}, {:.0} %</text></g>",
        y - 5.0,
        left + 28.0,
        escaped(&shortened(&name, NAME)),
        long(load),
        long(before),
        x + BAR,
        y - 13.0,
        x + (LONGEST + 0.05) * BAR,
        length(load, solved),
        share_of(load) * 100.0
    )
}

fn clause(solved: &Solved, visit: usize, reason: &str) -> String {
    format!("visit {}: {reason}", said(&solved.named.visits[visit]))
}

/// The positions of homes and visits in the picture.
fn points(solved: &Solved) -> Vec<(f64, f64)> {
    let flat: Vec<(f64, f64)> = solved.named.points.iter().map(|(x, y)| (*x, -y)).collect();
    let least = flat.iter().fold((f64::MAX, f64::MAX), |m, p| (m.0.min(p.0), m.1.min(p.1)));
    let most = flat.iter().fold((f64::MIN, f64::MIN), |m, p| (m.0.max(p.0), m.1.max(p.1)));
    let span = (most.0 - least.0).max(most.1 - least.1).max(1e-9);
    let at = |value: f64, least: f64| MARGIN + (value - least) / span * SIDE;
    flat.iter().map(|(x, y)| (at(*x, least.0), at(*y, least.1))).collect()
}

/// One of twelve distinct hues, consecutive ones far apart, and dark enough for white
/// text.
fn colour(number: usize) -> String {
    let hue = number * 150 % 360;
    let light = if (40..200).contains(&hue) { 34 } else { 48 };
    format!("hsl({hue} 75% {light}%)")
}

/// The line style, which changes after every twelve people, when the hues repeat.
fn dashes(number: usize) -> &'static str {
    match number / 12 % 4 {
        0 => "",
        1 => " stroke-dasharray=\"8 3\"",
        2 => " stroke-dasharray=\"3 3\"",
        _ => " stroke-dasharray=\"10 3 2 3\"",
    }
}

/// The text, truncated with an ellipsis.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['\u{2026}']).collect()
}

/// The text escaped for XML; invalid characters are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}
