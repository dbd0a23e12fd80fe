//! Canned replies as a file for sheets (CSV): its bytes, read and written.

use std::collections::BTreeMap;

use crate::domain::canned::sheet::{COLUMNS, Fault, MOST_ROWS, Row, Wrong};
use crate::domain::ids::TeamId;
use crate::domain::setup::value::CannedReply;

/// Reads a file: UTF-8 with or without a mark at its beginning, fields apart by a comma, a semicolon or a tab, whichever the first line
/// has most of.
///
/// # Errors
/// What is wrong with the file as a whole.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Row>, Vec<Fault>), Fault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        Fault { line: u64::try_from(before).unwrap_or(0) + 1, wrong: Wrong::NotText }
    })?;
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|one| first.bytes().filter(|byte| byte == one).count());
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter.unwrap_or(b',')).flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let place = |name: &str| headers.iter().position(|header| header.trim().eq_ignore_ascii_case(name));
    let needed = |name: &'static str| place(name).ok_or(Fault { line: 1, wrong: Wrong::NoColumn(name) });
    let (shortcut, body, folder, team) = (needed("shortcut")?, needed("text")?, place("folder"), place("team"));
    let (mut rows, mut faults, mut lines) = (Vec::new(), Vec::new(), Lines { text, byte: 0, line: 1 });
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if record.len() != headers.len() {
            faults.push(Fault { line, wrong: Wrong::Uneven });
            continue;
        }
        if rows.len() == MOST_ROWS {
            faults.push(Fault { line, wrong: Wrong::TooMany(MOST_ROWS) });
            break;
        }
        let field = |at: usize| unguarded(record.get(at).unwrap_or_default()).to_owned();
        rows.push(Row {
            line,
            shortcut: field(shortcut).trim().trim_start_matches('/').to_owned(),
            text: field(body).replace("\r\n", "\n").trim().to_owned(),
            folder: folder.map(|at| field(at).trim().to_owned()),
            team: team.map(|at| field(at).trim().to_owned()),
        });
    }
    Ok((rows, faults))
}

/// Which line of a text a byte is on; asked for one after the other.
struct Lines<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    /// What ends the line before is not counted to this one.
    fn of(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let bytes = self.text.as_bytes();
        let ends = bytes[byte..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = bytes.get(self.byte..byte + ends).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        self.line += u64::try_from(passed).unwrap_or(0);
        self.byte = self.byte.max(byte + ends);
        self.line
    }
}

/// Writes a file that programs for sheets open as it is: UTF-8 with a mark, and no field that they would take for a formula.
///
/// # Errors
/// Never in memory.
pub(super) fn write<'a>(replies: impl Iterator<Item = &'a CannedReply>, teams: &BTreeMap<TeamId, String>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().from_writer(b"\xef\xbb\xbf".to_vec());
    writer.write_record(COLUMNS)?;
    for reply in replies {
        let team = reply.team.and_then(|team| teams.get(&team)).map(String::as_str).unwrap_or_default();
        writer.write_record([reply.shortcut.as_str(), &reply.body, &reply.folder, team].map(guarded))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// What a program for sheets takes for the beginning of a formula.
const OF_FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// With a `'` it is taken for words.
fn guarded(field: &str) -> String {
    if field.starts_with(OF_FORMULAS) || field.starts_with('\'') { format!("'{field}") } else { field.to_owned() }
}

fn unguarded(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(rest) if rest.starts_with(OF_FORMULAS) || rest.starts_with('\'') => rest,
        Some(_) | None => field,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::canned::sheet::{Plan, plan};
    use crate::domain::ids::{CannedReplyId, UserId};
    use crate::domain::setup::SetupCommand;

    const SALES: TeamId = TeamId(Uuid::from_u128(1));

    fn reply(shortcut: &str, body: &str) -> CannedReply {
        CannedReply { shortcut: shortcut.to_owned(), body: body.to_owned(), folder: "Old".to_owned(), team: None, owner: None }
    }

    fn known() -> (BTreeMap<CannedReplyId, CannedReply>, BTreeMap<TeamId, String>) {
        let own = CannedReply { owner: Some(UserId(Uuid::from_u128(9))), ..reply("hello", "Mine") };
        let all = [reply("hello", "Hello!"), reply("bye", "Bye!"), own];
        let replies = all.into_iter().enumerate().map(|(n, reply)| (CannedReplyId(Uuid::from_u128(n as u128)), reply)).collect();
        (replies, BTreeMap::from([(SALES, "Sales".to_owned())]))
    }

    fn planned(file: &str) -> Plan {
        let (replies, teams) = known();
        plan(read(file.as_bytes()).unwrap(), &replies, &teams, || CannedReplyId(Uuid::from_u128(77)))
    }

    #[test]
    fn a_file_says_what_is_new_and_what_is_another() {
        let file = "\u{feff}Shortcut;Text;Team\r\nhello;\"Hello, you;\nthere\";sales\r\n;;\r\nbye;Bye!;\r\n/new;'=1+1;\r\n";
        let Plan { new, changed, same, faults, commands } = planned(file);
        assert_eq!((new, changed, same, faults), (vec![(6, "new".to_owned())], vec![(2, "hello".to_owned())], 1, Vec::new()));
        let SetupCommand::ChangeCannedReply { change, .. } = &commands[0] else { panic!("{commands:?}") };
        assert_eq!(
            (change.body.as_deref(), change.team, change.folder.as_deref()),
            (Some("Hello, you;\nthere"), Some(Some(SALES)), Some("Old"))
        );
        let SetupCommand::AddCannedReply { new, .. } = &commands[1] else { panic!("{commands:?}") };
        assert_eq!(new.body, "=1+1");
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let file = "shortcut,text,team\ngood day,x,\nempty,,\nplace,{{contct.name}},\nteam,x,Nobody\nbye,x,\nbye,y,\nshort,x\n";
        let found: Vec<(u64, Wrong)> = planned(file).faults.into_iter().map(|fault| (fault.line, fault.wrong)).collect();
        let expected = [
            (2, Wrong::Shortcut("good day".to_owned())),
            (3, Wrong::NoText),
            (4, Wrong::Placeholder("contct.name".to_owned())),
            (5, Wrong::NoTeam("Nobody".to_owned())),
            (7, Wrong::Twice(6)),
            (8, Wrong::Uneven),
        ];
        assert_eq!(found, expected);
        assert_eq!(read(b"shortcut,body\na,b\n"), Err(Fault { line: 1, wrong: Wrong::NoColumn("text") }));
        assert_eq!(read(b"shortcut,text\na,b\nb,\xff\n"), Err(Fault { line: 3, wrong: Wrong::NotText }));
        let many = format!("shortcut,text\n{}", "a,b\n".repeat(MOST_ROWS + 1));
        assert!(planned(&many).faults.iter().any(|fault| fault.wrong == Wrong::TooMany(MOST_ROWS)));
    }

    #[test]
    fn what_was_written_is_read_as_nothing_new_and_no_sheet_takes_it_for_a_formula() {
        let (_, teams) = known();
        let bodies = ["=HYPERLINK(\"x\")", "+49 30", "-1", "@you", "'quoted", "a, \"b\"\nc; d", "plain"];
        let replies: BTreeMap<CannedReplyId, CannedReply> = (0_u128..)
            .zip(bodies)
            .map(|(n, body)| (CannedReplyId(Uuid::from_u128(n)), CannedReply { team: Some(SALES), ..reply(&format!("r{n}"), body) }))
            .collect();
        let file = write(replies.values(), &teams).unwrap();
        let text = String::from_utf8(file.clone()).unwrap();
        assert!(text.starts_with("\u{feff}shortcut,text,folder,team\n"), "{text}");
        assert!(
            text.contains("\"'=HYPERLINK(\"\"x\"\")\"") && text.contains("'+49 30") && text.contains("'-1") && text.contains("'@you"),
            "{text}"
        );
        let plan = plan(read(&file).unwrap(), &replies, &teams, || panic!("nothing is new"));
        assert_eq!((plan.same, plan.commands.len(), plan.faults.len()), (bodies.len(), 0, 0));
    }
}
