//! The files of a small district: two towns, two villages, three grids in a
//! row, ten people, six beneficiaries. A test may change them before loading.

use std::collections::BTreeMap;
use std::path::Path;

use super::{FAR_GRID, GRID, OTHER_GRID, phones};

/// Files by name, each a list of lines with the header first.
#[derive(Clone)]
pub struct Files(BTreeMap<&'static str, Vec<String>>);

/// The first beneficiary of the first grid.
pub const BENEFICIARY: &str = "018d622e-0000-7000-8000-000000000001";
/// The first beneficiary of the third grid.
pub const FAR_BENEFICIARY: &str = "018d622e-0000-7000-8000-000000000005";

/// The west edge of each grid; all are 0.01 degrees wide.
const WEST: [(&str, f64); 3] = [(GRID, 106.25), (OTHER_GRID, 106.26), (FAR_GRID, 106.27)];
const SOUTH: f64 = 29.28;

impl Files {
    /// The small district.
    pub fn small() -> Self {
        let mut files = BTreeMap::new();
        files.insert("areas.csv", areas());
        files.insert("grids.geojson", grids());
        files.insert("people.csv", people());
        files.insert("beneficiaries.csv", beneficiaries());
        files.insert(
            "stations.csv",
            lines(&[
                "id,area,level,name,grid,lat,lon,phone,hours",
                "S1,500116001,town,一镇退役军人服务站,500116001002001,29.28500,106.25500,\
                 10090000001,mon-fri 0900-1730",
            ]),
        );
        files.insert(
            "memorials.csv",
            lines(&[
                "id,name,kind,town,grid,lat,lon",
                "M01,一镇烈士墓（合成）,tomb,500116001,500116001002001,29.28600,106.25600",
            ]),
        );
        files.insert(
            "holidays.csv",
            lines(&["date,code,name_zh,calendar,lunar_date", "2026-08-01,army_day,建军节,solar,"]),
        );
        Self(files)
    }

    /// Replaces all occurrences of `from` in `file` by `to`.
    #[must_use]
    pub fn with(mut self, file: &'static str, from: &str, to: &str) -> Self {
        let lines = self.0.get_mut(file).expect("a file of the district");
        let before = lines.clone();
        for line in lines.iter_mut() {
            *line = line.replace(from, to);
        }
        assert_ne!(*lines, before, "{from:?} stands in {file}");
        self
    }

    /// Adds a line to `file`.
    #[must_use]
    pub fn with_line(mut self, file: &'static str, line: &str) -> Self {
        self.0.get_mut(file).expect("a file of the district").push(line.to_owned());
        self
    }

    /// Removes the lines of `file` that contain `part`.
    #[must_use]
    pub fn without_line(mut self, file: &'static str, part: &str) -> Self {
        let lines = self.0.get_mut(file).expect("a file of the district");
        let before = lines.len();
        lines.retain(|line| !line.contains(part));
        assert_ne!(lines.len(), before, "{part:?} stands in {file}");
        self
    }

    /// Removes `file`.
    #[must_use]
    pub fn without(mut self, file: &'static str) -> Self {
        self.0.remove(file).expect("a file of the district");
        self
    }

    /// The lines of `file`.
    pub fn lines(&self, file: &str) -> Vec<String> {
        self.0[file].clone()
    }

    /// The text of `file`.
    pub fn text(&self, file: &str) -> String {
        self.0[file].join("\n") + "\n"
    }

    /// Writes the files into `folder`.
    pub fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("a folder");
        for (name, lines) in &self.0 {
            std::fs::write(folder.join(name), lines.join("\n") + "\n").expect("a file");
        }
    }
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn areas() -> Vec<String> {
    lines(&[
        "code,level,name,parent,lat,lon",
        "500116,district,江津区,,29.28500,106.25500",
        "500116001,town,一镇,500116,29.28500,106.25500",
        "500116002,town,二镇,500116,29.28500,106.27500",
        "500116001002,village,南门社区,500116001,29.28500,106.25500",
        "500116002001,village,北门村,500116002,29.28500,106.27500",
        "500116001002001,grid,第1网格,500116001002,29.28500,106.25500",
        "500116001002002,grid,第2网格,500116001002,29.28500,106.26500",
        "500116002001001,grid,第1网格,500116002001,29.28500,106.27500",
    ])
}

fn grids() -> Vec<String> {
    let north = SOUTH + 0.01;
    let feature = |(code, west): (&str, f64)| {
        let east = west + 0.01;
        let ring = format!(
            "[[{west:.2},{SOUTH}],[{east:.2},{SOUTH}],[{east:.2},{north:.2}],\
             [{west:.2},{north:.2}],[{west:.2},{SOUTH}]]"
        );
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}"}},
            "geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
        )
    };
    // Each feature's line but the first begins with a comma, so that a line can be removed.
    let features = WEST.into_iter().map(feature).enumerate();
    let features =
        features.map(|(n, feature)| if n == 0 { feature } else { format!(",{feature}") });
    let begin = r#"{"type":"FeatureCollection","features":["#.to_owned();
    std::iter::once(begin).chain(features).chain(["]}".to_owned()]).collect()
}

fn people() -> Vec<String> {
    let mut lines = vec![
        "id,role,name,gender,birth_year,phone,area,lat,lon,skills,weekly_minutes,availability"
            .to_owned(),
    ];
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let week = days.map(|day| format!("{day} 0900-1200")).join(";");
    let people = [
        (1, "supervisor", "区长", phones::SUPERVISOR, "500116", 106.255),
        (2, "supervisor", "镇长", phones::TOWN, "500116001", 106.255),
        (8, "admin", "管理员", phones::ADMIN, "500116", 106.255),
        (9, "auditor", "审计员", phones::AUDITOR, "500116", 106.255),
        (11, "manager", "张网格", phones::MANAGER, GRID, 106.255),
        (12, "manager", "李网格", phones::OTHER_MANAGER, OTHER_GRID, 106.265),
        (13, "manager", "赵网格", phones::FAR_MANAGER, FAR_GRID, 106.275),
        (21, "volunteer", "王志愿", phones::VOLUNTEER, GRID, 106.252),
        (22, "volunteer", "陈志愿", phones::SECOND_VOLUNTEER, GRID, 106.258),
        (23, "volunteer", "刘志愿", phones::OTHER_VOLUNTEER, OTHER_GRID, 106.262),
    ];
    for (n, role, name, phone, area, lon) in people {
        let id = person_id(n);
        lines.push(format!(
            "{id},{role},{name},F,1980,{phone},{area},29.28500,{lon:.5},driving,600,{week}"
        ));
    }
    lines
}

/// The id of the person whose phone number ends with this number.
pub fn person_id(n: u32) -> String {
    format!("018cc7af-0000-7000-8000-{n:012}")
}

/// The id of the beneficiary with this number.
pub fn beneficiary_id(n: u32) -> String {
    format!("018d622e-0000-7000-8000-{n:012}")
}

fn beneficiaries() -> Vec<String> {
    let mut lines = vec![
        "id,grid,name,gender,birth_year,category,lat,lon,address,phone,id_number,hardship,\
         lives_alone,mobility,contact,plaque,last_contact"
            .to_owned(),
    ];
    let homes = [
        (1, GRID, 106.251, "999999194810010011"),
        (2, GRID, 106.253, "999999195001010023"),
        (3, GRID, 106.257, "999999195202020032"),
        (4, OTHER_GRID, 106.263, "999999195303030044"),
        (5, FAR_GRID, 106.271, "999999195404040054"),
        (6, FAR_GRID, 106.273, "999999195505050061"),
    ];
    for (n, grid, lon, number) in homes {
        let id = beneficiary_id(n);
        let number = with_check_digit(&number[..17]);
        lines.push(format!(
            "{id},{grid},周老兵{n},M,1948,veteran,29.28400,{lon:.5},南门社区{n}号,\
             1001000000{n},{number},medical,1,limited,visit,hung,2026-01-15"
        ));
    }
    lines
}

/// An ID number with the check character of GB 11643.
pub fn with_check_digit(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .chars()
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit.to_digit(10).expect("a digit") * weight)
        .sum();
    let check = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][(sum % 11) as usize];
    format!("{digits}{check}")
}
