//! The story of issue 2 in real Chromium, from the plan file to an opened figure, wide and on a phone.
//!
//! Every page that is looked at is also opened on a phone and checked: no console errors (also no breach of the CSP), nothing
//! wider than the screen. Pictures go to `target/story/`.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use documents::{Cell, Column, ColumnKind, Sheet, Workbook};
use testkit::browser::{Browser, chromedriver};
use testkit::process::{Server, TempDir};

const PASSWORD: &str = "la-chan-trinh-dien";
const PLAN: &str = include_str!("../../fixtures/ke-hoach-du-lieu-sao-mai.txt");
const UNKNOWN: &str = "Trung tâm Điều hành thông minh Sao Mai";
const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";

type Done<T = ()> = Result<T, String>;

/// One person with a wide screen and a phone.
struct Person<'a> {
    wide: &'a Browser,
    phone: &'a Browser,
    base: &'a str,
    pictures: PathBuf,
    number: std::cell::Cell<u32>,
}

impl Person<'_> {
    /// Signs in on both.
    fn enter(&self, login: &str) -> Done {
        for b in [self.wide, self.phone] {
            b.goto(&format!("{}/sign-in", self.base))?;
            b.forget()?;
            b.goto(&format!("{}/sign-in", self.base))?;
            b.fill("#f-login", login)?;
            b.fill("#f-password", PASSWORD)?;
            b.click("main button.main")?;
            b.until("signed in", "return location.pathname === '/' && document.readyState === 'complete'")?;
        }
        Ok(())
    }
    fn go(&self, path: &str) -> Done {
        self.wide.goto(&format!("{}{path}", self.base))
    }
    fn path(&self) -> Done<String> {
        Ok(self.wide.url()?.strip_prefix(self.base).unwrap_or_default().to_owned())
    }
    /// Checks the page that is open, the same address on the phone, and keeps pictures of both.
    fn look(&self, name: &str) -> Done {
        self.phone.goto(&self.wide.url()?)?;
        self.keep(name, &[(self.wide, "1440"), (self.phone, "390")])
    }
    /// The same for a page that has no address (the answer to a form): wide only.
    fn look_wide(&self, name: &str) -> Done {
        self.keep(name, &[(self.wide, "1440")])
    }
    fn keep(&self, name: &str, screens: &[(&Browser, &str)]) -> Done {
        self.number.set(self.number.get() + 1);
        for (b, width) in screens {
            b.until("loaded", "return document.readyState === 'complete'")?;
            let at = format!("{name} ({width}, {})", b.url()?);
            let wide = b.run("return document.documentElement.scrollWidth")?.as_u64().unwrap_or(0);
            let most: u64 = width.parse().unwrap_or(0);
            if wide > most {
                let culprit = b.run(WIDEST)?;
                return Err(format!("{at}: {wide} px wide: {culprit}"));
            }
            let errors = b.console_errors()?;
            if !errors.is_empty() {
                return Err(format!("{at}: {errors:?}"));
            }
            if b.count("main h1")? != 1 {
                return Err(format!("{at}: not exactly one heading"));
            }
            b.screenshot(&self.pictures.join(format!("{:02}-{name}-{width}.png", self.number.get())))?;
        }
        Ok(())
    }
}

/// What sticks out to the right.
const WIDEST: &str = "const w = document.documentElement.clientWidth; return [...document.querySelectorAll('body *')]\
.filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest('.scroll')).slice(0, 5).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40))";

#[test]
fn from_the_plan_file_to_an_opened_figure() {
    let Some(driver) = chromedriver() else { return };
    let begun = Instant::now();
    let dir = TempDir::new("story").expect("folder");
    let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../story");
    std::fs::create_dir_all(&pictures).expect("folder for pictures");
    let database = dir.file("story.db");
    let args = ["demo", "--scale", "small", "--database", &database];
    let server =
        Server::start(env!("CARGO_BIN_EXE_lachan-under-test"), &args, &dir.0, Duration::from_secs(180)).unwrap_or_else(|e| panic!("{e}"));
    let started = begun.elapsed().as_secs_f64();
    let wide = Browser::open(&driver, 1440, 900).unwrap_or_else(|e| panic!("{e}"));
    let phone = Browser::open(&driver, 390, 844).unwrap_or_else(|e| panic!("{e}"));
    let me = Person { wide: &wide, phone: &phone, base: &server.url, pictures, number: std::cell::Cell::new(0) };
    let plan = std::cell::RefCell::new(String::new());
    let chapters: [(&str, &dyn Fn() -> Done); 9] = [
        ("keyboard", &|| keyboard(&me)),
        ("import a plan", &|| {
            plan.replace(import_plan(&me, &dir)?);
            Ok(())
        }),
        ("targets of the plan", &|| targets_of(&me, &plan.borrow())),
        ("a figure opened", &|| figure(&me)),
        ("registers", &|| registers(&me, &dir)),
        ("language and theme", &|| preferences(&me)),
        ("contact point", &|| contact(&me)),
        ("head of the agency", &|| head(&me)),
        ("head of the standing agency", &|| standing_head(&me)),
    ];
    for (name, chapter) in chapters {
        if let Err(e) = chapter() {
            let _ = me.wide.screenshot(&me.pictures.join("failed.png"));
            panic!("{name}: {e}\nat {:?}\n{}", me.wide.url(), server.output().lines().rev().take(5).collect::<Vec<_>>().join("\n"));
        }
    }
    println!(
        "story: {} pages looked at twice, server filled in {started:.1} s, all in {:.1} s",
        me.number.get(),
        begun.elapsed().as_secs_f64()
    );
}

/// Two people ticked: the bar says so, and leads to the form that changes both.
fn bulk(me: &Person<'_>) -> Done {
    let b = me.wide;
    must(b.run("return document.querySelector('form.bulk').hidden")? == true, "nothing ticked, no bar")?;
    for row in ["1", "2"] {
        b.click(&format!("tbody tr:nth-child({row}) input[name=id]"))?;
    }
    b.until("the bar counts", "const f = document.querySelector('form.bulk'); return !f.hidden && f.innerText.includes('Đã chọn 2')")?;
    b.click("form.bulk button")?;
    b.until("both come along", "return document.querySelectorAll('main input[type=hidden][name=id]').length === 2")?;
    me.look("bulk-edit")?;
    b.click("input[name=change][value=title]")?;
    b.fill("#f-title", "Chuyên viên trực")?;
    b.click("main form button.main")?;
    b.see("Đã lưu 2 bản ghi")
}

/// On a phone the menu is one line until it is opened; then it leads anywhere.
fn phone_menu(me: &Person<'_>) -> Done {
    let p = me.phone;
    p.goto(&format!("{}/targets", me.base))?;
    must(
        p.run("return document.querySelector('.side').offsetHeight < 140 && !document.querySelector('.side nav').offsetHeight")? == true,
        "folded",
    )?;
    p.click(".burger summary")?;
    p.until("open", "return document.querySelector('.side nav').offsetHeight > 300")?;
    p.click(".side nav a[href='/plans']")?;
    p.until("there", "return location.pathname === '/plans'")
}

/// Everything can be reached without a mouse, and one sees where one is.
fn keyboard(me: &Person<'_>) -> Done {
    let b = me.wide;
    me.go("/sign-in")?;
    me.look("sign-in")?;
    b.press(TAB)?;
    b.until(
        "the skip link comes first",
        "const e = document.activeElement; return e.matches('.skip') && e.getBoundingClientRect().left >= 0",
    )?;
    b.press(ENTER)?;
    b.until("the skip link leads to the content", "return document.activeElement.id === 'm'")?;
    b.press(TAB)?;
    b.until("focus is seen", "const e = document.activeElement; return e.id === 'f-login' && getComputedStyle(e).outlineStyle !== 'none' && parseFloat(getComputedStyle(e).outlineWidth) >= 2")?;
    b.press("canbo")?;
    b.press(TAB)?;
    b.press(PASSWORD)?;
    b.press(ENTER)?;
    b.until("signed in by keyboard", "return location.pathname === '/'")?;
    me.enter("canbo")?;
    me.look("home-officer")
}

/// Reads a plan, sees the doubts, corrects, accepts. Gives the address of the plan.
fn import_plan(me: &Person<'_>, dir: &TempDir) -> Done<String> {
    let b = me.wide;
    me.go("/plans")?;
    me.look("plans")?;
    b.click("a.btn.main")?;
    me.look("import-form")?;
    // once as .docx: read the same, then thrown away
    let docx = dir.file("ke-hoach.docx");
    std::fs::write(&docx, as_docx(PLAN)?).map_err(|e| e.to_string())?;
    b.fill("input[type=file]", &docx)?;
    b.click("main button.main")?;
    b.see("điều cần xem trước khi chấp nhận")?;
    let of_docx = b.text(".head p.muted")?;
    b.run("window.confirm = () => true")?;
    b.click("form[action$='/discard'] button")?;
    b.see("Đã bỏ bản đọc")?;
    me.go("/plans/import")?;
    let txt = dir.file("ke-hoach-41.txt");
    std::fs::write(&txt, PLAN).map_err(|e| e.to_string())?;
    b.fill("input[type=file]", &txt)?;
    b.click("main button.main")?;
    b.see("điều cần xem trước khi chấp nhận")?;
    let of_txt = b.text(".head p.muted")?;
    same("the .docx is read like the .txt", &of_docx, &of_txt)?;
    must(of_txt.contains("6 nhiệm vụ · 3 chỉ tiêu"), &of_txt)?;
    let review = me.path()?;
    // doubts come first, the document stands beside the reading
    let doubts = b.text(".notice.soon")?;
    for words in [UNKNOWN, "hai ngày", "chưa có thời gian thực hiện"] {
        must(doubts.contains(words), &format!("doubt about «{words}» in: {doubts}"))?;
    }
    b.until(
        "doubts above, document left of the reading",
        "const r = s => document.querySelector(s).getBoundingClientRect(); return r('.notice.soon').bottom <= r('.split').top && r('.split .doc').right <= r('.split .stack').left",
    )?;
    me.look("import-review")?;
    // one task is corrected
    b.click("a[href$='/task/4']")?;
    me.look("import-edit-task")?;
    b.fill("#f-time", "Trước 30/6/2027")?;
    b.click("main button.main")?;
    b.see("30/06/2027")?;
    // all unknown actors stand on one page; one is resolved by keyboard and learned
    b.click("a[href$='/names']")?;
    me.look("import-names")?;
    must(b.text("table.cards")?.contains(UNKNOWN), "the unknown name is listed")?;
    b.fill("[role=combobox]", "phuc vu hanh chinh")?;
    b.until("the agency is offered", "return document.querySelectorAll('[role=option][data-id]').length > 0")?;
    b.press("\u{E015}")?;
    b.press(ENTER)?;
    b.until("the agency is chosen", "return document.querySelectorAll('.chosen input:checked').length === 1")?;
    b.click("#names button.main")?;
    b.until("back at the review", "return !!document.querySelector('.split')")?;
    must(!b.text(".notice.soon")?.contains(UNKNOWN), "the actor is known now")?;
    same("same reading", &me.path()?, &review)?;
    b.click("a[href$='/accept']")?;
    b.see("Vẫn chấp nhận")?;
    me.look("import-accept")?;
    b.click("form[action$='/accept'] button")?;
    b.see("Đã tạo kế hoạch")?;
    let plan = me.path()?;
    me.go("/r/agency_alias?q=dieu+hanh+thong+minh")?;
    b.see(UNKNOWN)?;
    Ok(plan)
}

/// The plan's tabs; a suggested indicator is confirmed and shows a live figure.
fn targets_of(me: &Person<'_>, plan: &str) -> Done {
    let b = me.wide;
    me.go(plan)?;
    must(b.count("tbody tr")? == 3, "three targets")?;
    must(b.text("tbody")?.contains("Chưa gắn chỉ số"), "not bound yet")?;
    me.look("plan-targets-unbound")?;
    let chosen = b.run("return document.querySelector('tbody tr select').value")?;
    same("nothing is chosen for the reader", chosen.as_str().unwrap_or_default(), "")?;
    let suggested = b.run("return document.querySelector('tbody tr select').options[1].value")?;
    same("suggested first for contact points", suggested.as_str().unwrap_or_default(), "T-04")?;
    b.click("tbody tr select option:nth-child(2)")?;
    b.click("tbody tr form button")?;
    b.see("Đã gắn chỉ số")?;
    must(b.count("tbody tr:first-child svg.bar")? == 1, "a live bar")?;
    me.look("plan-targets")?;
    for tab in ["tasks", "duties", "about"] {
        me.go(&format!("{plan}?tab={tab}"))?;
        me.look(&format!("plan-{tab}"))?;
    }
    Ok(())
}

/// The figure, an agency of it, the records that are missing, as .xlsx too.
fn figure(me: &Person<'_>) -> Done {
    let b = me.wide;
    me.go("/targets")?;
    me.look("targets")?;
    b.click("a[href='/targets/T-04']")?;
    b.see("Trong số")?;
    me.look("target")?;
    b.click("table a[href*='outcome=unmet&agency=']")?;
    must(me.path()?.starts_with("/targets/T-04/records?outcome=unmet&agency="), &me.path()?)?;
    me.look("records-of-agency")?;
    me.go("/targets/T-04/records?outcome=unmet")?;
    must(b.count("tbody tr")? > 0, "somebody is missing")?;
    me.look("records")?;
    for file in ["/targets/T-04/records?outcome=unmet&export=xlsx", "/r/person/export.xlsx", "/r/person/template.xlsx"] {
        let head = b.run(&format!(
            "const r = await fetch('{file}'); const a = new Uint8Array(await r.arrayBuffer()); return r.status + ' ' + String.fromCharCode(a[0], a[1])"
        ))?;
        same(file, head.as_str().unwrap_or_default(), "200 PK")?;
    }
    Ok(())
}

/// Lists, a record, a form, an Excel import with its report, the ledger.
fn registers(me: &Person<'_>, dir: &TempDir) -> Done {
    let b = me.wide;
    for (path, name) in [
        ("/registers", "registers"),
        ("/r/agency", "list-agencies"),
        ("/r/person", "list-people"),
        ("/r/system", "list-systems"),
        ("/plans/board", "board"),
        ("/plans/board?state=overdue", "board-late"),
        ("/plans/calendar?month=2026-12", "calendar"),
        ("/ledger", "ledger"),
        ("/notices", "notices"),
        ("/account", "account"),
    ] {
        me.go(path)?;
        me.look(name)?;
    }
    me.go("/r/person")?;
    bulk(me)?;
    phone_menu(me)?;
    me.go("/r/person")?;
    b.click("tbody a[href^='/r/person/']")?;
    me.look("record")?;
    let record = me.path()?;
    for tab in ["links", "history"] {
        me.go(&format!("{record}?tab={tab}"))?;
        me.look(&format!("record-{tab}"))?;
    }
    me.go("/r/person/new")?;
    me.look("form")?;
    me.go("/r/person/import")?;
    me.look("import-xlsx")?;
    let file = dir.file("nhan-su.xlsx");
    std::fs::write(&file, people()?).map_err(|e| e.to_string())?;
    b.fill("#f-file", &file)?;
    b.click("main button.main")?;
    b.see("Xem trước")?;
    let report = b.text("main")?;
    for words in ["Lê Thị Bến", "lỗi, không nhập", "Sở Không Có"] {
        must(report.contains(words), &format!("«{words}» in the report: {report}"))?;
    }
    me.look_wide("import-preview")?;
    b.click("form[action$='/import/apply'] button.main")?;
    b.until(
        "the job is done",
        "return location.pathname.includes('/import/jobs/') && !document.querySelector('progress') && document.readyState === 'complete'",
    )?;
    me.look("import-report")
}

/// Two rows: one good, one of an agency that does not exist.
fn people() -> Done<Vec<u8>> {
    let columns = ["Họ và tên", "Mã cán bộ", "Cơ quan", "Điện thoại"].map(|l| Column::new(l, ColumnKind::Text)).to_vec();
    let row = |cells: [&str; 4]| cells.map(Cell::text).to_vec();
    let rows = vec![row(["Lê Thị Bến", "ST0001", "Sở Y tế", "0912 345 678"]), row(["Trần Văn Lau", "ST0002", "Sở Không Có", ""])];
    Workbook::of(Sheet { name: "Nhân sự".into(), columns, rows }).to_xlsx().map_err(|e| e.to_string())
}

/// English and back; dark and back.
fn preferences(me: &Person<'_>) -> Done {
    let b = me.wide;
    me.go("/targets/T-04")?;
    b.click(".prefs button[name=lang][value=en]")?;
    b.until("English", "return document.documentElement.lang === 'en' && document.querySelector('main').innerText.includes('By agency')")?;
    me.look_wide("target-en")?;
    b.click(".prefs button[name=lang][value=vi]")?;
    b.until(
        "Vietnamese",
        "return document.documentElement.lang === 'vi' && document.querySelector('main').innerText.includes('Theo cơ quan')",
    )?;
    for theme in ["light", "dark"] {
        b.click(&format!(".prefs button[name=theme][value={theme}]"))?;
        b.until(theme, &format!("return document.documentElement.dataset.theme === '{theme}'"))?;
    }
    b.until("dark paper, light ink", "const c = s => getComputedStyle(document.documentElement)[s].match(/\\d+/g).map(Number); return c('backgroundColor')[0] < 60 && c('color')[0] > 180")?;
    me.look("target-dark")?;
    me.go("/")?;
    me.look("home-dark")?;
    // paper is white whatever the screen is
    b.media("print")?;
    must(
        b.run("const c = s => getComputedStyle(document.querySelector('.card') ?? document.body)[s].match(/\\d+/g).map(Number); return c('color')[0] < 60 && getComputedStyle(document.documentElement).backgroundColor === 'rgb(255, 255, 255)'")? == true,
        "dark theme prints black on white",
    )?;
    b.media("")?;
    b.click(".prefs button[name=theme][value=auto]")?;
    b.until("as the system", "return document.documentElement.dataset.theme === 'auto'")
}

/// A contact point sees its own agency's work and records, and nobody else's; reports one task as done.
fn contact(me: &Person<'_>) -> Done {
    let b = me.wide;
    me.enter("daumoi")?;
    me.look("home-contact")?;
    let home = b.text("main")?;
    must(home.contains("Thống kê dữ liệu cá nhân"), &format!("work of the new plan: {home}"))?;
    for path in [
        "/",
        "/plans/board?state=all",
        "/r/person",
        "/r/system",
        "/r/contact_point",
        "/targets/T-04",
        "/targets/T-15/records?outcome=unmet",
        "/r/obligation",
    ] {
        me.go(path)?;
        let seen = b.text("main")?;
        for other in ["Sở Y tế", "Cồn Sậy", "Vàm Sen", "Sở Tài chính", "Sở Giáo dục"] {
            must(!seen.contains(other), &format!("«{other}» is seen at {path}: {seen}"))?;
        }
    }
    me.go("/plans/board?state=open")?;
    me.look("board-contact")?;
    b.click_link("Thống kê dữ liệu cá nhân")?;
    me.look("obligation")?;
    b.fill("#f-note", "Đã thống kê 12 loại dữ liệu, giao chị Lan phụ trách.")?;
    // evidence and hand-in are one step
    b.click("form[action*='/hand-in'] button[value=submit]")?;
    b.see("Đã nộp, chờ duyệt")?;
    b.see("Chờ duyệt")
}

/// The head approves what waits.
fn head(me: &Person<'_>) -> Done {
    let b = me.wide;
    me.enter("chutich")?;
    me.look("home-head")?;
    me.go("/plans/board?state=waiting_approval")?;
    b.click_link("Thống kê dữ liệu cá nhân")?;
    me.look("obligation-approve")?;
    b.click("form[action$='/approve'] button")?;
    b.see("Hoàn thành")?;
    must(b.count("form[action$='/approve']")? == 0, "nothing is left to approve")
}

/// The head of the standing agency sees who is late.
fn standing_head(me: &Person<'_>) -> Done {
    let b = me.wide;
    me.enter("lanhdao")?;
    b.until(
        "who is late stands above the figures",
        "const h = [...document.querySelectorAll('main h2')].map(e => e.innerText); return h.some(x => x.startsWith('Ai đang chậm')) && h.findIndex(x => x.startsWith('Ai đang chậm')) < h.findIndex(x => x.startsWith('Chỉ tiêu'))",
    )?;
    me.look("home-standing-head")?;
    me.go("/plans/board?state=overdue")?;
    b.see("Ai đang chậm")?;
    must(b.count("a.chip[href*='agency=']")? > 3, "agencies that are late")?;
    b.click("a.chip[href*='agency=']")?;
    must(b.count("tbody tr")? > 0, "what they owe")?;
    me.look("late-agency")
}

fn must(so: bool, what: &str) -> Done {
    if so { Ok(()) } else { Err(what.to_owned()) }
}

fn same(what: &str, found: &str, wanted: &str) -> Done {
    must(found == wanted, &format!("{what}: «{found}» is not «{wanted}»"))
}

/// The plan as a minimal .docx: lines are paragraphs, neighbouring lines with tabs are one table.
fn as_docx(plan: &str) -> Done<Vec<u8>> {
    let escape = |s: &str| s.replace('&', "&amp;").replace('<', "&lt;");
    let paragraph = |s: &str| format!("<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escape(s));
    let (mut body, mut in_table) = (String::new(), false);
    for line in plan.lines() {
        let row = line.contains('\t');
        if row != in_table {
            body.push_str(if row { "<w:tbl>" } else { "</w:tbl>" });
            in_table = row;
        }
        if row {
            let cells: String = line.split('\t').map(|c| format!("<w:tc>{}</w:tc>", paragraph(c))).collect();
            body.push_str(&format!("<w:tr>{cells}</w:tr>"));
        } else {
            body.push_str(&paragraph(line));
        }
    }
    body.push_str(if in_table { "</w:tbl>" } else { "" });
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
    );
    let types = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [("[Content_Types].xml", types), ("word/document.xml", document.as_str())] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).map_err(|e| e.to_string())?;
        zip.write_all(content.as_bytes()).map_err(|e| e.to_string())?;
    }
    Ok(zip.finish().map_err(|e| e.to_string())?.into_inner())
}
