//! The words a person is described by.

use crate::words;

pub use gridward_dispatch::authority::Role;

words! {
    /// As registered.
    Gender {
        /// 女
        Female = "female",
        /// 男
        Male = "male",
    }
}

words! {
    /// A day of the week, Monday first (ISO 8601).
    Weekday {
        /// 周一
        Mon = "mon",
        /// 周二
        Tue = "tue",
        /// 周三
        Wed = "wed",
        /// 周四
        Thu = "thu",
        /// 周五
        Fri = "fri",
        /// 周六
        Sat = "sat",
        /// 周日
        Sun = "sun",
    }
}
