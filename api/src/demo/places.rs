//! Stations, memorial sites and holidays of the demo district.

use gridward_domain::area::Level;

use super::draw::Draw;
use super::identity;
use super::map::Map;
use crate::load::record::{Calendar, HolidayRecord, MemorialKind, MemorialRecord, StationRecord};

/// Real holidays, computed: date, code, name, calendar, lunar date.
const HOLIDAYS: &str = include_str!("holidays.csv");
const MEMORIALS: usize = 16;

/// One for each town and village, at its point.
pub(super) fn stations(map: &Map) -> Vec<StationRecord> {
    let served =
        map.areas.iter().filter(|area| matches!(area.level(), Level::Town | Level::Village));
    served
        .enumerate()
        .filter_map(|(n, area)| {
            let grid = map.grids.iter().find(|grid| area.code.contains(&grid.code))?;
            Some(StationRecord {
                id: format!("S{}", area.code),
                area: area.code,
                name: format!("{}退役军人服务站", area.name),
                grid: grid.code,
                place: area.place,
                phone: identity::phone("1009", n),
                hours: "mon-fri 0900-1730".to_owned(),
            })
        })
        .collect()
}

/// Sixteen memorial sites, or fewer if there are fewer grids.
pub(super) fn memorials(map: &Map, draw: &mut Draw) -> Vec<MemorialRecord> {
    let count = MEMORIALS.min(map.grids.len());
    let step = map.grids.len() / count.max(1);
    (0..count)
        .map(|n| {
            let grid = &map.grids[n * step];
            let (kind, word) = draw.one_of(&[
                (MemorialKind::Cemetery, "烈士陵园"),
                (MemorialKind::Monument, "烈士纪念碑"),
                (MemorialKind::Tomb, "烈士墓"),
                (MemorialKind::Hall, "纪念馆"),
            ]);
            MemorialRecord {
                id: format!("M{:02}", n + 1),
                name: format!("{}{word}（合成）", grid.address),
                kind,
                grid: grid.code,
                place: grid.at(draw.between(0.0, 1.0), draw.between(0.0, 1.0)),
            }
        })
        .collect()
}

/// The holidays of 2024 to 2030.
pub(super) fn holidays() -> Vec<HolidayRecord> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let [date, code, name, calendar, lunar_date] = fields.as_slice() else { return None };
        Some(HolidayRecord {
            date: date.parse().ok()?,
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            calendar: match *calendar {
                "solar" => Calendar::Solar,
                "lunar" => Calendar::Lunar,
                _ => Calendar::SolarTerm,
            },
            lunar_date: (*lunar_date).to_owned(),
        })
    };
    HOLIDAYS.lines().skip(1).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_holidays_is_read() {
        assert_eq!(holidays().len(), HOLIDAYS.lines().count() - 1);
        assert!(
            holidays().iter().any(|day| day.name == "春节" && day.date.to_string() == "2027-02-06")
        );
    }
}
