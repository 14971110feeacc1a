//! Every problem there is: its code, status and words in both languages.

use actix_web::http::StatusCode;

/// What every answer of one kind of problem says.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Stable; clients branch on it.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Title and detail in English.
    pub en: (&'static str, &'static str),
    /// Title and detail in Chinese.
    pub zh: (&'static str, &'static str),
}

impl Entry {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        // Every status below is one; the fallback is never taken.
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $code:literal $status:literal $(retryable = $retry:literal)?
        $en:literal: $en_detail:literal; $zh:literal: $zh_detail:literal;)*) => {
        /// Which problem it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Every kind of problem.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What its answers say.
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$name => Entry {
                        code: $code,
                        status: $status,
                        retryable: false $(|| $retry)?,
                        en: ($en, $en_detail),
                        zh: ($zh, $zh_detail),
                    },)*
                }
            }
        }
    };
}

problems! {
    /// The path, the query or a header cannot be read.
    BadRequest "bad_request" 400
        "The request cannot be read": "See `errors` for what is wrong with it.";
        "请求无法识别": "具体问题见 errors。";
    /// The body is not JSON.
    InvalidJson "invalid_json" 400
        "The body is not valid JSON": "See `errors` for where it stops being JSON.";
        "请求正文不是有效的 JSON": "具体位置见 errors。";
    /// No token, or one that this server did not sign.
    Unauthenticated "unauthenticated" 401
        "Sign in first": "This needs a valid access token in the Authorization header.";
        "请先登录": "此操作需要在 Authorization 请求头中提供有效的访问令牌。";
    /// The token was good once.
    TokenExpired "token_expired" 401
        "The sign-in has expired": "Sign in again to get a new access token.";
        "登录已过期": "请重新登录以获取新的访问令牌。";
    /// The phone and the password do not belong together; says no more than that.
    WrongCredentials "wrong_credentials" 401
        "Phone or password is wrong": "No account has this phone and this password.";
        "手机号或密码错误": "没有与此手机号和密码相符的账号。";
    /// Visible, but not for this role.
    Forbidden "forbidden" 403
        "Your role may not do this": "Ask somebody whose role may.";
        "您的角色无权执行此操作": "请联系有权限的人员。";
    /// Not there, or not in the caller's area: the answer does not tell which.
    NotFound "not_found" 404
        "There is no such thing here": "It does not exist, or lies outside your area.";
        "未找到": "该内容不存在，或不在您的管辖范围内。";
    /// The path is there, the method is not.
    MethodNotAllowed "method_not_allowed" 405
        "This path does not know this method": "See the Allow header for those it knows.";
        "此路径不支持该请求方法": "支持的方法见 Allow 响应头。";
    /// Somebody else has the task.
    TaskAlreadyClaimed "task_already_claimed" 409
        "Somebody else has this task": "`current` says who has it and where it stands.";
        "任务已被他人认领": "current 中说明了当前持有人和任务状态。";
    /// Only the holder may.
    NotTaskHolder "not_task_holder" 409
        "This task is not in your hands": "Only the person who has the task may do this; see `current`.";
        "该任务不在您手中": "只有任务持有人可以执行此操作，见 current。";
    /// The task has moved on, or is not there yet.
    TaskPhase "task_phase" 409
        "The task is not at a point where this can be done": "See `current` for where it stands.";
        "任务当前状态不允许此操作": "任务当前状态见 current。";
    /// The chosen person cannot be chosen.
    NotACandidate "not_a_candidate" 409
        "This person cannot be chosen": "Choose an active manager or volunteer of your area.";
        "不能选择此人": "请选择您管辖范围内在岗的网格员或志愿者。";
    /// The id names another attachment.
    AttachmentKnown "attachment_known" 409
        "This id names another attachment": "An attachment's id is made once, by the phone.";
        "该编号已用于其他附件": "附件编号由手机生成，只能使用一次。";
    /// The server failed at it again and again.
    CommandDeadLettered "command_dead_lettered" 409
        "The service cannot carry this out": "It failed here several times and is kept, sealed, for those who run the service.";
        "系统无法执行此操作": "该操作在服务器上多次失败，已封存，由系统运维人员处理。";
    /// The bytes do not begin where the attachment stands.
    UploadOffset "upload_offset" 409 retryable = true
        "The attachment stands elsewhere": "Ask with HEAD where it stands, and send from there.";
        "附件续传位置不符": "请用 HEAD 查询当前位置，并从该位置继续上传。";
    /// An upload that is over cannot be given up.
    AttachmentComplete "attachment_complete" 409
        "The attachment is there": "What has arrived whole is evidence and stays.";
        "附件已上传完成": "已完整上传的附件作为凭证保留，不能撤销。";
    /// The bytes are not those that their checksum is of.
    ChecksumMismatch "checksum_mismatch" 460 retryable = true
        "The bytes were spoilt on the way": "Nothing of them was kept; send them again from the same place.";
        "数据在传输中损坏": "本次内容未保存，请从同一位置重新发送。";
    /// It lies as high as it can.
    NoLevelAbove "no_level_above" 409
        "The task lies on the district's escalation_level already": "There is no level above it.";
        "任务已在区县层级": "没有更高的层级。";
    /// The caller's version is not the one that stands.
    VersionConflict "version_conflict" 412
        "Somebody changed this meanwhile": "See `current`; decide again on what stands there.";
        "内容已被他人修改": "请查看 current 中的最新内容后再决定。";
    /// The caller must say on which version the decision rests.
    VersionRequired "version_required" 428
        "Say which version you decide on": "Send If-Match with the ETag of the task as you read it; in an outbox, base_version.";
        "需要指明所依据的版本": "请在 If-Match 中发送所读取任务的 ETag；离线命令请填写 base_version。";
    /// The id has named another command before.
    CommandIdReused "command_id_reused" 422
        "This id has named another command": "A command's id, or an Idempotency-Key, names one command for ever.";
        "该编号已用于其他命令": "每个命令编号或 Idempotency-Key 只能用于同一命令。";
    /// No command has this word.
    UnknownCommand "unknown_command" 422
        "There is no such command": "See the contract for the words of commands.";
        "没有此命令": "命令名称见接口文档。";
    /// Over the limit of bytes.
    TooLarge "body_too_large" 413
        "That is too large": "A JSON body may have up to 256 KiB, an attachment what the contract says of its type.";
        "内容过大": "JSON 正文最大为 256 KiB，附件大小上限见接口文档。";
    /// Not JSON by its header, or compressed.
    UnsupportedMediaType "unsupported_media_type" 415
        "The body is not of a type this takes": "Send the type that the contract names, uncompressed; a push to sync may come by gzip.";
        "不支持的正文类型": "请按接口文档的类型发送，不要压缩；仅同步接口可用 gzip。";
    /// JSON, but not what is asked for.
    Invalid "invalid" 422
        "Something in the request does not fit": "See `errors`: each names a field and what it must be.";
        "请求内容不符合要求": "见 errors：每项指明字段及其要求。";
    /// Too fast.
    TooManyRequests "too_many_requests" 429 retryable = true
        "Too many tries": "Wait as long as the Retry-After header says.";
        "尝试次数过多": "请按 Retry-After 响应头等待后再试。";
    /// A defect of the server's; the log has it, under the request's id.
    Internal "internal" 500
        "Something went wrong on our side": "It has been written down; tell us the request id.";
        "服务器内部错误": "错误已记录，请向我们提供请求编号。";
    /// The database is away or overloaded.
    Unavailable "unavailable" 503 retryable = true
        "The service cannot answer just now": "Nothing was changed. Try again shortly.";
        "服务暂时不可用": "未作任何更改，请稍后重试。";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_problem_has_its_own_code_a_status_and_both_languages() {
        let codes: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.entry().code).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        for entry in Kind::ALL.iter().map(|kind| kind.entry()) {
            assert_eq!(entry.status().as_u16(), entry.status, "{}", entry.code);
            assert!(entry.en.0.is_ascii() && !entry.zh.0.is_ascii(), "{}", entry.code);
        }
    }
}
