//! The words of closed lists in the files of an office: the names of the API, and usual Chinese words.

/// A usual Chinese word, and the name of the API that it means.
type Meaning = (&'static str, &'static str);

/// The usual Chinese words of each column.
const USUAL: &[(&str, &[Meaning])] = &[
    (
        "contact",
        &[
            ("上门", "visit"),
            ("上门走访", "visit"),
            ("走访", "visit"),
            ("入户", "visit"),
            ("电话", "phone"),
            ("电话联系", "phone"),
        ],
    ),
    (
        "level",
        &[
            ("区县", "district"),
            ("区", "district"),
            ("县", "district"),
            ("镇街", "town"),
            ("镇", "town"),
            ("乡镇", "town"),
            ("街道", "town"),
            ("村社区", "village"),
            ("村", "village"),
            ("社区", "village"),
            ("网格", "grid"),
        ],
    ),
    (
        "mobility",
        &[
            ("自如", "full"),
            ("行动自如", "full"),
            ("正常", "full"),
            ("不便", "limited"),
            ("行动不便", "limited"),
            ("足不出户", "homebound"),
            ("不能出门", "homebound"),
            ("无法出门", "homebound"),
            ("卧床", "homebound"),
        ],
    ),
    (
        "role",
        &[
            ("管理员", "admin"),
            ("系统管理员", "admin"),
            ("管理人员", "supervisor"),
            ("督导员", "supervisor"),
            ("网格员", "manager"),
            ("志愿者", "volunteer"),
            ("审计员", "auditor"),
        ],
    ),
];

/// The least similarity, from 0 to 1, at which a word is worth naming.
const SIMILAR: f64 = 0.5;
/// The most characters of a text that is compared: a longer one is a sentence in the wrong column.
const LONGEST: usize = 64;

fn usual(column: &str) -> &'static [Meaning] {
    USUAL.iter().find(|(name, _)| *name == column).map_or(&[], |(_, words)| words)
}

/// The name of the API that the text of a column means.
pub(super) fn meant<'a>(column: &str, text: &'a str) -> &'a str {
    let word = usual(column).iter().find(|(word, _)| *word == text);
    word.map_or(text, |(_, name)| *name)
}

/// The word of the column that is most similar to the text: one of the names, which are separated
/// by commas, or a usual Chinese word.
pub(super) fn closest(column: &str, names: &str, text: &str) -> Option<String> {
    let chinese = usual(column).iter().map(|(word, _)| *word);
    most_similar(names.split(", ").chain(chinese), text)
}

/// That of the words which is most similar to the text, by edits in relation to the length.
pub(super) fn most_similar<'a>(words: impl Iterator<Item = &'a str>, text: &str) -> Option<String> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let text = text.to_lowercase();
    let rated = words.map(|word| (strsim::normalized_levenshtein(&text, word), word));
    let similar = rated.filter(|(similarity, _)| *similarity >= SIMILAR);
    similar.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, word)| word.to_owned())
}

#[cfg(test)]
mod tests {
    use gridward_domain::area::Level;
    use gridward_domain::authority::Role;

    use super::*;
    use crate::beneficiary::{Contact, Mobility};
    use crate::import::fixture::Sample;

    #[test]
    fn each_chinese_word_means_a_name_of_the_api() {
        for (column, words) in USUAL {
            for (_, name) in *words {
                let known = match *column {
                    "contact" => name.parse::<Contact>().is_ok(),
                    "level" => name.parse::<Level>().is_ok(),
                    "mobility" => name.parse::<Mobility>().is_ok(),
                    _ => name.parse::<Role>().is_ok(),
                };
                assert!(known, "{column}: {name}");
            }
        }
    }

    #[test]
    fn a_file_in_chinese_words_is_read_like_the_same_file_in_those_of_the_api() {
        let expected = Sample::sound().read().expect("readable");
        assert_eq!(expected.faults, []);
        let mut sample = Sample::sound();
        for file in ["areas.csv", "people.csv", "beneficiaries.csv"] {
            for (column, words) in USUAL {
                sample = sample.replace_words(file, column, words);
            }
            sample = sample.replace_words(file, "lives_alone", &[("是", "1"), ("否", "0")]);
        }
        assert_eq!(sample.read().expect("readable"), expected);
    }

    #[test]
    fn a_misspelt_word_names_the_closest() {
        let faults = |file, line, column, text: &str| {
            Sample::sound().cell(file, line, column, text).faults()
        };
        let roles = "must be one of: admin, supervisor, manager, volunteer, auditor";
        for (text, meant) in [("志愿", "志愿者"), ("网络员", "网格员"), ("volunter", "volunteer")]
        {
            let expected = format!("people.csv:5: role: {roles}; the closest is {meant}");
            assert_eq!(faults("people.csv", 5, "role", text), [expected], "{text}");
        }
        assert_eq!(
            faults("beneficiaries.csv", 2, "lives_alone", "yess"),
            ["beneficiaries.csv:2: lives_alone: must be one of: 0, 1; the closest is yes"]
        );
    }
}
