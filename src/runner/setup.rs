//! The door for what is set up: lock → load → decide → rows and journal → commit → publish. The web side and the command line go the
//! same way.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::guard::guarded;
use super::origin;
use super::{Error, Runner, now};
use crate::domain::agent::Availability;
use crate::domain::command::Person;
use crate::domain::ids::{InboxId, InvitationId, UserId, WorkspaceId};
use crate::domain::setup::command::Newcomer;
use crate::domain::setup::file::{AppSecrets, Import};
use crate::domain::setup::value::Member;
use crate::domain::setup::{
    By, Changed, Decision, Needs, RecordedSetup, Setup, SetupCommand, SetupEvent, SetupRefusal, check_unchanged, decide,
};
use crate::domain::user::EmailAddress;
use crate::live::PersonChange;
use crate::live::wakes::Wake;
use crate::store::account_links::Purpose;
use crate::store::apps::{App, IfKnown};
use crate::store::setups::JournalHead;
use crate::store::users::NewWorkspace;
use crate::store::{self, Transaction};

/// How long it may take: the database's own time-outs are shorter, but one that is frozen hears of none.
const LONGEST: Duration = Duration::from_secs(30);

/// How often a change that lost a deadlock is tried again.
const MAX_TRIES: usize = 4;

/// What a command changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Configured {
    /// The last sequence of the set-up's journal.
    pub seq: i64,
    /// Nothing, where everything was so already.
    pub events: Vec<SetupEvent>,
    /// Who may do or see something else than before.
    pub rights: BTreeSet<UserId>,
    /// Whom it added who had an account already, and keeps its password.
    pub had_account: Vec<EmailAddress>,
}

/// What is to be done.
#[derive(Debug, Clone)]
enum Wish {
    Command(Box<SetupCommand>),
    /// The act is taken back that this event belongs to.
    Undo(i64),
    /// As `Undo`, of an act that changed nothing but prepared texts.
    UndoText(i64),
}

/// What belongs to the installation and is written along.
#[derive(Clone, Copy)]
pub(super) enum Along<'a> {
    Nothing,
    App(&'a App, IfKnown),
    Workspace(&'a NewWorkspace<'a>),
    /// A workspace that is the first, at an address that was made after `since`.
    Beginning {
        workspace: &'a NewWorkspace<'a>,
        secret_hash: &'a [u8; 32],
        since: Timestamp,
    },
    /// The link of an invitation, by the hash of what it holds.
    Link(InvitationId, &'a [u8; 32]),
    /// The conversations of a number that is disconnected are to be resolved, for somebody.
    NumberEnding(InboxId, UserId),
    /// Somebody changes what they sign in with themselves, in whichever workspaces they work.
    Own,
    /// As `Own`, as long as the password is this one, in PHC form, by which somebody proved who they are.
    OwnPassword(UserId, &'a str),
    /// What a workspace file brings along: the workspace itself, where it makes one, and apps, which stay as they are known.
    File(Option<&'a NewWorkspace<'a>>, &'a [App]),
    /// As `Own`, by a link in a mail, which is used up.
    AccountLink {
        token_hash: &'a [u8; 32],
        purpose: Purpose,
        now: Timestamp,
    },
}

impl Runner {
    /// Changes the set-up of a workspace. `seen`: the last sequence of its journal when whoever acts looked at it; what somebody else
    /// changed of the same things since is not overwritten.
    ///
    /// # Errors
    /// A refusal, [`Error::NotFound`] when there is no such workspace, or a fault. What follows from a change that stands (sign-outs, work
    /// that goes back) may fail by itself, and be repeated.
    pub async fn configure(&self, workspace: WorkspaceId, by: &By, command: SetupCommand, seen: Option<i64>) -> Result<Configured, Error> {
        let configured = self.configured(workspace, by, Wish::Command(Box::new(command)), seen, Along::Nothing).await?;
        self.follow(workspace, &configured).await?;
        Ok(configured)
    }

    /// Takes back the act that an event of the set-up's journal belongs to, while everything that it changed is as it left it.
    ///
    /// # Errors
    /// As [`Runner::configure`].
    pub async fn undo_setup(&self, workspace: WorkspaceId, by: &By, seq: i64) -> Result<Configured, Error> {
        let configured = self.configured(workspace, by, Wish::Undo(seq), None, Along::Nothing).await?;
        self.follow(workspace, &configured).await?;
        Ok(configured)
    }

    /// As [`Runner::undo_setup`], of an act that changed nothing but prepared texts.
    ///
    /// # Errors
    /// As [`Runner::configure`]; [`SetupRefusal::CannotBeUndone`] of every other act.
    pub async fn undo_text(&self, workspace: WorkspaceId, by: &By, seq: i64) -> Result<Configured, Error> {
        let configured = self.configured(workspace, by, Wish::UndoText(seq), None, Along::Nothing).await?;
        self.follow(workspace, &configured).await?;
        Ok(configured)
    }

    /// As [`Runner::configure`], with the app that speaks for a number; nothing is changed when it is known under other secrets that are
    /// to be kept.
    ///
    /// # Errors
    /// As [`Runner::configure`].
    pub async fn connect(
        &self,
        workspace: WorkspaceId,
        by: &By,
        app: &App,
        known: IfKnown,
        command: SetupCommand,
    ) -> Result<Configured, Error> {
        self.configured(workspace, by, Wish::Command(Box::new(command)), None, Along::App(app, known)).await
    }

    /// Meta asked whether the address of an app's webhooks is ours, and was answered.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn was_challenged(&self, app_id: &str) -> Result<(), Error> {
        Ok(self.store.set_challenged(app_id, now()).await?)
    }

    /// Somebody comes by an invitation whose link they have; `hash` is that of what it holds.
    ///
    /// # Errors
    /// As [`Runner::configure`].
    pub async fn accept(
        &self,
        workspace: WorkspaceId,
        invitation: InvitationId,
        hash: &[u8; 32],
        member: UserId,
        newcomer: Newcomer,
    ) -> Result<Configured, Error> {
        let by = By::Newcomer { user: member, name: newcomer.name.clone() };
        let command = SetupCommand::AcceptInvitation { invitation, member, newcomer, now: now() };
        self.configured(workspace, &by, Wish::Command(Box::new(command)), None, Along::Link(invitation, hash)).await
    }

    /// Makes a workspace with what it begins with.
    ///
    /// # Errors
    /// As [`Runner::configure`].
    pub async fn open_workspace(&self, new: &NewWorkspace<'_>, by: &By, command: SetupCommand) -> Result<Configured, Error> {
        self.configured(new.id, by, Wish::Command(Box::new(command)), None, Along::Workspace(new)).await
    }

    /// As [`Runner::configure`], of somebody who changes what they sign in with themselves.
    pub(super) async fn configure_own(&self, workspace: WorkspaceId, by: Person, command: SetupCommand) -> Result<Configured, Error> {
        self.configured_own(workspace, by, command, Along::Own).await
    }

    /// As [`Runner::configure_own`], with what it depends on.
    pub(super) async fn configured_own(
        &self,
        workspace: WorkspaceId,
        by: Person,
        command: SetupCommand,
        along: Along<'_>,
    ) -> Result<Configured, Error> {
        let configured = self.configured_along(workspace, &By::Person(by), command, along).await?;
        self.follow(workspace, &configured).await?;
        Ok(configured)
    }

    /// Brings a workspace file in, as one act; `new` makes the workspace first. `seen` as in [`Runner::configure`].
    ///
    /// # Errors
    /// As [`Runner::configure`].
    pub async fn import(
        &self,
        workspace: WorkspaceId,
        by: &By,
        import: Import,
        new: Option<&NewWorkspace<'_>>,
        seen: Option<i64>,
    ) -> Result<Configured, Error> {
        let app = |app: AppSecrets| App {
            app_id: app.app_id,
            app_secret: app.app_secret.reveal().to_owned(),
            verify_token: app.verify_token.reveal().to_owned(),
        };
        let apps: Vec<App> = import.apps().into_iter().map(app).collect();
        let command = SetupCommand::Import(Box::new(import));
        let configured = self.configured(workspace, by, Wish::Command(Box::new(command)), seen, Along::File(new, &apps)).await?;
        self.follow(workspace, &configured).await?;
        Ok(configured)
    }

    /// As [`Runner::configure`], without what follows from it.
    pub(super) async fn configure_alone(&self, workspace: WorkspaceId, by: &By, command: SetupCommand) -> Result<Configured, Error> {
        self.configured(workspace, by, Wish::Command(Box::new(command)), None, Along::Nothing).await
    }

    /// As [`Runner::configure_alone`], with what is written along.
    pub(super) async fn configured_along(
        &self,
        workspace: WorkspaceId,
        by: &By,
        command: SetupCommand,
        along: Along<'_>,
    ) -> Result<Configured, Error> {
        self.configured(workspace, by, Wish::Command(Box::new(command)), None, along).await
    }

    async fn configured(
        &self,
        workspace: WorkspaceId,
        by: &By,
        wish: Wish,
        seen: Option<i64>,
        along: Along<'_>,
    ) -> Result<Configured, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let attempt = guarded(self.try_configure(workspace, by, wish.clone(), seen, along));
            match tokio::time::timeout(LONGEST, attempt).await.unwrap_or(Err(Error::Busy)) {
                Err(Error::Store(error)) if error.is_retryable() && tries < MAX_TRIES => {}
                Err(Error::Store(error)) => return Err(taken(&error).map_or(Error::Store(error), |refusal| Error::Refused(refusal.into()))),
                other => return other,
            }
        }
    }

    async fn try_configure(
        &self,
        workspace: WorkspaceId,
        by: &By,
        wish: Wish,
        seen: Option<i64>,
        along: Along<'_>,
    ) -> Result<Configured, Error> {
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        match along {
            Along::Nothing | Along::Own | Along::OwnPassword(..) | Along::Link(..) => {}
            Along::AccountLink { token_hash, purpose, now } => {
                if !store::account_links::use_up(&transaction, token_hash, purpose, now).await? {
                    return Err(Error::NotFound);
                }
            }
            Along::App(app, known) => {
                if !store::apps::save(&transaction, self.store.keys(), app, known).await? {
                    return Err(SetupRefusal::AppKnownOtherwise.into());
                }
            }
            Along::Workspace(new) => store::users::insert_workspace(&transaction, new).await?,
            Along::Beginning { workspace, secret_hash, since } => {
                if !store::beginnings::use_up(&transaction, secret_hash, since).await? {
                    return Err(Error::NotFound);
                }
                store::users::insert_workspace(&transaction, workspace).await?;
            }
            Along::NumberEnding(inbox, user) => store::number_endings::begin(&transaction, workspace, inbox, user, now()).await?,
            Along::File(new, apps) => {
                if let Some(new) = new {
                    store::users::insert_workspace(&transaction, new).await?;
                }
                for app in apps {
                    if !store::apps::save(&transaction, self.store.keys(), app, IfKnown::Keep).await? {
                        return Err(SetupRefusal::AppKnownOtherwise.into());
                    }
                }
            }
        }
        let JournalHead { last_seq, version } = store::setups::lock(&transaction, workspace).await?.ok_or(Error::NotFound)?;
        let command = match wish {
            Wish::Command(command) => *command,
            Wish::Undo(seq) => undo(&transaction, workspace, seq, |_| true).await?,
            Wish::UndoText(seq) => undo(&transaction, workspace, seq, |event| matches!(event, SetupEvent::CannedReply(_))).await?,
        };
        if let Along::Link(invitation, hash) = along
            && !store::invitations::is_link_of(&transaction, workspace, invitation, hash).await?
        {
            return Err(SetupRefusal::InvitationOver.into());
        }
        if let Along::OwnPassword(user, proved) = along
            && !store::accounts::has_password(&transaction, workspace, user, proved).await?
        {
            return Err(Error::NotFound);
        }
        let had_account = open_accounts(&transaction, &command).await?;
        if command.opens_own_account() && !had_account.is_empty() {
            return Err(SetupRefusal::EmailTaken.into());
        }
        // Whoever begins has proved more than the password of an account that is left of an earlier workspace.
        if let Along::Beginning { .. } = along {
            for (email, password) in command.newcomers().iter().filter(|(email, _)| had_account.contains(email)) {
                store::accounts::take_over(&transaction, email, password.reveal()).await?;
            }
        }
        let setup = load(&transaction, workspace, &command).await?;
        let Decision { events, rights } = decide(&setup, command.knowing(&had_account), by)?;
        if events.is_empty() {
            transaction.commit().await?;
            return Ok(Configured { seq: last_seq, events, rights, had_account });
        }
        if matches!(by, By::Person(_)) && !matches!(along, Along::Own | Along::OwnPassword(..) | Along::AccountLink { .. }) {
            keeps_to_this_workspace(&transaction, workspace, &events).await?;
        }
        for event in &events {
            let SetupEvent::Skill(Changed { id, before: Some(before), after: None }) = event else { continue };
            if store::skills::is_awaited(&transaction, workspace, *id).await? {
                return Err(SetupRefusal::SkillAwaited { skill: before.name.clone() }.into());
            }
        }
        if let Some(seen) = seen.filter(|seen| *seen < last_seq) {
            let since = store::setups::since(&transaction, workspace, seen).await?;
            // So much has changed that not all of it was read.
            if i64::try_from(since.len()).is_ok_and(|count| count >= store::setups::MOST_SINCE) {
                return Err(SetupRefusal::ChangedMeanwhile { name: None }.into());
            }
            check_unchanged(&since, &events)?;
        }
        let act = act(last_seq, by, &events);
        let last = act.last().map_or(last_seq, |recorded| recorded.seq);
        let version = if events.iter().any(SetupEvent::concerns_everybody) { last } else { version };
        store::setup_rows::commit(transaction, &self.store, workspace, &act, JournalHead { last_seq: last, version }).await?;
        self.live.set_up_changed(workspace, version);
        Ok(Configured { seq: last, events, rights, had_account })
    }

    /// Keeps a logo, which no workspace shows before its set-up says so.
    ///
    /// # Errors
    /// A fault.
    pub async fn keep_logo(&self, workspace: WorkspaceId, hash: &str, png: &[u8]) -> Result<(), Error> {
        Ok(self.store.keep_logo(workspace, hash, png).await?)
    }

    /// What follows from what was changed, for people and for work.
    pub(super) async fn follow(&self, workspace: WorkspaceId, configured: &Configured) -> Result<(), Error> {
        let Configured { events, rights, seq, .. } = configured;
        for user in rights {
            self.live.person_changed(workspace, *user, PersonChange::Rights);
        }
        for event in events {
            match event {
                SetupEvent::Member(changed) => {
                    let (Some(before), Some(after)) = (&changed.before, &changed.after) else { continue };
                    if before.active && !after.active {
                        self.sign_out_of_workspace(workspace, changed.id).await?;
                        // They are out by now. What could not be moved in this moment is moved by the chores, to the same place.
                        if let Err(error) = self.return_conversations(workspace, changed.id, after.successor).await {
                            tracing::warn!(%error, user = %changed.id, "what somebody held is moved a little later");
                        }
                    }
                    if wants_more(before, after) {
                        self.live.wake(Wake::Agent(workspace, changed.id));
                    }
                }
                SetupEvent::Password { member, .. } => _ = self.sign_out_account(workspace, *member).await?,
                SetupEvent::QueueMoved { id, to } => {
                    // As above: the queue is gone by now, and what is left in it is moved by the chores.
                    if let Err(error) = self.move_queue(workspace, *id, *to).await {
                        tracing::warn!(%error, queue = %id, "what waited in a removed queue is moved a little later");
                    }
                }
                SetupEvent::Queue(changed) => {
                    let (Some(before), Some(after)) = (&changed.before, &changed.after) else { continue };
                    let concerns_all = before.overflow != after.overflow
                        || before.rest != after.rest && !after.overflow.is_none()
                        || before.hours != after.hours && after.overflow.when_closed;
                    if concerns_all {
                        self.store.ring_waiting(workspace, changed.id, *seq, now()).await?;
                    } else if before.widening != after.widening {
                        self.store.ring_wanting(workspace, changed.id, *seq, now()).await?;
                    }
                    self.live.wake(Wake::Timers);
                    self.live.wake(Wake::Queue(workspace, changed.id));
                }
                SetupEvent::AccessToken { inbox, .. } => self.live.wake(Wake::Outbox(workspace, *inbox)),
                // Whatever waits goes on, or is told that nothing is sent any more.
                SetupEvent::Inbox(changed) => self.live.wake(Wake::Outbox(workspace, changed.id)),
                SetupEvent::Workspace(_)
                | SetupEvent::Security(_)
                | SetupEvent::Invitation(_)
                | SetupEvent::InvitationLink { .. }
                | SetupEvent::Role(_)
                | SetupEvent::Team(_)
                | SetupEvent::CannedReply(_)
                | SetupEvent::Tag(_)
                | SetupEvent::Field(_)
                | SetupEvent::EntryRule(_)
                | SetupEvent::Skill(_)
                // Deadlines are reckoned anew by a worker.
                | SetupEvent::SlaPolicy(_)
                | SetupEvent::Flow(_)
                | SetupEvent::FlowVersion { .. }
                | SetupEvent::SecondFactor { .. }
                | SetupEvent::SecondFactorSetUp { .. }
                | SetupEvent::SecondFactorCodes { .. }
                | SetupEvent::SignedIn { .. }
                | SetupEvent::Exported { .. }
                | SetupEvent::Strange(_) => {}
            }
        }
        Ok(())
    }
}

/// Whether somebody may be given what they were not given before.
fn wants_more(before: &Member, after: &Member) -> bool {
    let comes = before.availability != after.availability && after.availability == Availability::Online;
    after.active
        && (comes || !before.active || after.capacity > before.capacity || before.teams != after.teams || before.skills != after.skills)
}

async fn load(transaction: &Transaction<'_>, workspace: WorkspaceId, command: &SetupCommand) -> Result<Setup, Error> {
    Ok(match command.needs() {
        Needs::Member(member) => store::setups::load_member(transaction, workspace, member).await?,
        Needs::Whole => store::setups::load(transaction, workspace, &command.versions()).await?,
    })
}

/// Opens the accounts of those who have none; answers who has.
async fn open_accounts(transaction: &Transaction<'_>, command: &SetupCommand) -> Result<Vec<EmailAddress>, Error> {
    let mut known = Vec::new();
    for (email, password) in command.newcomers() {
        if !store::accounts::open(transaction, &email, password.reveal()).await? {
            known.push(email);
        }
    }
    Ok(known)
}

/// What somebody signs in with is a workspace's to change only while they work in no other.
async fn keeps_to_this_workspace(transaction: &Transaction<'_>, workspace: WorkspaceId, events: &[SetupEvent]) -> Result<(), Error> {
    for member in events.iter().filter_map(SetupEvent::changes_sign_in_of) {
        if store::accounts::is_shared(transaction, workspace, member).await? {
            return Err(SetupRefusal::AccountShared.into());
        }
    }
    Ok(())
}

async fn undo(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    seq: i64,
    is_meant: fn(&SetupEvent) -> bool,
) -> Result<SetupCommand, Error> {
    let act = store::setups::of_act(transaction, workspace, seq).await?;
    if act.is_empty() {
        return Err(Error::NotFound);
    }
    let is_too_long = i64::try_from(act.len()).is_ok_and(|count| count >= store::setups::MOST_OF_ACT);
    if is_too_long || !act.iter().all(|recorded| is_meant(&recorded.event)) {
        return Err(SetupRefusal::CannotBeUndone.into());
    }
    Ok(SetupCommand::Undo { act: act.into_iter().map(|recorded| recorded.event).collect() })
}

/// The lines of the journal.
pub(super) fn act(last_seq: i64, by: &By, events: &[SetupEvent]) -> Vec<RecordedSetup> {
    let (first, size, at, who, from) = (last_seq + 1, i64::try_from(events.len()).unwrap_or(i64::MAX), now(), by.who(), origin::here());
    let line = |(seq, event): (i64, &SetupEvent)| {
        let (who, from, event) = (who.clone(), from.clone(), event.clone());
        RecordedSetup { seq, act: first, size, at, who, from, event }
    };
    (first..).zip(events).map(line).collect()
}

/// What belongs to one workspace only in the whole installation.
fn taken(error: &store::Error) -> Option<SetupRefusal> {
    let constraint = error.broken_uniqueness()?;
    if constraint == "accounts_by_email" {
        Some(SetupRefusal::EmailTaken)
    } else if constraint.contains("phone_number_id") {
        Some(SetupRefusal::NumberTaken)
    } else {
        Some(SetupRefusal::IdTaken)
    }
}

impl From<SetupRefusal> for Error {
    fn from(refusal: SetupRefusal) -> Self {
        Error::Refused(refusal.into())
    }
}
