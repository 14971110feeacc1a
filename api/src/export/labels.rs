//! The labels of codes in the caller's language, and the names of areas.

use std::collections::HashMap;

use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::authority::Role;
use gridward_domain::campaign::CampaignState;
use gridward_domain::case::CaseResult;
use gridward_domain::code::{ItemCode, OccasionCode};
use gridward_domain::feast::Feast;
use gridward_domain::goods::{HandoutState, MovementAction, ReturnReason};
use gridward_domain::person_state::PersonState;
use gridward_domain::regime::{CadenceType, RegimeSubject, SatisfiedBy};
use gridward_domain::task::{Outcome, Phase};
use gridward_domain::word::{VariantArray as _, Word};

use super::cell::{Cell, Labelled};
use crate::area;
use crate::beneficiary::{Contact, Mobility};
use crate::case::CaseSource;
use crate::catalogue;
use crate::db::{Conn, DbError};
use crate::goods::model::GoodsItemContent;
use crate::http::problem::answer::Language;
use crate::person::Gender;
use crate::task::reports::report_flag::ReportFlag;
use crate::vocabulary::{Vocabularies, VocabularyName, store as vocabularies};

/// The labels of an export.
pub struct Labels {
    language: Language,
    vocabularies: Vocabularies,
    kinds: HashMap<String, String>,
    areas: HashMap<AreaCode, String>,
}

impl Labels {
    /// The labels of the district, with the names of the areas in the range.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(conn: &mut Conn, range: &AreaRange, language: Language) -> Result<Self, DbError> {
        let district = range.area().district();
        let mut areas = HashMap::new();
        for level in Level::VARIANTS {
            areas.extend(area::store::names(conn, range, *level)?);
        }
        let kinds = catalogue::store::all(conn, district)?.into_iter().map(|kind| {
            let name = match language {
                Language::English => kind.name_en.as_str(),
                Language::Chinese => kind.name.as_str(),
            };
            (kind.code.as_str().to_owned(), name.to_owned())
        });
        let kinds = kinds.collect();
        Ok(Self { language, vocabularies: vocabularies::all(conn, district)?, kinds, areas })
    }

    /// The name of the area; empty for one that has ended or is outside the range.
    pub fn area(&self, code: &AreaCode) -> Cell {
        Cell::of(self.areas.get(code), Cell::text)
    }

    /// The kind of service.
    pub fn kind(&self, code: &str) -> Cell {
        let label = self.kinds.get(code).map_or(code, String::as_str).to_owned();
        Cell::Word(Labelled { code: code.to_owned(), label })
    }

    /// A code of the district's data with its English and its Chinese name; the code itself without
    /// names.
    pub fn named(&self, code: &str, names: Option<(&str, &str)>) -> Cell {
        let label = names.map_or(code, |(en, zh)| match self.language {
            Language::English => en,
            Language::Chinese => zh,
        });
        Cell::Word(Labelled { code: code.to_owned(), label: label.to_owned() })
    }

    /// An item of the goods.
    pub fn item(&self, code: &ItemCode, items: &HashMap<ItemCode, GoodsItemContent>) -> Cell {
        let item = items.get(code);
        self.named(code.as_str(), item.map(|item| (item.name_en.as_str(), item.name.as_str())))
    }

    /// The English or the Chinese text.
    pub fn either(&self, en: &str, zh: &str) -> Cell {
        Cell::text(match self.language {
            Language::English => en,
            Language::Chinese => zh,
        })
    }

    /// A word of an enumeration.
    pub fn word(&self, word: impl Bilingual) -> Cell {
        Cell::Word(self.labelled(word))
    }

    /// Words of an enumeration.
    pub fn words(&self, words: impl IntoIterator<Item = impl Bilingual>) -> Cell {
        Cell::Words(words.into_iter().map(|word| self.labelled(word)).collect())
    }

    fn labelled(&self, word: impl Bilingual) -> Labelled {
        let (en, zh) = word.labels();
        let label = match self.language {
            Language::English => en,
            Language::Chinese => zh,
        };
        Labelled { code: word.as_str().to_owned(), label: label.to_owned() }
    }

    /// An occasion: a feast, or one of the district's own, which has its code alone.
    pub fn occasion(&self, code: &OccasionCode) -> Cell {
        if let Ok(feast) = code.as_str().parse::<Feast>() {
            return self.word(feast);
        }
        Cell::Word(Labelled { code: code.to_string(), label: code.to_string() })
    }

    /// A word of a vocabulary.
    pub fn code(&self, vocabulary: VocabularyName, code: &str) -> Cell {
        Cell::Word(self.labelled_code(vocabulary, code))
    }

    /// Words of a vocabulary.
    pub fn codes<'a>(
        &self,
        vocabulary: VocabularyName,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> Cell {
        let words = codes.into_iter().map(|code| self.labelled_code(vocabulary, code));
        Cell::Words(words.collect())
    }

    /// A word that the district no longer has keeps its code.
    fn labelled_code(&self, vocabulary: VocabularyName, code: &str) -> Labelled {
        let word = self.vocabularies.get(vocabulary).word(code);
        let label = word.map_or(code, |word| match self.language {
            Language::English => word.label_en.as_str(),
            Language::Chinese => word.label_zh.as_str(),
        });
        Labelled { code: code.to_owned(), label: label.to_owned() }
    }
}

/// An enumeration with labels in both languages.
pub trait Bilingual: Word {
    /// The English and the Chinese label.
    fn labels(self) -> (&'static str, &'static str);
}

macro_rules! bilingual {
    ($($type:ident { $($value:ident: $en:literal, $zh:literal;)+ })+) => {$(
        impl Bilingual for $type {
            fn labels(self) -> (&'static str, &'static str) {
                match self { $(Self::$value => ($en, $zh)),+ }
            }
        }
    )+};
}

bilingual! {
    Phase {
        Open: "Open", "待认领";
        Assigned: "Assigned", "已分派";
        Accepted: "Accepted", "已接受";
        InProgress: "In progress", "进行中";
        Done: "Done", "已完成";
        Failed: "Failed", "未成功";
        Cancelled: "Cancelled", "已取消";
        Expired: "Expired", "已过期";
    }
    Outcome {
        Done: "Done", "已完成";
        NotHome: "Nobody at home", "家中无人";
        Refused: "Declined", "谢绝走访";
        NeedsFollowUp: "Needs follow-up", "需要跟进";
    }
    Role {
        Admin: "Admin", "管理员";
        Supervisor: "Supervisor", "督导员";
        Manager: "Grid manager", "网格员";
        Volunteer: "Volunteer", "志愿者";
        Auditor: "Auditor", "审计员";
    }
    PersonState {
        Active: "Active", "在岗";
        Suspended: "Suspended", "已暂停";
        Left: "Left", "已离岗";
    }
    Gender {
        Female: "Female", "女";
        Male: "Male", "男";
    }
    Mobility {
        Full: "Full", "行动自如";
        Limited: "Limited", "行动不便";
        Homebound: "Homebound", "不能出门";
    }
    Contact {
        Visit: "Visit", "上门";
        Phone: "Telephone", "电话";
    }
    ReportFlag {
        Clock: "Phone's clock", "手机时间";
        Times: "Times of the visit", "走访时间";
        Form: "Answers", "表单答案";
        Place: "Position", "位置";
        Note: "Long note", "备注过长";
        Attachments: "Too many attachments", "附件过多";
        Unread: "Unreadable part", "部分无法识别";
        HandedOn: "Task handed on", "任务已转交";
        NoCase: "Need without a case", "需求未立案";
    }
    Level {
        District: "District", "区";
        Town: "Town", "镇（街道）";
        Village: "Village", "村（社区）";
        Grid: "Grid", "网格";
    }
    CaseSource {
        Report: "Visit", "走访发现";
        WalkIn: "At a station", "到站办理";
        Phone: "Telephone", "电话";
        Application: "Application", "书面申请";
        Proposal: "Raised need", "反映需求";
    }
    CaseResult {
        Granted: "Granted", "同意";
        Refused: "Refused", "不予办理";
        Done: "Done", "已办结";
        Dropped: "Given up", "终止";
    }
    CampaignState {
        Draft: "Draft", "草稿";
        Approved: "Approved", "已审批";
        Launching: "Launching", "启动中";
        Launched: "Launched", "已启动";
        Closed: "Closed", "已结束";
    }
    RegimeSubject {
        Beneficiaries: "Beneficiaries", "服务对象";
        Memorials: "Memorial sites", "烈士纪念设施";
    }
    SatisfiedBy {
        Contact: "Any contact", "任何联系";
        Kind: "Visits of this service", "仅本项服务";
    }
    CadenceType {
        EveryDays: "At intervals", "定期";
        Birthday: "Birthday", "生日";
        Feast: "Feast", "节日";
        AfterHospital: "After hospital", "出院后";
        AfterNeed: "After a need", "发现需求后";
    }
    Feast {
        NewYear: "New Year", "元旦";
        LunarNewYearEve: "Lunar New Year's Eve", "除夕";
        SpringFestival: "Spring Festival", "春节";
        Qingming: "Qingming", "清明节";
        DragonBoat: "Dragon Boat Festival", "端午节";
        ArmyDay: "Army Day", "建军节";
        MidAutumn: "Mid-Autumn Festival", "中秋节";
        MartyrsDay: "Martyrs' Day", "烈士纪念日";
        NationalDay: "National Day", "国庆节";
        DoubleNinth: "Double Ninth Festival", "重阳节";
    }
    MovementAction {
        Received: "Received", "入库";
        Allotted: "Allotted", "调拨";
        Counted: "Counted", "盘点";
        HandedOut: "Handed out", "发放";
        Returned: "Returned", "退回";
        WrittenOff: "Written off", "报损";
        TakenOver: "Taken over by another area", "区划调整转入";
    }
    HandoutState {
        Planned: "Planned", "待发放";
        HandedOut: "Handed out", "已发放";
        Returned: "Returned", "已退回";
    }
    ReturnReason {
        Absent: "Not at home", "不在家";
        Moved: "Moved", "已搬走";
        Declined: "Declined", "本人不要";
        Damaged: "Damaged", "破损";
        Deceased: "Deceased", "已去世";
        Withdrawn: "Withdrawn", "已收回";
        Restored: "Right restored", "已恢复资格";
        Other: "Other", "其他";
    }
}
