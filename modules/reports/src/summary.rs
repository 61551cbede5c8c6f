//! The consolidated report: sums over sums of what was filed, the live figure beside it, who is missing, words merged.

use std::collections::BTreeMap;

use access::{Actor, Subtree, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use serde::{Deserialize, Serialize};
use store::{Error, Result, Tx};

use crate::campaign::{FILED, OWED, figures_day, template_of};
use crate::figures::{Duties, Frozen, Line, count, from_json, program, to_json};
use crate::template::Template;
use crate::{all_where, is, one, text, values};

/// Most characters of the merged words: what the field `text` holds, less room for editing.
const MOST_MERGED: usize = 190_000;
/// Most names of missing agencies kept with a frozen summary; their number is always kept.
const MOST_NAMES: usize = 150;

/// More agencies than this are too many for one picture (and for the field a frozen summary is kept in).
const MOST_TILES: usize = 400;

/// How an agency filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filing {
    /// Not yet.
    Missing,
    /// After the last day.
    Late,
    /// By the last day.
    InTime,
}

/// Figures of the province; frozen as JSON in `report_summary.figures`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Consolidated {
    /// Template and its version.
    pub template: (String, i64),
    /// Day of the live figures.
    pub as_of: String,
    /// Reports owed, without those handed over to a successor.
    pub obliged: usize,
    /// Reports filed.
    pub filed: usize,
    /// Filed after the deadline.
    pub late: usize,
    /// Filed on paper or before Lá Chắn: no frozen figures to sum.
    pub without_figures: usize,
    /// Who has not filed, by name.
    pub missing: Vec<String>,
    /// Every agency and how it filed, when they are few enough for one picture.
    #[serde(default)]
    pub filing: Vec<(String, Filing)>,
    /// Sums over the filed snapshots.
    pub sums: Vec<Line>,
    /// What the registers say of everybody, filed or not.
    pub live: Vec<Line>,
    /// Sum of the obligations in the filed snapshots.
    pub obligations: Duties,
}

/// Sums over everybody are for those whose right reaches everybody: a part of the tree could be told by subtraction.
///
/// # Errors
/// `Forbidden` without the right, or with one for a part of the province only.
pub fn whole(actor: &Actor, verb: Verb) -> Result<()> {
    match actor.may(verb, "report_summary")?.subtree() {
        Subtree::All => Ok(()),
        Subtree::Paths(_) => Err(Error::Forbidden("Báo cáo tổng hợp là của cả tỉnh; quyền của bạn chỉ tới một phần.".into())),
    }
}

/// Reports of a campaign as they stood at the end of a day: state and standing version from the ledger.
fn reports_on(tx: &mut Tx, reg: &Registry, campaign: &str, day: &str, today: &str) -> Result<Vec<Record>> {
    let system = Actor::system("reports");
    let now = all_where(tx, reg, &system, "report_submission", vec![is("campaign", campaign)])?;
    if day >= today {
        return Ok(now);
    }
    let date = calendar::Date::parse(day).map_err(|e| Error::BadRequest(e.to_string()))?;
    let end = calendar::instant::start_of_day(date.add_days(1)) - 1;
    let scope = system.may(Verb::Read, "report_submission")?;
    let mut then = Vec::new();
    for mut r in now {
        match actions::get_as_of(tx, reg, &scope, &r.id, end) {
            Ok(past) => {
                // names of agencies are those of today: a report is found under the name it has now
                (r.state, r.version) = (past.state, past.version);
                for f in ["submitted_on", "version_no", "successor"] {
                    match past.fields.get(f) {
                        Some(v) => r.fields.insert(f.to_owned(), v.clone()),
                        None => r.fields.remove(f),
                    };
                }
                then.push(r);
            }
            Err(Error::NotFound(_)) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(then)
}

/// Everything that was filed in a campaign, added up.
pub fn consolidate(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &Record, today: &str) -> Result<Consolidated> {
    consolidate_on(tx, reg, actor, campaign, today, today)
}

/// [`consolidate`] as it stood at the end of a day that is past: who had filed which version by then, from the ledger; the live
/// figures beside are those of that day as the registers tell them now.
pub fn consolidate_on(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &Record, day: &str, today: &str) -> Result<Consolidated> {
    whole(actor, Verb::Read)?;
    let day = if day > today { today } else { day };
    let template = template_of(campaign)?;
    let reports = reports_on(tx, reg, &campaign.id, day, today)?;
    let filed: Vec<&Record> = reports.iter().filter(|r| in_state(r, &FILED)).collect();
    let mut missing: Vec<String> =
        reports.iter().filter(|r| in_state(r, &OWED)).map(|r| r.link_title("agency").unwrap_or_default().to_owned()).collect();
    missing.sort_by_key(|m| ::text::sort_key(m));
    let snapshots = snapshots(tx, reg, &filed)?;
    let mut sums: BTreeMap<String, Line> = BTreeMap::new();
    let mut obligations = Duties::default();
    for s in snapshots.values() {
        for l in &s.lines {
            let sum = sums.get(&l.id).map_or_else(|| l.clone(), |have| have.plus(l));
            sums.insert(l.id.clone(), sum);
        }
        obligations = obligations.plus(s.obligations.unwrap_or_default());
    }
    let late = filed.iter().filter(|r| crate::campaign::late_days(r, day).is_some()).count();
    let filing = pictured(&reports, day);
    let day = figures_day(campaign, day);
    let live = count(tx, reg, template, None, &day)?;
    let order = template.sections.iter().flat_map(|s| &s.indicators);
    Ok(Consolidated {
        template: (template.head.id.clone(), template.head.version),
        as_of: day,
        obliged: filed.len() + missing.len(),
        filed: filed.len(),
        late,
        without_figures: filed.len() - snapshots.len(),
        missing,
        filing,
        sums: order.filter_map(|id| sums.remove(id)).collect(),
        live: live.lines,
        obligations,
    })
}

/// Who has not filed first; the same order on paper and on the page.
fn pictured(reports: &[Record], day: &str) -> Vec<(String, Filing)> {
    let how = |r: &Record| match (in_state(r, &FILED), crate::campaign::late_days(r, day)) {
        (true, None) => Some(Filing::InTime),
        (true, Some(_)) => Some(Filing::Late),
        (false, _) => in_state(r, &OWED).then_some(Filing::Missing),
    };
    let mut list: Vec<_> = reports.iter().filter_map(|r| Some((r.link_title("agency")?.to_owned(), how(r)?))).collect();
    if list.len() > MOST_TILES {
        return vec![];
    }
    list.sort_by_cached_key(|(name, f)| (*f, ::text::sort_key(name)));
    list
}

fn in_state(r: &Record, list: &[&str]) -> bool {
    r.state.as_deref().is_some_and(|s| list.contains(&s))
}

/// The standing version of each filed report, by report.
fn snapshots(tx: &mut Tx, reg: &Registry, filed: &[&Record]) -> Result<BTreeMap<String, Frozen>> {
    let mut found = BTreeMap::new();
    for v in filed_versions(tx, reg, filed)? {
        found.insert(v.text("report").unwrap_or_default().to_owned(), from_json(v.text("figures").unwrap_or_default())?);
    }
    Ok(found)
}

/// Records of the standing versions.
fn filed_versions(tx: &mut Tx, reg: &Registry, filed: &[&Record]) -> Result<Vec<Record>> {
    let standing: BTreeMap<&str, Option<i64>> = filed.iter().map(|r| (r.id.as_str(), r.int("version_no"))).collect();
    let ids: Vec<String> = filed.iter().map(|r| r.id.clone()).collect();
    let mut found = Vec::new();
    for chunk in ids.chunks(400) {
        let filter = Filter { field: "report".into(), op: Op::Is, values: chunk.to_vec() };
        let list = all_where(tx, reg, &Actor::system("reports"), "report_version", vec![filter])?;
        found.extend(list.into_iter().filter(|v| standing.get(v.text("report").unwrap_or_default()) == Some(&v.int("number"))));
    }
    Ok(found)
}

/// Words of all filed reports under the headings of the template, one paragraph an agency, shortened evenly so that all fit.
pub fn merged(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &Record) -> Result<String> {
    whole(actor, Verb::Read)?;
    let system = Actor::system("reports");
    let states = Filter { field: "state".into(), op: Op::Is, values: FILED.map(str::to_owned).to_vec() };
    let reports = all_where(tx, reg, &system, "report_submission", vec![is("campaign", &campaign.id), states])?;
    let names: BTreeMap<&str, &str> = reports.iter().map(|r| (r.id.as_str(), r.link_title("agency").unwrap_or_default())).collect();
    let mut said: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for v in filed_versions(tx, reg, &reports.iter().collect::<Vec<_>>())? {
        let name = names.get(v.text("report").unwrap_or_default()).copied().unwrap_or_default();
        said.push((name.to_owned(), from_json(v.text("words").unwrap_or_default())?));
    }
    said.sort_by_key(|s| ::text::sort_key(&s.0));
    Ok(merge(template_of(campaign)?, &said, MOST_MERGED))
}

/// Words under headings (`# …`), agencies in order, within `most` characters. Agencies that say the same stand together. What is
/// too long is cut evenly, never below [`SHARE`]; who has no room at all is named at the end.
fn merge(template: &Template, said: &[(String, BTreeMap<String, String>)], most: usize) -> String {
    let entries: Vec<(&str, Vec<(String, &str)>)> = template.narratives().map(|n| (n.label.vi.as_str(), together(said, &n.id))).collect();
    let size = |cut: usize| -> usize {
        let lines = |l: &[(String, &str)]| l.iter().map(|(who, w)| who.chars().count() + 3 + w.chars().count().min(cut)).sum::<usize>();
        entries.iter().map(|(head, l)| head.chars().count() + 4 + lines(l)).sum()
    };
    // the longest share with which everything fits
    let (mut low, mut high) = (SHARE, most.max(SHARE));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if size(middle) <= most { low = middle } else { high = middle - 1 }
    }
    let room = most.saturating_sub(LEFT_OUT);
    let (mut out, mut used, mut left) = (String::new(), 0, 0);
    for (head, lines) in entries {
        out.push_str(&format!("# {head}\n"));
        used += head.chars().count() + 4;
        for (who, words) in lines {
            let line = format!("{who}: {}\n", short(words, low));
            used += line.chars().count();
            if used > room {
                left += 1;
            } else {
                out.push_str(&line);
            }
        }
        out.push('\n');
    }
    if left > 0 {
        out.push_str(&format!("[…] {left} ý kiến nữa không đủ chỗ ở đây; xem ở từng báo cáo của đợt."));
    }
    out.trim_end().to_owned()
}

/// Characters every answer keeps, however many there are.
const SHARE: usize = 200;
/// Room for the line that says how much was left out.
const LEFT_OUT: usize = 120;

/// Words of one part with who says them, in the order of the first of them.
fn together<'a>(said: &'a [(String, BTreeMap<String, String>)], part: &str) -> Vec<(String, &'a str)> {
    let mut lines: Vec<(String, &str)> = Vec::new();
    for (name, words) in said {
        let Some(w) = words.get(part).map(|w| w.trim()).filter(|w| says(w)) else { continue };
        let key = ::text::fold(w.trim_end_matches('.'));
        match lines.iter_mut().find(|(_, other)| ::text::fold(other.trim_end_matches('.')) == key) {
            Some((who, _)) => who.push_str(&format!("; {name}")),
            None => lines.push((name.clone(), w)),
        }
    }
    lines
}

/// Says something: "Không có" is an answer for the form, not for the province.
fn says(words: &str) -> bool {
    let key = ::text::fold(words.trim().trim_end_matches('.'));
    !matches!(key.as_str(), "" | "khong" | "khong co")
}

/// One line of at most `most` characters, cut between words, the cut marked.
fn short(words: &str, most: usize) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most.saturating_sub(4)).collect();
    format!("{} […]", cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head))
}

/// Summaries of a campaign, newest first.
pub fn of_campaign(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &str) -> Result<Vec<Record>> {
    let mut list = all_where(tx, reg, actor, "report_summary", vec![is("campaign", campaign)])?;
    list.sort_by_key(|s| std::cmp::Reverse(s.int("number")));
    Ok(list)
}

/// Begins a summary with the merged words; the one already begun is given back.
pub fn begin(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &str, reason: Option<&str>, today: &str) -> Result<Record> {
    whole(actor, Verb::Transition)?;
    let c = one(tx, reg, actor, "report_campaign", campaign)?;
    let have = of_campaign(tx, reg, actor, campaign)?;
    if let Some(d) = have.iter().find(|s| s.state.as_deref() == Some("draft")) {
        return Ok(d.clone());
    }
    let number = have.first().and_then(|s| s.int("number")).unwrap_or(0) + 1;
    let reason = reason.map(str::trim).filter(|r| !r.is_empty());
    if number > 1 && reason.is_none() {
        return Err(Error::invalid("reason", format!("Bản {} đã chốt. Ghi lý do lập bản {number}.", number - 1)));
    }
    let Some(agency) = c.text("receiver").map(str::to_owned).or_else(|| actor.agency.clone()) else {
        return Err(Error::invalid("receiver", "Ghi “Nơi nhận, tổng hợp” trong đợt báo cáo trước khi lập báo cáo tổng hợp."));
    };
    let words = merged(tx, reg, actor, &c)?;
    let mut v = values([
        ("campaign", text(campaign)),
        ("number", Data::Int(number)),
        ("agency", text(&agency)),
        ("text", text(&words)),
        ("as_of", text(&figures_day(&c, today))),
    ]);
    if let Some(r) = reason {
        v.insert("reason".into(), text(r));
    }
    actions::create(tx, reg, &program(actor), "report_summary", v, None)
}

/// Saves the edited words of a summary that is not frozen.
pub fn edit(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, version: i64, words: &str) -> Result<Record> {
    whole(actor, Verb::Transition)?;
    let s = one(tx, reg, actor, "report_summary", id)?;
    if s.state.as_deref() != Some("draft") {
        return Err(Error::Conflict("Báo cáo tổng hợp đã chốt nên không sửa được. Lập bản mới, có ghi lý do.".into()));
    }
    actions::update(tx, reg, &program(actor), "report_summary", id, version, values([("text", text(words.trim()))]), None)
}

/// Freezes a summary: figures of this moment into the record.
pub fn freeze(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, version: i64, today: &str) -> Result<Record> {
    let s = one(tx, reg, actor, "report_summary", id)?;
    let allowed = actions::transitions_for(tx, reg, actor, "report_summary", id)?.iter().any(|t| t.id == "freeze");
    if !allowed {
        // says why: state, role or scope
        return actions::transition(tx, reg, actor, "report_summary", id, version, "freeze", Values::new(), None);
    }
    let campaign = one(tx, reg, actor, "report_campaign", s.text("campaign").unwrap_or_default())?;
    let mut c = consolidate(tx, reg, actor, &campaign, today)?;
    let more = c.missing.len().saturating_sub(MOST_NAMES);
    c.missing.truncate(MOST_NAMES);
    if more > 0 {
        c.missing.push(format!("và {more} cơ quan khác"));
    }
    let v = values([("figures", text(&to_json(&c)?)), ("as_of", text(&c.as_of)), ("frozen_on", text(today))]);
    actions::transition(tx, reg, &program(actor), "report_summary", id, version, "freeze", v, None)
}

/// What a summary says: as frozen, or as of now while it is edited.
pub fn figures_of(tx: &mut Tx, reg: &Registry, actor: &Actor, s: &Record, campaign: &Record, today: &str) -> Result<Consolidated> {
    match s.text("figures") {
        Some(json) => from_json(json),
        None => consolidate(tx, reg, actor, campaign, today),
    }
}

/// The newest summary of a campaign as a document, or the newest frozen by a day that is past; without one, the figures of
/// that day and the merged words, as a draft.
pub fn document(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    campaign: &str,
    place: &str,
    day: &str,
    today: &str,
) -> Result<documents::Document> {
    whole(actor, Verb::Export)?;
    let c = one(tx, reg, actor, "report_campaign", campaign)?;
    let template = template_of(&c)?;
    let by_then = |s: &Record| day >= today || s.text("frozen_on").is_some_and(|f| f <= day);
    let last = of_campaign(tx, reg, actor, campaign)?.into_iter().find(by_then);
    let (figures, words) = match &last {
        Some(s) => (figures_of(tx, reg, actor, s, &c, today)?, s.text("text").unwrap_or_default().to_owned()),
        None => (consolidate_on(tx, reg, actor, &c, day, today)?, merged(tx, reg, actor, &c)?),
    };
    let frozen = last.as_ref().is_some_and(|s| s.state.as_deref() == Some("frozen"));
    let issuer = last.as_ref().and_then(|s| s.link_title("agency")).or(c.link_title("receiver")).unwrap_or("Cơ quan thường trực");
    let place = if place.is_empty() { province(tx, reg, actor)? } else { place.to_owned() };
    let place = place.as_str();
    crate::document::summary(reg, template, &c, &crate::document::Words { figures: &figures, text: &words, place, issuer, draft: !frozen })
}

/// Name of the province as its committee bears it; empty when there is no such agency.
fn province(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<String> {
    let found = all_where(tx, reg, actor, "agency", vec![is("kind", "province_committee")])?;
    let name = found.first().and_then(|a| a.text("name")).unwrap_or_default();
    let tail = ["Ủy ban nhân dân tỉnh ", "Ủy ban nhân dân thành phố "].iter().find_map(|p| name.strip_prefix(p));
    Ok(tail.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_merged_by_heading_and_all_agencies_keep_a_share() {
        let t = crate::template::get("annual").expect("template");
        let said: Vec<(String, BTreeMap<String, String>)> = (0..200)
            .map(|i| {
                let words = BTreeMap::from([
                    ("highlights".to_owned(), format!("đã làm {i} việc ").repeat(50)),
                    ("difficulties".to_owned(), if i % 2 == 0 { "Không có." } else { "Thiếu người." }.to_owned()),
                ]);
                (format!("Xã số {i}"), words)
            })
            .collect();
        let most = 60_000;
        let all = merge(t, &said, most);
        let n = all.chars().count();
        assert!(n <= most && n > most * 9 / 10, "{n}");
        assert!(all.starts_with("# Kết quả nổi bật\n"), "{all:.80}");
        assert!((0..200).all(|i| all.contains(&format!("Xã số {i}: đã làm {i}"))), "everybody is heard");
        assert!(all.contains("[…]") && all.contains("Xã số 197; Xã số 199: Thiếu người.") && !all.contains("Không có."));
        let least = merge(t, &said, 3_000);
        assert!(least.chars().count() <= 3_000 && least.contains("ý kiến nữa không đủ chỗ"), "{least}");
        assert!(least.lines().filter(|l| l.starts_with("Xã")).all(|l| l.chars().count() > 150), "what is there can be read");
    }

    #[test]
    fn short_words_stay_whole() {
        assert_eq!(short("một hai ba", 50), "một hai ba");
        assert_eq!(short("một hai ba bốn năm", 14), "một hai […]");
    }
}
