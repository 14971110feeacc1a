//! The rules of a field by its answers: the follow-up task that an answer creates (`x-follow-ups`), and the case
//! that it opens (`x-opens`).

use std::collections::BTreeSet;

use gridward_domain::code::{self, CaseClass, CaseKindCode, KindCode, Need};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::rules::{UpdatedField, fields, updated};
use super::{FOLLOW_UPS, Faults, OPENS, Object, VOCABULARY, below};
use crate::vocabulary::VocabularyName;

/// The most answers with a rule of a field.
const MOST_ANSWERS: usize = 50;

/// A case that a need or an answer opens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedCase {
    /// The kind.
    pub kind: CaseKindCode,
    /// The class; without one of its classes, a kind gives its first.
    #[serde(default)]
    pub class: Option<CaseClass>,
}

impl OpenedCase {
    /// The case of the kind that a need opens, in the class that is named like the need.
    pub fn of_need(kind: CaseKindCode, need: &Need) -> Self {
        Self { kind, class: need.as_str().parse().ok() }
    }
}

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRule<T> {
    /// Where the rule is, relative to the form.
    pub pointer: String,
    /// The vocabulary and the word, if the answer is one.
    pub word: Option<(VocabularyName, String)>,
    /// What follows.
    pub then: T,
}

impl Faults {
    /// Checks the rules by answer of a field.
    pub(super) fn by_answer(&mut self, field: &Object, pointer: &str) {
        if let Some(rules) = field.get(FOLLOW_UPS) {
            let detail = "must be the code of a kind of service";
            self.answers::<KindCode>(rules, field, (&below(pointer, FOLLOW_UPS), detail));
        }
        if let Some(rules) = field.get(OPENS) {
            let detail = "must have the kind of a case, and may have its class";
            self.answers::<OpenedCase>(rules, field, (&below(pointer, OPENS), detail));
        }
    }

    fn answers<T: DeserializeOwned>(
        &mut self,
        rules: &Value,
        field: &Object,
        (pointer, requirement): (&str, &str),
    ) {
        let Some(rules) = self.object(rules, pointer) else { return };
        if rules.is_empty() || rules.len() > MOST_ANSWERS {
            self.add(pointer, format!("must have 1 to {MOST_ANSWERS} answers"));
        }
        let options = field.get("oneOf").and_then(Value::as_array);
        let constants: Option<Vec<String>> = options
            .map(|all| all.iter().filter_map(|one| Some(answer_text(one.get("const")?))).collect());
        let is_flag = field.get("type") == Some(&Value::from("boolean"));
        let known = |answer: &str| match &constants {
            Some(constants) => constants.iter().any(|one| one == answer),
            None if is_flag => matches!(answer, "true" | "false"),
            None => field.contains_key(VOCABULARY) && code::check(answer).is_ok(),
        };
        for (answer, then) in rules {
            if !known(answer) {
                self.add(&below(pointer, answer), "is no answer of a list or of yes and no");
            }
            if T::deserialize(then).is_err() {
                self.add(&below(pointer, answer), requirement);
            }
        }
    }
}

/// An answer as the rules name it.
fn answer_text(answer: &Value) -> String {
    match answer {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The follow-ups of a form.
pub fn follow_up_rules(form: &Value) -> Vec<AnswerRule<KindCode>> {
    rules(form, FOLLOW_UPS)
}

/// The cases that a form opens.
pub fn opened_case_rules(form: &Value) -> Vec<AnswerRule<OpenedCase>> {
    rules(form, OPENS)
}

/// The kinds that these answers create as follow-ups.
pub fn follow_ups(form: &Value, answers: &Map<String, Value>) -> BTreeSet<KindCode> {
    following(form, FOLLOW_UPS, answers)
}

/// The cases that these answers open: those of the answers about the plaque of the entry, and those of the others.
pub fn opened_cases(
    form: &Value,
    answers: &Map<String, Value>,
) -> (BTreeSet<OpenedCase>, BTreeSet<OpenedCase>) {
    let plaques = fields(form).filter(|(_, _, field)| updated(field) == Some(UpdatedField::Plaque));
    let plaques: BTreeSet<&str> = plaques.map(|(_, name, _)| name).collect();
    let (of_plaque, others): (Object, Object) =
        answers.clone().into_iter().partition(|(name, _)| plaques.contains(name.as_str()));
    (following(form, OPENS, &of_plaque), following(form, OPENS, &others))
}

fn rules<T: DeserializeOwned>(form: &Value, keyword: &str) -> Vec<AnswerRule<T>> {
    let rules = fields(form).flat_map(|(pointer, _, field)| {
        let vocabulary = field.get(VOCABULARY).and_then(Value::as_str);
        let vocabulary = vocabulary.and_then(|name| name.parse::<VocabularyName>().ok());
        let rules = field.get(keyword).and_then(Value::as_object).into_iter().flatten();
        rules.filter_map(move |(answer, then)| {
            let pointer = below(&below(&pointer, keyword), answer);
            let word = vocabulary.map(|vocabulary| (vocabulary, answer.clone()));
            Some(AnswerRule { pointer, word, then: T::deserialize(then).ok()? })
        })
    });
    rules.collect()
}

fn following<T: DeserializeOwned + Ord>(
    form: &Value,
    keyword: &str,
    answers: &Map<String, Value>,
) -> BTreeSet<T> {
    let found = fields(form).flat_map(|(_, name, field)| {
        let answers = match answers.get(name) {
            Some(Value::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let rules = field.get(keyword).and_then(Value::as_object);
        answers
            .iter()
            .filter_map(move |answer| T::deserialize(rules?.get(&answer_text(answer))?).ok())
    });
    found.collect()
}

/// Removes the cases of hidden kinds from the rules of a form.
pub fn hide_cases(form: &mut Value, hidden: &BTreeSet<CaseKindCode>) {
    for place in ["/properties", "/then/properties"] {
        let fields = form.pointer_mut(place).and_then(Value::as_object_mut).into_iter();
        for field in fields.flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
            let Some(rules) = field.get_mut(OPENS).and_then(Value::as_object_mut) else { continue };
            let is_shown = |case: OpenedCase| !hidden.contains(&case.kind);
            rules.retain(|_, case| OpenedCase::deserialize(&*case).is_ok_and(is_shown));
            if rules.is_empty() {
                field.remove(OPENS);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::check;
    use super::*;

    fn form(more: Value) -> Value {
        let mut field = json!({ "title": "x", "x-title-en": "x", "x-order": 1 });
        if let (Value::Object(field), Value::Object(more)) = (&mut field, more) {
            field.extend(more);
        }
        json!({ "type": "object", "properties": { "a": field } })
    }

    fn option(constant: Value) -> Value {
        json!({ "const": constant, "title": "x", "x-title-en": "x" })
    }

    fn plaque() -> Value {
        form(json!({
            "type": "string", "x-vocabulary": "plaque_states", "x-updates": "plaque",
            "x-follow-ups": { "damaged": "plaque_check" },
            "x-opens": {
                "damaged": { "kind": "plaque", "class": "replace" },
                "missing": { "kind": "plaque" }
            }
        }))
    }

    fn answers(answer: &str) -> Map<String, Value> {
        Map::from_iter([("a".to_owned(), json!(answer))])
    }

    #[test]
    fn answers_create_follow_ups_and_open_cases() {
        assert_eq!(check(&plaque()), []);
        let kinds = follow_ups(&plaque(), &answers("damaged"));
        assert_eq!(kinds.iter().map(KindCode::as_str).collect::<Vec<_>>(), ["plaque_check"]);
        let opened = |answer| {
            let (of_plaque, others) = opened_cases(&plaque(), &answers(answer));
            assert_eq!(others, BTreeSet::new());
            let texts = of_plaque
                .into_iter()
                .map(|case| (case.kind.to_string(), case.class.map(|one| one.to_string())));
            texts.collect::<Vec<_>>()
        };
        let case = |class: Option<&str>| vec![("plaque".to_owned(), class.map(str::to_owned))];
        assert_eq!(opened("damaged"), case(Some("replace")));
        assert_eq!(opened("missing"), case(None));
        assert_eq!(opened("hung"), []);
        assert_eq!(follow_ups(&plaque(), &answers("damged")), BTreeSet::new());
    }

    #[test]
    fn a_rule_belongs_to_an_answer_of_the_field() {
        let case = json!({ "kind": "plaque" });
        for (keyword, then, wrong) in [
            ("x-follow-ups", json!("home_visit"), json!("Home visit")),
            ("x-opens", case.clone(), json!("plaque")),
            ("x-opens", case, json!({ "kind": "plaque", "step": "review" })),
        ] {
            let at = |answer: &str, more: Value, rules: Value| {
                let mut more = more;
                more[keyword] = rules;
                let pointers = check(&form(more)).into_iter().map(|fault| fault.pointer);
                let expected = format!("/properties/a/{keyword}{answer}");
                assert_eq!(pointers.collect::<Vec<_>>(), [expected]);
            };
            let (flag, list) =
                (json!({ "type": "boolean" }), json!({ "oneOf": [option(json!("b"))] }));
            at("/yes", flag.clone(), json!({ "yes": then }));
            at("/c", list.clone(), json!({ "c": then }));
            at("/b", list, json!({ "b": wrong }));
            at("/b", json!({ "type": "string", "maxLength": 9 }), json!({ "b": then }));
            at("", flag.clone(), json!({}));
            at("", flag, json!([then]));
            let mut number = json!({ "oneOf": [option(json!(3))] });
            number[keyword] = json!({ "3": then });
            assert_eq!(check(&form(number)), []);
        }
    }

    #[test]
    fn a_hidden_kind_of_case_is_in_no_rule() {
        let hidden = BTreeSet::from(["plaque".parse().expect("a code")]);
        let mut shown = plaque();
        hide_cases(&mut shown, &BTreeSet::new());
        assert_eq!(shown, plaque());
        hide_cases(&mut shown, &hidden);
        assert_eq!(shown.pointer("/properties/a/x-opens"), None);
        assert!(shown.pointer("/properties/a/x-follow-ups").is_some());
    }
}
