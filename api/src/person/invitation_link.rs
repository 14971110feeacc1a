//! The link of an invitation, opened in a browser: an app claims the link and reads the code from
//! its fragment; without one, this page says how to enrol. It is no part of the contract.
//!
//! A browser does not send the fragment, so the code reaches no log.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;

/// The path of the link.
pub const PATH: &str = "/m/enrol";

/// The page: without scripts and styles, as the policy of every answer requires.
const PAGE: &str = "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>登记手机</title></head><body>\
    <h1>登记手机</h1><ol>\
    <li>请在手机上打开应用；尚未安装的，请找给您邀请码的工作人员。</li>\
    <li>选择“用邀请码登记”，输入您的手机号和邀请码。</li>\
    <li>设置一个新密码，至少 8 个字。</li></ol>\
    <p>邀请码只能用一次，请勿转给别人。</p></body></html>\n";

/// Answers the page.
pub(crate) fn open() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(PAGE)
}
