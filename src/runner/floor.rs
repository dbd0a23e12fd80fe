//! The door for what supervisors do on the floor: to many conversations as one act, and to colleagues. An act is one entry, which is
//! written with what it did, and can be taken back as one for a while by whoever did it.

use std::collections::HashMap;

use tracing::Instrument;
use uuid::Uuid;

use super::sets::{Item, item};
use super::{Error, Runner, now};
use crate::domain::Refusal;
use crate::domain::access::Permission;
use crate::domain::agent::Availability;
use crate::domain::command::{BulkTarget, Command, Person};
use crate::domain::conversation::Holder;
use crate::domain::floor::{Came, FloorAct, MOST_AT_ONCE, MOST_HELD_AT_ONCE, SetBack};
use crate::domain::ids::{FloorActId, QueueId, UserId, WorkspaceId};
use crate::domain::setup::{By, SetupCommand, SetupEvent};
use crate::domain::undoing::UNDO_WITHIN;
use crate::live::change::Change;
use crate::store::access::Viewer;
use crate::store::floor::{Movable, Noted, WholeEntry};

/// What somebody wants done.
#[derive(Debug, Clone)]
pub enum FloorWish {
    /// The oldest of a queue, so many of them, wait in another one.
    Move {
        from: QueueId,
        to: QueueId,
        count: u16,
    },
    /// The oldest of a queue, so many of them, are somebody's.
    Give {
        from: QueueId,
        to: UserId,
        count: u16,
    },
    /// What somebody holds waits in its queues again, in front.
    Return {
        from: UserId,
        and_away: bool,
    },
    HandOver {
        from: UserId,
        to: UserId,
    },
    Availability {
        of: UserId,
        to: Availability,
    },
    Capacity {
        of: UserId,
        to: i32,
    },
}

impl Runner {
    /// Does something on the floor, under an id that whoever asks for it made: asked for twice, it is done once. `by` is known to see those
    /// whom it concerns.
    ///
    /// # Errors
    /// A refusal, or a fault; what was done before it stands, and its entry says how much that is.
    pub async fn act_on_floor(&self, workspace: WorkspaceId, by: Person, id: FloorActId, wish: FloorWish) -> Result<Came, Error> {
        let runner = self.clone();
        // In a task of its own: whoever asked for it may go away while it is under way.
        let acting = async move { runner.do_on_floor(workspace, &by, id, wish).await };
        tokio::spawn(acting.in_current_span()).await.unwrap_or(Err(Error::Panicked))
    }

    /// Takes an act back: whatever is where it put it has its former place again.
    ///
    /// # Errors
    /// A refusal, or a fault; what was taken back before it is.
    pub async fn undo_on_floor(&self, workspace: WorkspaceId, by: Person, id: FloorActId) -> Result<Came, Error> {
        let runner = self.clone();
        let undoing = async move { runner.take_back_on_floor(workspace, &by, id).await };
        tokio::spawn(undoing.in_current_span()).await.unwrap_or(Err(Error::Panicked))
    }

    async fn do_on_floor(&self, workspace: WorkspaceId, by: &Person, id: FloorActId, wish: FloorWish) -> Result<Came, Error> {
        self.check_clock()?;
        if !by.rights.may(Permission::Supervise) {
            return Err(Refusal::NotAllowed.into());
        }
        self.note_acted(workspace, by);
        let viewer = Viewer { workspace, user: by.user, visibility: by.rights.visibility };
        match wish {
            FloorWish::Move { from, to, count } => {
                let workplace = self.workplaces.get(workspace).await?;
                if from == to || workplace.queue(to).is_none() {
                    return Err(Refusal::UnknownQueue.into());
                }
                let count = fit(count)?;
                let movables = self.store.oldest_waiting(viewer, from, count).await?;
                self.begin_on_floor(workspace, by, id, &FloorAct::Move { from, to, count }).await?;
                let (from, to) = (Holder::Queue(from), BulkTarget::Queue(to));
                self.transfer_all(workspace, by, id, movables, from, to, &[]).await
            }
            FloorWish::Give { from, to, count } => {
                self.store.agent(workspace, to).await?.ok_or(Refusal::UnknownPerson)?.may_be_handed_to()?;
                let count = fit(count)?;
                let movables = self.store.oldest_waiting(viewer, from, count).await?;
                self.begin_on_floor(workspace, by, id, &FloorAct::Give { from, to, count }).await?;
                self.transfer_all(workspace, by, id, movables, Holder::Queue(from), BulkTarget::Agent(to), &[to]).await
            }
            FloorWish::Return { from, and_away } => {
                self.begin_on_floor(workspace, by, id, &FloorAct::Return { from, away: None }).await?;
                if and_away {
                    let away = self.set_up_on_floor(workspace, by, SetupCommand::availability(from, Availability::Away)).await?;
                    let away = away.map(|(before, seq)| SetBack { before: before.0, seq });
                    self.store.set_floor_act(workspace, id, &FloorAct::Return { from, away }).await?;
                }
                let movables = self.store.held_in_sight(viewer, from, MOST_HELD_AT_ONCE.into()).await?;
                self.transfer_all(workspace, by, id, movables, Holder::Agent(from), BulkTarget::OwnQueue, &[from]).await
            }
            FloorWish::HandOver { from, to } => {
                if from == to {
                    return Err(Refusal::UnknownPerson.into());
                }
                self.store.agent(workspace, to).await?.ok_or(Refusal::UnknownPerson)?.may_be_handed_to()?;
                let movables = self.store.held_in_sight(viewer, from, MOST_HELD_AT_ONCE.into()).await?;
                self.begin_on_floor(workspace, by, id, &FloorAct::HandOver { from, to }).await?;
                self.transfer_all(workspace, by, id, movables, Holder::Agent(from), BulkTarget::Agent(to), &[from, to]).await
            }
            FloorWish::Availability { of, to } => {
                if to == Availability::Online {
                    self.store.agent(workspace, of).await?.ok_or(Refusal::UnknownPerson)?.may_be_set_online()?;
                }
                if let Some(((before, _), seq)) = self.set_up_on_floor(workspace, by, SetupCommand::availability(of, to)).await? {
                    let act = FloorAct::Availability { of, to, back: SetBack { before, seq } };
                    self.begin_on_floor(workspace, by, id, &act).await?;
                }
                Ok(Came::default())
            }
            FloorWish::Capacity { of, to } => {
                if let Some(((_, before), seq)) = self.set_up_on_floor(workspace, by, SetupCommand::capacity(of, to)).await? {
                    self.begin_on_floor(workspace, by, id, &FloorAct::Capacity { of, to, back: SetBack { before, seq } }).await?;
                }
                Ok(Came::default())
            }
        }
    }

    pub(super) async fn begin_on_floor(&self, workspace: WorkspaceId, by: &Person, id: FloorActId, act: &FloorAct) -> Result<(), Error> {
        if self.store.begin_floor_act(workspace, id, by.user, now(), act).await? { Ok(()) } else { Err(Refusal::Duplicate.into()) }
    }

    /// Sets something up of a colleague; what it was before, and the line of the journal, unless it was so already.
    async fn set_up_on_floor(
        &self,
        workspace: WorkspaceId,
        by: &Person,
        command: SetupCommand,
    ) -> Result<Option<((Availability, i32), i64)>, Error> {
        let configured = self.configure(workspace, &By::Person(by.clone()), command, None).await?;
        let before = configured.events.iter().find_map(|event| match event {
            SetupEvent::Member(changed) => changed.before.as_ref().map(|before| (before.availability, before.capacity)),
            _ => None,
        });
        Ok(before.map(|before| (before, configured.seq)))
    }

    #[expect(clippy::too_many_arguments, reason = "they are the parts of one act")]
    async fn transfer_all(
        &self,
        workspace: WorkspaceId,
        by: &Person,
        act: FloorActId,
        movables: Vec<Movable>,
        from: Holder,
        to: BulkTarget,
        agents: &[UserId],
    ) -> Result<Came, Error> {
        let command = Command::BulkTransfer { by: by.clone(), from, to };
        let items = movables.into_iter().map(|one| item(one, command.clone())).collect();
        let noted = |lines| Some(Noted::Done { act, lines });
        let came = self.run_in_sets(workspace, by, items, agents, noted).await?;
        self.end_on_floor(workspace, act, came).await
    }

    /// Notes what an act left where it is, for whoever reads of it later.
    pub(super) async fn end_on_floor(&self, workspace: WorkspaceId, id: FloorActId, came: Came) -> Result<Came, Error> {
        if came.left.count() > 0 {
            self.store.set_floor_act_left(workspace, id, came.left).await?;
            self.live.publish(Change::Team(workspace));
        }
        Ok(came)
    }

    async fn take_back_on_floor(&self, workspace: WorkspaceId, by: &Person, id: FloorActId) -> Result<Came, Error> {
        self.check_clock()?;
        let WholeEntry { entry, .. } = self.store.floor_entry(workspace, id).await?.ok_or(Error::NotFound)?;
        if entry.by != by.user || entry.act == FloorAct::Strange {
            return Err(Refusal::NothingToUndo.into());
        }
        if now().duration_since(entry.at) > UNDO_WITHIN {
            return Err(Refusal::TooLateToUndo.into());
        }
        if !self.store.begin_undoing_floor_act(workspace, id, now()).await? {
            return Err(Refusal::Duplicate.into());
        }
        // From now on nothing is added to it.
        let WholeEntry { lines, .. } = self.store.floor_entry(workspace, id).await?.ok_or(Error::NotFound)?;
        let seqs: HashMap<_, _> = lines.iter().copied().collect();
        let ids: Vec<Uuid> = lines.iter().map(|(conversation, _)| conversation.0).collect();
        let movables = if ids.is_empty() { Vec::new() } else { self.store.movables(workspace, &ids).await? };
        let undo = |one: Movable| Some(item(one, Command::Undo { by: by.clone(), seq: *seqs.get(&one.conversation)? }));
        let items: Vec<Item> = movables.into_iter().filter_map(undo).collect();
        let noted = |lines: Vec<_>| Some(Noted::Undone { act: id, count: lines.len() });
        let came = self.run_in_sets(workspace, by, items, &entry.act.people(), noted).await?;
        let set_back = match entry.act {
            FloorAct::Return { from, away: Some(SetBack { before, seq }) } => Some((SetupCommand::availability(from, before), seq)),
            FloorAct::Availability { of, back: SetBack { before, seq }, .. } => Some((SetupCommand::availability(of, before), seq)),
            FloorAct::Capacity { of, back: SetBack { before, seq }, .. } => Some((SetupCommand::capacity(of, before), seq)),
            FloorAct::Move { .. }
            | FloorAct::Give { .. }
            | FloorAct::Return { away: None, .. }
            | FloorAct::HandOver { .. }
            | FloorAct::Strange => None,
        };
        let Some((command, seq)) = set_back else { return Ok(came) };
        // Whoever signed off since comes back themselves.
        if let Some(of) = entry.act.sets_online_again()
            && self.store.agent(workspace, of).await?.is_none_or(|agent| agent.signed_off.is_some())
        {
            return Ok(Came { is_set_again: true, ..came });
        }
        match self.configure(workspace, &By::Person(by.clone()), command, Some(seq)).await {
            Ok(_) => Ok(came),
            // Somebody decided otherwise since, and that stays.
            Err(Error::Refused(_)) => Ok(Came { is_set_again: true, ..came }),
            Err(error) => Err(error),
        }
    }
}

/// How many are moved at once.
fn fit(count: u16) -> Result<usize, Refusal> {
    let fits = (1..=MOST_AT_ONCE).contains(&count);
    if fits { Ok(count.into()) } else { Err(Refusal::CountUnfit { least: 1, most: MOST_AT_ONCE }) }
}
