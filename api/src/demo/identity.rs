//! Names, numbers and ids that belong to nobody.

use gridward_domain::range::BirthYear;
use uuid::Builder;

use super::draw::Draw;
use crate::person::Gender;

const SURNAMES: &str =
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕";
const MALE: &str = "伟强磊军洋勇杰涛明超刚平辉健国建华文斌波鹏飞志永林兵德福生贵雷";
const FEMALE: &str = "芳娜敏静丽艳娟秀英玲桂兰霞燕红梅珍莲云洁琳萍雪慧瑶悦淑华玉";

/// A family name and one or two more characters.
pub(super) fn name(gender: Gender, draw: &mut Draw) -> String {
    let given = match gender {
        Gender::Male => MALE,
        Gender::Female => FEMALE,
    };
    let mut pick = |from: &str| {
        let letters: Vec<char> = from.chars().collect();
        draw.one_of(&letters)
    };
    let mut name = String::from(pick(SURNAMES));
    name.push(pick(given));
    if draw.of_thousand(650) {
        let letters: Vec<char> = given.chars().collect();
        name.push(draw.one_of(&letters));
    }
    name
}

/// A phone of eleven digits that begins with `head`: the `n`th of a sequence
/// that does not look like one (a step that is prime to the range).
pub(super) fn phone(head: &str, n: usize) -> String {
    let digits = 11 - head.len();
    let range = 10_usize.pow(u32::try_from(digits).unwrap_or(1));
    let tail = (n * 7_654_321 + 1) % range;
    format!("{head}{tail:0digits$}")
}

/// A year of birth as a record has it.
pub(super) fn birth_year(year: usize) -> BirthYear {
    let year = i64::try_from(year).map(BirthYear::try_from);
    year.ok().and_then(Result::ok).unwrap_or(BirthYear::of::<1980>())
}

/// The `n`th ID number of somebody born in `year` (GB 11643 with a division
/// that does not exist).
pub(super) fn id_number(year: usize, gender: Gender, n: usize) -> String {
    const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    // 28 days, 12 months and 499 sequences make 167,664 numbers a year and gender.
    let (day, n) = (n % 28 + 1, n / 28);
    let (month, n) = (n % 12 + 1, n / 12);
    let sequence = 2 * (n % 499) + if gender == Gender::Male { 1 } else { 2 };
    let digits = format!("999999{year:04}{month:02}{day:02}{sequence:03}");
    let sum: usize =
        digits.bytes().zip(WEIGHTS).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    format!("{digits}{}", char::from(CHECKS[sum % 11]))
}

/// A UUID of version 7 of the first days of 2024, without a clock.
pub(super) fn id(n: usize, draw: &mut Draw) -> uuid::Uuid {
    /// 2024-01-01T00:00:00Z in milliseconds.
    const START: u64 = 1_704_067_200_000;
    let mut random = [0; 10];
    random[..8].copy_from_slice(&draw.bits().to_le_bytes());
    random[8..].copy_from_slice(&draw.bits().to_le_bytes()[..2]);
    Builder::from_unix_timestamp_millis(START + n as u64 * 10, &random).into_uuid()
}
