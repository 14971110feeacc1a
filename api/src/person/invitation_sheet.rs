//! Printed invitations: an A4 page for each person, without scripts, in large print.

use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset};

use crate::http::html::{self, escape};

/// The style. The policy of the page names its hash, so that no other style is applied.
const STYLE: &str = "\
@page{size:A4;margin:18mm}\
body{font:24pt/1.5 \"Noto Sans CJK SC\",\"Microsoft YaHei\",\"PingFang SC\",sans-serif;color:#000;margin:0}\
h1{font-size:30pt;margin:0 0 4mm}\
ol{margin:0;padding-left:1.4em}\
li{margin-bottom:3mm}\
.code{font:bold 34pt/1.2 \"DejaVu Sans Mono\",Consolas,monospace;letter-spacing:.08em}\
section{break-after:page}\
section:last-child{break-after:auto}\
svg{display:block;width:60mm;height:60mm}\
footer{margin-top:4mm;font-size:16pt}";

static POLICY: LazyLock<String> = LazyLock::new(|| html::policy(STYLE));

/// The `Content-Security-Policy` of the page.
pub fn policy() -> &'static str {
    &POLICY
}

/// The beginning of a document of sheets.
pub fn head() -> String {
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <title>手机登记单</title><style>{STYLE}</style></head><body>"
    )
}

/// The end of a document of sheets.
pub const FOOT: &str = "</body></html>\n";

/// The content of a sheet, which is one page.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    /// The name of the person.
    pub name: &'a str,
    /// The one-time code, in groups.
    pub code: &'a str,
    /// When it expires.
    pub expires_at: DateTime<FixedOffset>,
    /// The QR code, an SVG image.
    pub qr: &'a str,
}

impl fmt::Display for Sheet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, qr, .. } = self;
        let name = escape(self.name);
        let until = self.expires_at.format("%Y年%-m月%-d日 %H:%M");
        writeln!(
            f,
            "<section><h1>{name}，请登记您的手机</h1><ol>\
             <li>用手机相机扫描下面的二维码，打开网页。{qr}</li>\
             <li>输入您的手机号和邀请码：<br><span class=\"code\">{code}</span></li>\
             <li>设置一个新密码，至少 8 个字，自己容易记住、别人不容易猜到。</li>\
             <li>点“完成登记”。以后只用手机号和密码登录。</li></ol>\
             <footer>邀请码只能用一次，{until} 前有效。用完请撕毁，不要拍照或转给别人。\
             扫不了码或提示有误，请找给您这张单子的工作人员。</footer></section>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_four_steps_and_no_markup_of_a_name() {
        let expires_at = "2026-08-08T09:05:00+08:00".parse().expect("a time");
        let sheet = Sheet { name: "<b>王&", code: "7K3QD-M9XT2", expires_at, qr: "<svg></svg>" };
        let page = format!("{}{sheet}{FOOT}", head());
        assert_eq!(page.matches("<li>").count(), 4);
        assert!(page.contains("&lt;b&gt;王&amp;，请登记") && !page.contains("<script"), "{page}");
        assert!(page.contains("7K3QD-M9XT2") && page.contains("2026年8月8日 09:05"), "{page}");
        assert!(policy().contains("style-src 'sha256-"));
    }
}
