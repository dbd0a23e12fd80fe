//! Skills in a real database: nobody waits behind those whom nobody could have, and what somebody waits for does not go from under them.

use std::time::Duration;

use baton::domain::access::Role;
use baton::domain::ids::{ConversationId, EntryRuleId, SkillId};
use baton::domain::routing::skills::{Level, Levels, RuleLanguage, Wants, needs};
use baton::domain::routing::{Asked, RuleSkills, WideningStep};
use baton::domain::setup::command::{EntryRuleChange, QueueChange, SkillChange};
use baton::domain::setup::value::{EntryRule, Skill};
use baton::domain::setup::{MemberChange, Setup, SetupCommand, SetupRefusal, Thing};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::rules::rule_of;
use crate::setups::{by, refusal, with_two_administrators};
use crate::shop::Shop;

/// Skills of which some may be had, or asked for.
pub fn change(setup: &Setup, number: u64, name: String) -> SetupCommand {
    let all: Vec<SkillId> = setup.skills.keys().copied().collect();
    let skill = all.get(usize::try_from(number / 8).unwrap() % all.len().max(1)).copied();
    let member = setup.members.keys().nth(usize::try_from(number / 16).unwrap() % setup.members.len().max(1)).copied();
    let rule = setup.entry_rules.keys().next().copied();
    let levels = |level: u64| skill.map(|skill| (skill, Level::try_from(level % 6).unwrap())).into_iter().collect::<Levels>();
    let language = number.is_multiple_of(3).then(|| ["es", "pt-BR", "no language"][usize::try_from(number / 3 % 3).unwrap()].to_owned());
    match (number % 7, skill, member, rule) {
        (1 | 5, Some(skill), ..) => {
            let change = SkillChange { name: Some(format!("{name} {number}")), language: Some(language), ..SkillChange::default() };
            SetupCommand::ChangeSkill { skill, change }
        }
        (2, Some(skill), ..) => SetupCommand::RemoveSkill { skill },
        (3, _, Some(member), _) => {
            let change = MemberChange { skills: Some(levels(number)), ..MemberChange::default() };
            SetupCommand::ChangeMember { member, change }
        }
        (4, .., Some(rule)) => {
            let asked = Asked { required: levels(number / 2), preferred: Levels::new() };
            let skills = RuleSkills { asked, language: language.map(|_| RuleLanguage { is_required: true, level: 1 }) };
            SetupCommand::ChangeEntryRule { rule, change: EntryRuleChange { skills: Some(skills), ..EntryRuleChange::default() } }
        }
        _ => {
            let new = Skill { key: format!("skill-{}", number % 40), name: format!("Skill {}", number % 40), language };
            SetupCommand::AddSkill { skill: SkillId(Uuid::now_v7()), new }
        }
    }
}

fn skill_of(key: &str, language: Option<&str>) -> Skill {
    Skill { key: key.to_owned(), name: key.to_owned(), language: language.map(str::to_owned) }
}

impl Shop {
    /// Somebody is given this skill, whoever set it up.
    async fn masters(&self, user: baton::domain::ids::UserId, skill: SkillId, level: Level) {
        let sql = "INSERT INTO agent_skills (workspace_id, user_id, skill_id, level) VALUES ($1, $2, $3, $4)";
        self.execute(sql, &[&self.workspace.0, &user.0, &skill.0, &level]).await;
    }

    async fn wants(&self, conversations: &[ConversationId], asked: &Asked) {
        let (wants, needs) = (serde_json::to_value(Wants::new(asked.clone(), Timestamp::now())).unwrap(), needs(&asked.required));
        let ids: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
        self.execute("UPDATE conversations SET skills = $2, needs = $3 WHERE id = ANY($1)", &[&ids, &wants, &needs]).await;
    }

    async fn holds_what(&self, user: baton::domain::ids::UserId) -> Vec<ConversationId> {
        let sql = "SELECT id FROM conversations WHERE agent_id = $1 ORDER BY id";
        self.rows(sql, &[&user.0]).await.iter().map(|row| ConversationId(row.get(0))).collect()
    }
}

fn required(skill: SkillId, level: Level) -> Asked {
    Asked { required: [(skill, level)].into(), preferred: Levels::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_needs_nothing_is_found_behind_thousands_who_need_what_nobody_has() {
    let (shop, iris, _) = with_two_administrators().await;
    let mut node = shop.node(4);
    let spanish = SkillId(Uuid::now_v7());
    let new = skill_of("spanish", Some("es"));
    node.runner.configure(shop.workspace, &by(&iris), SetupCommand::AddSkill { skill: spanish, new }, None).await.unwrap();
    let waiting = shop.customers_wait(shop.support, 5_001).await;
    let (last, others) = waiting.split_last().unwrap();
    shop.wants(others, &required(spanish, 2)).await;
    // They are more urgent, too.
    shop.execute("UPDATE conversations SET priority = 3 WHERE needs <> 0", &[]).await;
    let ana = shop.hires("Ana", Role::Agent, 2).await;
    node.is_visited_by(shop.workspace, ana.user);
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.holds_what(ana.user).await, [*last]);
    let (ben, eva) = (shop.hires("Ben", Role::Agent, 3).await, shop.hires("Eva", Role::Agent, 9).await);
    for (person, level) in [(&ben, 2), (&eva, 1)] {
        shop.masters(person.user, spanish, level).await;
        node.is_visited_by(shop.workspace, person.user);
    }
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    let mut first = others[..3].to_vec();
    first.sort();
    assert_eq!((shop.holds_what(ben.user).await, shop.holds_what(eva.user).await), (first, vec![]), "level 1 is not enough");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_that_a_rule_asks_for_or_somebody_waits_for_stays_and_comes_back_to_whoever_had_it() {
    let (shop, iris, ana) = with_two_administrators().await;
    let node = shop.node(4);
    let does = async |command| node.runner.configure(shop.workspace, &by(&iris), command, None).await;
    let (spanish, refunds, rule) = (SkillId(Uuid::now_v7()), SkillId(Uuid::now_v7()), EntryRuleId(Uuid::now_v7()));
    does(SetupCommand::AddSkill { skill: spanish, new: skill_of("spanish", Some("es")) }).await.unwrap();
    let add = |key: &str, language| SetupCommand::AddSkill { skill: refunds, new: skill_of(key, language) };
    assert_eq!(refusal(does(add("spanish", None)).await), SetupRefusal::SkillNameTaken { name: "spanish".to_owned() });
    assert!(matches!(refusal(does(add("catalan", Some("no language"))).await), SetupRefusal::LanguageUnfit { .. }));
    assert!(matches!(refusal(does(add("castilian", Some("ES"))).await), SetupRefusal::LanguageUnfit { .. }));
    does(add("refunds", None)).await.unwrap();
    let has = |skills: &[(SkillId, Level)]| {
        let change = MemberChange { skills: Some(skills.iter().copied().collect()), ..MemberChange::default() };
        SetupCommand::ChangeMember { member: ana.user, change }
    };
    assert_eq!(refusal(does(has(&[(refunds, 6)])).await), SetupRefusal::OutOfRange { value: 6, least: 1, most: 5 });
    assert_eq!(refusal(does(has(&[(SkillId(Uuid::nil()), 1)])).await), SetupRefusal::Unknown(Thing::Skill));
    does(has(&[(spanish, 4), (refunds, 1)])).await.unwrap();
    assert_eq!(shop.set_up_now().await.members[&ana.user].skills, [(spanish, 4), (refunds, 1)].into());

    let asking = |level| EntryRule {
        skills: RuleSkills { asked: required(refunds, level), language: None },
        priority: None,
        ..rule_of("Money", json!({"subject": "message.text", "contains": "refund"}), None)
    };
    let eleven = RuleSkills { language: Some(RuleLanguage { is_required: true, level: 9 }), ..RuleSkills::default() };
    let odd = EntryRule { skills: eleven, ..asking(1) };
    assert!(matches!(refusal(does(SetupCommand::AddEntryRule { rule, new: odd }).await), SetupRefusal::OutOfRange { value: 9, .. }));
    does(SetupCommand::AddEntryRule { rule, new: asking(2) }).await.unwrap();
    assert_eq!(shop.set_up_now().await.entry_rules[&rule].skills.asked, required(refunds, 2));
    let gone = refusal(does(SetupCommand::RemoveSkill { skill: refunds }).await);
    assert_eq!(gone, SetupRefusal::SkillOfRule { skill: "refunds".to_owned(), rule: "Money".to_owned() });

    let waiting = shop.customers_wait(shop.support, 1).await;
    shop.wants(&waiting, &required(spanish, 1)).await;
    let awaited = refusal(does(SetupCommand::RemoveSkill { skill: spanish }).await);
    assert_eq!(awaited, SetupRefusal::SkillAwaited { skill: "spanish".to_owned() });
    shop.wants(&waiting, &required(refunds, 1)).await;
    let removed = does(SetupCommand::RemoveSkill { skill: spanish }).await.unwrap();
    assert_eq!(shop.set_up_now().await.members[&ana.user].skills, [(refunds, 1)].into());
    node.runner.undo_setup(shop.workspace, &by(&iris), removed.seq).await.unwrap();
    assert_eq!(shop.set_up_now().await.members[&ana.user].skills, [(spanish, 4), (refunds, 1)].into(), "as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_configuration_of_steps_reaches_those_who_wait_already() {
    let (shop, iris, _) = with_two_administrators().await;
    let mut node = shop.node(4);
    let spanish = SkillId(Uuid::now_v7());
    let new = skill_of("spanish", Some("es"));
    node.runner.configure(shop.workspace, &by(&iris), SetupCommand::AddSkill { skill: spanish, new }, None).await.unwrap();
    let waiting = shop.customers_wait(shop.support, 2).await;
    shop.wants(&waiting[..1], &required(spanish, 2)).await;
    let ana = shop.hires("Ana", Role::Agent, 9).await;
    node.is_visited_by(shop.workspace, ana.user);
    let steps = async |steps: &[(i32, &str)]| {
        let step = |(after, does): &(i32, &str)| WideningStep { after: *after, does: (*does).to_owned() };
        let change = QueueChange { widening: Some(steps.iter().map(step).collect()), ..QueueChange::default() };
        node.runner.configure(shop.workspace, &by(&iris), SetupCommand::ChangeQueue { queue: shop.support, change }, None).await
    };
    for (odd, expected) in [
        (vec![(60, "wait")], SetupRefusal::StepUnknown { step: "wait".to_owned() }),
        (vec![(60, "lower_level"), (60, "drop_required")], SetupRefusal::StepsUnordered { queue: "support".to_owned() }),
        (vec![(0, "lower_level")], SetupRefusal::OutOfRange { value: 0, least: 1, most: 86_400 }),
        ((1..7).map(|after| (after, "lower_level")).collect(), SetupRefusal::TooManySteps { most: 5 }),
    ] {
        assert_eq!(refusal(steps(&odd).await), expected);
    }
    shop.execute("UPDATE conversations SET skills = jsonb_set(skills, '{since}', to_jsonb(now() - interval '1 hour'))", &[]).await;
    steps(&[(60, "drop_required"), (7_200, "lower_level")]).await.unwrap();
    assert!(node.runner.recount().await.unwrap());
    assert_eq!(shop.count("SELECT count(*) FROM timers WHERE kind = 'waiting'").await, 1, "who wants nothing has none");
    for timer in shop.store.claim_timers("waiting", Duration::from_secs(60), 9).await.unwrap().timers {
        node.runner.ring(&timer).await.unwrap();
    }
    let told = "SELECT count(*) FROM events WHERE kind = 'skills_widened' AND subject_id = $1";
    assert_eq!(shop.rows(told, &[&waiting[0].0]).await[0].get::<_, i64>(0), 1);
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.holds_what(ana.user).await.len(), 2);
    assert_eq!(shop.count("SELECT count(*) FROM timers").await, 0);
}
