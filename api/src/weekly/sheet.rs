//! The week of an area as one printed A4 page: the figures, and the first lines of each list.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use gridward_domain::area::Level;

use super::model::{TaskFigure, TaskLine, Weekly};
use crate::catalogue::ServiceKind;
use crate::http::html::{self, escape};
use crate::http::problem::answer::Language;

/// The style. The policy of the page names its hash, so that no other style is applied.
const STYLE: &str = "\
@page{size:A4;margin:14mm}\
body{font:11pt/1.35 \"Noto Sans CJK SC\",\"Microsoft YaHei\",\"PingFang SC\",sans-serif;color:#000;margin:0}\
h1{font-size:18pt;margin:0 0 1mm}\
h2{font-size:13pt;margin:4mm 0 1mm}\
h2 b{font-size:16pt}\
p{margin:0}\
table{border-collapse:collapse;width:100%}\
td,th{border-bottom:.2mm solid #999;padding:.4mm 2mm .4mm 0;text-align:left;font-weight:normal}\
th{font-size:9pt}\
td:last-child,th:last-child{text-align:right}\
footer{margin-top:4mm;font-size:9pt}";

/// The lines of a list that fit on the page beside the others.
const LINES: usize = 6;

static POLICY: LazyLock<String> = LazyLock::new(|| html::policy(STYLE));

/// The `Content-Security-Policy` of the page.
pub fn policy() -> &'static str {
    &POLICY
}

/// The texts of the page.
struct Words {
    title: &'static str,
    found: &'static str,
    met: &'static str,
    waiting: &'static str,
    cases: &'static str,
    overdue: &'static str,
    villages: &'static str,
    grids: &'static str,
    median: &'static str,
    oldest: &'static str,
    days: &'static str,
    none: &'static str,
    colon: &'static str,
    more: &'static str,
    /// The headings of the columns of a task.
    columns: [&'static str; 5],
    beneficiaries: &'static str,
    as_of: &'static str,
    footer: &'static str,
}

const CHINESE: Words = Words {
    title: "一周工作",
    found: "本周发现的需求",
    met: "本周解决的需求",
    waiting: "等待帮助的需求",
    cases: "另有作为事项办理的需求：",
    overdue: "已逾期的任务",
    villages: "90 天无联系的村（社区）",
    grids: "90 天无联系的网格",
    median: "从发现到解决的天数（中位数）：",
    oldest: "等待最久的需求（天）：",
    days: "天数",
    none: "无",
    colon: "：",
    more: "另有：",
    columns: ["网格", "服务对象", "服务", "开始", "应完成"],
    beneficiaries: "服务对象（人）",
    as_of: "截至",
    footer: "姓名已隐去。本表只反映工作，不评价个人。",
};

const ENGLISH: Words = Words {
    title: "The week",
    found: "Needs found in the week",
    met: "Needs met in the week",
    waiting: "Needs that wait for help",
    cases: "Needs with a case besides: ",
    overdue: "Overdue tasks",
    villages: "Villages without contact for 90 days",
    grids: "Grids without contact for 90 days",
    median: "Days from need to help (median): ",
    oldest: "Days of the oldest waiting need: ",
    days: "Days",
    none: "none",
    colon: ": ",
    more: "More: ",
    columns: ["Grid", "Beneficiary", "Service", "Since", "Due"],
    beneficiaries: "Beneficiaries",
    as_of: "as of",
    footer: "Names are masked. The page is about the work, not about people of the staff.",
};

const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// The page of a week. `kinds` gives the names of the kinds of service.
pub fn page(week: &Weekly, kinds: &[ServiceKind], language: Language) -> String {
    let kinds = kinds.iter().map(|kind| {
        let name = match language {
            Language::English => kind.name_en.as_str(),
            Language::Chinese => kind.name.as_str(),
        };
        (kind.code.as_str(), name)
    });
    let page = Page { words: words(language), kinds: kinds.collect() };
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <title>{}</title><style>{STYLE}</style></head><body>{}</body></html>\n",
        language.tag(),
        page.words.title,
        page.body(week),
    )
}

struct Page<'a> {
    words: &'static Words,
    kinds: HashMap<&'a str, &'a str>,
}

impl Page<'_> {
    fn body(&self, week: &Weekly) -> String {
        let words = self.words;
        let mut body = format!(
            "<h1>{} · {}</h1><p>{} · {} – {} · {} {}</p>",
            escape(&week.area_name),
            words.title,
            week.week,
            week.from,
            week.to,
            words.as_of,
            week.day,
        );
        let cases = |count: i64| line(words.cases, Some(count.to_string()));
        body += &self.tasks(words.found, &week.found);
        body += &cases(week.cases.found);
        body += &self.tasks(words.met, &week.met);
        body += &cases(week.cases.met);
        let median = week.median_days.map(|days| days.to_string());
        body += &line(words.median, median);
        body += &self.tasks(words.waiting, &week.waiting);
        body += &cases(week.cases.waiting);
        body += &line(words.oldest, week.oldest_days.map(|days| days.to_string()));
        body += &self.tasks(words.overdue, &week.overdue);
        body += &self.areas(week);
        let _ = write!(body, "<footer>{}</footer>", words.footer);
        body
    }

    fn tasks(&self, title: &str, figure: &TaskFigure) -> String {
        let words = self.words;
        let columns = words.columns.join("</th><th>");
        let headings = format!("<th>{columns}</th><th>{}</th>", words.days);
        let rows = figure.items.iter().take(LINES).map(|task| self.task(task));
        self.list(title, figure.count, &headings, rows)
    }

    fn task(&self, task: &TaskLine) -> String {
        let kind = self.kinds.get(task.kind.as_str()).copied().unwrap_or(task.kind.as_str());
        format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&task.grid_name),
            escape(task.beneficiary_name.as_deref().unwrap_or("–")),
            escape(kind),
            task.created_on,
            task.due_on,
            task.days,
        )
    }

    fn areas(&self, week: &Weekly) -> String {
        let words = self.words;
        let title = match week.without_contact.level {
            Level::Grid => words.grids,
            _ => words.villages,
        };
        let headings = format!("<th></th><th>{}</th>", words.beneficiaries);
        let row = |area: &super::model::AreaLine| {
            format!("<tr><td>{}</td><td>{}</td></tr>", escape(&area.name), area.beneficiaries)
        };
        let rows = week.without_contact.items.iter().take(LINES).map(row);
        self.list(title, week.without_contact.count, &headings, rows)
    }

    /// A figure and the first rows behind it.
    fn list(
        &self,
        title: &str,
        count: i64,
        headings: &str,
        rows: impl Iterator<Item = String>,
    ) -> String {
        let rows: Vec<String> = rows.collect();
        let title = format!("<h2>{title}{}<b>{count}</b></h2>", self.words.colon);
        if rows.is_empty() {
            return format!("{title}<p>{}</p>", self.words.none);
        }
        let rest = count - i64::try_from(rows.len()).unwrap_or(count);
        let more = (rest > 0).then(|| format!("<p>{}{rest}</p>", self.words.more));
        format!(
            "{title}<table><tr>{headings}</tr>{}</table>{}",
            rows.concat(),
            more.unwrap_or_default(),
        )
    }
}

/// A label and its value, if there is one.
fn line(label: &str, value: Option<String>) -> String {
    value.map_or_else(String::new, |value| format!("<p>{label}{value}</p>"))
}
