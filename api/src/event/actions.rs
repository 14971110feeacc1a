//! The words of the log's actions, in both languages.

use serde::Serialize;
use utoipa::ToSchema;

/// Every action, former ones included: action, English, Chinese.
const WORDS: &[(&str, &str, &str)] = &[
    ("area.add", "Area added", "新增区域"),
    ("area.change", "Areas changed", "区划调整"),
    ("area.end", "Area ended", "区域终止"),
    ("area.export", "Figures of areas exported", "导出区域统计"),
    ("area.outline", "Outline of an area changed", "调整区域边界"),
    ("area.rename", "Area renamed", "区域更名"),
    ("attachment.add", "Attachment added", "上传附件"),
    ("attachment.read", "Attachment viewed", "查看附件"),
    ("audience.change", "Audience changed", "修改人群"),
    ("audience.create", "Audience saved", "保存人群"),
    ("audience.delete", "Audience deleted", "删除人群"),
    ("audience.read", "Audience counted or listed by answers", "按表单答案统计或查看人群"),
    ("beneficiary.change", "Beneficiary changed", "修改服务对象"),
    ("beneficiary.contact", "Beneficiary visited or called", "走访或联系服务对象"),
    ("beneficiary.correct", "Correction proposed", "提交更正"),
    ("beneficiary.create", "Beneficiary entered", "新增服务对象"),
    ("beneficiary.delete", "Beneficiary deleted", "删除服务对象"),
    ("beneficiary.end", "Beneficiary ended", "服务对象终止"),
    ("beneficiary.export", "Beneficiaries exported", "导出服务对象"),
    ("beneficiary.merge", "Duplicate merged", "合并重复登记"),
    ("beneficiary.merge_undo", "Merge undone", "撤销合并"),
    ("beneficiary.move", "Beneficiary moved", "服务对象迁居或转入其他网格"),
    ("beneficiary.reinstate", "Beneficiary reinstated", "恢复服务对象"),
    ("beneficiary.reveal", "Beneficiary revealed", "查看服务对象详细信息"),
    ("beneficiary.reveal_budget", "Daily budget of reveals spent", "当日查看次数用完"),
    ("beneficiary.search", "Beneficiaries searched", "查找服务对象"),
    ("beneficiary.stay", "Temporary stay recorded", "登记临时居住"),
    ("beneficiary.stay_end", "Temporary stay ended", "临时居住结束"),
    ("beneficiary.sync", "Beneficiaries sent to a phone", "服务对象信息下发到手机"),
    ("beneficiary.visitor_choice", "Visitors of a beneficiary chosen", "指定或排除走访人员"),
    (
        "beneficiary.visitors",
        "More visitors of a changed beneficiary",
        "服务对象变更涉及的其他走访人员",
    ),
    ("campaign.approve", "Campaign approved", "审批专项行动"),
    ("campaign.change", "Campaign changed", "修改专项行动"),
    ("campaign.close", "Campaign closed", "结束专项行动"),
    ("campaign.create", "Campaign written", "新建专项行动"),
    ("campaign.export", "Campaigns exported", "导出专项行动"),
    ("campaign.export_report", "Report of a campaign exported", "导出专项行动总结"),
    ("campaign.finish", "Campaign's tasks created", "专项行动任务生成完毕"),
    ("campaign.launch", "Campaign launched", "启动专项行动"),
    ("campaign.plan", "Campaign planned dry", "试排专项行动"),
    ("campaign.plan_handouts", "Hand-outs of a campaign planned", "专项行动物资发放计划"),
    ("campaign.remind", "Managers reminded of a campaign", "提醒网格员"),
    ("campaign_template.change", "Template of campaigns changed", "修改专项行动模板"),
    ("campaign_template.create", "Template of campaigns stored", "新增专项行动模板"),
    ("case.delete", "Case deleted after its years of keeping", "事项保存期满删除"),
    ("case.escalate", "Overdue case raised", "事项逾期上报"),
    ("case.exchange", "Case of merged entries moved", "归并档案的事项"),
    ("case.export", "Cases exported", "导出事项"),
    ("case.find", "Need of an open case found again", "再次发现已立事项"),
    ("case.move", "Case moved", "办理事项"),
    ("case.open", "Case opened", "登记事项"),
    ("case.read", "Case viewed", "查看事项"),
    ("case.relocate", "Case given to another area", "事项随区划调整"),
    ("case_kind.change", "Kind of case changed", "修改事项类别"),
    ("case_kind.create", "Kind of case created", "新增事项类别"),
    ("command.dead_letter", "Command became a dead letter", "命令转入死信"),
    ("command.read", "Dead letter read", "查看死信命令"),
    ("command.set_aside", "Command became a dead letter", "命令转入死信"),
    ("correction.approve", "Correction approved", "通过更正"),
    ("correction.read", "Correction viewed", "查看更正"),
    ("correction.reject", "Correction rejected", "驳回更正"),
    ("district.feedback", "Feedback sent", "提交意见反馈"),
    ("district.feedback_answer", "Feedback answered", "答复意见反馈"),
    ("district.feedback_read", "Feedback viewed", "查看意见反馈"),
    ("district.load", "District loaded from files", "导入辖区数据"),
    ("district.remove", "Rows removed by an import", "导入时删除数据"),
    ("goods.allot", "Goods allotted", "调拨物资"),
    ("goods.count", "Goods counted", "盘点物资"),
    ("goods.export", "Movements of goods exported", "导出物资流水"),
    ("goods.export_coverage", "Coverage by a plaque exported", "导出光荣牌悬挂情况"),
    ("goods.export_stocks", "Stocks of goods exported", "导出物资库存"),
    ("goods.receive", "Goods received", "物资入库"),
    ("goods.take_over", "Goods taken over by another area", "物资随区划调整转移"),
    ("goods_item.change", "Item of goods changed", "修改物资品类"),
    ("goods_item.create", "Item of goods created", "新增物资品类"),
    ("handout.delete", "Hand-outs deleted after their years", "到期删除物资发放记录"),
    ("handout.exchange", "Hand-out of merged entries moved", "归并档案的物资发放记录"),
    ("handout.export", "Hand-outs exported", "导出物资发放记录"),
    ("handout.hand_out", "Goods handed out", "发放物资"),
    ("handout.plan_again", "Hand-out planned again", "恢复物资发放计划"),
    ("handout.read", "Receipt of goods viewed", "查看物资签收"),
    ("handout.return", "Goods returned", "物资退回"),
    ("handout.visitors", "More visitors of a changed hand-out", "物资发放变更涉及的其他走访人员"),
    ("holiday.add", "Holiday added", "新增节日"),
    ("holiday.change", "Holiday changed", "修改节日"),
    ("holiday.end", "Holiday ended", "终止节日"),
    ("import.headings", "Headings of imports changed", "修改导入表头"),
    ("memorial.add", "Memorial site added", "新增纪念设施"),
    ("memorial.change", "Memorial site changed", "修改纪念设施"),
    ("memorial.end", "Memorial site ended", "终止纪念设施"),
    ("need.raise", "Need raised", "反映需求"),
    ("notice.change", "Notice changed", "修改公告"),
    ("notice.post", "Notice posted", "发布公告"),
    ("notice.read", "Notice read", "阅读通知"),
    ("notice.withdraw", "Notice withdrawn", "撤回公告"),
    ("person.absence", "Absence added", "登记请假"),
    ("person.absence_read", "Absences viewed", "查看请假"),
    ("person.absence_withdraw", "Absence withdrawn", "撤销请假"),
    ("person.add", "Person added", "新增人员"),
    ("person.appoint", "Manager appointed", "任命网格员"),
    ("person.availability", "Hours of availability changed", "修改服务时间"),
    ("person.case_closed", "Reported matter is closed", "反映的事项已办结"),
    ("person.change", "Person edited", "修改人员信息"),
    ("person.duty", "On or off duty", "切换值班状态"),
    ("person.enrol", "Device enrolled", "登记设备"),
    ("person.export", "People exported", "导出人员"),
    ("person.factors_end", "Second factors ended", "清除第二重验证"),
    ("person.feedback_answered", "Feedback of a person answered", "意见反馈已答复"),
    ("person.follow_up_done", "Reported need has a result", "反映的问题已有结果"),
    ("person.invite", "Person invited", "邀请人员"),
    ("person.leave", "Person left", "人员离岗"),
    ("person.move", "Person moved to another area or role", "人员调动"),
    ("person.notice_acknowledge", "Account notice acknowledged", "确认账号提醒"),
    ("person.password", "Password changed", "修改密码"),
    ("person.password_reset", "Password reset", "重置密码"),
    ("person.plan_suggested", "Person notified of a suggested plan", "派单建议提醒"),
    ("person.proposal_answered", "Proposal of a person answered", "建议已答复"),
    (
        "person.regime_notice",
        "Person notified of a regime without a responsible person",
        "责任人离岗提醒",
    ),
    ("person.restore", "Person restored", "恢复人员"),
    ("person.reveal_allowance", "More reveals allowed", "增加查看次数"),
    ("person.search", "People searched", "查找人员"),
    ("person.secondment", "Person notified of a secondment", "借调提醒"),
    ("person.suspend", "Person suspended", "暂停人员"),
    ("person.totp", "Authenticator app set up", "设置验证器"),
    ("person.totp_delete", "Authenticator app removed", "移除验证器"),
    ("plan.apply", "Plan applied", "应用派单方案"),
    ("plan.create", "Plan computed", "生成派单方案"),
    ("plan.discard", "Draft of a plan discarded", "放弃派单方案草稿"),
    ("plan.undo", "Plan undone", "撤销派单方案"),
    ("planning_settings.replace", "Settings for plans changed", "修改派单设置"),
    ("proposal.accept", "Proposal accepted", "同意建议"),
    ("proposal.refuse", "Proposal refused", "不同意建议"),
    ("regime.change", "Regime changed", "修改常态化联系"),
    ("regime.create", "Regime created", "新建常态化联系"),
    ("regime.export", "Regimes exported", "导出常态化联系"),
    ("report.amend", "Report amended", "更正走访报告"),
    ("report.export", "Reports exported", "导出走访记录"),
    ("report.read", "Reports viewed", "查看走访记录"),
    ("secondment.agree", "Secondment agreed to", "同意借调"),
    ("secondment.decline", "Secondment declined", "不同意借调"),
    ("secondment.request", "Secondment requested", "申请借调"),
    ("secondment.withdraw", "Secondment withdrawn", "撤回借调"),
    ("service_kind.change", "Kind of service changed", "修改服务项目"),
    ("service_kind.create", "Kind of service created", "新增服务项目"),
    ("session.end", "Session ended", "退出登录"),
    ("session.reuse", "Session ended after a reused token", "令牌被重复使用，登录中止"),
    ("station.add", "Service station added", "新增服务站"),
    ("station.change", "Service station changed", "修改服务站"),
    ("station.end", "Service station ended", "终止服务站"),
    ("task.accept", "Task accepted", "接受任务"),
    ("task.archive", "Task removed from phones", "任务从手机端归档"),
    ("task.assign", "Task assigned", "分派任务"),
    ("task.bulk", "Command to many tasks", "批量操作任务"),
    ("task.bulk_undo", "Command to many tasks undone", "撤销批量操作"),
    ("task.cancel", "Task cancelled", "取消任务"),
    ("task.claim", "Task claimed", "认领任务"),
    ("task.close", "View of a finished visit ended", "走访信息查看期结束"),
    ("task.create", "Task created", "新建任务"),
    ("task.decline", "Task declined", "拒绝任务"),
    ("task.edit", "Task edited", "修改任务"),
    ("task.escalate", "Task escalated", "上报任务"),
    ("task.expire", "Task expired", "任务过期"),
    ("task.export", "Tasks exported", "导出任务"),
    ("task.move", "Task moved", "任务转移"),
    ("task.propose_day", "Another day proposed", "建议改期"),
    ("task.reassign", "Task reassigned", "改派任务"),
    ("task.release", "Task released", "退回任务"),
    ("task.reopen", "Task reopened", "重新开启任务"),
    ("task.report", "Task reported", "提交走访报告"),
    ("task.reschedule", "Task rescheduled", "调整任务时间"),
    ("task.start", "Task started", "开始任务"),
    ("task.unassign", "Task unassigned", "收回任务"),
    ("task.undo", "Command to a task undone", "撤销任务操作"),
    ("task.unserved", "Plan found no one for a task, or one again", "方案暂无人可安排，或已解除"),
    ("vocabulary.replace", "Vocabulary changed", "修改词表"),
    ("work_calendar.replace", "Work calendar changed", "修改放假调休日历"),
];

/// An action of the log and its words.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ActionWords {
    /// The action.
    #[schema(max_length = 64, example = "task.claim")]
    action: &'static str,
    /// The words in English.
    #[schema(max_length = 100, example = "Task claimed")]
    en: &'static str,
    /// The words in Chinese.
    #[serde(rename = "zh-CN")]
    #[schema(max_length = 100, example = "认领任务")]
    zh: &'static str,
}

/// The actions of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Actions {
    /// The actions, ordered by name.
    #[schema(max_items = 500)]
    items: Vec<ActionWords>,
}

/// Every action with its words, ordered by name.
pub fn all() -> Actions {
    let words = |&(action, en, zh): &(&'static str, &'static str, &'static str)| ActionWords {
        action,
        en,
        zh,
    };
    Actions { items: WORDS.iter().map(words).collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use gridward_domain::task::Verb;
    use gridward_domain::word::{VariantArray as _, Word as _};

    use super::*;
    use crate::log::Subject;

    fn known() -> BTreeSet<String> {
        WORDS.iter().map(|(action, ..)| (*action).to_owned()).collect()
    }

    /// The texts between quotes in the sources, without unit tests, that look like an action.
    fn used(folder: &Path) -> BTreeSet<String> {
        let subjects: Vec<&str> =
            Subject::VARIANTS.iter().map(|subject| subject.as_str()).collect();
        let others = ["report", "session"];
        let is_action = |text: &str| {
            let (subject, verb) = text.split_once('.').unwrap_or_default();
            let word = |c: char| c.is_ascii_lowercase() || c == '_';
            (subjects.contains(&subject) || others.contains(&subject))
                && !verb.is_empty()
                && verb.chars().all(word)
        };
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                found.extend(used(&path));
            } else if path.extension().is_some_and(|kind| kind == "rs")
                && !path.ends_with("tests.rs")
            {
                let text = std::fs::read_to_string(&path).expect("a text");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                let quoted = code.split('"').filter(|text| is_action(text));
                found.extend(quoted.map(str::to_owned));
            }
        }
        found
    }

    #[test]
    fn every_action_of_the_sources_has_words_in_both_languages() {
        let used = used(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        assert!(used.len() > 40, "{used:?}");
        let missing: Vec<_> = used.difference(&known()).cloned().collect();
        assert!(missing.is_empty(), "no words in event/actions.rs: {missing:?}");
        for (action, en, zh) in WORDS {
            assert!(!en.is_empty() && !zh.is_ascii(), "{action}");
        }
    }

    #[test]
    fn every_verb_of_a_task_has_words_and_the_list_is_in_order() {
        for verb in Verb::VARIANTS {
            assert!(known().contains(&format!("task.{}", verb.as_str())), "{verb}");
        }
        assert!(WORDS.is_sorted_by_key(|(action, ..)| *action));
        assert_eq!(WORDS.len(), known().len());
    }
}
