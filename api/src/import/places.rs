//! areas.csv, stations.csv, memorials.csv and holidays.csv

use gridward_dispatch::area::{AreaCode, Level};

use super::beneficiaries::day;
use super::fault::Reason;
use super::table::Row;
use crate::load::record::{
    AreaRecord, Calendar, HolidayRecord, MemorialKind, MemorialRecord, StationRecord,
};

pub(super) const AREA: &[&str] = &["code", "level", "name", "parent", "lat", "lon"];

pub(super) fn area(row: &mut Row<'_>) -> Option<AreaRecord> {
    let code: Option<AreaCode> = row.value("code");
    let (level, name, place) = (row.value::<Level>("level"), row.text("name"), row.place());
    if let (Some(code), Some(level)) = (code, level)
        && code.level() != level
    {
        row.fault::<()>("level", Reason::Level(code));
    }
    if let Some(code) = code
        && code.parent().map(String::from).unwrap_or_default() != row.field("parent")
    {
        row.fault::<()>("parent", Reason::Parent(code));
    }
    Some(AreaRecord { code: code?, name: name?, place: place? })
}

pub(super) const STATION: &[&str] = &["id", "area", "name", "grid", "lat", "lon", "phone", "hours"];

pub(super) fn station(row: &mut Row<'_>) -> Option<StationRecord> {
    let (id, area, name) = (row.text("id"), row.value("area"), row.text("name"));
    let (grid, place, phone) = (row.grid("grid"), row.place(), row.phone("phone"));
    let hours = row.text("hours");
    Some(StationRecord {
        id: id?,
        area: area?,
        name: name?,
        grid: grid?,
        place: place?,
        phone: phone?,
        hours: hours?,
    })
}

pub(super) const MEMORIAL: &[&str] = &["id", "name", "kind", "grid", "lat", "lon"];

pub(super) fn memorial(row: &mut Row<'_>) -> Option<MemorialRecord> {
    let (id, name, grid, place) = (row.text("id"), row.text("name"), row.grid("grid"), row.place());
    let kind = row.read("kind", |text| match text {
        "cemetery" => Ok(MemorialKind::Cemetery),
        "monument" => Ok(MemorialKind::Monument),
        "tomb" => Ok(MemorialKind::Tomb),
        "hall" => Ok(MemorialKind::Hall),
        _ => Err("must be one of: cemetery, monument, tomb, hall".to_owned()),
    });
    Some(MemorialRecord { id: id?, name: name?, kind: kind?, grid: grid?, place: place? })
}

pub(super) const HOLIDAY: &[&str] = &["date", "code", "name_zh", "calendar", "lunar_date"];

pub(super) fn holiday(row: &mut Row<'_>) -> Option<HolidayRecord> {
    let (date, code, name) = (row.read("date", day), row.text("code"), row.text("name_zh"));
    let calendar = row.read("calendar", |text| match text {
        "solar" => Ok(Calendar::Solar),
        "lunar" => Ok(Calendar::Lunar),
        "solar_term" => Ok(Calendar::SolarTerm),
        _ => Err("must be one of: solar, lunar, solar_term".to_owned()),
    });
    let lunar_date = row.field("lunar_date").to_owned();
    Some(HolidayRecord { date: date?, code: code?, name: name?, calendar: calendar?, lunar_date })
}
