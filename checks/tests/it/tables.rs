//! Every table a person sees can be ordered by its headings, filtered, opened row by row and taken away as .xlsx.

use std::collections::{BTreeMap, BTreeSet};

use testkit::Client;

use crate::world;

/// Tables without all that, by page and by a word of their caption (`-` = without one), and why.
const EXCEPTED: &[(&str, &str, &str)] = &[
    ("/", "Chỉ tiêu", "what stands on /targets, in short; that page has everything"),
    ("/targets/{T}", "Từng phần", "the two to six fixed parts of one indicator"),
    ("/plans/calendar", "-", "a month as a sheet of days; the list below has everything"),
    ("/reports/report/{id}", "", "sections of a form laid down by the template, printed as they stand"),
    ("/reports/campaign/{id}/summary", "", "sections of a form laid down by the template, printed as they stand"),
    ("/plans/{id}/names", "Tên gọi và cơ quan", "a form of 60 rows at most, who leads first; a saved row goes"),
    ("/plans/import/{id}/names", "Tên gọi và cơ quan", "the same form of a reading"),
    ("/plans/{id}/fill", "Nhiệm vụ còn thiếu", "a form of 60 rows at most in the order of the plan; a saved row goes"),
    ("/plans/import/{id}/fill", "Nhiệm vụ còn thiếu", "the same form of a reading"),
    ("/r/{register}/{id}", "Thay đổi", "fields of one change in the history of one record"),
];

/// A path with what differs from record to record taken out.
fn pattern(path: &str) -> String {
    let bare = path.split(['?', '#']).next().unwrap_or(path);
    let parts: Vec<String> = bare
        .split('/')
        .map(|p| {
            let indicator = p.len() <= 8 && p.contains('-') && p.chars().next().is_some_and(|c| c.is_ascii_uppercase());
            match p {
                _ if p.len() == 36 && p.matches('-').count() == 4 => "{id}".into(),
                _ if indicator => "{T}".into(),
                _ => p.to_owned(),
            }
        })
        .collect();
    parts.join("/")
}

/// Registers look alike: their pages count as one pattern each for lists, three for records.
fn class(path: &str) -> String {
    let p = pattern(path);
    match p.strip_prefix("/r/").map(|r| r.split('/').collect::<Vec<_>>()) {
        Some(rest) if rest.len() > 1 => format!("/r/{{register}}/{}", rest[1..].join("/")),
        _ => p,
    }
}

/// Pages that are counted together: tabs and other ways to look at a page are pages of their own.
fn kind(path: &str) -> String {
    let ways = path.split('?').nth(1).unwrap_or_default().split('&').filter(|p| p.starts_with("tab=") || p.starts_with("view="));
    format!("{} {}", class(path), ways.collect::<Vec<_>>().join(" "))
}

/// What a person can reach by links; nothing that leaves, downloads or only repeats a list in another order.
fn links(page: &str) -> BTreeSet<String> {
    let wanted = |h: &&str| {
        h.starts_with('/')
            && !["/assets/", "/api/", "/prefs", "/sign-"].iter().any(|p| h.starts_with(p))
            && !["export", "sort=", "after=", ".xlsx", ".docx", ".pdf", "/files/", "f.", "page="].iter().any(|w| h.contains(w))
    };
    page.split("href=\"")
        .skip(1)
        .filter_map(|s| s.split('"').next())
        .filter(wanted)
        .map(|h| h.split('#').next().unwrap_or(h).replace("&amp;", "&"))
        .collect()
}

struct Table {
    caption: String,
    /// Rows of the body.
    rows: Vec<String>,
    /// Headings with a link, of those with a text.
    sorted: (usize, usize),
    /// Stands in a grid, which brings filter and file.
    grid: Option<String>,
}

fn tables(page: &str) -> Vec<Table> {
    let mut out = vec![];
    let mut at = 0;
    while let Some(i) = page[at..].find("<table") {
        let start = at + i;
        let end = page[start..].find("</table>").map_or(page.len(), |e| start + e);
        let t = &page[start..end];
        let between = |s: &str, a: &str, b: &str| s.split(a).nth(1).and_then(|x| x.split(b).next()).unwrap_or_default().to_owned();
        let head = between(t, "<thead>", "</thead>");
        let heads: Vec<&str> = head.split("<th ").skip(1).collect();
        let named =
            |h: &&&str| h.split('>').nth(1).is_some_and(|x| !x.trim_start_matches("</th").is_empty()) || h.contains("<a class=\"sort\"");
        // the grid that opens last before the table and is not closed by another table
        let before = &page[..start];
        let grid = before
            .rfind("data-grid=\"")
            .filter(|g| !before[*g..].contains("<table"))
            .map(|g| before[g + 11..].split('"').next().unwrap_or_default().to_owned());
        out.push(Table {
            caption: between(t, "<caption class=\"sr\">", "</caption>"),
            rows: between(t, "<tbody>", "</tbody>").split("<tr").skip(1).map(str::to_owned).collect(),
            sorted: (heads.iter().filter(|h| h.contains("class=\"sort\"")).count(), heads.iter().filter(named).count()),
            grid,
        });
        at = end;
    }
    out
}

/// Who may not take records away is offered no file of them; `None` where that depends on more.
fn may_export(actor: &access::Actor, path: &str) -> Option<bool> {
    let p = pattern(path);
    let tasks = path.contains("tab=tasks");
    let what = match p.strip_prefix("/r/") {
        Some(rest) => rest.split('/').next().unwrap_or_default(),
        None => match p.as_str() {
            "/plans" => "plan",
            "/plans/{id}" if tasks => "task",
            "/plans/{id}" => "target",
            "/plans/board" | "/plans/calendar" => "obligation",
            "/reports" => "report_campaign",
            "/reports/campaign/{id}" => "report_submission",
            _ if p.starts_with("/admin") || p.starts_with("/people") => "account",
            // also asks for the right over the register behind the figure
            _ if p.ends_with("/records") => return None,
            _ if p.starts_with("/targets") => "figure",
            // one's own sessions, keys and sign-ins
            _ => return Some(true),
        },
    };
    Some(actor.may(access::Verb::Export, what).is_ok())
}

/// What is wrong with a table, if anything.
fn judge(page: &str, t: &Table, is_list: bool, may_export: Option<bool>) -> Option<String> {
    let missing = |what: &str| Some(format!("“{}”: {what}", t.caption));
    // what a drawing shows, in words
    if t.caption == "Số liệu của biểu đồ" {
        return None;
    }
    if t.grid.is_none() && !is_list {
        return missing("not of the shared kind");
    }
    if t.sorted.0 == 0 {
        return missing("no heading orders it");
    }
    // what only shows a picture or a button has no order
    if !is_list && t.sorted.0 + 2 < t.sorted.1 {
        return missing("most headings order nothing");
    }
    let open = |r: &&String| r.contains("href=\"/") || r.contains("<button") || r.contains("type=\"checkbox\"");
    let alone = ["Các phiên đang mở", "Các lần đăng nhập gần đây", "Quyền"].contains(&t.caption.as_str());
    if !alone && t.rows.iter().any(|r| !open(&r)) {
        return missing("a row leads nowhere");
    }
    if t.rows.len() > 8 && !page.contains("role=\"search\"") {
        return missing("no filter");
    }
    if may_export.is_some_and(|m| m != page.contains("export")) {
        return missing(if may_export == Some(true) { "no file" } else { "a file without the right to export" });
    }
    None
}

fn excepted(path: &str, caption: &str) -> bool {
    EXCEPTED.iter().any(|(p, c, _)| *p == class(path) && if *c == "-" { caption.is_empty() } else { caption.contains(c) })
}

/// Visits what links lead to, a few of each kind of page; every table found and what is wrong with it.
fn visit(c: &Client, actor: &access::Actor, who: &str, first: &[String], seen: &mut BTreeMap<String, usize>) -> Vec<String> {
    let (mut waiting, mut known) = (first.to_vec(), first.iter().cloned().collect::<BTreeSet<_>>());
    let (mut faults, mut count) = (vec![], BTreeMap::<String, usize>::new());
    while let Some(path) = waiting.pop() {
        let n = count.entry(kind(&path)).or_default();
        // lists with other words of the address are the same page
        if *n >= 3 {
            continue;
        }
        *n += 1;
        let r = c.get(&path);
        if r.status != 200 || !r.header("content-type").starts_with("text/html") {
            assert!(r.status < 500, "{who} {path}: {}", r.status);
            continue;
        }
        let page = r.text();
        let is_list = pattern(&path).starts_with("/r/") && pattern(&path).matches('/').count() == 2 || pattern(&path) == "/plans/board";
        for t in tables(&page) {
            *seen.entry(class(&path)).or_default() += 1;
            if !excepted(&path, &t.caption) {
                faults.extend(judge(&page, &t, is_list, may_export(actor, &path)).map(|f| format!("{who} {path} {f}")));
            }
        }
        for l in links(&page) {
            if known.insert(l.clone()) {
                waiting.push(l);
            }
        }
    }
    faults
}

#[test]
fn every_table_can_be_ordered_filtered_opened_and_taken_away() {
    let w = world::sqlite();
    // a record that was changed, so that its history is seen
    let done = world::records(&w.instance, "obligation", vec![]).into_iter().find(|o| o.state.as_deref() == Some("done")).unwrap();
    // a plan and a reading with something open, so that the pages that mend it are seen
    let officer = w.client("canbo");
    let text = crate::plan_gate::unsigned();
    let import = |text: &str| {
        let r = officer.upload("/plans/import", "ke-hoach.txt", text.as_bytes());
        assert_eq!(r.status, 303, "{}", r.text());
        r.header("location").to_owned()
    };
    assert_eq!(world::accept(&officer, &import(&text), "").status, 303);
    import(&text.replace("dữ liệu", "rừng phòng hộ"));
    let first = ["/".to_owned(), format!("/r/obligation/{}?tab=history", done.id)];
    let mut seen = BTreeMap::new();
    let mut faults = vec![];
    for login in ["canbo", "daumoi", "quantri"] {
        let roles = std::sync::Arc::clone(&w.instance.roles);
        let actor = w.instance.store.read_blocking(|tx| access::actor_of_login(tx, &roles, login)).unwrap();
        faults.extend(visit(&w.client(login), &actor, login, &first, &mut seen));
    }
    faults.sort();
    assert!(faults.is_empty(), "{} tables:\n{}", faults.len(), faults.join("\n"));
    for page in [
        "/targets",
        "/targets/{T}",
        "/plans",
        "/plans/{id}",
        "/plans/board",
        "/plans/calendar",
        "/reports",
        "/reports/campaign/{id}",
        "/admin/accounts",
        "/admin/accounts/{id}",
        "/account",
        "/people/invitations",
        "/r/agency",
    ] {
        assert!(seen.contains_key(page), "no table seen on {page}: {:?}", seen.keys());
    }
    for (page, ..) in EXCEPTED {
        assert!(seen.contains_key(*page), "the exception for {page} is for nothing");
    }
}
