//! The parser against itself, the evaluator against a naive reading of the tree, and the bounds.

mod reference;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use self::reference::{Somebody, answered, naive};
use super::rows::{self, Row, What};
use super::*;
use crate::domain::details::{Details, Field, FieldKind, FieldOf, Tag, Vocabulary};
use crate::domain::ids::TagId;

/// Numbers by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

const VIP: Uuid = Uuid::from_u128(1);
const OLD: Uuid = Uuid::from_u128(2);
const SHOP: Uuid = Uuid::from_u128(10);
const ANA: Uuid = Uuid::from_u128(20);

const SUBJECTS: [&str; 12] = [
    "message.text",
    "inbox",
    "contact.language",
    "contact.name",
    "contact.fields.plan",
    "contact.fields.size",
    "conversation.fields.due",
    "conversation.tags",
    "answers.order",
    "previous_agent",
    "time.open",
    "time.of_day",
];

const VALUES: [&str; 14] = [
    "es",
    "Gold",
    "3",
    "2026-11-28",
    "yes",
    "no",
    "09:00",
    "18:30",
    "mon",
    "refund",
    "pedído",
    "!",
    "",
    "00000000-0000-0000-0000-000000000001",
];

fn words() -> Vocabulary {
    let tag = |id, name: &str, merged_into: Option<Uuid>| Tag {
        id: TagId(id),
        name: name.to_owned(),
        colour: "red".to_owned(),
        archived: false,
        merged_into: merged_into.map(TagId),
    };
    let field = |key: &str, of, kind| Field { key: key.to_owned(), label: key.to_owned(), of, kind, choices: Vec::new(), shown: true };
    Vocabulary {
        tags: vec![tag(VIP, "VIP", None), tag(OLD, "Old", Some(VIP))],
        fields: vec![
            field("plan", FieldOf::Contact, FieldKind::Text),
            field("grade", FieldOf::Contact, FieldKind::Choice),
            field("size", FieldOf::Contact, FieldKind::Number),
            field("new", FieldOf::Contact, FieldKind::YesNo),
            field("due", FieldOf::Conversation, FieldKind::Date),
        ],
    }
}

fn leaf(chance: &mut Chance) -> Leaf {
    let comparison = *chance.of(&Comparison::ALL);
    let count = match comparison {
        Comparison::Present | Comparison::Absent => 0,
        Comparison::OneOf => chance.below(4),
        Comparison::Between => 2,
        _ => 1,
    };
    let values = (0..count).map(|_| (*chance.of(&VALUES)).to_owned()).collect();
    Leaf { subject: (*chance.of(&SUBJECTS)).to_owned(), comparison, values }
}

fn tree(chance: &mut Chance, depth: usize) -> Condition {
    if depth >= DEEPEST || chance.below(3) > 0 {
        return Condition::Leaf(leaf(chance));
    }
    let inner = (0..chance.below(4)).map(|_| tree(chance, depth + 1)).collect();
    Condition::Group(*chance.of(&Group::ALL), inner)
}

fn grouped(chance: &mut Chance) -> Condition {
    let inner = (0..chance.below(5)).map(|_| tree(chance, 1)).collect();
    Condition::Group(*chance.of(&Group::ALL), inner)
}

fn ready(value: &Value) -> Compiled {
    let words = words();
    compile(&stored::read(value).unwrap(), Known { words: &words, inboxes: None, people: None }).unwrap()
}

fn wrong(value: &Value) -> Vec<(usize, &'static str)> {
    let words = words();
    let known = [SHOP].into();
    let people = [ANA].into();
    let read = stored::read(value).map_err(|fault| vec![fault]);
    let faults = read.and_then(|it| compile(&it, Known { words: &words, inboxes: Some(&known), people: Some(&people) })).unwrap_err();
    faults.into_iter().map(|fault| (fault.row, fault.wrong.key())).collect()
}

#[test]
fn what_is_written_down_is_read_back() {
    let mut chance = Chance(7);
    for _ in 0..5_000 {
        let it = tree(&mut chance, 0);
        let is_bounded = stored::read(&stored::write(&it));
        match is_bounded {
            Ok(back) => assert_eq!(back, it),
            Err(fault) => assert!(matches!(fault.wrong, Wrong::TooDeep | Wrong::TooMany), "{fault} {it:?}"),
        }
        let it = grouped(&mut chance);
        assert_eq!(rows::read(&rows::of(&it)), it, "rows of {it:?}");
    }
}

#[test]
fn rows_of_any_depth_make_a_condition_and_can_grow_and_shrink() {
    let mut chance = Chance(11);
    for _ in 0..2_000 {
        let mut all: Vec<Row> = Vec::new();
        for _ in 0..chance.below(9) {
            let what = if chance.below(2) == 0 { What::Group(*chance.of(&Group::ALL)) } else { What::Leaf(leaf(&mut chance)) };
            all.push(Row { depth: chance.below(9), what });
        }
        let before = rows::read(&all);
        let mut now = rows::of(&before);
        rows::grow(&mut now, chance.below(9), (chance.below(2) == 0).then_some(Group::Any));
        assert!(rows::read(&now).leaves().len() <= before.leaves().len() + 1);
        rows::remove(&mut now, chance.below(9));
        assert!(matches!(rows::read(&now), Condition::Group(..)));
    }
    let mut one = rows::of(&Condition::always());
    rows::grow(&mut one, 0, None);
    rows::grow(&mut one, 0, Some(Group::Not));
    rows::grow(&mut one, 2, None);
    assert_eq!(one.iter().map(|row| row.depth).collect::<Vec<_>>(), [0, 1, 1, 2, 2]);
    rows::remove(&mut one, 2);
    assert_eq!(one.len(), 2);
    rows::remove(&mut one, 0);
    assert_eq!(one.len(), 2, "the outermost stays");
}

#[test]
fn a_condition_holds_where_a_naive_reading_says_so() {
    let (mut chance, mut held, mut ready) = (Chance(3), 0, 0);
    let words = words();
    for _ in 0..60_000 {
        let it = if chance.below(3) == 0 { grouped(&mut chance) } else { Condition::Leaf(leaf(&mut chance)) };
        let Ok(compiled) = compile(&it, Known { words: &words, inboxes: None, people: None }) else { continue };
        ready += 1;
        for _ in 0..3 {
            let known = Somebody::by(&mut chance);
            let holds = compiled.holds(&known.facts());
            assert_eq!(holds, naive(&it, &known), "{it:?} of {:?}", known.facts());
            assert!(!holds || !is_never(&compiled), "{it:?} can be met");
            assert!(holds || !is_unconditional(&compiled), "{it:?} is not always met");
            held += usize::from(holds);
        }
    }
    assert!(ready > 5_000 && held > 3_000, "{ready} ready, {held} held");
}

#[test]
fn whatever_a_rule_hides_meets_it_first() {
    let (mut chance, mut hidden) = (Chance(5), 0);
    let words = words();
    let known = Known { words: &words, inboxes: None, people: None };
    for _ in 0..60_000 {
        let (one, other) = (tree(&mut chance, 3), tree(&mut chance, 3));
        let (Ok(one), Ok(other)) = (compile(&one, known), compile(&other, known)) else { continue };
        if !hides(&one, &other, &mut { usize::MAX }) {
            continue;
        }
        hidden += 1;
        for _ in 0..3 {
            let it = Somebody::by(&mut chance);
            assert!(one.holds(&it.facts()) || !other.holds(&it.facts()), "{one:?} does not hide {other:?}");
        }
    }
    assert!(hidden > 20, "{hidden}");
}

#[test]
fn each_comparison_says_what_it_says() {
    let known = Somebody {
        words: words(),
        fields: BTreeMap::from([
            ("plan".into(), "Gold".into()),
            ("size".into(), "41.5".into()),
            ("new".into(), "yes".into()),
            ("grade".into(), "A+".into()),
        ]),
        details: Details { tags: vec![TagId(OLD)], fields: BTreeMap::from([("due".into(), "2026-12-01".into())]) },
        answers: [("left", "-5"), ("most", "1e309")].map(|(field, value)| answered(field, value)).to_vec(),
        said: vec!["Hola", "¿Dónde está mi PEDIDO?"],
        language: Some("es-MX"),
        previous: None,
        is_open: Some(false),
        now: "2026-11-28T22:30:00Z".parse().unwrap(),
        zone: TimeZone::get("Europe/Madrid").unwrap(),
    };
    let holds = |value: Value| ready(&value).holds(&known.facts());
    for (value, expected) in [
        (json!({"subject": "message.text", "contains": "donde esta"}), true),
        (json!({"subject": "message.text", "is": "hola"}), true),
        (json!({"subject": "message.text", "starts_with": "mi"}), false),
        (json!({"subject": "contact.language", "starts_with": "es"}), true),
        (json!({"subject": "contact.language", "one_of": ["es", "ca"]}), false),
        (json!({"subject": "contact.fields.size", "at_least": 41}), true),
        (json!({"subject": "contact.fields.size", "less_than": "41.5"}), false),
        (json!({"subject": "contact.fields.new", "is": true}), true),
        (json!({"subject": "conversation.fields.due", "after": "2026-11-30"}), true),
        (json!({"subject": "conversation.tags", "has": VIP}), true),
        (json!({"subject": "conversation.tags", "has": OLD}), true),
        (json!({"subject": "previous_agent", "present": true}), false),
        (json!({"subject": "previous_agent", "present": false}), true),
        (json!({"subject": "answers.order", "at_least": 1}), false),
        (json!({"not": {"subject": "answers.order", "at_least": 1}}), true),
        (json!({"subject": "time.open", "is": "no"}), true),
        (json!({"subject": "time.weekday", "one_of": ["sat", "sun"]}), true),
        (json!({"subject": "time.of_day", "between": ["22:00", "06:00"]}), true),
        (json!({"subject": "time.of_day", "before": "23:30"}), false),
        (json!({"subject": "contact.fields.grade", "is": "a+"}), true),
        (json!({"subject": "contact.fields.grade", "one_of": ["A", "B"]}), false),
        (json!({"subject": "answers.left", "more_than": 5}), false),
        (json!({"subject": "answers.left", "is": "5"}), false),
        (json!({"subject": "answers.left", "one_of": ["x", "-5"]}), true),
        (json!({"subject": "answers.most", "more_than": 5}), false),
        (json!({"subject": "message.text", "contains": "C++"}), false),
        (json!({"all": []}), true),
    ] {
        assert_eq!(holds(value.clone()), expected, "{value}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_row() {
    let deep = (0..6).fold(json!({"subject": "message.text", "contains": "x"}), |inner, _| json!({"all": [inner]}));
    let leaf = json!({"subject": "message.text", "contains": "x"});
    let values: Vec<String> = (0..501).map(|number| format!("v{number}")).collect();
    for (value, expected) in [
        (json!(3), vec![(1, "condition_shape")]),
        (json!({"all": [{"some": []}]}), vec![(2, "condition_shape")]),
        (json!({"subject": "message.text", "sounds_like": "x"}), vec![(1, "condition_comparison")]),
        (json!({"all": [{"subject": "moon.phase", "is": "full"}]}), vec![(2, "condition_subject")]),
        (
            json!({"all": [{"subject": "contact.fields.gone", "is": "x"}, {"any": []}]}),
            vec![(2, "condition_field"), (3, "condition_empty_group")],
        ),
        (json!({"subject": "conversation.fields.plan", "is": "x"}), vec![(1, "condition_field")]),
        (json!({"subject": "conversation.tags", "has": ANA}), vec![(1, "condition_tag")]),
        (json!({"subject": "inbox", "is": ANA}), vec![(1, "condition_inbox")]),
        (json!({"subject": "previous_agent", "is": "nobody"}), vec![(1, "condition_person")]),
        (json!({"subject": "contact.fields.size", "contains": "4"}), vec![(1, "condition_misfit")]),
        (json!({"subject": "time.open", "present": true}), vec![(1, "condition_misfit")]),
        (json!({"subject": "contact.fields.size", "at_least": "large"}), vec![(1, "condition_number")]),
        (json!({"subject": "conversation.fields.due", "before": "soon"}), vec![(1, "condition_date")]),
        (json!({"subject": "contact.fields.new", "is": "maybe"}), vec![(1, "condition_yes_no")]),
        (json!({"subject": "time.of_day", "before": "25:00"}), vec![(1, "condition_time")]),
        (json!({"subject": "time.weekday", "is": "someday"}), vec![(1, "condition_weekday")]),
        (json!({"subject": "time.of_day", "before": "00:00"}), vec![(1, "condition_whole_day")]),
        (json!({"subject": "time.of_day", "after": "0:00"}), vec![(1, "condition_whole_day")]),
        (json!({"subject": "time.of_day", "between": ["09:00", "09:00"]}), vec![(1, "condition_whole_day")]),
        (json!({"subject": "contact.fields.grade", "contains": "A"}), vec![(1, "condition_misfit")]),
        (json!({"subject": "message.text", "contains": " "}), vec![(1, "condition_value_missing")]),
        (json!({"subject": "message.text", "contains": "?!"}), vec![(1, "condition_nothing")]),
        (json!({"subject": "message.text", "contains": "x".repeat(201)}), vec![(1, "condition_value_too_long")]),
        (deep, vec![(6, "condition_too_deep")]),
        (json!({"any": vec![leaf; 51]}), vec![(52, "condition_too_many")]),
        (json!({"subject": "message.text", "one_of": values}), vec![(1, "condition_too_costly")]),
        (json!({"subject": "message.text", "one_of": vec!["x".repeat(200); 51]}), vec![(1, "condition_too_costly")]),
    ] {
        assert_eq!(wrong(&value), expected, "{value}");
    }
}

#[test]
fn what_can_never_be_met_or_is_never_reached_is_plain() {
    let text = |comparison: &str, value: &str| json!({"subject": "contact.language", comparison: value});
    let never = [
        json!({"all": [text("is", "es"), text("is", "ca")]}),
        json!({"all": [text("is", "es"), {"not": [text("is", "es")]}]}),
        json!({"all": [{"subject": "contact.fields.size", "at_least": 5}, {"subject": "contact.fields.size", "less_than": 5}]}),
        json!({"all": [{"subject": "previous_agent", "present": false}, {"subject": "previous_agent", "is": ANA}]}),
    ];
    never.iter().for_each(|value| assert!(is_never(&ready(value)), "{value}"));
    for value in [json!({"any": [text("is", "es"), text("is", "ca")]}), json!({"all": [text("is", "es"), text("starts_with", "e")]})] {
        assert!(!is_never(&ready(&value)), "{value}");
    }
    let hidden = |one: &Value, other: &Value| hides(&ready(one), &ready(other), &mut 10_000);
    let spanish = json!({"all": [text("one_of", "es")]});
    assert!(hidden(&json!({"all": []}), &spanish));
    assert!(hidden(&spanish, &json!({"all": [text("is", "ES"), {"subject": "time.open", "is": "no"}]})));
    assert!(hidden(&text("starts_with", "e"), &spanish));
    assert!(!hidden(&json!({"all": [text("is", "es"), {"subject": "time.open", "is": "no"}]}), &spanish));
}

#[test]
fn each_text_is_made_comparable_once_and_the_newest_words_are_looked_at() {
    let words = words();
    let long = vec!["y".repeat(LONGEST_TEXT + 1); 3];
    let mut said: Vec<&str> = vec!["the oldest"];
    said.extend(vec!["older"; 99]);
    said.extend(long.iter().map(String::as_str));
    said.push("the newest");
    let somebody = Somebody::by(&mut Chance(1));
    let says = |word: &str| compile(&stored::read(&json!({"subject": "message.text", "contains": word})).unwrap(), known(&words)).unwrap();
    let case = Case::of(Facts { said: &said, ..somebody.facts() });
    for (word, expected) in [("the newest", true), ("older", true), ("the oldest", false), ("yx", false)] {
        assert_eq!(says(word).holds_of(&case), expected, "{word}");
    }
    assert!(case.folds() <= said.len(), "{} texts were made comparable", case.folds());
    let many = vec!["z".repeat(LONGEST_TEXT); 9];
    let many: Vec<&str> = ["far back"].into_iter().chain(many.iter().map(String::as_str)).collect();
    assert!(!says("far back").holds(&Facts { said: &many, ..somebody.facts() }), "beyond what is looked at of all together");
}

fn known(words: &Vocabulary) -> Known<'_> {
    Known { words, inboxes: None, people: None }
}
