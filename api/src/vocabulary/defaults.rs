//! The words of a new district: those of the law, and of common practice.

use gridward_domain::bounded_text::Label;
use gridward_domain::code::WordCode;

use super::model::{Vocabulary, VocabularyName, VocabularyWord};

/// The version of the words below. A release that changes them increments it.
const VERSION: i64 = 1;

/// A code, and its labels in Chinese and in English.
type Default = (&'static str, &'static str, &'static str);

/// The groups of the Regulations on Pensions and Preferential Treatment for Military Personnel
/// (军人抚恤优待条例), article 2, and of the national registration of 2018, those with regular
/// payments first.
const CATEGORIES: &[Default] = &[
    ("martyr_family", "烈士遗属", "Family of a martyr"),
    ("fallen_family", "因公牺牲军人遗属", "Family of a soldier who died on duty"),
    ("deceased_family", "病故军人遗属", "Family of a soldier who died of illness"),
    ("martyr_child", "烈士老年子女", "Aged child of a martyr"),
    ("red_army_veteran", "退伍红军老战士", "Veteran of the Red Army"),
    ("demobilised_rural", "在乡老复员军人", "Demobilised soldier in the countryside"),
    ("disabled_veteran", "残疾军人", "Disabled soldier or veteran"),
    ("disabled_militia", "伤残民兵民工", "Disabled militia member or labourer"),
    ("combat_veteran", "参战退役军人", "Veteran of combat"),
    ("nuclear_test_veteran", "参试退役军人", "Veteran of nuclear tests"),
    ("illness_returned", "带病回乡退役军人", "Veteran who returned home ill"),
    ("rural_veteran_60", "60周岁以上农村籍退役士兵", "Rural veteran aged 60 or older"),
    ("retired_officer", "军队离退休干部", "Retired officer"),
    ("retired_nco", "退休军士", "Retired non-commissioned officer"),
    ("retired_army_staff", "军队无军籍退休退职职工", "Retired civilian staff of the forces"),
    ("transferred_officer", "军队转业干部", "Officer transferred to civilian work"),
    ("merit_holder", "立功受奖军人", "Holder of a military merit"),
    ("active_soldier", "现役军人", "Soldier on active service"),
    ("active_family", "现役军人家属", "Family of a soldier on active service"),
    ("veteran", "退役军人", "Veteran in no other category"),
];

/// The three hardships (三难) first.
const HARDSHIPS: &[Default] = &[
    ("medical", "医疗难", "Medical care"),
    ("living", "生活难", "Cost of living"),
    ("housing", "住房难", "Housing"),
    ("employment", "就业难", "Work"),
    ("schooling", "子女入学难", "Schooling of children"),
    ("disaster", "突发灾祸", "Disaster or accident"),
];

/// The languages of Chongqing and its neighbours.
const LANGUAGES: &[Default] = &[
    ("mandarin", "普通话", "Mandarin"),
    ("chongqing", "重庆话", "Chongqing dialect"),
    ("sichuan", "四川话", "Sichuan dialect"),
    ("hakka", "客家话", "Hakka"),
    ("cantonese", "粤语", "Cantonese"),
    ("tujia", "土家语", "Tujia"),
    ("miao", "苗语", "Miao"),
    ("yi", "彝语", "Yi"),
    ("tibetan", "藏语", "Tibetan"),
    ("sign_language", "手语", "Sign language"),
    ("english", "英语", "English"),
];

const NEEDS: &[Default] = &[
    ("medical", "医疗", "Medical care"),
    ("living", "生活", "Cost of living"),
    ("housing", "住房", "Housing"),
    ("employment", "就业培训", "Work or training"),
    ("legal", "权益维护", "Rights, claims or documents"),
    ("psychological", "心理陪伴", "Company, someone to talk to"),
    ("other", "其他", "Another need, described in the note"),
];

/// The work of the rules for plaques (光荣牌悬挂服务管理工作规定) leads to these states.
const PLAQUE_STATES: &[Default] = &[
    ("hung", "已悬挂", "Mounted at the door"),
    ("indoor", "室内摆放", "Placed indoors"),
    ("pending", "待悬挂", "Due, not yet mounted"),
    ("damaged", "破损待更换", "Damaged, to be replaced"),
    ("missing", "遗失待补发", "Lost, to be issued again"),
    ("declined", "家属不愿悬挂", "Declined by the family"),
    ("withdrawn", "已收回", "Withdrawn by the district"),
];

const SKILLS: &[Default] = &[
    ("driving", "驾驶", "Driving"),
    ("dialect", "本地方言", "Local dialect"),
    ("digital", "手机和网络", "Phones and the internet"),
    ("first_aid", "急救", "First aid"),
    ("medical", "医疗护理", "Medical care"),
    ("counselling", "心理疏导", "Counselling"),
    ("legal", "法律", "Law"),
    ("sign_language", "手语", "Sign language"),
    ("repair", "家电维修", "Repairs at home"),
    ("haircut", "理发", "Haircuts"),
];

/// Plain marks only: hardship, health and money have sealed fields.
const TAGS: &[Default] = &[
    ("key_recipient", "重点服务对象", "Key recipient"),
    ("away", "长期外出", "Away for long"),
    ("volunteer", "退役军人志愿者", "Veteran who volunteers"),
    ("role_model", "先进典型", "Honoured as a role model"),
];

/// The words of a district that has not changed this vocabulary.
pub(super) fn of(name: VocabularyName) -> Vocabulary {
    let words = match name {
        VocabularyName::Categories => CATEGORIES,
        VocabularyName::Hardships => HARDSHIPS,
        VocabularyName::Languages => LANGUAGES,
        VocabularyName::Needs => NEEDS,
        VocabularyName::PlaqueStates => PLAQUE_STATES,
        VocabularyName::Skills => SKILLS,
        VocabularyName::Tags => TAGS,
    };
    Vocabulary { name, words: words.iter().filter_map(word).collect(), version: VERSION }
}

/// The word; `None` only for an invalid entry of a table above, which a test refuses.
fn word((code, zh, en): &Default) -> Option<VocabularyWord> {
    Some(VocabularyWord {
        code: code.parse::<WordCode>().ok()?,
        label_zh: zh.parse::<Label>().ok()?,
        label_en: en.parse::<Label>().ok()?,
        active: true,
        version: VERSION,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gridward_domain::word::VariantArray as _;

    use super::*;

    #[test]
    fn every_word_of_the_tables_is_valid_and_named_once() {
        let tables = [CATEGORIES, HARDSHIPS, LANGUAGES, NEEDS, PLAQUE_STATES, SKILLS, TAGS];
        for (name, table) in VocabularyName::VARIANTS.iter().zip(tables) {
            let words = of(*name).words;
            assert_eq!(words.len(), table.len(), "{name}");
            let codes: BTreeSet<_> = words.iter().map(|word| word.code.as_str()).collect();
            let zh: BTreeSet<_> = words.iter().map(|word| word.label_zh.as_str()).collect();
            let en: BTreeSet<_> = words.iter().map(|word| word.label_en.as_str()).collect();
            assert_eq!((codes.len(), zh.len(), en.len()), (words.len(), words.len(), words.len()));
        }
    }
}
