//! A notice to one person about the own account, such as the use of a copied sign-in.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset};
use gridward_domain::bounded_text::DeviceName;
use gridward_domain::id::NoticeId;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account_notice_store::AccountNoticeRow;
use crate::clock::china;
use crate::http::problem::answer::Language;

/// The subject of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<AccountNoticeKind>)]
pub enum AccountNoticeKind {
    /// A spent refresh token of the device was used, so its session was ended: another person may
    /// have a copy of the sign-in.
    SessionReused,
    /// Feedback of the person has been answered: `GET /v1/me/feedback`.
    FeedbackAnswered,
    /// The follow-up of a need that the person reported is done.
    FollowUpDone,
    /// A proposal of the person was accepted: `GET /v1/proposals`.
    ProposalAccepted,
    /// A proposal of the person was refused.
    ProposalRefused,
    /// The case of a matter that the person reported is closed.
    CaseClosed,
    /// A volunteer of the person's grid is asked to help in another area: `GET /v1/secondments`.
    SecondmentRequested,
    /// The person helps in another area for some days: `GET /v1/secondments`.
    SecondmentAgreed,
    /// A secondment of the person, or one that the person requested, does not take place.
    SecondmentEnded,
    /// The district suggests a plan of visits that need a visitor: `GET /v1/plans`.
    PlanSuggested,
    /// The person responsible for regimes of the area has left or is suspended: `GET /v1/regimes`.
    RegimeWithoutResponsible,
    /// The district's plan of the night is a draft: `GET /v1/plans`.
    NightlyPlan,
}

text_column!(AccountNoticeKind);

impl AccountNoticeKind {
    /// Whether the notice is about a device.
    const fn is_about_device(self) -> bool {
        matches!(self, Self::SessionReused)
    }

    /// Title and detail for the person; `about` is the label of the need or of what was proposed.
    #[expect(clippy::too_many_lines, reason = "one arm for each kind and language")]
    fn texts(self, language: Language, about: &str) -> (Cow<'static, str>, &'static str) {
        let (title, detail) = match (self, language) {
            (Self::FollowUpDone, Language::English) => {
                let title = format!("There is a result on what you reported: {about}");
                return (
                    title.into(),
                    "The follow-up is done. Ask the manager of the grid about it.",
                );
            }
            (Self::FollowUpDone, Language::Chinese) => {
                let title = format!("您反映的{about}问题已有结果");
                return (title.into(), "后续走访已完成。如需了解情况，请联系网格员。");
            }
            (Self::CaseClosed, Language::English) => {
                let title = format!("A matter that you reported is closed: {about}");
                return (title.into(), "The service station answers questions about it.");
            }
            (Self::CaseClosed, Language::Chinese) => {
                let title = format!("您反映的事项已办结：{about}");
                return (title.into(), "如需了解情况，请咨询退役军人服务站。");
            }
            (Self::SecondmentRequested, Language::English) => {
                let title = format!("A volunteer of your grid is asked to help: {about}");
                return (title.into(), "Say yes or no under the secondments of your grid.");
            }
            (Self::SecondmentRequested, Language::Chinese) => {
                let title = format!("有一项借调申请待您答复：{about}");
                return (title.into(), "请在“借调”中选择同意或不同意。");
            }
            (Self::SecondmentAgreed, Language::English) => {
                let title = format!("Help in another area: {about}");
                return (title.into(), "Visits there may be planned on these days.");
            }
            (Self::SecondmentAgreed, Language::Chinese) => {
                let title = format!("借调已确定：{about}");
                return (title.into(), "这几天可能会安排该区域的走访任务。");
            }
            (Self::SecondmentEnded, Language::English) => {
                let title = format!("Help in another area does not take place: {about}");
                return (title.into(), "Visits that are already planned stay as they are.");
            }
            (Self::SecondmentEnded, Language::Chinese) => {
                let title = format!("借调已取消：{about}");
                return (title.into(), "已安排的任务保持不变。");
            }
            (Self::PlanSuggested, Language::English) => {
                let title = format!("There is a plan for visits that need a visitor: {about}");
                return (title.into(), "Look at the draft under the plans, and apply it.");
            }
            (Self::PlanSuggested, Language::Chinese) => {
                let title = format!("有走访待安排，已生成派单建议：{about}");
                return (title.into(), "请在“派单”中查看草案，确认后应用。");
            }
            (Self::RegimeWithoutResponsible, Language::English) => {
                let title = format!("The person responsible has left or is suspended: {about}");
                return (title.into(), "Name another responsible person in the regime.");
            }
            (Self::RegimeWithoutResponsible, Language::Chinese) => {
                let title = format!("责任人已离岗或停用：{about}");
                return (title.into(), "请在“常态化联系”中另行指定责任人。");
            }
            (Self::NightlyPlan, Language::English) => {
                let title = format!("The plan of the night is ready: {about}");
                return (title.into(), "Look at the draft under the plans, and apply it.");
            }
            (Self::NightlyPlan, Language::Chinese) => {
                let title = format!("今晚的派单方案已生成：{about}");
                return (title.into(), "请在“派单”中查看草案，确认后应用。");
            }
            (Self::ProposalAccepted, Language::English) => {
                let title = format!("Your proposal was accepted: {about}");
                return (title.into(), "The tasks have been changed as you proposed.");
            }
            (Self::ProposalAccepted, Language::Chinese) => {
                let title = format!("您的建议已同意：{about}");
                return (title.into(), "任务已按您的建议安排。");
            }
            (Self::ProposalRefused, Language::English) => {
                let title = format!("Your proposal was not accepted: {about}");
                return (title.into(), "Nothing was changed. The reason is with your proposal.");
            }
            (Self::ProposalRefused, Language::Chinese) => {
                let title = format!("您的建议未被采纳：{about}");
                return (title.into(), "任务保持不变，理由见您的建议。");
            }
            (Self::SessionReused, Language::English) => (
                "Another person may have used a copy of your sign-in",
                "A copy of the sign-in on this device was used, so the device was signed out. \
                 Change your password. If you did not restore the device from a backup, call your \
                 manager or supervisor.",
            ),
            (Self::SessionReused, Language::Chinese) => (
                "可能有人使用了您的登录副本",
                "该设备的登录信息被重复使用，系统已将该设备退出登录。请立即修改密码；如果不是您\
                 本人从备份恢复了该设备，请致电网格员或上级。",
            ),
            (Self::FeedbackAnswered, Language::English) => (
                "Your feedback has been answered",
                "The answer is beside your feedback, in the list of what you have sent.",
            ),
            (Self::FeedbackAnswered, Language::Chinese) => {
                ("您的意见反馈已有答复", "请在“我的意见反馈”中查看答复。")
            }
        };
        (title.into(), detail)
    }
}

/// A notice to the caller about the own account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0198a3b0-0000-7000-8000-000000000001", "kind": "session_reused", "device": "老人机",
    "at": "2026-08-01T09:00:00+08:00", "title": "可能有人使用了您的登录副本",
    "detail": "该设备的登录信息被重复使用，系统已将该设备退出登录。请立即修改密码。"
}))]
pub struct AccountNotice {
    /// Identifies the notice.
    pub id: NoticeId,
    /// The subject; branch on it.
    pub kind: AccountNoticeKind,
    /// The name of the device; absent if the notice is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceName>,
    /// The time of the event.
    pub at: DateTime<FixedOffset>,
    /// A short summary in the caller's language.
    #[schema(max_length = 256)]
    #[schema(value_type = String)]
    pub title: Cow<'static, str>,
    /// Explanation and next step, in the caller's language.
    #[schema(max_length = 1024)]
    pub detail: &'static str,
}

impl AccountNotice {
    /// The notice of `row` in a language.
    pub fn new(row: AccountNoticeRow, language: Language) -> Self {
        let about = match language {
            Language::English => row.about_en.as_deref(),
            Language::Chinese => row.about_zh.as_deref(),
        };
        let (title, detail) = row.kind.texts(language, about.unwrap_or_default());
        let AccountNoticeRow { id, kind, device, created_at, .. } = row;
        let device = Some(device).filter(|_| kind.is_about_device());
        Self { id, kind, device, at: created_at.and_utc().with_timezone(&china()), title, detail }
    }
}
