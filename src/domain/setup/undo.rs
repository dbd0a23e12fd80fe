//! Taking an act back: part by part, each only while it is as the act left it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check;
use super::draft::{Applied, Draft};
use super::event::{Changed, SetupEvent, parts_of};
use super::refusal::SetupRefusal;
use super::value::{Inbox, InboxState, Setup};

/// Takes back what the events of an act changed. A person, a queue, a flow or a number that was added stays: others speak of it by then.
/// What a secret was before is kept nowhere.
pub(super) fn take_back(draft: &mut Draft, act: &[SetupEvent]) -> Applied {
    if act.is_empty() || !act.iter().all(is_reversible) {
        return Err(SetupRefusal::CannotBeUndone);
    }
    for event in act.iter().rev() {
        match event {
            SetupEvent::Workspace(changed) => to_before(&mut draft.setup.workspaces, changed)?,
            SetupEvent::Security(changed) => to_before(&mut draft.setup.securities, changed)?,
            SetupEvent::Member(changed) => to_before(&mut draft.setup.members, changed)?,
            SetupEvent::Queue(changed) => back_or_to_before(&mut draft.setup.queues, changed)?,
            SetupEvent::Flow(changed) => to_before(&mut draft.setup.flows, changed)?,
            SetupEvent::Inbox(changed) => to_before(&mut draft.setup.inboxes, changed)?,
            SetupEvent::Role(changed) if changed.before.is_none() => {
                is_as_left(&draft.setup.roles, changed)?;
                draft.remove_role(changed.id)?;
            }
            SetupEvent::Role(changed) => back_or_to_before(&mut draft.setup.roles, changed)?,
            SetupEvent::Team(changed) if changed.before.is_none() => {
                is_as_left(&draft.setup.teams, changed)?;
                draft.remove_team(changed.id)?;
            }
            SetupEvent::Team(changed) => back_or_to_before(&mut draft.setup.teams, changed)?,
            SetupEvent::CannedReply(changed) if changed.before.is_none() => {
                is_as_left(&draft.setup.canned_replies, changed)?;
                draft.setup.canned_replies.remove(&changed.id);
            }
            SetupEvent::CannedReply(changed) => back_or_to_before(&mut draft.setup.canned_replies, changed)?,
            SetupEvent::Tag(changed) if changed.before.is_none() => {
                is_as_left(&draft.setup.tags, changed)?;
                draft.setup.tags.remove(&changed.id);
            }
            SetupEvent::Tag(changed) => back_or_to_before(&mut draft.setup.tags, changed)?,
            SetupEvent::Field(changed) if changed.before.is_none() => {
                is_as_left(&draft.setup.fields, changed)?;
                draft.setup.fields.remove(&changed.id);
            }
            SetupEvent::Field(changed) => back_or_to_before(&mut draft.setup.fields, changed)?,
            SetupEvent::EntryRule(changed) if changed.before.is_none() => {
                is_as_left(&draft.setup.entry_rules, changed)?;
                draft.setup.entry_rules.remove(&changed.id);
            }
            SetupEvent::EntryRule(changed) => back_or_to_before(&mut draft.setup.entry_rules, changed)?,
            SetupEvent::Skill(changed) if changed.before.is_none() => {
                is_as_left(&draft.setup.skills, changed)?;
                draft.remove_skill(changed.id)?;
            }
            SetupEvent::Skill(changed) => back_or_to_before(&mut draft.setup.skills, changed)?,
            SetupEvent::SlaPolicy(changed) if changed.before.is_none() => {
                is_as_left(&draft.setup.sla_policies, changed)?;
                draft.remove_policy(changed.id)?;
            }
            SetupEvent::SlaPolicy(changed) => back_or_to_before(&mut draft.setup.sla_policies, changed)?,
            // What was moved stays where it is. A version stays, published or not; the others cannot be taken back.
            SetupEvent::QueueMoved { .. }
            | SetupEvent::FlowVersion { .. }
            | SetupEvent::Password { .. }
            | SetupEvent::Invitation(_)
            | SetupEvent::InvitationLink { .. }
            | SetupEvent::SecondFactor { .. }
            | SetupEvent::SecondFactorSetUp { .. }
            | SetupEvent::SecondFactorCodes { .. }
            | SetupEvent::AccessToken { .. }
            | SetupEvent::SignedIn { .. }
            | SetupEvent::Exported { .. }
            | SetupEvent::Strange(_) => {}
        }
    }
    Ok(())
}

/// Which acts could be taken back now: each is tried on the set-up as it stands.
#[derive(Debug)]
pub struct Reversal<'a> {
    setup: &'a Setup,
    /// What is wrong with it already.
    faults: BTreeSet<SetupRefusal>,
}

impl<'a> Reversal<'a> {
    #[must_use]
    pub fn of(setup: &'a Setup) -> Self {
        Self { setup, faults: check::faults(setup) }
    }

    /// Whether an act, of these events in their order, can be taken back.
    #[must_use]
    pub fn holds(&self, act: &[&SetupEvent]) -> bool {
        if act.is_empty() || !act.iter().all(|event| is_reversible(event)) {
            return false;
        }
        let mut draft = Draft::of(self.setup);
        let act: Vec<SetupEvent> = act.iter().map(|event| (*event).clone()).collect();
        if take_back(&mut draft, &act).is_err() {
            return false;
        }
        let (after, events) = draft.finish(self.setup);
        !events.is_empty() && check::new_since(&self.faults, self.setup, &after, &events).is_empty()
    }
}

/// Whether an event can be taken back, while what it changed is as it left it.
fn is_reversible(event: &SetupEvent) -> bool {
    match event {
        SetupEvent::Workspace(Changed { before, after, .. }) => before.is_some() && after.is_some(),
        SetupEvent::Security(Changed { before, after, .. }) => before.is_some() && after.is_some(),
        SetupEvent::Member(Changed { before, after, .. }) => before.is_some() && after.is_some(),
        SetupEvent::Queue(Changed { before, .. }) => before.is_some(),
        SetupEvent::Flow(Changed { before, after, .. }) => before.is_some() && after.is_some(),
        // What a number was authorised by is kept nowhere: one that was disconnected, or connected again, stays so.
        SetupEvent::Inbox(Changed { before, after, .. }) => {
            let is_connected = |inbox: &Option<Inbox>| inbox.as_ref().map(|inbox| inbox.state != InboxState::Disconnected);
            before.is_some() && after.is_some() && is_connected(before) == is_connected(after)
        }
        SetupEvent::Role(_)
        | SetupEvent::Team(_)
        | SetupEvent::CannedReply(_)
        | SetupEvent::Tag(_)
        | SetupEvent::Field(_)
        | SetupEvent::EntryRule(_)
        | SetupEvent::Skill(_)
        | SetupEvent::SlaPolicy(_)
        | SetupEvent::QueueMoved { .. }
        | SetupEvent::FlowVersion { .. } => true,
        // An invitation has buttons of its own.
        SetupEvent::Password { .. }
        | SetupEvent::SecondFactor { .. }
        | SetupEvent::SecondFactorSetUp { .. }
        | SetupEvent::SecondFactorCodes { .. }
        | SetupEvent::Invitation(_)
        | SetupEvent::InvitationLink { .. }
        | SetupEvent::AccessToken { .. }
        | SetupEvent::SignedIn { .. }
        | SetupEvent::Exported { .. }
        | SetupEvent::Strange(_) => false,
    }
}

/// What was added is as it was added.
fn is_as_left<I: Ord, T: PartialEq>(all: &BTreeMap<I, T>, changed: &Changed<I, T>) -> Applied {
    if all.get(&changed.id) == changed.after.as_ref() { Ok(()) } else { Err(SetupRefusal::ChangedSince) }
}

/// As [`to_before`]; what was removed comes back.
fn back_or_to_before<I, T>(all: &mut BTreeMap<I, T>, changed: &Changed<I, T>) -> Applied
where
    I: Ord + Copy,
    T: Clone + PartialEq + Serialize + DeserializeOwned,
{
    match (&changed.before, &changed.after) {
        (Some(before), None) => {
            is_as_left(all, changed)?;
            all.insert(changed.id, before.clone());
            Ok(())
        }
        _ => to_before(all, changed),
    }
}

/// The parts that were changed become what they were; the others stay, whoever changed them since.
fn to_before<I: Ord, T: Serialize + DeserializeOwned>(all: &mut BTreeMap<I, T>, changed: &Changed<I, T>) -> Applied {
    let (Some(before), Some(after)) = (&changed.before, &changed.after) else { return Err(SetupRefusal::CannotBeUndone) };
    let current = all.get_mut(&changed.id).ok_or(SetupRefusal::ChangedSince)?;
    let (before, after, mut now) = (parts_of(before), parts_of(after), parts_of(current));
    for (name, was) in before.iter().filter(|(name, was)| after.get(*name) != Some(*was)) {
        if now.get(name) != after.get(name) {
            return Err(SetupRefusal::ChangedSince);
        }
        now.insert(name.clone(), was.clone());
    }
    *current = serde_json::from_value(Value::Object(now)).map_err(|_| SetupRefusal::CannotBeUndone)?;
    Ok(())
}
