//! What the catalogue says of each problem.

use actix_web::http::StatusCode;

/// The constant members of one kind of problem.
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
        // Every status below is valid; the fallback is unreachable.
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

macro_rules! problems {
    ($(#[$about:meta])* $enum:ident
        $($(#[$doc:meta])* $name:ident $code:literal $status:literal $(retryable = $retry:literal)?
        $en:literal: $en_detail:literal; $zh:literal: $zh_detail:literal;)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum {
            $($(#[$doc])* $name,)*
        }

        impl $enum {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The constant members of its answers.
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

pub(super) use problems;
