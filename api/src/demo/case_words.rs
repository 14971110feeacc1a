//! What the cases of the demo say: descriptions, notes, answers, amounts and referrals.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::case::{CaseResult, MoveEffect};
use gridward_domain::code::{CaseClass, MoveCode};
use gridward_domain::range::AmountFen;

use super::{answers, lawyers};
use crate::case::entry_store::EntrySealed;
use crate::case::row::{CaseRow, CaseSealed};
use crate::case::{CaseKind, CaseMoveContent, CaseReferral, CaseStepContent};

/// The descriptions, by the code of the class, or of the kind.
const DETAILS: [(&str, &str); 14] = [
    ("medical", "（演示）本人长期透析，自付费用负担重"),
    ("living", "（演示）家中主要劳动力受伤，生活困难"),
    ("housing", "（演示）厨房屋顶漏雨，墙体开裂"),
    ("advice", "（演示）咨询工伤赔偿的时效"),
    ("representation", "（演示）劳动合同纠纷，请求代理"),
    ("legal_aid", "（演示）工伤赔偿纠纷，申请法律援助"),
    ("employment", "（演示）求职：驾驶员，愿意参加培训"),
    ("policy", "（演示）咨询优待证如何办理"),
    ("help", "（演示）家中老人无人照料"),
    ("hang", "（演示）新办，家庭尚未悬挂光荣牌"),
    ("merit_report", "（演示）部队寄来立功喜报"),
    ("memorial_fault", "（演示）墓碑开裂，台阶松动"),
    ("officer_promise", "（演示）承诺安装卫生间扶手"),
    ("green_channel", "（演示）需协调心内科专家门诊"),
];

/// The encrypted part of a case.
pub(super) fn of_case(kind: &CaseKind, row: &CaseRow) -> CaseSealed {
    let codes = [row.class.as_ref().map(CaseClass::as_str), Some(kind.code.as_str())];
    let of = |code: &str| DETAILS.iter().find(|(of, _)| *of == code).map(|(_, detail)| *detail);
    let detail = codes.into_iter().flatten().find_map(of);
    let class = row.class.clone().filter(|_| kind.sensitive_class);
    CaseSealed { detail: detail.and_then(|detail| detail.parse().ok()), class }
}

/// What is said with the move `taken` of the case with this number, in the grid, from the step.
pub(super) fn of_move(
    kind: &CaseKind,
    (step, taken): (&CaseStepContent, &MoveCode),
    grid: AreaCode,
    number: usize,
) -> EntrySealed {
    let Some(taken) = step.moves.iter().find(|one| one.code == *taken) else {
        return EntrySealed::default();
    };
    let note = format!("（演示）{}", taken.name.as_str()).parse().ok();
    if !is_forward(kind, taken) {
        return EntrySealed { note, ..EntrySealed::default() };
    }
    EntrySealed {
        note,
        answers: step.form.as_ref().and_then(answers::of),
        amount_fen: step.amount.then(|| amount(number)).flatten(),
        referral: referral(step, taken, grid),
        report: None,
    }
}

/// Whether the move is the work of its step: no return, refusal or end without help.
fn is_forward(kind: &CaseKind, taken: &CaseMoveContent) -> bool {
    let is_given_up = kind
        .step(&taken.to)
        .and_then(|step| step.result)
        .is_some_and(|result| matches!(result, CaseResult::Dropped | CaseResult::Refused));
    matches!(taken.effect, MoveEffect::Advance | MoveEffect::Approve) && !is_given_up
}

/// To whom the step refers a case of the grid.
fn referral(
    step: &CaseStepContent,
    taken: &CaseMoveContent,
    grid: AreaCode,
) -> Option<CaseReferral> {
    let first = step.referrals.first()?;
    let is_named = taken.refers || step.moves.iter().all(|one| !one.refers);
    let lawyer = grid.ancestor(Level::Town).filter(|_| first.lawyer_of_station).map(lawyers::name);
    let name = lawyer.unwrap_or_else(|| format!("（演示）{}", first.name.as_str()));
    let name = name.parse().ok()?;
    is_named.then(|| CaseReferral { to: first.code.clone(), name })
}

/// An amount from 2,000 to 4,900 yuan.
fn amount(number: usize) -> Option<AmountFen> {
    let yuan = 2_000 + i64::try_from(number * 700 % 3_000).ok()?;
    AmountFen::try_from(yuan * 100).ok()
}
