//! The door for whoever signs off, or goes away, and for what they hold.

use tracing::Instrument;

use super::sets::item;
use super::{Error, Runner, now};
use crate::domain::Refusal;
use crate::domain::access::Permission;
use crate::domain::agent::Presence;
use crate::domain::command::{Command, Person};
use crate::domain::floor::{Came, FloorAct, MOST_HELD_AT_ONCE};
use crate::domain::ids::{FloorActId, UserId, WorkspaceId};
use crate::domain::signing_off::{SignedOff, SigningOff};
use crate::live::change::Change;
use crate::live::wakes::Wake;
use crate::store::access::Viewer;
use crate::store::floor::Noted;

impl Runner {
    /// Somebody signs off, or goes away, and says what becomes of what they hold. What is handed over or goes back is one entry of the floor,
    /// under an id that whoever asks for it made: asked for twice, it is done once.
    ///
    /// # Errors
    /// A refusal, or a fault; what was done before it stands.
    pub async fn sign_off(&self, workspace: WorkspaceId, by: Person, id: FloorActId, choice: SigningOff) -> Result<Came, Error> {
        let runner = self.clone();
        // In a task of its own: whoever asked for it is about to go.
        let signing_off = async move { runner.do_sign_off(workspace, &by, id, choice).await };
        tokio::spawn(signing_off.in_current_span()).await.unwrap_or(Err(Error::Panicked))
    }

    /// Somebody who signed off is back, and is given what waits if they are online.
    ///
    /// # Errors
    /// A fault.
    pub async fn comes_back(&self, workspace: WorkspaceId, user: UserId) -> Result<(), Error> {
        if self.store.sign_back(workspace, user).await? {
            self.live.wake(Wake::Agent(workspace, user));
            self.live.publish(Change::Team(workspace));
        }
        Ok(())
    }

    async fn do_sign_off(&self, workspace: WorkspaceId, by: &Person, id: FloorActId, choice: SigningOff) -> Result<Came, Error> {
        self.check_clock()?;
        choice.check(now())?;
        let (from, viewer) = (by.user, Viewer { workspace, user: by.user, visibility: by.rights.visibility });
        let act = match choice {
            SigningOff::Keep { .. } => None,
            SigningOff::HandOver { to } => {
                self.check_takes(workspace, by, to).await?;
                Some(FloorAct::HandOver { from, to })
            }
            SigningOff::Return => Some(FloorAct::Return { from, away: None }),
        };
        if let Some(act) = &act {
            self.begin_on_floor(workspace, by, id, act).await?;
        }
        // First of all: what goes back to a queue does not come to them again.
        let keep_until = if let SigningOff::Keep { until } = choice { Some(until) } else { None };
        self.store.sign_off(workspace, from, SignedOff { at: now(), keep_until }).await?;
        self.live.publish(Change::Team(workspace));
        let held = self.store.held_in_sight(viewer, from, MOST_HELD_AT_ONCE.into()).await?;
        let items = held.into_iter().map(|one| item(one, Command::SignOff { by: by.clone(), choice })).collect();
        let agents = match choice {
            SigningOff::HandOver { to } => vec![from, to],
            SigningOff::Keep { .. } | SigningOff::Return => vec![from],
        };
        let noted = |lines| act.as_ref().map(|_| Noted::Done { act: id, lines });
        let came = self.run_in_sets(workspace, by, items, &agents, noted).await?;
        if act.is_some() { self.end_on_floor(workspace, id, came).await } else { Ok(came) }
    }

    /// Whether a colleague takes what somebody holds who signs off: they are here, may answer it, and have room for some of it.
    async fn check_takes(&self, workspace: WorkspaceId, by: &Person, to: UserId) -> Result<(), Error> {
        if !by.rights.may(Permission::Transfer) {
            return Err(Refusal::NotAllowed.into());
        }
        let agent = self.store.agent(workspace, to).await?.filter(|agent| agent.user != by.user).ok_or(Refusal::UnknownPerson)?;
        agent.may_be_handed_to()?;
        let (name, load, capacity) = (agent.name.clone(), agent.load, agent.capacity);
        if Presence::of(self.live.is_connected(workspace, to), agent.availability) != Presence::Online {
            return Err(Refusal::NotHere { name }.into());
        }
        if !agent.has_room() {
            return Err(Refusal::NoRoom { name, load, capacity }.into());
        }
        Ok(())
    }
}
