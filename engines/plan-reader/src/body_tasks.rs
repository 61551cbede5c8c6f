//! Tasks of a plan without a task table: the items of the task sections and the agency blocks.

use crate::actors::{MAX_NAMES, coordinators_in, names_before, read_cell};
use crate::assignments::{BlockOf, Clause, header, strip_order};
use crate::columns::{Role, role};
use crate::fold::{Folded, has_word};
use crate::funding;
use crate::lines::{Marker, Para};
use crate::plan::{Task, Warning};
use crate::schedule;
use crate::sections::{Document, Purpose, has_children};
use crate::warnings;

/// Reads the tasks of the body.
pub fn read(doc: &Document, blocks: &[BlockOf], clauses: &[Clause], year: Option<i32>, warnings: &mut Vec<Warning>) -> Vec<Task> {
    let mut out = Vec::new();
    let mut money: Vec<(usize, String)> = Vec::new();
    for part in doc.parts.iter().filter(|p| p.purpose == Purpose::Tasks) {
        let section = Some(part.section.ordinal.clone()).filter(|o| !o.is_empty());
        section_tasks(&part.paras, section, year, &mut out, &mut money);
    }
    if !doc.appendix.is_empty() {
        appendix_tasks(doc, year, &mut out, &mut money);
    }
    for block in blocks {
        block_tasks(block, year, &mut out);
    }
    for clause in clauses {
        if clause.funding {
            money.push((clause.lines.first().copied().unwrap_or(0), clause.text.clone()));
        } else {
            out.push(task(&clause.text, clause.section.clone(), clause.no.clone(), clause.lines.clone(), year));
        }
    }
    for (line, text) in money {
        warnings::funding_clause(warnings, line, &text);
    }
    out
}

/// A list in the appendix instead of a table: "I. …" sections with numbered items.
fn appendix_tasks(doc: &Document, year: Option<i32>, out: &mut Vec<Task>, money: &mut Vec<(usize, String)>) {
    let mut section = None;
    let mut run: Vec<Para> = Vec::new();
    for para in &doc.appendix {
        match &para.marker {
            Marker::Roman(o) | Marker::Upper(o) | Marker::Part(o) => {
                section_tasks(&std::mem::take(&mut run), section.take(), year, out, money);
                section = Some(o.clone());
            }
            Marker::None if run.is_empty() => {}
            _ => run.push(para.clone()),
        }
    }
    section_tasks(&run, section, year, out, money);
}

/// Each leaf item becomes a task; short items with deeper ones below are headings. A heading that names an agency ("Sở Y tế có
/// trách nhiệm:") leads what stands below it; what stands below a heading about money, and speaks of money, is no task.
fn section_tasks(paras: &[Para], section: Option<String>, year: Option<i32>, out: &mut Vec<Task>, money: &mut Vec<(usize, String)>) {
    let mut funding = funding::Walk::default();
    let mut above: Option<(u8, Vec<String>)> = None;
    let mut parent_number: Option<String> = None;
    let mut owner: Option<(usize, u8)> = None;
    for (at, para) in paras.iter().enumerate() {
        let level = para.marker.level();
        if funding.skips(para) {
            owner = None;
            if is_sentence(para) {
                money.push((para.line, para.text.clone()));
            }
            continue;
        }
        if let Some((at, _)) = owner
            && let Some((role, value)) = attribute(para)
        {
            set_attribute(&mut out[at], role, value, year);
            out[at].lines.extend(&para.lines);
            continue;
        }
        if let Marker::Number(n) = &para.marker {
            parent_number = Some(n.clone());
        }
        if let Some((at, owner_level)) = owner
            && para.marker != Marker::None
            && level > owner_level
        {
            let mark = if para.marker == Marker::Sub { "\n+ " } else { "\n- " };
            out[at].text.push_str(mark);
            out[at].text.push_str(&para.text);
            out[at].lines.extend(&para.lines);
            continue;
        }
        owner = None;
        if above.as_ref().is_some_and(|(open, _)| para.marker != Marker::None && level <= *open) {
            above = None;
        }
        if para.marker == Marker::None && (para.text.starts_with('(') || para.text.ends_with(':')) {
            above = heading_lead(&para.text).map(|lead| (6, lead));
            continue;
        }
        if is_heading(paras, at) {
            above = heading_lead(&para.text).map(|lead| (level, lead)).or(above);
            continue;
        }
        let no = match &para.marker {
            Marker::Number(n) => Some(n.clone()),
            Marker::Letter(l) => Some(parent_number.as_ref().map_or_else(|| l.clone(), |n| format!("{n}.{l}"))),
            _ => None,
        };
        let mut task = task(&para.text, section.clone(), no, para.lines.clone(), year);
        if let Some((_, lead)) = above.as_ref().filter(|_| task.lead.is_empty() && !para.key.starts_with("phoi hop")) {
            task.lead.clone_from(lead);
            task.coordinating = coordinators_in(&para.text).into_iter().filter(|n| !lead.contains(n)).collect();
        }
        out.push(task);
        owner = Some((out.len() - 1, if para.marker == Marker::None { 9 } else { level }));
    }
}

/// More than a heading: it ends like a sentence or is as long as one.
fn is_sentence(para: &Para) -> bool {
    para.text.ends_with(['.', ';']) || para.text.chars().count() > 80
}

/// Agencies of a heading that says nothing else, or only that they answer for what follows.
fn heading_lead(text: &str) -> Option<Vec<String>> {
    let found = header(text.trim_end_matches([':', ' ']))?;
    found.inline.is_none_or(|rest| rest.chars().count() < 60).then_some(found.agencies).filter(|a| !a.is_empty())
}

fn is_heading(paras: &[Para], at: usize) -> bool {
    let para = &paras[at];
    if para.marker == Marker::None {
        return false;
    }
    let sentence = para.text.contains(". ") || para.text.chars().count() > 220;
    let free_text = matches!(para.marker, Marker::Number(_))
        && paras.get(at + 1).is_some_and(|n| n.marker == Marker::None && attribute(n).is_none())
        && para.text.chars().count() < 120
        && !para.text.ends_with(['.', ';']);
    let children = has_children(paras, at) && paras.get(at + 1).is_some_and(|n| attribute(n).is_none());
    (children && !sentence && !matches!(para.marker, Marker::Bullet | Marker::Sub)) || free_text
}

/// "- Cơ quan chủ trì: Sở Nội vụ" below a task.
fn attribute(para: &Para) -> Option<(Role, &str)> {
    label_and_value(&para.text)
}

/// "Cơ quan chủ trì: Sở Nội vụ".
fn label_and_value(text: &str) -> Option<(Role, &str)> {
    let (label, value) = text.split_once(':')?;
    let key = crate::fold::fold(label);
    let labels = [
        "co quan",
        "don vi",
        "bo phan",
        "chu tri",
        "phoi hop",
        "thoi gian",
        "thoi han",
        "tien do",
        "lo trinh",
        "san pham",
        "ket qua",
        "phan cong",
        "trach nhiem",
        "hoan thanh",
        "nguoi",
        "du kien",
    ];
    let known = labels.iter().any(|l| key.starts_with(l));
    if !known || label.contains('(') || label.chars().count() > 45 || value.trim().is_empty() {
        return None;
    }
    let role = role(label)?;
    let known = matches!(role, Role::Lead | Role::Coordinating | Role::Both | Role::Time | Role::Product);
    known.then_some((role, value.trim()))
}

fn set_attribute(task: &mut Task, role: Role, value: &str, year: Option<i32>) {
    let value = value.trim_end_matches(['.', ';', ' ']);
    match role {
        Role::Lead => task.lead = read_cell(value).names,
        Role::Coordinating => task.coordinating = read_cell(value).names,
        Role::Time => {
            task.time = Some(value.to_owned());
            task.schedule = schedule::read(value, year);
        }
        Role::Product => task.product = Some(value.to_owned()),
        _ => {
            let (lead, coordinating) = crate::draft::split_both(value);
            task.lead = lead.names;
            task.coordinating = coordinating.names;
        }
    }
}

/// Duties of a block: the block leads unless the duty begins with "Phối hợp".
fn block_tasks(block: &BlockOf, year: Option<i32>, out: &mut Vec<Task>) {
    for (duty, (letter, lines)) in block.assignment.duties.iter().zip(&block.places) {
        let no = match (&block.no, letter) {
            (Some(n), Some(l)) => Some(format!("{n}.{l}")),
            (Some(n), None) if block.assignment.duties.len() == 1 => Some(n.clone()),
            _ => None,
        };
        let mut task = task(duty, block.section.clone(), no, lines.clone(), year);
        let key = crate::fold::fold(duty);
        let partners: Vec<String> = coordinators_in(duty).into_iter().filter(|n| !block.assignment.agencies.contains(n)).collect();
        if key.starts_with("phoi hop") {
            task.coordinating.clone_from(&block.assignment.agencies);
        } else {
            task.lead.clone_from(&block.assignment.agencies);
            task.coordinating = partners;
        }
        out.push(task);
    }
}

/// What makes the agency in front of it the lead, when written small.
const LEADS: &[&str] =
    &["chu tri", "co trach nhiem", "chiu trach nhiem", "co nhiem vu", "chu dong", "tham muu", "to chuc trien khai", "huong dan", "bo tri"];

/// Agencies that a sentence gives the task to: "Giao Công an tỉnh chủ trì …", "Sở Y tế có trách nhiệm …", "Ủy ban nhân dân các xã,
/// phường chủ động …". At the beginning of a sentence or clause, or behind "giao" anywhere.
fn stated_lead(text: &str) -> Vec<String> {
    let folded = Folded::new(text);
    let key = folded.key.as_str();
    let mut starts = vec![0];
    starts.extend(
        key.bytes()
            .enumerate()
            .filter(|(at, b)| matches!(b, b'.' | b';' | b':') && key.as_bytes().get(at + 1) == Some(&b' '))
            .map(|(at, _)| at + 2),
    );
    let mut from = 0;
    while let Some(at) = folded.word("giao", from) {
        let skip = if key[at..].starts_with("giao cho ") { 9 } else { 5 };
        starts.extend((at + skip < key.len()).then_some(at + skip));
        from = at + 4;
    }
    starts.into_iter().map(|start| lead_at(&folded, start)).find(|lead| !lead.is_empty()).unwrap_or_default()
}

fn lead_at(text: &Folded<'_>, from: usize) -> Vec<String> {
    let whole = text.slice(from, text.key.len());
    let bare = strip_order(whole.trim_start());
    let folded = Folded::new(bare);
    let end = folded.key.find(['.', ';', ':', '(']).unwrap_or(folded.key.len());
    let small = |word: &&str| folded.word(word, 1).filter(|at| *at < end && !folded.is_upper(*at));
    let Some(at) = LEADS.iter().filter_map(small).min() else { return Vec::new() };
    let name = folded.slice(0, at).trim().trim_end_matches(',');
    let other = has_word(&folded.key[..at], "phoi hop");
    if other { Vec::new() } else { names_before(name, MAX_NAMES) }
}

fn task(text: &str, section: Option<String>, no: Option<String>, lines: Vec<usize>, year: Option<i32>) -> Task {
    let time = sentence_time(text);
    let schedule = time.as_deref().and_then(|t| schedule::read(t, year)).map(|s| s.counted(text));
    let lead = stated_lead(text);
    let coordinating = if lead.is_empty() { Vec::new() } else { coordinators_in(text) };
    let text = text.trim().to_owned();
    let mut task = Task { section, no, text, lead, coordinating, time, schedule, lines, ..Task::default() };
    bracketed(&mut task, year);
    task
}

/// "(Chủ trì: Sở Nội vụ; phối hợp: Công an tỉnh; thời gian: Quý II/2026)" inside a task.
fn bracketed(task: &mut Task, year: Option<i32>) {
    let text = task.text.clone();
    for inner in text.split('(').skip(1).filter_map(|p| p.split_once(')')).map(|(inner, _)| inner) {
        for part in inner.split(';').filter(|p| p.contains(':')) {
            if let Some((role, value)) = label_and_value(part.trim()) {
                set_attribute(task, role, value, year);
            }
        }
    }
    // the same as sentences: "… Đơn vị chủ trì: Phòng A; phối hợp: Phòng B. Thời gian: Quý I."
    let outside: String =
        text.split('(').enumerate().map(|(i, p)| if i == 0 { p } else { p.split_once(')').map_or("", |(_, r)| r) }).collect();
    let labelled: Vec<_> = outside.split(". ").flat_map(|s| s.split(';')).filter_map(|part| label_and_value(part.trim())).collect();
    if labelled.iter().any(|(role, _)| matches!(role, Role::Lead | Role::Both)) {
        for (role, value) in labelled {
            set_attribute(task, role, value, year);
        }
    }
}

/// The period words of a sentence, verbatim.
fn sentence_time(text: &str) -> Option<String> {
    let folded = Folded::new(text);
    let key = folded.key.as_str();
    if let Some(at) = folded.word("truoc ngay", 0) {
        let end = key[at..].find([')', ';', ',']).map_or(key.len(), |i| at + i).min(at + 40);
        let yearly = ["hang nam", "dinh ky hang nam"].iter().find_map(|w| folded.word(w, 0).filter(|y| *y < at && at - y < 24));
        let start = yearly.map_or(at, |y| key[..y].rfind("dinh ky ").filter(|d| y - d < 12).unwrap_or(y));
        let close = usize::from(yearly.is_some() && key.as_bytes().get(end) == Some(&b')'));
        return Some(folded.slice(start, end + close).trim().to_owned());
    }
    if let Some(found) = before_date(&folded) {
        return Some(found);
    }
    for phrase in ["toi thieu 1 nam/1 lan", "dinh ky hang nam", "it nhat 01 lan/nam", "it nhat 1 lan/nam"] {
        if let Some(at) = folded.word(phrase, 0) {
            return Some(folded.slice(at, at + phrase.len()).to_owned());
        }
    }
    // "Quý IV/2026", and "trong quý II/2027" in the middle of a sentence; "quy định" is another word
    let numbered = |at: &usize| {
        let next = key[at + 3..].trim_start();
        let next = next.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        matches!(next, "i" | "ii" | "iii" | "iv" | "1" | "2" | "3" | "4")
    };
    let mut quarters = std::iter::successors(folded.word("quy", 0), |at| folded.word("quy", at + 3));
    if let Some(at) = quarters.find(|at| folded.is_upper(*at) || numbered(at)) {
        let end = key[at..].find([';', ',', ')', '.']).map_or(key.len(), |i| at + i).min(at + 20);
        if schedule::read(folded.slice(at, end), None).is_some_and(|s| s != schedule::Schedule::Text) {
            return Some(folded.slice(at, end).trim().to_owned());
        }
    }
    let opening = ["hang nam", "hang quy", "hang thang", "thuong xuyen", "dinh ky", "kip thoi"];
    if let Some(word) = opening.iter().find(|w| key.starts_with(**w)) {
        return Some(folded.slice(0, word.len()).to_owned());
    }
    let tail = key.rfind(". ").map_or("", |at| &key[at + 2..]);
    if tail.starts_with("hang nam to chuc") || has_word(key, "duy tri hoat dong hang nam") {
        let at = folded.word("hang nam", 0)?;
        return Some(folded.slice(at, at + 8).to_owned());
    }
    None
}

/// "trước 30/9/2026", "chậm nhất ngày 30/9/2026".
fn before_date(text: &Folded<'_>) -> Option<String> {
    for word in ["truoc", "cham nhat", "xong ngay", "den ngay"] {
        let Some(at) = text.word(word, 0) else { continue };
        let Some((found, _)) = crate::dates::find(&text.key, at).filter(|(f, _)| f - at < 20) else { continue };
        let end = text.key[found..].find([' ', ')', ';', ',']).map_or(text.key.len(), |i| found + i);
        return Some(text.slice(at, end).trim_end_matches('.').to_owned());
    }
    None
}
