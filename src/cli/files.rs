//! `workspace export` and `workspace import`: a whole set-up as one file.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use uuid::Uuid;

use baton::config::{Config, given};
use baton::domain::ids::WorkspaceId;
use baton::domain::password::PasswordRule;
use baton::domain::setup::file::{self, Gone, Import, Plan, Reach};
use baton::domain::setup::value::Workspace;
use baton::domain::setup::{By, Secret, Setup, SetupEvent};
use baton::store::Store;
use baton::store::users::NewWorkspace;
use baton::web::sign_in::passwords::Passwords;

use super::commands::{find_workspace, invent_password, store};
use super::installation::{Installation, in_words};

/// Faults of a file that are told; of the others there is a number.
const SHOWN_FAULTS: usize = 50;

pub async fn export(config: &Config, workspace: Option<&str>, file: Option<&Path>, with_people: bool) -> Result<()> {
    let store = store(config)?;
    let workspace = meant(&store, workspace).await?.context("there is no workspace yet; `baton workspace create` makes one")?;
    let text = file::export(&store.setup(workspace).await?, with_people)?;
    match file {
        Some(file) => std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?,
        None => print!("{text}"),
    }
    Ok(())
}

pub async fn import(config: &Config, workspace: Option<&str>, file: &Path, applies: bool, prune: bool) -> Result<()> {
    let text = read(file)?;
    let document = file::read(&text).map_err(|fault| anyhow::anyhow!("{}:{fault}", file.display()))?;
    let installation = Installation::of(config)?;
    let known = meant(installation.store(), workspace).await?;
    let (id, mut setup) = match known {
        Some(id) => (id, installation.store().setup(id).await?),
        None => (WorkspaceId(Uuid::now_v7()), Setup::default()),
    };
    let made = known.is_none().then(|| document.itself()).flatten();
    ensure!(known.is_some() || made.is_some(), "there is no workspace yet, and the file does not say what to call one");
    setup.workspaces.extend(made.clone().map(|itself| (id, itself)));
    let supplied = |name: String| given(&name).map(|value| (name, Secret::new(value)));
    let secrets: BTreeMap<String, Secret> = document.secrets().into_iter().filter_map(supplied).collect();
    let known_apps = installation.store().known_apps(&document.apps()).await?;
    let password = if applies && document.names_people() {
        Passwords::new()?.hash(invent_password(PasswordRule::default())).await?
    } else {
        String::new()
    };
    let import =
        Import { document, prune, reach: Reach::Installation, secrets, known_apps, password: Secret::new(password), seed: Uuid::now_v7() };
    let plan = match import.plan(&setup) {
        Ok(plan) => plan,
        Err(faults) => {
            faults.iter().take(SHOWN_FAULTS).for_each(|fault| eprintln!("{}:{fault}", file.display()));
            if faults.len() > SHOWN_FAULTS {
                eprintln!("and {} more", faults.len() - SHOWN_FAULTS);
            }
            bail!("nothing was changed: {} of the file cannot be used", faults.len());
        }
    };
    if plan.events.is_empty() && made.is_none() {
        tell(None, &plan);
        println!("Nothing to do.");
        return Ok(());
    }
    tell(made.as_ref(), &plan);
    let gone = plan.gone();
    let held = installation.store().held_by_all(id, &gone.people).await?;
    tell_gone(&gone, held);
    if applies {
        let new = made.as_ref().map(|Workspace { name, locale, time_zone, .. }| NewWorkspace { id, name, locale, time_zone });
        installation.runner.import(id, &By::CommandLine, import, new.as_ref(), None).await.map_err(in_words)?;
        println!("Done.");
        installation.tell().await?;
    }
    Ok(())
}

fn tell(made: Option<&Workspace>, plan: &Plan) {
    if let Some(made) = made {
        println!("workspace_added  {}", made.name);
    }
    for event in &plan.events {
        println!("{}", line(plan, event));
    }
    for left in &plan.left_out {
        println!("left_out  {left}");
    }
}

/// What would be gone, of each kind how many; `held`: conversations that go back to their queues.
fn tell_gone(gone: &Gone, held: i64) {
    let Gone { people, teams, roles, canned_replies, tags, fields, entry_rules, skills, sla_policies } = gone;
    let counts = [
        ("people", people.len()),
        ("teams", *teams),
        ("roles", *roles),
        ("canned replies", *canned_replies),
        ("tags (archived)", *tags),
        ("fields", *fields),
        ("rules", *entry_rules),
        ("skills", *skills),
        ("SLA policies", *sla_policies),
    ];
    let mut told: Vec<String> =
        counts.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{what}: {count}")).collect();
    if !people.is_empty() {
        told.push(format!("open conversations that go back to their queues: {held}"));
    }
    if !told.is_empty() {
        println!("gone  {}", told.join(", "));
    }
}

/// Such as `queue_changed  Support  promise_minutes: 10 → 15`.
fn line(plan: &Plan, event: &SetupEvent) -> String {
    let named = event.about().and_then(|(thing, _)| plan.names.get(&thing).map(String::as_str));
    let name = event.name().or(named).unwrap_or_default();
    let parts: Vec<String> = event.differences().into_iter().map(|(name, was, is)| format!("{name}: {was} → {is}")).collect();
    format!("{}  {name}  {}", event.kind(), parts.join(", ")).trim_end().to_owned()
}

/// The workspace that is named, or the only one there is.
pub(super) async fn meant(store: &Store, workspace: Option<&str>) -> Result<Option<WorkspaceId>> {
    if let Some(workspace) = workspace {
        return find_workspace(store, workspace).await.map(Some);
    }
    match store.only_workspace().await? {
        Some(only) => Ok(Some(only)),
        None if store.has_workspaces().await? => bail!("there are several workspaces; say which one is meant with --workspace"),
        None => Ok(None),
    }
}

fn read(file: &Path) -> Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    ensure!(text.len() <= file::LONGEST, "the file is longer than {} bytes", file::LONGEST);
    Ok(text)
}
