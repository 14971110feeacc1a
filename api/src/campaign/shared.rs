//! The fields that a campaign and a template of campaigns share, declared and copied in one place.
//! [`super::content::shared_errors`] checks them.

/// Declares a type with the shared fields after its own.
macro_rules! with_shared_fields {
    ($(#[$of:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$of])*
        pub struct $name {
            $($own)*
            /// The name in Chinese, the title of the tasks.
            pub name: gridward_domain::bounded_text::TaskTitle,
            /// The name in English.
            pub name_en: gridward_domain::bounded_text::TaskTitle,
            /// The code of the occasion, such as that of a holiday.
            pub occasion: gridward_domain::code::OccasionCode,
            /// The kind of the tasks, of the catalogue. Either a kind or items are required.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub kind: Option<gridward_domain::code::KindCode>,
            /// What each member gets, of the register of goods.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            #[schema(required = false, max_items = 20)]
            pub items: Vec<crate::goods::plan::ItemForEach>,
            /// The most visits that become possible on one day. Default: all on the first day.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub quota_per_day: Option<gridward_domain::range::QuotaPerDay>,
            /// What the visitor does; a campaign stores it encrypted, as amount and goods.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub instructions: Option<gridward_domain::bounded_text::Instructions>,
            /// The money that each visitor hands over, in fen.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub amount_fen: Option<gridward_domain::range::AmountFen>,
            /// The goods that each visitor brings.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            #[schema(required = false, max_items = 50)]
            pub goods: Vec<crate::task::words::Goods>,
        }
    };
}

/// The value of a type with shared fields that has those of `from`.
macro_rules! with_shared_fields_of {
    ($from:ident, $name:ident { $($own:tt)* }) => {
        $name {
            name: $from.name,
            name_en: $from.name_en,
            occasion: $from.occasion,
            kind: $from.kind,
            items: $from.items,
            quota_per_day: $from.quota_per_day,
            instructions: $from.instructions,
            amount_fen: $from.amount_fen,
            goods: $from.goods,
            $($own)*
        }
    };
}

pub(super) use {with_shared_fields, with_shared_fields_of};
