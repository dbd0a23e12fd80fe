//! Floors that somebody watches: looked at anew when something happened on them, at most once a second each; what is another is rendered
//! once for each language, and the same bytes go to all who are shown the same.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::frames::{FloorPart, ToPage};
use crate::domain::floor::Floor;
use crate::domain::ids::WorkspaceId;
use crate::live::delivery::{Line, deliver};
use crate::live::hub::floors::{Watcher, Watching};
use crate::web::floor::now::{FloorNow, floor_now};
use crate::web::floor::view::names::Names;
use crate::web::floor::view::rows::{EntryRow, FloorRow, StripRow};
use crate::web::floor::view::{alert_rows, person_rows, queue_rows};
use crate::web::locale::Locale;
use crate::web::state::State;

/// At most so often is a floor looked at: with the time that takes, nothing on a page is older than a second.
const ROUND: Duration = Duration::from_millis(600);

/// How long one may take to be looked at; later it is looked at again.
const LONGEST: Duration = Duration::from_secs(10);

/// The floors that are looked at at once.
const AT_ONCE: usize = 4;

/// What pages are shown together: everything of it depends on these.
type Group = (Watching, Locale);

/// Rows as they were rendered last in a language, for walls or for other pages, with a mark of what each was.
type Rendered = HashMap<(Locale, bool), HashMap<String, (u64, Arc<str>)>>;

/// What is known of the pages of a floor.
#[derive(Default)]
struct Watched {
    /// When it was looked at last.
    looked_at: Option<Instant>,
    is_stale: bool,
    /// When it is another one, though nothing happens.
    changes_at: Option<Timestamp>,
    /// Who has been shown all of it.
    known: HashSet<u64>,
    /// What each group was shown: elements, and a mark of what each was.
    shown: HashMap<Group, BTreeMap<String, u64>>,
    rendered: Rendered,
}

/// An element as it is now.
struct Element {
    list: Option<&'static str>,
    id: String,
    mark: u64,
    html: Arc<str>,
}

/// Runs until it is dropped.
pub(super) async fn run(state: &Data<State>) {
    let mut all: HashMap<WorkspaceId, Watched> = HashMap::new();
    loop {
        tokio::select! {
            () = state.live.floors.marked() => {}
            () = sleep_until(next(&all)) => {}
        }
        let watched: HashSet<WorkspaceId> = state.live.hub.watched_floors().into_iter().collect();
        all.retain(|workspace, _| watched.contains(workspace));
        for workspace in state.live.floors.take().into_iter().filter(|workspace| watched.contains(workspace)) {
            all.entry(workspace).or_default().is_stale = true;
        }
        let (now, time) = (Instant::now(), Timestamp::now());
        let due: Vec<WorkspaceId> = all.iter().filter(|(_, it)| it.is_due(now, time)).map(|(workspace, _)| *workspace).collect();
        for some in due.chunks(AT_ONCE) {
            for workspace in some {
                all.entry(*workspace).or_default().looked_at = Some(Instant::now());
            }
            let looks = some.iter().map(|workspace| async move {
                let looked = tokio::time::timeout(LONGEST, floor_now(state, *workspace)).await;
                (*workspace, looked)
            });
            for (workspace, looked) in join_all(looks).await {
                let Some(watched) = all.get_mut(&workspace) else { continue };
                match looked {
                    Ok(Ok(floor)) => {
                        watched.is_stale = false;
                        watched.changes_at = floor.floor.changes_at;
                        watched.show(state.live.hub.floor_watchers(workspace), &floor);
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "a floor stays as it is for a while"),
                    Err(_) => tracing::debug!("a floor stays as it is for a while: the database takes long"),
                }
            }
        }
    }
}

/// When one is to be looked at next.
fn next(all: &HashMap<WorkspaceId, Watched>) -> Instant {
    let time = Timestamp::now();
    let idle = Instant::now() + Duration::from_secs(3600);
    all.values().map(|watched| watched.due_at(time)).min().unwrap_or(idle).min(idle)
}

impl Watched {
    fn due_at(&self, time: Timestamp) -> Instant {
        let now = Instant::now();
        let earliest = self.looked_at.map_or(now, |looked_at| looked_at + ROUND);
        if self.is_stale {
            return earliest;
        }
        let until = self.changes_at.map(|at| Duration::try_from(at.duration_since(time)).unwrap_or_default());
        until.map_or(now + Duration::from_secs(3600), |until| earliest.max(now + until))
    }

    fn is_due(&self, now: Instant, time: Timestamp) -> bool {
        let has_time = self.looked_at.is_none_or(|looked_at| now >= looked_at + ROUND);
        has_time && (self.is_stale || self.changes_at.is_some_and(|at| at <= time))
    }

    /// Tells each page what it does not know.
    fn show(&mut self, watchers: Vec<Watcher>, now: &FloorNow) {
        let mut groups: BTreeMap<Group, Vec<Watcher>> = BTreeMap::new();
        for watcher in watchers {
            let locale = Locale::of(watcher.line.locale).unwrap_or_default();
            groups.entry((watcher.watching.clone(), locale)).or_default().push(watcher);
        }
        let before = std::mem::take(&mut self.shown);
        let known = std::mem::take(&mut self.known);
        // What nobody is shown any more is not kept.
        let mut rendered = Rendered::default();
        for (group, watchers) in groups {
            let elements = elements(&group, now, &self.rendered, &mut rendered);
            let marks: BTreeMap<String, u64> = elements.iter().map(|element| (element.id.clone(), element.mark)).collect();
            let (old, new): (Vec<Watcher>, Vec<Watcher>) = watchers.into_iter().partition(|watcher| known.contains(&watcher.serial));
            if !new.is_empty() {
                let parts: Vec<FloorPart<'_>> = elements.iter().map(Element::part).collect();
                deliver(&lines(&new), &ToPage::Floor { is_whole: true, parts: &parts }.frame());
            }
            if let Some(before) = before.get(&group).filter(|_| !old.is_empty()) {
                let is_another = |element: &&Element| before.get(&element.id) != marks.get(&element.id);
                let mut parts: Vec<FloorPart<'_>> = elements.iter().filter(is_another).map(Element::part).collect();
                let gone = before.keys().filter(|id| !marks.contains_key(*id));
                parts.extend(gone.map(|id| FloorPart { list: None, id, html: None }));
                if !parts.is_empty() {
                    deliver(&lines(&old), &ToPage::Floor { is_whole: false, parts: &parts }.frame());
                }
            }
            self.known.extend(old.iter().chain(&new).map(|watcher| watcher.serial));
            self.shown.insert(group, marks);
        }
        self.rendered = rendered;
    }
}

fn lines(watchers: &[Watcher]) -> Vec<Arc<Line>> {
    watchers.iter().map(|watcher| watcher.line.clone()).collect()
}

impl Element {
    fn part(&self) -> FloorPart<'_> {
        FloorPart { list: self.list, id: &self.id, html: Some(&self.html) }
    }
}

/// Everything that a page of a group shows; what looks as before, or as on another group's pages, is not rendered again.
fn elements((watching, locale): &Group, now: &FloorNow, before: &Rendered, rendered: &mut Rendered) -> Vec<Element> {
    let Watching { scope, is_wall } = watching;
    let key = (*locale, *is_wall);
    let floor: Floor = now.floor.seen_in(scope);
    let empty = HashMap::new();
    let mut all = Elements { all: Vec::new(), before: before.get(&key).unwrap_or(&empty), rendered: rendered.entry(key).or_default() };
    all.add(None, &StripRow { locale: *locale, strip: floor.strip() });
    alert_rows(*locale, &floor, *is_wall).iter().for_each(|row| all.add(Some("floor-alerts"), row));
    queue_rows(*locale, &floor, *is_wall).iter().for_each(|row| all.add(Some("floor-queues"), row));
    if !is_wall {
        person_rows(*locale, &floor).iter().for_each(|row| all.add(Some("floor-people"), row));
        let names = Names::of(now.workplace.clone());
        now.entries_in(scope, scope.own).into_iter().for_each(|entry| all.add(Some("floor-acts"), &EntryRow::of(*locale, entry, &names)));
    }
    all.all
}

struct Elements<'a> {
    all: Vec<Element>,
    before: &'a HashMap<String, (u64, Arc<str>)>,
    rendered: &'a mut HashMap<String, (u64, Arc<str>)>,
}

impl Elements<'_> {
    /// One that cannot be rendered is left out: its page keeps what it has.
    fn add(&mut self, list: Option<&'static str>, row: &impl FloorRow) {
        let (id, mark) = (row.element(), row.mark());
        let known = [self.rendered.get(&id), self.before.get(&id)].into_iter().flatten().find(|(of, _)| *of == mark);
        let html = match known.map(|(_, html)| html.clone()).map_or_else(|| row.render().map(Arc::from), Ok) {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(%error, "a row of the floor could not be rendered");
                return;
            }
        };
        self.rendered.insert(id.clone(), (mark, html.clone()));
        self.all.push(Element { list, id, mark, html });
    }
}
