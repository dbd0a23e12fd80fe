//! Canned replies as the rows of a sheet: what they would change, before anything is changed.

use std::collections::{BTreeMap, HashMap};

use super::unknown_placeholders;
use crate::domain::ids::{CannedReplyId, TeamId};
use crate::domain::setup::command::CannedReplyChange;
use crate::domain::setup::value::CannedReply;
use crate::domain::setup::{LONGEST_BODY, LONGEST_NAME, SetupCommand, is_shortcut};

/// Rows of a file, at most.
pub const MOST_ROWS: usize = 5_000;

/// The columns, in the order in which they are written; only the first two are needed.
pub const COLUMNS: [&str; 4] = ["shortcut", "text", "folder", "team"];

/// A row of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// In the file, from 1.
    pub line: u64,
    pub shortcut: String,
    pub text: String,
    /// What is not in the file stays as it is.
    pub folder: Option<String>,
    /// A name; empty is everybody.
    pub team: Option<String>,
}

/// What is wrong with a file, or one line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    pub wrong: Wrong,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The bytes are no UTF-8.
    NotText,
    /// This column is not there.
    NoColumn(&'static str),
    /// The line has another number of fields than the first.
    Uneven,
    TooMany(usize),
    Shortcut(String),
    NoText,
    TooLong(usize),
    Placeholder(String),
    NoTeam(String),
    /// The shortcut stands on this line already.
    Twice(u64),
}

/// What a file would change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Shortcuts, with the lines.
    pub new: Vec<(u64, String)>,
    pub changed: Vec<(u64, String)>,
    /// As they are already.
    pub same: usize,
    pub faults: Vec<Fault>,
    pub commands: Vec<SetupCommand>,
}

/// What rows would change of the replies that everybody or a team has. `fresh` makes an id.
pub fn plan(
    (rows, faults): (Vec<Row>, Vec<Fault>),
    replies: &BTreeMap<CannedReplyId, CannedReply>,
    teams: &BTreeMap<TeamId, String>,
    mut fresh: impl FnMut() -> CannedReplyId,
) -> Plan {
    let known: HashMap<&str, (CannedReplyId, &CannedReply)> =
        replies.iter().filter(|(_, reply)| reply.owner.is_none()).map(|(id, reply)| (reply.shortcut.as_str(), (*id, reply))).collect();
    let by_name: HashMap<String, TeamId> = teams.iter().map(|(id, name)| (name.to_lowercase(), *id)).collect();
    let (mut plan, mut lines) = (Plan { faults, ..Plan::default() }, HashMap::new());
    for row in rows {
        let mut wrong: Vec<Wrong> = faults_of(&row).collect();
        if let Some(line) = lines.insert(row.shortcut.clone(), row.line) {
            wrong.push(Wrong::Twice(line));
        }
        let team = match row.team.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(name) => match by_name.get(&name.to_lowercase()) {
                Some(team) => Some(Some(*team)),
                None => {
                    wrong.push(Wrong::NoTeam(name.to_owned()));
                    None
                }
            },
        };
        if !wrong.is_empty() {
            plan.faults.extend(wrong.into_iter().map(|wrong| Fault { line: row.line, wrong }));
            continue;
        }
        let Row { line, shortcut, text: body, folder, .. } = row;
        match known.get(shortcut.as_str()) {
            None => {
                let new =
                    CannedReply { shortcut: shortcut.clone(), body, folder: folder.unwrap_or_default(), team: team.flatten(), owner: None };
                plan.commands.push(SetupCommand::AddCannedReply { reply: fresh(), new });
                plan.new.push((line, shortcut));
            }
            Some((id, now)) => {
                let folder = folder.unwrap_or_else(|| now.folder.clone());
                let wanted = CannedReply { body, folder, team: team.unwrap_or(now.team), ..(*now).clone() };
                if wanted == **now {
                    plan.same += 1;
                    continue;
                }
                let CannedReply { body, folder, team, .. } = wanted;
                let change = CannedReplyChange { body: Some(body), folder: Some(folder), team: Some(team), ..CannedReplyChange::default() };
                plan.commands.push(SetupCommand::ChangeCannedReply { reply: *id, change });
                plan.changed.push((line, shortcut));
            }
        }
    }
    plan.faults.sort_by_key(|fault| fault.line);
    plan
}

fn faults_of(row: &Row) -> impl Iterator<Item = Wrong> {
    let long = [(&row.text, LONGEST_BODY), (row.folder.as_ref().unwrap_or(&row.shortcut), LONGEST_NAME)];
    let too_long = long.into_iter().find(|(text, limit)| text.chars().count() > *limit).map(|(_, limit)| Wrong::TooLong(limit));
    let shortcut = (!is_shortcut(&row.shortcut)).then(|| Wrong::Shortcut(row.shortcut.clone()));
    let empty = row.text.is_empty().then_some(Wrong::NoText);
    let placeholder = unknown_placeholders(&row.text).next().map(|name| Wrong::Placeholder(name.to_owned()));
    shortcut.into_iter().chain(empty).chain(too_long).chain(placeholder)
}
