//! What a choice was made from, kept beside its reason, so that it can be made again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::candidate::Candidate;
use super::decide::{Round, Waiting};
use super::priority::Priority;
use super::reason::{AssignmentReason, Considered, Exclusion};
use super::skills::{Asked, Levels, Skill};
use super::strategy::Strategy;
use crate::domain::agent::{Agent, Availability, Presence};
use crate::domain::ids::{ContactId, ConversationId, InboxId, QueueId, SkillId, UserId};

/// What decided, and the reason does not say: together they are all that a choice depends on. Of a large team those alone are in it that the
/// reason tells; whoever else there was came after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    strategy: Strategy,
    /// The moment of the round.
    now: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_agent: Option<UserId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_past_last: bool,
    /// Whom it was for rather than for anybody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rather: Option<UserId>,
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    asked: Asked,
    /// Those that are asked for, as they were called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skills: Vec<(SkillId, String, Option<String>)>,
    /// Of each who is told, in that order.
    told: Vec<Times>,
}

/// What ranks somebody beside how much they hold: how many microseconds before the moment of the round they became idle and were given
/// something, and their levels of what is asked for. There are twelve of it beside each assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Times(i64, i64, #[serde(default, skip_serializing_if = "Levels::is_empty")] Levels);

impl Record {
    pub(super) fn of(waiting: &Waiting, strategy: Strategy, now: Timestamp, skills: &[Skill], told: &[&Candidate]) -> Self {
        let asked = &waiting.asked;
        let is_asked = |skill: &SkillId| asked.required.contains_key(skill) || asked.preferred.contains_key(skill);
        let before = |at: Timestamp| now.as_microsecond().saturating_sub(at.as_microsecond());
        let levels = |levels: &Levels| levels.iter().filter(|(skill, _)| is_asked(skill)).map(|(skill, level)| (*skill, *level)).collect();
        let times = |Candidate { agent, skills, .. }: &&Candidate| Times(before(agent.idle_since), before(agent.given_at), levels(skills));
        let named = |skill: &Skill| (skill.id, skill.name.clone(), skill.language.clone());
        Self {
            strategy,
            now,
            last_agent: waiting.last_agent,
            is_past_last: waiting.is_past_last,
            rather: waiting.rather.map(|(user, _)| user),
            asked: asked.clone(),
            skills: skills.iter().filter(|skill| is_asked(&skill.id)).map(named).collect(),
            told: told.iter().map(times).collect(),
        }
    }

    /// The choice, made again from what is kept: for whom, and why. `reason` is that of the first time. Nothing when nobody is chosen.
    #[must_use]
    pub fn again(&self, reason: &AssignmentReason) -> Option<(UserId, AssignmentReason)> {
        let candidates =
            reason.considered.iter().zip(&self.told).map(|(considered, times)| candidate(considered, times, self.now)).collect();
        let skill =
            |(id, name, language): &(SkillId, String, Option<String>)| Skill { id: *id, name: name.clone(), language: language.clone() };
        let round = Round::new(candidates, self.strategy, self.now).knowing(self.skills.iter().map(skill).collect());
        // Whose it is and where it waited decides nothing between people.
        let waiting = Waiting {
            conversation: ConversationId(Uuid::nil()),
            contact: ContactId(Uuid::nil()),
            inbox: InboxId(Uuid::nil()),
            queue: QueueId(Uuid::nil()),
            priority: Priority::default(),
            queued_at: None,
            last_agent: self.last_agent,
            is_past_last: self.is_past_last,
            asked: self.asked.clone(),
            // Had it still been kept for them, nobody else would have been chosen.
            rather: self.rather.map(|user| (user, None)),
        };
        let chosen = round.choose(&waiting)?;
        Some((chosen.agent, AssignmentReason { more: reason.more.clone(), ..chosen.reason }))
    }

    /// Whether the choice, made again, is the same, word for word.
    #[must_use]
    pub fn holds(&self, reason: &AssignmentReason) -> bool {
        let first = reason.considered.first().map(|considered| considered.user);
        let again = self.again(reason);
        again.is_some_and(|(user, again)| Some(user) == first && serde_json::to_vec(&again).ok() == serde_json::to_vec(reason).ok())
    }
}

fn candidate(considered: &Considered, Times(idle, given, skills): &Times, now: Timestamp) -> Candidate {
    let at = |before: i64| Timestamp::from_microsecond(now.as_microsecond().saturating_sub(before)).unwrap_or(now);
    let Considered { user, ref name, load, capacity, ref excluded } = *considered;
    let presence = match excluded {
        Some(Exclusion::Away) => Presence::Away,
        Some(Exclusion::Offline) => Presence::Offline,
        None | Some(_) => Presence::Online,
    };
    let agent = Agent {
        user,
        name: name.clone(),
        availability: Availability::Online,
        load,
        capacity,
        idle_since: at(*idle),
        given_at: at(*given),
        here_at: at(*idle),
        teams: Vec::new(),
        may_reply: *excluded != Some(Exclusion::MayNotReply),
        signed_off: None,
    };
    Candidate { agent, presence, skills: skills.clone() }
}
