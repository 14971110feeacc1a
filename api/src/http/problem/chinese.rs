//! The details of invalid fields in Chinese.
//!
//! The requirement is written once, in English, where it is checked. The table translates the
//! frequent ones when an answer is written; others stay in English.

/// English texts and their translations; `{}` is a value that both have, in the same order.
const TABLE: &[(&str, &str)] = &[
    // Any field.
    ("is missing", "缺少此项"),
    ("is required, unless there is a hardship", "未选择困难情况时必填"),
    ("is unknown; expected one of {}", "没有此项；可用：{}"),
    ("is unknown; expected {}", "没有此项；可用：{}"),
    ("is unknown", "没有此项"),
    ("is invalid", "格式不正确"),
    ("is needed before the regime becomes active", "启用前须指定负责人"),
    (
        "is neither a feast nor the code of a holiday of the district",
        "既不是节日，也不是本区县节假日的代码",
    ),
    (
        "has no day from today on in the calendar of the district",
        "本区县节假日表中没有今天或以后的该日期",
    ),
    ("works in another area than that of the regime", "不在该规则所属区域工作"),
    ("is archived", "已停用"),
    ("lacks a skill of the task", "缺少任务所需技能"),
    ("offers too few minutes in that week", "该周时长不足"),
    ("has no hours within the time window", "服务时间不在上门时段内"),
    ("is away or off duty on all days of the task", "任务各日均请假或停接任务"),
    ("must not visit this beneficiary", "不得上门走访此服务对象"),
    ("another person makes the tied tasks", "关联任务由另一人承担"),
    ("makes the other task of the visit by two people", "已承担两人同行的另一项任务"),
    (
        "has another visit at that time, or too near to it for the way",
        "该时段另有上门，或路上来不及",
    ),
    ("is not in the catalogue", "不在服务目录中"),
    ("is a decision of the district", "须由区县决定"),
    ("is required by this kind of case", "此类事项必填"),
    (
        "must name the next manager of the grid, an active volunteer",
        "须指定该网格的下一任网格员，为在岗志愿者",
    ),
    ("requires the document {}", "缺少材料 {}"),
    ("awaits the task {}", "须先完成任务 {}"),
    ("the task {} ended undone: reopen it", "任务 {} 未完成即已结束，请重新开启"),
    ("must have a part", "至少包含一项内容"),
    ("requires a kind or items", "须填 kind 或 items"),
    ("is named twice", "重复"),
    ("is no item of the district", "本区县没有此物资"),
    ("is for an allotment only", "仅调拨时填写"),
    ("is required for a count that differs", "盘点有差异时必填"),
    (
        "must be the district, a town or a village above or below area",
        "须为 area 上级或下级的区县、镇街或村社区",
    ),
    (
        "must be the district, a town or a village in your area",
        "须为您管辖范围内的区县、镇街或村社区",
    ),
    (
        "must be the district, the town or the village of the beneficiary",
        "须为服务对象所在的区县、镇街或村社区",
    ),
    (
        "must be the planned one or the village of the beneficiary for you",
        "您只能填写计划的站点或服务对象所在的村社区",
    ),
    ("must be at most {} for you", "您最多可发放{}件"),
    ("only {} of this lot in stock", "此批次库存仅有{}件"),
    ("only {} in stock that have not expired", "未过期的库存仅有{}件"),
    ("only {} in stock", "库存仅有{}件"),
    ("has expired", "已过期"),
    ("the lots have {}: count each lot that lacks some", "各批次共有{}件：请分别盘点有缺的批次"),
    ("a stock has at most {} pieces", "库存最多{}件"),
    ("is required for this item", "此物资必填"),
    ("must be 1 for an item with numbers", "有编号的物资每次1件"),
    ("is for items with numbers only", "仅有编号的物资填写"),
    ("was handed out to another beneficiary", "已发给其他服务对象"),
    ("is not for an item that is handed out a single time", "一次性发放的物资不填"),
    ("must be an active person of the district", "须为本区县在岗人员"),
    ("must be false with `give_to`", "指定 give_to 时须为 false"),
    ("is of the wrong type", "类型不正确"),
    ("must not be blank", "不能为空"),
    ("must not be empty", "不能为空"),
    ("must have from {} to {} characters", "须为{}至{}个字符"),
    ("must have at most {} characters", "最多{}个字符"),
    ("must have at most {} character", "最多{}个字符"),
    ("must have at most {} items", "最多{}项"),
    ("must have at most {} item", "最多{}项"),
    ("must have from {} to {} items", "须有{}至{}项"),
    ("must name at least one", "至少填写一项"),
    ("must not contain control characters", "不能含有控制字符"),
    ("must be a day of the plan", "须为方案内的日期"),
    ("must be in a week of the plan", "须在方案所含的周内"),
    ("is no task of the area", "不是本区域的任务"),
    ("is no open task of the area", "不是本区域的待办任务"),
    ("must be true to give tasks to others", "转给他人时须为 true"),
    ("must be true to plan the tasks for others", "为他人安排任务时须为 true"),
    (
        "is still being computed: repeat the request with `Prefer: wait=30`, or follow the `progress` of the plan, until it is a `draft`",
        "仍在计算：请加上 Prefer: wait=30 重新请求，或跟踪方案的 progress，直到状态为 draft",
    ),
    ("a plan spans at most {} days", "方案最多{}天"),
    ("is no plan of this area", "不是本区域的方案"),
    ("must be a draft, or undone", "须为草稿或已撤销的方案"),
    ("is older than 7 days", "已超过7天"),
    ("has no day of this plan", "与本方案没有相同的日期"),
    ("is no day on which the person helps in the area", "此人当天未借调到本辖区"),
    ("must not contain invisible characters", "不能含有不可见字符"),
    ("must not contain private-use characters or noncharacters", "不能含有自造字或无效字符"),
    ("must be from {} to {} days after first_day", "须为开始日期后{}至{}天"),
    ("must be from {} to {}", "须在{}至{}之间"),
    ("must be one of: {}; the closest is {}", "须为以下之一：{}；最接近的是“{}”"),
    ("must be one of: {}", "须为以下之一：{}"),
    ("must be one of the classes of the kind", "须为该类事项的类别"),
    ("must be one of the districts", "须为已有的区县"),
    (
        "must be one of the grids, or a code that none has or had",
        "须为其中的网格，或从未使用的代码",
    ),
    ("must be one of {}", "须为以下之一：{}"),
    (
        "must be one or more of {}, separated by commas, not {}",
        "须为以下一项或多项，以逗号分隔：{}；没有“{}”",
    ),
    ("must be one or more of {}, separated by commas", "须为以下一项或多项，以逗号分隔：{}"),
    ("must be a whole number in range", "须为范围内的整数"),
    ("must be a number", "须为数字"),
    ("must be true or false", "须为是或否"),
    ("must be false without `only.ids`", "未填 only.ids 时须为 false"),
    ("must have exactly one member", "须恰有一项条件"),
    ("selects no beneficiary", "没有符合条件的服务对象"),
    ("requires either audience_id or filter", "须填 audience_id 或 filter 之一"),
    ("{} visits do not fit into {} days", "{}次走访无法在{}天内安排完"),
    ("{} visits do not fit into {} day", "{}次走访无法在{}天内安排完"),
    ("{} visit does not fit into {} days", "{}次走访无法在{}天内安排完"),
    ("{} visit does not fit into {} day", "{}次走访无法在{}天内安排完"),
    ("creates tasks for all {} beneficiaries of the area", "将为本区域全部{}名服务对象生成任务"),
    (
        "plans hand-outs to all {} beneficiaries of the area",
        "将为本区域全部{}名服务对象安排发放物品",
    ),
    ("creates visits to all {} beneficiaries of the area", "将走访本区域全部{}名服务对象"),
    (
        "visits those of all {} beneficiaries of the area of whom a report finds a need",
        "将走访本区域全部{}名服务对象中报告发现有需求的人员",
    ),
    (
        "visits those of all {} beneficiaries of the area who were in hospital",
        "将走访本区域全部{}名服务对象中出院的人员",
    ),
    ("no current dry plan has room for all visits", "没有能安排全部走访的有效试排方案"),
    (
        "the dry plan is still being computed: approve when it is there, or confirm",
        "试排方案仍在计算：请待其完成后再批准，或直接确认批准",
    ),
    ("must be of a kind of case that is not confidential", "须为不保密的事项类型"),
    ("must not be in the past", "不能早于今天"),
    ("must be in the area of the audience", "须在人群的区域内"),
    ("must have at most {} codes in all", "合计最多{}个代码"),
    ("no audience in your area has this id", "您的管辖范围内没有此人群"),
    ("must have either `day` or `days_ago`", "须填 day 或 days_ago 之一"),
    ("must be at most {} deep", "最多嵌套{}层"),
    ("must have at most {} conditions", "最多{}个条件"),
    ("must have from {} to {} members", "须有{}至{}项"),
    (
        "must have `from` or `to`, and `from` must not be above `to`",
        "须填 from 或 to，且 from 不得大于 to",
    ),
    ("must be an object", "须为对象"),
    ("the person is away or has another visit at that time", "该人员届时缺勤或已有其他走访"),
    ("must be an array", "须为列表"),
    ("must be a UUID", "须为编号（UUID）"),
    ("is not one of the district's {}; the closest is {}", "不是本区县的词语（{}）；最接近的是 {}"),
    ("is not one of the district's {}", "不是本区县的词语（{}）"),
    ("at most {} attachments per task or case", "每人每项任务或事项最多{}个附件"),
    ("document: is none of the documents of the kind of case", "该类事项没有这种材料"),
    ("at most {} bytes", "最多{}字节"),
    ("at most {}", "最多{}"),
    ("must be a `next_cursor` of this {}", "须为此列表返回的 next_cursor"),
    // Kinds of service and of case.
    ("must be that of the lawyer of the station", "须为该服务站的律师"),
    (
        "is for a kind that all roles see: the answer is a plain word",
        "仅适用于不保密的类型：答案不加密",
    ),
    ("is no word of a filterable field of a kind of service", "不是服务项目中可筛选项的词语"),
    ("{} has no filterable field of this name with these words", "{} 没有同名且选项相同的可筛选项"),
    ("{} is not a kind of case", "没有事项类型 {}"),
    ("{} is not an active kind", "{} 不是启用的服务项目"),
    ("must be the code of a kind of service", "须为服务项目的代码"),
    ("must have the kind of a case, and may have its class", "须填事项类型，可填其类别"),
    ("is no answer of a list or of yes and no", "不是列表或是否题的选项"),
    ("must have 1 to {} answers", "须有1至{}个答案"),
    // Days and times.
    ("must be a date, such as 2026-08-01", "须为日期，如 2026-08-01"),
    ("must be a day such as 2026-08-01", "须为日期，如 2026-08-01"),
    ("{} does not exist in the calendar", "日历中没有 {}"),
    ("does not exist in the calendar", "日历中没有这一天"),
    ("must be in the years {} to {}", "年份须在{}至{}之间"),
    ("must be a year from {} to {}", "须为{}至{}之间的年份"),
    ("must be an RFC 3339 time with an offset", "须为带时区的时间（RFC 3339）"),
    ("has passed; {} is the first day that can be planned", "已经过去；最早可以安排在 {}"),
    ("must not be after today", "不能晚于今天"),
    ("must not be before today", "不能早于今天"),
    ("must not be in the future", "不能晚于现在"),
    ("must not be before the birth", "不能早于出生"),
    ("must not be before first_day", "不能早于开始日期"),
    ("must not be before not_before", "不能早于最早日期"),
    ("must not be before started_at", "不能早于开始时间"),
    ("must not be before {}", "不能早于 {}"),
    ("must be at most 366 days after first_day", "最多为开始日期后366天"),
    ("must be `from`, or at most {} days after it", "须为from当天，或之后最多{}天"),
    ("must be at most {} days after today and the due day", "最多为今天和截止日期之后{}天"),
    ("{} is in the future", "{} 晚于今天"),
    // Areas and places.
    ("{} of {} visits would be late", "{} 次走访会逾期，共 {} 次走访"),
    ("first_day is {} days from today", "开始日期距今天 {} 天"),
    ("is no kind of service", "没有这种服务"),
    ("{} is not a class of the kind {}", "{} 不是事项 {} 的类别"),
    ("must keep the words with which {} answers it", "{} 的同名字段仍使用这些选项，须保留"),
    ("must keep the word that cases of the kind {} record", "事项 {} 仍记录此选项，须保留"),
    ("must keep the words by which the audience {} selects", "人群“{}”仍按这些选项筛选，须保留"),
    ("must keep the words by which the regime {} selects", "规则“{}”仍按这些选项筛选，须保留"),
    (
        "must keep the words by which the campaign {} selects",
        "专项行动“{}”仍按这些选项筛选，须保留",
    ),
    (
        "must keep the words by which the template of campaigns {} selects",
        "专项行动模板“{}”仍按这些选项筛选，须保留",
    ),
    ("must be in your area", "须在您的管辖范围内"),
    ("must be a grid of your area", "须为您管辖范围内的网格"),
    ("must be a current area", "须为现行区划"),
    ("there is no area {}", "没有区划 {}"),
    ("{} is not a grid", "{} 不是网格"),
    ("is outside district {}", "不属于区县 {}"),
    ("the code belongs to a {}", "该代码的级别是 {}"),
    ("must be in the district", "须在本区县内"),
    (
        "must be in the grid or within {} m of it, not {} m away",
        "须在网格内或距其{}米以内，现距{}米",
    ),
    ("a latitude must be from -90 to 90 degrees", "纬度须在-90至90之间"),
    ("a longitude must be from -180 to 180 degrees", "经度须在-180至180之间"),
    ("latitude and longitude appear to be swapped", "经度和纬度似乎颠倒了"),
    ("must be a number of degrees", "须为度数"),
    ("is far outside the outlines of the grids", "距各网格很远"),
    // People and beneficiaries.
    ("a phone number must have 5 to 20 digits", "电话号码须为5至20位数字"),
    ("an id number has 17 digits and a check character", "身份证号须为17位数字加校验码"),
    ("the check character is wrong (GB 11643)", "身份证号校验码不正确"),
    ("must contain a day of birth in the past", "身份证号中的出生日期须早于今天"),
    ("must agree with the ID number", "须与身份证号一致"),
    ("no beneficiary in your area has this id", "您的管辖范围内没有此人"),
    (
        "no beneficiary in your area or of your visits has this id",
        "您的管辖范围和走访任务内没有此人",
    ),
    ("you visit no beneficiary with this id", "您没有走访此人的任务"),
    ("must be another beneficiary", "须为另一位服务对象"),
    ("must be another person than the beneficiary", "不能是本人"),
    ("must be named once", "不能重复"),
    ("is listed twice", "不能重复"),
    ("must be a person in your area", "须为您管辖范围内的人员"),
    ("is not a person below you", "不是您的下级"),
    ("was not merged into this beneficiary", "未曾并入此人"),
    ("the household has its plaque by line {}", "同户的光荣牌已登记在第{}行"),
    ("the household has its plaque", "同户的光荣牌已有登记"),
    ("another member of the household gets it", "同户的另一位服务对象已领取或将领取"),
    ("the plaque of the household is that of {}", "本户的光荣牌登记在 {} 名下"),
    (
        "must have only capital letters, digits and hyphens, and no hyphen first",
        "须为大写字母、数字和连字符，且不以连字符开头",
    ),
    ("must have letters or digits", "须含有文字或数字"),
    ("must have at least the last 4 digits of a number", "号码至少填写后4位"),
    ("{} is archived", "{} 已停用"),
    // Files.
    ("the file is empty", "文件为空"),
    ("the column {} is missing", "缺少列 {}"),
    ("column {} of the header is unknown", "表头第{}列无法识别"),
    ("column {} has a value but no name in the header", "第{}列有内容但没有表头"),
    ("the header names the column {} twice", "表头中列 {} 重复"),
    (
        "is not in the register, and the file lacks the column {}",
        "登记册中没有此行，而文件缺少列 {}",
    ),
    ("the row has {} fields, the header has {}", "该行有{}个字段，表头有{}个"),
    ("is not UTF-8", "不是 UTF-8 编码"),
    ("exceeds {} characters", "超过{}个字符"),
    ("contains a control character", "含有控制字符"),
    ("contains a private-use character or a noncharacter", "含有自造字或无效字符"),
    ("contains replacement characters; the original text was lost", "含有替换字符，原文已丢失"),
    (
        "a spreadsheet turned this into a decimal number; set the column to text and enter it again",
        "表格软件已将其变为小数；请将该列设为文本后重新填写",
    ),
    ("has full-width digits; use 0 to 9", "含有全角数字；请用0至9"),
    ("the cell contains an error", "单元格有错误"),
    (
        "the cell contains a formula without a result; enter the value",
        "单元格的公式没有结果；请填写数值",
    ),
    (
        "the cell is merged with a cell above; unmerge them and fill in each",
        "单元格与上方合并；请取消合并并分别填写",
    ),
    (
        "each span must be a day and times, such as mon 0900-1200",
        "每段须为星期和时间，如 mon 0900-1200",
    ),
    ("{} has more than one span", "{} 有多个时段"),
    ("exceeds the {} minutes of the availability", "超过可服务时间的{}分钟"),
    ("a {} cannot be assigned to a {}", "{} 不能任职于 {}"),
    ("grid {} already has a manager on line {}", "网格 {} 在第{}行已有网格员"),
    ("there is no manager for grid {}", "网格 {} 没有网格员"),
    ("there is no outline for grid {}", "网格 {} 没有边界"),
    ("duplicates the value on line {}", "与第{}行重复"),
    ("is already that of {} in the register", "登记册中已属于 {}"),
    // Answers to forms.
    ("is required", "必填"),
    ("must have at least {} characters", "至少{}个字符"),
    ("must have at least {} character", "至少{}个字符"),
    ("must have at least {} items", "至少{}项"),
    ("must have at least {} item", "至少{}项"),
    ("must not name an option twice", "不能重复选择"),
    ("does not match the pattern of the field", "不符合此项的格式"),
    ("is none of the options", "不是可选的选项"),
    ("is accepted only as {}", "须为 {}"),
    ("does not match the form", "不符合表单要求"),
    ("must be at least {}", "不得小于{}"),
    ("must be at most {}", "不得大于{}"),
];

/// The detail in Chinese, if it is in the table.
pub fn translated(detail: &str) -> Option<String> {
    TABLE.iter().find_map(|(english, chinese)| Some(filled(chinese, &values(english, detail)?)))
}

/// The values of a text that has this form; none if it has another one.
fn values<'a>(form: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = form.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // The last value ends where the text does.
        let end = if parts.peek().is_none() {
            rest.len().checked_sub(part.len()).filter(|_| rest.ends_with(part))?
        } else {
            rest.find(part)?
        };
        let (value, after) = rest.split_at_checked(end)?;
        values.push(value);
        rest = after.strip_prefix(part)?;
    }
    (rest.is_empty() && values.iter().all(|value| !value.is_empty())).then_some(values)
}

fn filled(form: &str, values: &[&str]) -> String {
    let mut text = String::new();
    let mut values = values.iter();
    for (n, part) in form.split("{}").enumerate() {
        if n > 0 {
            text.push_str(values.next().copied().unwrap_or_default());
        }
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(detail: &str) -> Option<String> {
        translated(detail)
    }

    #[test]
    fn a_detail_is_translated_with_its_values() {
        for (detail, chinese) in [
            ("must be from 1 to 480", "须在1至480之间"),
            ("there is no area 500116001", "没有区划 500116001"),
            (
                "must be one of: full, limited; the closest is full",
                "须为以下之一：full, limited；最接近的是“full”",
            ),
            ("must be one of: full, limited", "须为以下之一：full, limited"),
            ("must be one of leave, sick", "须为以下之一：leave, sick"),
            ("must be one of the classes of the kind", "须为该类事项的类别"),
            ("must be from 40 to 400", "须在40至400之间"),
            ("must be from 0 to 365 days after first_day", "须为开始日期后0至365天"),
            ("a plan spans at most 31 days", "方案最多31天"),
            (
                "must be in the grid or within 1000 m of it, not 4376 m away",
                "须在网格内或距其1000米以内，现距4376米",
            ),
            ("2026-02-30 does not exist in the calendar", "日历中没有 2026-02-30"),
            ("does not exist in the calendar", "日历中没有这一天"),
            ("aid is not a kind of case", "没有事项类型 aid"),
            ("must have at least 1 character", "至少1个字符"),
            ("must have at most 20 characters", "最多20个字符"),
            ("at most 10 attachments per task or case", "每人每项任务或事项最多10个附件"),
        ] {
            assert_eq!(said(detail).as_deref(), Some(chinese), "{detail}");
        }
        assert_eq!(said("a defect of the cosmos"), None);
        assert_eq!(said("must be from 1"), None);
        assert_eq!(said("must be from  to "), None, "no values");
    }

    #[test]
    fn both_texts_of_a_line_have_the_same_values_and_no_line_hides_another() {
        for (n, (english, chinese)) in TABLE.iter().enumerate() {
            let count = |text: &str| text.matches("{}").count();
            let lost = english.starts_with("must be a `next_cursor`");
            assert!(count(english) == count(chinese) || lost, "{english}");
            let example = filled(english, &["7", "8"]);
            let first = TABLE.iter().position(|(form, _)| values(form, &example).is_some());
            assert_eq!(first, Some(n), "{english}");
        }
    }
}
