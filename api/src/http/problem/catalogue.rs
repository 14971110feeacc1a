//! The problem catalogue: code, status, title and detail of each problem in both languages.

use super::entry::{Entry, problems};

/// All problems: those of the request, then those of the server.
pub fn entries() -> impl Iterator<Item = Entry> {
    let refusals = ProblemCode::ALL.iter().map(|kind| kind.entry());
    refusals.chain(ServerFault::ALL.iter().map(|fault| fault.entry()))
}

/// Codes of earlier versions, which stored problems may still have.
const FORMER_CODES: [(&str, ProblemCode); 2] = [
    ("command_set_aside", ProblemCode::CommandDeadLettered),
    ("not_task_holder", ProblemCode::NotAssignee),
];

impl ProblemCode {
    /// The kind with this code, current or former; `None` if this version has none.
    pub fn of_code(code: &str) -> Option<Self> {
        let today = Self::ALL.iter().copied().find(|kind| kind.entry().code == code);
        let former = || FORMER_CODES.iter().find(|(former, _)| *former == code);
        today.or_else(|| former().map(|(_, kind)| *kind))
    }
}

problems! {
    /// Why a request is refused. A failure of the server is a [`ServerFault`], so that it cannot
    /// be answered without the cause that the log needs.
    ProblemCode
    /// The path, the query or a header is invalid.
    BadRequest "bad_request" 400
        "Malformed request": "The path, the query or a header is invalid. See `errors`.";
        "请求格式有误": "路径、查询参数或请求头有误，详见 errors。";
    /// The body is not JSON.
    InvalidJson "invalid_json" 400
        "The body is not valid JSON": "`errors` gives the position of the syntax error.";
        "请求正文不是有效的 JSON": "语法错误的位置见 errors。";
    /// The request has no token, or one that this server did not sign.
    Unauthenticated "unauthenticated" 401
        "Sign-in required": "Send a valid access token in the Authorization header.";
        "请先登录": "请在 Authorization 请求头中提供有效的访问令牌。";
    /// A proof of a device's key has no nonce of this service, or an old one.
    UseDpopNonce "use_dpop_nonce" 401 retryable = true
        "Nonce required": "Sign a new proof with the nonce in the DPoP-Nonce header, then try again.";
        "需要服务器随机数": "请使用 DPoP-Nonce 响应头中的随机数重新签名后再试。";
    /// A request is not proved with the key of its session.
    InvalidDpopProof "invalid_dpop_proof" 401 retryable = true
        "Invalid proof of the device's key": "Sign a new proof for this method and URL, with the key of the sign-in and the nonce in the DPoP-Nonce header.";
        "设备密钥证明无效": "请使用登录时的设备密钥和 DPoP-Nonce 响应头中的随机数，为本次请求重新签名。";
    /// The person is suspended or has left.
    AccountInactive "account_inactive" 401
        "Access suspended or ended": "Contact your manager or supervisor. Unsent records stay on this device.";
        "账号已停用": "请联系网格员或管理员。尚未上传的记录仍保存在本设备上。";
    /// The session of a token has ended, or a refresh token is not valid.
    SessionEnded "session_ended" 401
        "Session has ended": "Sign in again on this device.";
        "登录状态已失效": "请在本设备上重新登录。";
    /// A spent refresh token was used, so its session was ended.
    SessionReused "session_reused" 401
        "Session ended for your safety": "Your sign-in may have been copied to another device. Sign in again, and check the list of your devices.";
        "为保障安全，登录已中止": "您的登录信息可能已被复制到其他设备。请重新登录，并检查您的设备列表。";
    /// The token was valid and has expired.
    TokenExpired "token_expired" 401
        "Access token expired": "Get a new access token with your refresh token, or sign in again.";
        "登录已过期": "请用刷新令牌获取新的访问令牌，或重新登录。";
    /// Phone and password do not match; the answer does not say which is wrong.
    WrongCredentials "wrong_credentials" 401
        "Incorrect phone number or password": "Check the phone number and the password, then try again.";
        "手机号或密码错误": "请检查手机号和密码后重试。";
    /// A one-time code is wrong: of an invitation, a message or an authenticator app.
    WrongCode "wrong_code" 401
        "Incorrect code": "Check the code, then try again. A new code replaces earlier ones; each is accepted once.";
        "验证码错误": "请检查验证码后重试。新验证码生成后，旧验证码即失效；每个验证码只能使用一次。";
    /// The operation requires that the person was authenticated a short time ago.
    StepUpRequired "step_up_required" 401
        "Confirm that it is you": "Enter your password again, and the code of your authenticator app if you use one.";
        "请再次验证身份": "请再次输入密码；使用验证器的，还需输入动态码。";
    /// A second factor is missing from the sign-in.
    SecondFactorRequired "second_factor_required" 403
        "Second factor required": "Enter the current code of your authenticator app. If you have none yet, set one up first.";
        "需要第二重验证": "请输入验证器的动态码；尚未设置验证器的，请先设置。";
    /// The device is not enrolled, and the person has no other second factor.
    EnrolmentRequired "enrolment_required" 403
        "Enrolment required": "Ask your manager or supervisor for an invitation, then enrol this device with its code and a new password.";
        "本设备尚未登记": "请向网格员或上级领取邀请码，用邀请码和新密码登记本设备。";
    /// A one-time password must be replaced first.
    PasswordChangeRequired "password_change_required" 403
        "New password required": "This password can be used once only. Choose a new password, then sign in with it.";
        "请先设置新密码": "这是一次性密码，请先设置新密码，再用新密码登录。";
    /// One who has written the content of a campaign approves it.
    CampaignAuthor "campaign_author" 403
        "Approval by another person required": "Those who have written its content may not approve it. Ask another supervisor or admin.";
        "须由他人审批": "起草或修改过内容的人员不能审批，请由其他督导员或管理员审批。";
    /// One who has written the content of a regime since it was last active activates it.
    RegimeAuthor "regime_author" 403
        "Activation by another person required": "Those who have written its content since it was last active may not activate it, and no call both changes and activates it. Save it inactive and ask another supervisor or admin to activate it.";
        "须由他人启用": "上次启用以来起草或修改过内容的人员不能启用，修改的同时也不能启用。请先保存为未启用，再由其他督导员或管理员启用。";
    /// The resource is visible, but the role does not permit the action.
    Forbidden "forbidden" 403
        "Permission denied": "Your role does not permit this action. Contact your administrator.";
        "您没有此操作的权限": "如需办理，请联系管理员。";
    /// The resource does not exist or is outside the caller's area; the answer does not say which.
    NotFound "not_found" 404
        "Not found": "The resource does not exist or is outside your area.";
        "未找到相关内容": "该内容不存在，或不在您的管辖范围内。";
    /// No plan assigned the task, so there is nothing to explain.
    NotPlanned "not_planned" 404
        "Not planned": "No plan assigned this task.";
        "不是由方案安排的": "该任务不是由方案安排的，没有可说明的理由。";
    /// The installation sends no codes by message.
    CodesUnavailable "codes_unavailable" 404
        "No codes by message": "Ask your manager or supervisor for an invitation.";
        "不支持短信验证码": "请向网格员或上级领取邀请码。";
    /// The path exists; the method does not.
    MethodNotAllowed "method_not_allowed" 405
        "Method not allowed": "The Allow header lists the methods that this path supports.";
        "不支持该请求方法": "支持的方法见 Allow 响应头。";
    /// Another person is the assignee.
    TaskAlreadyClaimed "task_already_claimed" 409
        "Task already claimed": "Another person has this task. Choose another one.";
        "任务已被他人认领": "该任务已由他人负责，请选择其他任务。";
    /// The caller is not the assignee.
    NotAssignee "not_assignee" 409
        "Task not assigned to you": "Only the person who has the task can do this.";
        "您不是该任务的负责人": "只有任务负责人可以执行此操作。";
    /// The commands were undone already, or too long ago.
    UndoOver "undo_over" 409
        "Can no longer be undone": "Commands to many tasks can be undone once, for ten minutes. Change the tasks one by one instead.";
        "已无法撤销": "批量操作只能撤销一次，且须在十分钟内。请逐项修改任务。";
    /// The task's state does not permit the command.
    TaskPhase "task_phase" 409
        "Not possible in the task's current state": "The task has changed in the meantime. Look at its current state.";
        "任务当前状态不支持此操作": "任务状态已变化，请查看最新状态。";
    /// The beneficiary or the grid of the task has ended.
    SubjectEnded "subject_ended" 409
        "Beneficiary or grid has ended": "The task cannot be reopened, because its beneficiary or its grid has ended.";
        "服务对象或网格已终止": "该任务的服务对象或网格已终止，无法重新开启。";
    /// Another beneficiary of the district has the ID number.
    BeneficiaryExists "beneficiary_exists" 409
        "ID number already registered": "Another beneficiary of the district has this ID number; `current` shows an entry of your area. Correct or reinstate that one, or ask the district.";
        "该身份证号已登记": "本区县已有服务对象使用该身份证号；如在您的辖区内，见 current。请修改或恢复该条登记，或联系区县。";
    /// The beneficiary has ended.
    BeneficiaryEnded "beneficiary_ended" 409
        "Beneficiary has ended": "The entry in `current` has ended. If that is an error, reinstate it first.";
        "服务对象已终止": "该服务对象已终止，见 current。如有误，请先恢复。";
    /// The beneficiary is a merged duplicate.
    BeneficiaryMerged "beneficiary_merged" 409
        "Entry was merged": "Another entry took over: see `successor_id` in `current`. Use that one, or undo the merge.";
        "该登记已被合并": "该登记已并入其他登记，见 current 中的 successor_id。请使用该登记，或撤销合并。";
    /// A merge is older than 30 days.
    MergeFinal "merge_final" 409
        "Merge can no longer be undone": "A merge can be undone for 30 days. Enter the person anew if necessary.";
        "合并已无法撤销": "合并后 30 天内可以撤销。如有需要，请重新登记。";
    /// A correction with the same values waits already, or too many do.
    CorrectionPending "correction_pending" 409
        "Correction waits already": "The same correction waits for a decision, see `current`; or too many do.";
        "该更正已在等待审核": "相同的更正已提交并等待审核（见 current），或该服务对象待审核的更正过多。";
    /// The correction was approved or rejected.
    CorrectionDecided "correction_decided" 409
        "Correction has been decided": "It was approved or rejected; see `current`.";
        "该更正已审核": "该更正已通过或已驳回，详见 current。";
    /// A corrected field of the entry has changed since the correction was proposed.
    CorrectionOutdated "correction_outdated" 409
        "Entry has changed since": "The fields in `errors` have changed since the correction was proposed. Reject it, or edit the entry.";
        "登记内容已变化": "errors 中的字段在提交更正之后已被修改，请驳回该更正，或直接修改登记。";
    /// The same need waits already, or too many do.
    ProposalPending "proposal_pending" 409
        "Proposal waits already": "You have raised this need, and it waits for a decision, see `current`; or too many wait.";
        "该建议已在等待答复": "您已反映过该需求，正在等待答复（见 current），或该服务对象待答复的建议过多。";
    /// The proposal was accepted, refused or replaced.
    ProposalDecided "proposal_decided" 409
        "Proposal has been decided": "It was accepted, refused or replaced by a later one; see `current`.";
        "该建议已答复": "该建议已同意、未采纳，或已被后来的建议取代，详见 current。";
    /// The author of the proposal no longer has the task, or its day has passed.
    ProposalLapsed "proposal_lapsed" 409
        "Proposal has lapsed": "Its author no longer has the task or has begun the visit, or the proposed day has passed.";
        "该建议已失效": "提出人已不再负责该任务或已开始走访，或建议的日期已过。";
    /// The district has a kind of case with this code.
    CaseKindExists "case_kind_exists" 409
        "Kind of case exists": "The district has a kind with this code, see `current`; archived ones count.";
        "该事项类别已存在": "本区县已有此代码的事项类别（含停用的），见 current。";
    /// The present step of the case does not permit the move.
    CaseMoveNotPermitted "case_move_not_permitted" 409
        "Step does not permit this move": "The moves that may come are in `current`, as `may_come`; one with `after_task: undone` no longer comes once the task of the step is done.";
        "当前环节不能这样办理": "当前环节可办理的操作见 current 中的 may_come；本环节的任务完成后，after_task 为 undone 的操作不能再办理。";
    /// The case has ended.
    CaseEnded "case_ended" 409
        "Case has ended": "An ended case does not move; open another one.";
        "该事项已办结": "已办结的事项不能再流转，请另行登记。";
    /// The task of the step is not done.
    CaseAwaitsTask "case_awaits_task" 409
        "Task of this step is not done": "While a task of the step is open or held, no move comes, not even a return: complete the tasks that `errors` names, of a visit by two people both, or cancel them, the other half too, then move the case. A task that was cancelled, failed or expired is reopened by a supervisor or an admin; without the visit the case takes a move of `may_come` without `after_task: done`: it returns, which brings a new task later, is refused or is given up.";
        "本环节的任务尚未完成": "本环节的任务尚未结束时，任何操作（包括退回）都不能办理：请先完成或取消 errors 所列的任务（两人上门时为两项），再办理该事项。已取消、失败或过期的任务可由督导员或管理员重新开启；未上门时只能办理 may_come 中 after_task 不为 done 的操作：退回（再次到本环节时产生新任务）、不同意或终止。";
    /// Documents that the step requires are not stored.
    CaseDocumentMissing "case_document_missing" 409
        "Required document is missing": "The missing documents are in `current`, as `missing_documents`. Upload them (`POST /v1/attachments` with `case_id`), then move the case.";
        "缺少必需材料": "缺少的材料见 current 中的 missing_documents。请上传材料（POST /v1/attachments，附 case_id）后再办理。";
    /// Another level acts at the step.
    CaseOtherLevel "case_other_level" 403
        "Another level acts at this step": "`current` names the level that the case waits for.";
        "本环节由其他层级办理": "该事项等待办理的层级见 current 中的 waits_for。";
    /// The person who opened the case, or brought it to the step, does not decide it.
    CaseSamePerson "case_same_person" 403
        "Another person must act": "The person who opened the case, or brought it to this step, cannot act at it. Another person of this level can, or one of the next.";
        "须由他人办理": "发起该事项或把它提交到本环节的人员不能办理本环节，请由本级其他人员或上一级人员办理。";
    /// The attachment is no photo, or one that is not decoded.
    NoPreview "no_preview" 422
        "No small copy": "The attachment is a recording, or a photo that is damaged or too large; see `errors`. Download the file itself.";
        "无法生成缩略图": "该附件是录音，或照片已损坏、尺寸过大，详见 errors。请下载原文件。";
    /// The beneficiary has a task of this kind for the occasion.
    TaskExists "task_exists" 409
        "The occasion has its task": "The beneficiary already has a task of this kind for this occasion, see `current`. Send `again: true` if another one is wanted.";
        "该时节已有任务": "该服务对象在此时节已有同类任务，见 current。确需再建，请发送 again: true。";
    /// The assignment breaks rules that a plan would keep.
    AssignmentBreaks "assignment_breaks" 409
        "The assignment breaks rules": "The person lacks skills, minutes or hours for the task, is away, or has another visit at that time or too near to it, see `current`. Send `force: true` to assign it nevertheless.";
        "指派不符合条件": "此人缺少所需技能、时长或时段，正在请假，或该时段另有上门、路上来不及，见 current。确需指派，请发送 force: true。";
    /// The person has another visit at that time, or too near to it for the way.
    VisitOverlap "visit_overlap" 409
        "Two visits at one time": "The assignee has another visit at that time, or too near to it for the way between both, see `current`. Choose another time, or send `force: true` to keep both.";
        "时间与其他上门冲突": "承办人在该时段另有上门，或两处之间路上来不及，见 current。请改选时间；确需同时安排，请发送 force: true。";
    /// The person is away at that time.
    AssigneeAway "assignee_away" 409
        "The assignee is away": "The assignee is absent at that time. Choose another time or another person, or send `force: true` to keep it.";
        "承办人不在岗": "承办人在该时段请假。请改选时间或改派他人；确需如此安排，请发送 force: true。";
    /// The task is tied to others that exclude the person.
    ClaimBreaksTie "claim_breaks_tie" 409
        "The task is for another person": "Two different people make this visit, or one person makes several visits, see `current`. Choose another task.";
        "此任务应由他人承担": "该任务须由两人分别领取，或与其他任务由同一人承担，见 current。请选择其他任务。";
    /// The person cannot claim this task.
    NotClaimable "not_claimable" 409
        "The task is not for you": "This task is given to another person. Choose another task.";
        "此任务不由您承担": "该任务将安排其他人员，请选择其他任务。";
    /// The chosen person cannot be assigned the task.
    NotACandidate "not_a_candidate" 409
        "Person not eligible": "Choose an active manager or volunteer in your area.";
        "无法选择此人": "请选择您管辖范围内在岗的网格员或志愿者。";
    /// The person is the manager of a grid, which must not be without one.
    ManagerRequired "manager_required" 409
        "A grid needs a manager": "Name a successor in the same command, or appoint another manager of the grid first; `current` lists people who could follow.";
        "网格须有网格员": "请在本次操作中指定接任者，或先为该网格任命新的网格员；可接任人员见 current。";
    /// The person has left.
    PersonLeft "person_left" 409
        "Person has left": "Someone who has left makes no visits, and has neither working hours nor an area. Restore the person first.";
        "该人员已离岗": "离岗人员不能走访，没有服务时间，也不能调动。请先恢复该人员。";
    /// The absence has time in common with another one.
    AbsenceOverlaps "absence_overlaps" 409
        "Absence overlaps another one": "The person is already absent at that time, see `current`. Withdraw that absence, or choose other days.";
        "与已有请假重叠": "该时段已登记请假，见 current。请先撤销原请假，或另选日期。";
    /// The absence is over, so it stays.
    AbsenceOver "absence_over" 409
        "Absence is over": "A past absence stays as it is.";
        "请假已结束": "已结束的请假不能撤销。";
    /// The grid has a manager, and a grid has exactly one.
    GridHasManager "grid_has_manager" 409
        "The grid has a manager": "A grid has exactly one manager; `current` shows the present one. Create a volunteer, then appoint that person manager of the grid.";
        "该网格已有网格员": "每个网格只有一名网格员，现任见 current。请先新增为志愿者，再任命为该网格的网格员。";
    /// Another person of the district has the phone number.
    PhoneInUse "phone_in_use" 409
        "Phone number in use": "Another person of the district signs in with this phone number; `current` shows the person if it is in your area.";
        "手机号已被使用": "本区县已有人员使用该手机号登录；如在您的管辖范围内，见 current。";
    /// The id names another person.
    PersonExists "person_exists" 409
        "Person exists": "The id names another person, or the same one with other content; `current` shows the person if it is in your area. Edit that one, or choose another id.";
        "该人员已存在": "该编号已用于其他人员或同一人员的其他内容；如在您的管辖范围内，见 current。请修改该人员，或换一个编号。";
    /// The district has a kind of service with this code.
    ServiceKindExists "service_kind_exists" 409
        "Service kind exists": "The code names a kind in `current`, which may be archived. Change that one, or choose another code.";
        "服务类型编码已存在": "该编码的服务类型见 current（可能已停用）。请修改该类型，或换一个编码。";
    /// A removed word of a vocabulary is in use.
    WordInUse "word_in_use" 409
        "Word in use": "`errors` and `current` count the uses of each word that the list lacks. Archive it instead: send it with active false.";
        "词条正在使用": "清单中缺少的词条仍在使用，数量见 errors 和 current。请改为停用：将其 active 设为 false。";
    /// The id already names another attachment.
    AttachmentKnown "attachment_known" 409
        "Attachment id already in use": "Generate a new id for each attachment.";
        "附件编号已被使用": "请为每个附件生成新的编号。";
    /// The command failed repeatedly and became a dead letter.
    CommandDeadLettered "command_dead_lettered" 409
        "Command could not be processed": "Processing failed repeatedly. The command was saved, encrypted, for the operators; sending it again has no effect.";
        "操作未能完成": "系统多次处理失败，该操作已加密保存并转交运维人员，请勿重复提交。";
    /// The report depends on an earlier command of the outbox that has no final outcome yet.
    EarlierCommandPending "earlier_command_pending" 409 retryable = true
        "An earlier command to this task is pending": "Send the earlier command again, and this one after it.";
        "该任务的前一操作尚未完成": "请重新提交前一操作，再提交本操作。";
    /// The offset of the part is not the current offset of the upload.
    UploadOffset "upload_offset" 409 retryable = true
        "Upload offset mismatch": "Another part of the file has arrived. The upload continues from there.";
        "续传位置不一致": "部分内容已收到，将从该位置继续上传。";
    /// A complete upload cannot be changed or cancelled.
    AttachmentComplete "attachment_complete" 409
        "Attachment already complete": "A complete attachment is evidence and cannot be changed or deleted.";
        "附件已上传完成": "上传完成的附件作为工作记录留存，无法更改或删除。";
    /// The bytes do not match their checksum.
    ChecksumMismatch "checksum_mismatch" 460 retryable = true
        "Checksum mismatch: the upload was corrupted in transit": "This part was discarded. Send it again from the same offset.";
        "数据在传输过程中损坏": "本次上传的内容未保存，请从同一位置重新上传。";
    /// The task is at the highest level.
    NoLevelAbove "no_level_above" 409
        "The task is already at district level": "District is the highest level; the task cannot be escalated further.";
        "任务已在区县层级": "区县为最高层级，无法继续上报。";
    /// A withdrawn notice is not changed.
    NoticeWithdrawn "notice_withdrawn" 409
        "Notice has been withdrawn": "A withdrawn notice cannot be changed. Post a new one.";
        "公告已撤回": "已撤回的公告无法修改，请发布新的公告。";
    /// The plan is not in the state that the command needs.
    PlanState "plan_state" 409
        "Plan in another state": "The state of the plan does not allow this; `current` shows the plan.";
        "方案当前状态不支持此操作": "方案状态已变化，见 current。";
    /// Tasks have changed since the draft was computed.
    PlanOutdated "plan_outdated" 409
        "Tasks have changed": "The tasks in `current` have changed since the draft was computed, and nothing was applied. Compute a new plan, or, if other tasks have not changed, apply this one without these.";
        "部分任务已变化": "方案生成后，current 所列任务已有变化，本次未作任何更改。请重新生成方案；若还有未变化的任务，也可跳过这些任务后应用。";
    /// Another plan of the area is being applied or undone.
    PlanInProgress "plan_in_progress" 409 retryable = true
        "Another plan is being applied": "A plan of the area is being applied or undone; `current` shows it. Try again when it has ended.";
        "另一方案正在执行": "该区域有方案正在应用或撤销，见 current。请等其完成后重试。";
    /// The campaign is not in the state that the command needs.
    CampaignState "campaign_state" 409
        "Campaign in another state": "The state of the campaign does not allow this; `current` shows the campaign.";
        "专项行动当前状态不支持此操作": "专项行动状态已变化，见 current。";
    /// The secondment is not in the state that the command needs, or over.
    SecondmentState "secondment_state" 409
        "Secondment in another state": "The state of the secondment or its days do not allow this; `current` shows the secondment.";
        "借调当前状态不支持此操作": "借调状态已变化或日期已过，见 current。";
    /// The volunteer is already asked for on one of the days.
    SecondmentOverlaps "secondment_overlaps" 409
        "Already seconded": "The volunteer is asked for, or helps elsewhere, on one of these days; `current` shows that secondment.";
        "借调日期冲突": "该志愿者在这段时间已有借调安排，见 current。";
    /// More goods are taken from a stock than it has.
    GoodsShort "goods_short" 409
        "Not enough in stock": "The station has fewer pieces than requested. See `errors`.";
        "库存不足": "服务站库存少于所需数量，见 errors。";
    /// The beneficiary has the goods for this occasion already.
    HandoutDone "handout_done" 409
        "Already handed out or returned": "The beneficiary has this item for this occasion, or it was returned for another reason; `current` shows the hand-out, but not to volunteers. Or a campaign that plans one for each household has planned it for another member; see `errors`.";
        "已发放或已退回": "该服务对象本次已领取此物资，或该物资已因其他原因退回，见 current（志愿者看不到）；或者活动每户一份，已计划给同户的另一位服务对象，见 errors。";
    /// The district has withdrawn the goods from the beneficiary.
    HandoutWithdrawn "handout_withdrawn" 409
        "Withdrawn by the district": "The district withdraws this item from a beneficiary and restores the right to it, by the return of the hand-out, or by a change that names the case which decides it; `current` shows a withdrawn hand-out, but not to volunteers.";
        "已由区级收回": "该物资的收回和恢复资格只由区级通过退回发放记录办理，或凭作出决定的事项修改登记，已收回的见 current（志愿者看不到）。";
    /// The beneficiary is not entitled to the goods.
    HandoutNotEntitled "handout_not_entitled" 409
        "Not entitled": "The beneficiary has none of the categories that entitle to this item.";
        "不符合发放条件": "该服务对象不属于此物资规定的对象类别，不能发放。";
    /// Another entry of the household has its plaque.
    HouseholdHasPlaque "household_has_plaque" 409
        "The household has its plaque": "One plaque hangs in a household, and another entry of it has it; `errors` names that entry if it is in the caller's area, but not to volunteers.";
        "本户已有光荣牌": "一户只挂一块光荣牌，已登记在同户的另一位服务对象名下；在您管辖范围内的，见 errors（志愿者看不到）。";
    /// The managers were reminded on this day.
    CampaignReminded "campaign_reminded" 409
        "Reminded today": "The managers were reminded of this campaign today. Remind them again tomorrow.";
        "今天已提醒": "本专项行动今天已提醒过网格员，请明天再提醒。";
    /// The request has unusual effects, and needs `confirm`.
    ConfirmationRequired "confirmation_required" 409
        "Confirmation required": "See `errors` for what is unusual. If it is intended, send the request with `confirm` set to true.";
        "需要确认": "该请求有异常之处，见 errors。如确需执行，请将 confirm 设为 true 后重试。";
    /// The draft of a plan is too old.
    PlanExpired "plan_expired" 410
        "Draft expired": "A draft can be applied for 7 days. Compute a new plan.";
        "方案草稿已过期": "草稿 7 天内有效，请重新生成方案。";
    /// The code was used to enrol a device.
    InvitationUsed "invitation_used" 410
        "Invitation already used": "If you used it on this device, sign in with your new password. Otherwise tell your manager or supervisor, and ask for a new invitation.";
        "邀请码已使用": "如您已在本设备使用过，请用新密码登录；如非本人使用，请立即联系网格员或上级，并领取新的邀请码。";
    /// The code is too old.
    InvitationExpired "invitation_expired" 410
        "Invitation expired": "Ask for a new invitation.";
        "邀请码已过期": "请重新领取邀请码。";
    /// The version that the caller read is not the current one.
    VersionConflict "version_conflict" 412
        "Changed by someone else": "The content has changed since you opened it. Review it, then try again.";
        "内容已被他人更新": "您打开之后内容已更新，请查看最新内容，确认后再提交。";
    /// The client speaks another version of the tus protocol.
    TusVersion "tus_version" 412
        "Unsupported version of the tus protocol": "Send the version in the Tus-Version header as Tus-Resumable.";
        "不支持该 tus 协议版本": "请在 Tus-Resumable 中填写 Tus-Version 响应头给出的版本。";
    /// The caller must name the version that the decision is based on.
    VersionRequired "version_required" 428
        "Version required": "A decision names the version that it is based on, so that it overwrites no change that you have not seen. Send If-Match with the ETag of the resource as you read it (* names no version); in an outbox command, send base_version.";
        "缺少版本信息": "为避免覆盖您未看到的修改，须注明所依据的版本：请在 If-Match 中填写所读取内容的 ETag（* 不代表任何版本）；离线命令请填写 base_version。";
    /// The id already names another command.
    CommandIdReused "command_id_reused" 422
        "Command id already in use": "A command id or Idempotency-Key identifies exactly one command. Generate a new one.";
        "该编号已用于其他操作": "每个命令编号或 Idempotency-Key 只能用于一个操作，请生成新的编号。";
    /// No command has this name.
    UnknownCommand "unknown_command" 422
        "Unknown command": "See the API documentation for the list of commands.";
        "未知命令": "可用的命令见接口文档。";
    /// The body exceeds the size limit.
    TooLarge "body_too_large" 413
        "Content too large": "Send less at a time; make a photo or a recording smaller.";
        "内容过大": "请分次发送；照片请缩小，录音请缩短。";
    /// The body did not arrive in time.
    RequestTimeout "request_timeout" 408 retryable = true
        "The request arrived too slowly": "The network is too slow at the moment. Try again, or send less at a time.";
        "请求传输过慢": "当前网络过慢，请重试，或分次发送。";
    /// The Content-Type is not supported, or the body is compressed.
    UnsupportedMediaType "unsupported_media_type" 415
        "Unsupported media type": "Send the documented content type, uncompressed. Only a push to sync accepts gzip.";
        "不支持的内容类型": "请按接口文档规定的类型发送，且不要压缩；仅同步上传支持 gzip。";
    /// Valid JSON that does not satisfy the schema.
    Invalid "invalid" 422
        "Validation failed": "Some of the content is not accepted. Check it, then try again.";
        "请求内容有误": "部分内容不符合要求，请检查后重新提交。";
    /// The caller exceeded a rate limit.
    TooManyRequests "too_many_requests" 429 retryable = true
        "Too many attempts": "Wait for a while, then try again.";
        "尝试次数过多": "请稍等一段时间后再试。";
    /// The caller has made the reveals that the role permits in a day.
    RevealBudget "reveal_budget" 429 retryable = true
        "Daily budget of reveals spent": "Ask your superior to allow more reveals today, or try again after midnight.";
        "今日查看次数已用完": "请联系上级人员增加今日次数，或次日再试。";
    /// An earlier version of the server refused the command for a reason that this one does
    /// not have.
    RefusedEarlier "refused_earlier" 409
        "Refused by an earlier version": "This was refused earlier. If it is still needed, do it again.";
        "该操作此前已被拒绝": "该操作此前未被接受；如仍需要，请重新操作。";
}

problems! {
    /// A failure of the server.
    ServerFault
    /// A defect of the server; the log has its cause under the request id.
    Internal "internal" 500
        "Internal server error": "The error has been logged. Quote the request id when you report it.";
        "服务器内部错误": "错误已记录。如需帮助，请向运维人员提供请求编号。";
    /// The database is unreachable or overloaded.
    Unavailable "unavailable" 503 retryable = true
        "Service temporarily unavailable": "Nothing was changed. Try again shortly.";
        "服务暂时不可用": "未作任何更改，请稍后重试。";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_problem_has_its_own_code_a_status_and_both_languages() {
        let codes: BTreeSet<_> = entries().map(|entry| entry.code).collect();
        assert_eq!(codes.len(), entries().count());
        for entry in entries() {
            assert_eq!(entry.status().as_u16(), entry.status, "{}", entry.code);
            assert!(entry.en.0.is_ascii() && !entry.zh.0.is_ascii(), "{}", entry.code);
        }
        assert!(ProblemCode::ALL.iter().all(|kind| kind.entry().status < 500));
        assert!(ServerFault::ALL.iter().all(|fault| fault.entry().status >= 500));
    }
}
