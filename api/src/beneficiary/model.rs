//! The words a beneficiary is described by.

use std::collections::BTreeSet;

use crate::words;

words! {
    /// Why a person is entitled; the main one where several hold.
    Category {
        /// 退役军人, in no other category
        Veteran = "veteran",
        /// 残疾军人
        DisabledVeteran = "disabled_veteran",
        /// 在乡复员军人
        DemobilisedRural = "demobilised_rural",
        /// 带病回乡退伍军人
        IllnessReturned = "illness_returned",
        /// 参战退役人员
        CombatVeteran = "combat_veteran",
        /// 烈士遗属
        MartyrFamily = "martyr_family",
        /// 因公牺牲军人遗属
        FallenFamily = "fallen_family",
        /// 病故军人遗属
        DeceasedFamily = "deceased_family",
        /// 现役军人家属
        ActiveFamily = "active_family",
        /// 军队离退休干部
        RetiredOfficer = "retired_officer",
    }
}

words! {
    /// One of the three hardships (三难).
    Hardship {
        /// 医疗难
        Medical = "medical",
        /// 生活难
        Living = "living",
        /// 住房难
        Housing = "housing",
    }
}

/// Which hardships weigh on a household; none for most.
pub type Hardships = BTreeSet<Hardship>;

words! {
    /// How well a person gets about.
    Mobility {
        /// Freely.
        Full = "full",
        /// With difficulty.
        Limited = "limited",
        /// Not out of the house.
        Homebound = "homebound",
    }
}

words! {
    /// How a person wishes to be reached.
    Contact {
        /// At home.
        Visit = "visit",
        /// By telephone.
        Phone = "phone",
    }
}

words! {
    /// The plaque 光荣之家 at the door.
    Plaque {
        /// It hangs.
        Hung = "hung",
        /// It is due and not yet hung.
        Pending = "pending",
        /// It hangs and wants replacing.
        Damaged = "damaged",
        /// The family does not want one.
        Declined = "declined",
    }
}
