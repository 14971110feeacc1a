//! For tests: a small folder without faults, which each test changes in one place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use proptest::sample::Index;
use tempfile::TempDir;

use super::{Headings, ImportError, Options, Reading, read};
use crate::load::existing::Existing;

/// The bytes of each file of a folder.
#[derive(Clone)]
pub(super) struct Sample(BTreeMap<&'static str, Vec<u8>>);

impl Sample {
    /// The day on which the folder is read.
    pub(super) const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 8, 1).expect("a day");
    /// The first line of grids.geojson.
    pub(super) const OPEN: &'static str = r#"{"type":"FeatureCollection","features":["#;

    /// Read into an empty database.
    pub(super) fn options() -> Options<'static> {
        static NOTHING: LazyLock<(Existing, Headings)> = LazyLock::new(Default::default);
        let (existing, headings) = &*NOTHING;
        Options { today: Self::TODAY, existing, headings }
    }

    /// One town with one village of two grids, four people and two beneficiaries.
    pub(super) fn sound() -> Self {
        let west = "[[[106.25,29.28],[106.26,29.28],[106.26,29.29],[106.25,29.29],[106.25,29.28]]]";
        let east = "[[[106.26,29.28],[106.27,29.28],[106.27,29.29],[106.26,29.29],[106.26,29.28]]]";
        let grids = [
            Self::OPEN.to_owned(),
            Self::feature("500116001002001", west) + ",",
            Self::feature("500116001002002", east),
            "]}\n".to_owned(),
        ];
        Self(BTreeMap::new())
            .bytes("grids.geojson", grids.join("\n").as_bytes())
            .text("areas.csv", AREAS)
            .text("people.csv", PEOPLE)
            .text("beneficiaries.csv", BENEFICIARIES)
            .text("stations.csv", STATIONS)
            .text("memorials.csv", MEMORIALS)
            .text("holidays.csv", HOLIDAYS)
    }

    /// A feature of grids.geojson, on one line.
    pub(super) fn feature(code: &str, rings: &str) -> String {
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":{rings}}}}}"#
        )
    }

    fn text(self, file: &'static str, text: &str) -> Self {
        self.bytes(file, text.trim_start().as_bytes())
    }

    /// The folder with other bytes in `file`.
    pub(super) fn bytes(mut self, file: &'static str, bytes: &[u8]) -> Self {
        self.0.insert(file, bytes.to_vec());
        self
    }

    /// The folder without `file`.
    pub(super) fn without(mut self, file: &'static str) -> Self {
        self.0.remove(file);
        self
    }

    /// The lines of `file`.
    pub(super) fn lines(&self, file: &str) -> Vec<String> {
        let text = String::from_utf8(self.0[file].clone()).expect("text");
        text.lines().map(str::to_owned).collect()
    }

    fn with_lines(self, file: &'static str, lines: &[String]) -> Self {
        let text = lines.join("\n") + "\n";
        self.bytes(file, text.as_bytes())
    }

    /// The names of the columns of `file`.
    pub(super) fn columns(&self, file: &str) -> Vec<String> {
        self.lines(file)[0].split(',').map(str::to_owned).collect()
    }

    /// Replaces a line; the first is 1.
    pub(super) fn line(self, file: &'static str, line: usize, text: &str) -> Self {
        let mut lines = self.lines(file);
        text.clone_into(&mut lines[line - 1]);
        self.with_lines(file, &lines)
    }

    /// Without a line.
    pub(super) fn drop_line(self, file: &'static str, line: usize) -> Self {
        let mut lines = self.lines(file);
        lines.remove(line - 1);
        self.with_lines(file, &lines)
    }

    /// With one more line at the end.
    pub(super) fn push(mut self, file: &'static str, text: &str) -> Self {
        let bytes = self.0.entry(file).or_default();
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(b'\n');
        self
    }

    /// Replaces the value of one column of a line, quoted if CSV requires it.
    pub(super) fn cell(self, file: &'static str, line: usize, column: &str, value: &str) -> Self {
        let columns = self.columns(file);
        let place = columns.iter().position(|name| name == column).expect("a column");
        let text = self.lines(file)[line - 1].clone();
        let mut fields: Vec<&str> = text.split(',').collect();
        assert_eq!(fields.len(), columns.len(), "no quoted field stands in the line");
        let quoted = if value.contains(',') { format!("\"{value}\"") } else { value.to_owned() };
        fields[place] = &quoted;
        self.line(file, line, &fields.join(","))
    }

    /// With the first of the words that mean a value of the column in its place, in all lines.
    pub(super) fn replace_words(
        self,
        file: &'static str,
        column: &str,
        words: &[(&'static str, &'static str)],
    ) -> Self {
        let columns = self.columns(file);
        let Some(place) = columns.iter().position(|name| name == column) else { return self };
        let mut lines = self.lines(file);
        for line in lines.iter_mut().skip(1) {
            let fields = line.split(',').enumerate().map(|(at, field)| {
                let word = words.iter().find(|(_, value)| at == place && *value == field);
                word.map_or(field, |(word, _)| word)
            });
            *line = fields.collect::<Vec<_>>().join(",");
        }
        self.with_lines(file, &lines)
    }

    /// Replaces all occurrences of some bytes.
    pub(super) fn replace_bytes(self, file: &'static str, from: &[u8], to: &[u8]) -> Self {
        let mut rest = self.0[file].as_slice();
        let mut bytes = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix(from) {
                bytes.extend_from_slice(to);
                rest = after;
            } else {
                bytes.push(rest[0]);
                rest = &rest[1..];
            }
        }
        self.bytes(file, &bytes)
    }

    /// Replaces up to `count` bytes at some position of `file` with `new`.
    pub(super) fn tear(self, file: &'static str, at: Index, count: usize, new: &[u8]) -> Self {
        let mut bytes = self.0[file].clone();
        let start = at.index(bytes.len());
        let end = bytes.len().min(start + count);
        bytes.splice(start..end, new.iter().copied());
        self.bytes(file, &bytes)
    }

    /// The number of lines of `file`, including a last line without an end.
    pub(super) fn count_lines(&self, file: &str) -> u64 {
        self.0[file].split(|byte| *byte == b'\n').count() as u64
    }

    /// With bytes before the first.
    pub(super) fn prefix(self, file: &'static str, prefix: &[u8]) -> Self {
        let bytes = [prefix, &self.0[file]].concat();
        self.bytes(file, &bytes)
    }

    /// Writes the folder.
    pub(super) fn write(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, bytes) in &self.0 {
            std::fs::write(folder.path().join(file), bytes).expect("a file");
        }
        folder
    }

    pub(super) fn read(&self) -> Result<Reading, ImportError> {
        read(self.write().path(), &Self::options(), &mut |_| {})
    }

    /// The displayed faults.
    pub(super) fn faults(&self) -> Vec<String> {
        let reading = self.read().expect("readable");
        reading.faults.iter().map(ToString::to_string).collect()
    }
}

const AREAS: &str = "
code,level,name,parent,lat,lon
500116,district,江津区,,29.28500,106.25500
500116001,town,几江街道,500116,29.28500,106.25500
500116001002,village,南门社区,500116001,29.28500,106.25500
500116001002001,grid,第1网格,500116001002,29.28500,106.25500
500116001002002,grid,第2网格,500116001002,29.28500,106.26500
";

const PEOPLE: &str = "
id,role,name,gender,birth_year,phone,area,lat,lon,skills,weekly_minutes,availability
018cc7af-0000-7000-8000-000000000001,supervisor,孙甲,F,1978,10000000001,500116001002,29.28500,106.25500,driving;first_aid,480,mon 0900-1700
018cc7af-0000-7000-8000-000000000002,manager,李乙,M,1985,10000000002,500116001002001,29.28500,106.25500,,480,mon 0900-1700
018cc7af-0000-7000-8000-000000000003,manager,周丙,F,1990,10000000003,500116001002002,29.28500,106.26500,legal,480,tue 0900-1700
018cc7af-0000-7000-8000-000000000004,volunteer,吴丁,M,1956,10000000004,500116001002001,29.28500,106.25500,,120,mon 0900-1200;sat 0900-1700
";

const BENEFICIARIES: &str = "
id,grid,name,gender,birth_year,category,lat,lon,address,phone,id_number,hardship,lives_alone,mobility,contact,plaque,last_contact
018d622e-0000-7000-8000-000000000001,500116001002001,游甲,M,1981,veteran,29.28500,106.25500,南门社区1号,10010000001,999999198108240175,,0,full,phone,hung,2026-01-15
018d622e-0000-7000-8000-000000000002,500116001002002,刘乙,M,1984,martyr_family,29.28500,106.26500,南门社区2号,10010000002,999999198410124730,medical;living,1,homebound,visit,declined,
";

const STATIONS: &str = "
id,area,level,name,grid,lat,lon,phone,hours
S1,500116001,town,几江街道退役军人服务站,500116001002001,29.28500,106.25500,10090000001,mon-fri 0900-1730
";

const MEMORIALS: &str = "
id,name,kind,town,grid,lat,lon
M01,几江街道烈士墓（合成）,tomb,500116001,500116001002002,29.28500,106.26500
";

const HOLIDAYS: &str = "
date,code,name_zh,calendar,lunar_date
2026-08-01,army_day,建军节,solar,
2026-02-17,spring_festival,春节,lunar,1-1
";
