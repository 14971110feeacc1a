//! A plan as a picture: the routes on the ground, and beside them the loads.

use std::fmt::Write as _;

use gridward_dispatch::routing::solution::share;

use super::Solved;
use super::table::{reason, relief, said};

/// The side of the map, and what is left free around it.
const SIDE: f64 = 720.0;
const MARGIN: f64 = 24.0;
/// The height of a line of the legend, and its width.
const LINE: f64 = 22.0;
const LEGEND: f64 = 340.0;

/// The picture, as SVG that needs nothing else.
pub(super) fn draw(solved: &Solved) -> String {
    let people = solved.named.volunteers.len();
    #[expect(clippy::cast_precision_loss, reason = "a count of lines")]
    let lines = (people + solved.reasons.missing.len() + 3) as f64;
    let height = (SIDE + 2.0 * MARGIN).max(lines * LINE + 2.0 * MARGIN);
    let width = SIDE + LEGEND + 3.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    // Writing into a string does not fail.
    let _ = routes(solved, &mut svg).and_then(|()| legend(solved, &mut svg));
    svg.push_str("</svg>\n");
    svg
}

/// The same as a page.
pub(super) fn page(svg: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>A plan</title>\
         <body style=\"margin:0\">{svg}</body></html>\n"
    )
}

fn routes(solved: &Solved, svg: &mut String) -> std::fmt::Result {
    let points = points(solved);
    if points.is_empty() {
        let middle = MARGIN + SIDE / 2.0;
        return write!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{middle}\">The file has no places to draw.</text>"
        );
    }
    let people = solved.named.volunteers.len();
    for route in solved.plan.routes.iter().filter(|route| !route.stops.is_empty()) {
        let colour = colour(route.volunteer, people);
        let home = points[route.volunteer];
        let path = route.stops.iter().map(|stop| points[people + stop.visit]);
        let mut line = String::new();
        for (x, y) in std::iter::once(home).chain(path).chain([home]) {
            write!(line, "{x:.1},{y:.1} ")?;
        }
        write!(
            svg,
            "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" opacity=\"0.8\"/>"
        )?;
        for (rank, stop) in route.stops.iter().enumerate() {
            let (x, y) = points[people + stop.visit];
            let title = escaped(&said(&solved.named.visits[stop.visit]));
            write!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\"><title>visit {title}, stop {}</title></circle>",
                rank + 1
            )?;
        }
    }
    for missing in &solved.reasons.missing {
        let (x, y) = points[people + missing.visit];
        let title = escaped(&format!(
            "{}: {}",
            said(&solved.named.visits[missing.visit]),
            reason(&missing.reason)
        ));
        write!(
            svg,
            "<path d=\"M{:.1} {:.1}l10 10m0 -10l-10 10\" stroke=\"#c00\" stroke-width=\"2.5\"><title>{title}</title></path>",
            x - 5.0,
            y - 5.0
        )?;
    }
    for (number, (x, y)) in points.iter().take(people).enumerate() {
        let title = escaped(&said(&solved.named.volunteers[number]));
        let colour = colour(number, people);
        write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"11\" height=\"11\" fill=\"{colour}\" stroke=\"#000\"><title>home of {title}</title></rect>",
            x - 5.5,
            y - 5.5
        )?;
    }
    Ok(())
}

fn legend(solved: &Solved, svg: &mut String) -> std::fmt::Result {
    let (left, bar) = (SIDE + 2.0 * MARGIN, 120.0);
    let loads = solved.plan.loads(&solved.named.instance);
    let people = solved.named.volunteers.len();
    let mut y = MARGIN + LINE / 2.0;
    write!(
        svg,
        "<text x=\"{left}\" y=\"{y}\" font-weight=\"bold\">Share of what each can carry</text>"
    )?;
    for (number, name) in solved.named.volunteers.iter().enumerate() {
        y += LINE;
        let share = share(&solved.named.instance, number, loads[number]);
        let before = share_before(solved, number);
        let (colour, name) = (colour(number, people), escaped(&said(name)));
        let (full, carried) = (share.min(1.4) * bar, before.min(1.4) * bar);
        let x = left + 90.0;
        write!(
            svg,
            "<text x=\"{left}\" y=\"{y}\">{name}</text>\
            <rect x=\"{x}\" y=\"{:.1}\" width=\"{full:.1}\" height=\"12\" fill=\"{colour}\"/>\
            <rect x=\"{x}\" y=\"{:.1}\" width=\"{carried:.1}\" height=\"12\" fill=\"#000\" opacity=\"0.25\"><title>carried before</title></rect>\
            <path d=\"M{:.1} {:.1}v16\" stroke=\"#000\"/>\
            <text x=\"{:.1}\" y=\"{y}\">{:.0} %</text>",
            y - 11.0,
            y - 11.0,
            x + bar,
            y - 13.0,
            x + 1.45 * bar,
            share * 100.0
        )?;
    }
    for missing in &solved.reasons.missing {
        y += LINE;
        let visit = said(&solved.named.visits[missing.visit]);
        let clause = format!("unserved {visit}: {}", reason(&missing.reason));
        let title = escaped(&relief(solved, &missing.relief));
        write!(
            svg,
            "<text x=\"{left}\" y=\"{y}\" fill=\"#c00\">{}<title>{title}</title></text>",
            escaped(&clause)
        )?;
    }
    Ok(())
}

fn share_before(solved: &Solved, volunteer: usize) -> f64 {
    let instance = &solved.named.instance;
    share(instance, volunteer, instance.volunteers[volunteer].carried.into())
}

/// Where homes and visits lie in the picture.
fn points(solved: &Solved) -> Vec<(f64, f64)> {
    let flat: Vec<(f64, f64)> = solved.named.points.iter().map(|(x, y)| (*x, -y)).collect();
    let least = flat.iter().fold((f64::MAX, f64::MAX), |m, p| (m.0.min(p.0), m.1.min(p.1)));
    let most = flat.iter().fold((f64::MIN, f64::MIN), |m, p| (m.0.max(p.0), m.1.max(p.1)));
    let span = (most.0 - least.0).max(most.1 - least.1).max(1e-9);
    let at = |value: f64, least: f64| MARGIN + (value - least) / span * SIDE;
    flat.iter().map(|(x, y)| (at(*x, least.0), at(*y, least.1))).collect()
}

/// Colours far apart on the wheel, whatever their number.
fn colour(number: usize, people: usize) -> String {
    let hue = number * 360 / people.max(1);
    let light = if number.is_multiple_of(2) { 42 } else { 58 };
    format!("hsl({hue} 70% {light}%)")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
