//! A page in English says in English what is wrong.

use crate::world;

#[test]
fn what_is_wrong_is_said_in_the_language_of_the_page() {
    let w = world::sqlite();
    let c = w.client("canbo");
    c.get("/");
    assert_eq!(c.post("/prefs", &[("lang", "en"), ("back", "/")]).status, 303);
    assert!(c.get("/").text().contains("<html lang=\"en\""));
    // a form
    c.get("/r/agency/new");
    let wrong = c.post("/r/agency/new", &[("valid_from", "31/02/2026")]).text();
    assert!(wrong.contains("is no valid date (month 2/2026 has only 28 days)"), "{wrong}");
    assert!(wrong.contains("href=\"#f-name\"") && wrong.contains("missing; this field is required."), "and what is missing: {wrong}");
    c.get("/r/agency/new");
    let r = c.post("/r/agency/new", &[("name", ""), ("email", "khong")]);
    let page = r.text();
    assert_eq!(r.status, 422, "{page}");
    for words in ["missing; this field is required.", "is no e-mail address; write name@agency.gov.vn."] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("trường này bắt buộc") && !page.contains("không phải địa chỉ thư"), "{page}");
    // not there, not allowed
    let none = c.get("/r/agency/00000000-0000-7000-8000-000000000000");
    assert!(none.status == 404 && none.text().contains("There is no such record in"), "{}", none.text());
    let not = c.get("/admin/accounts");
    assert!(not.status == 403 && not.text().contains("Your account does not have this right"), "{}", not.text());
    // rows of an import
    let file = "Tên chính thức,Loại,Cấp\nSở Thử,Sở trên trời,Cấp tỉnh\n";
    let to = c.upload("/r/agency/import", "co-quan.csv", file.as_bytes());
    let report = if to.status == 303 { c.get(to.header("location")).text() } else { to.text() };
    assert!(report.contains("is not in the list"), "{report}");
    // one of a thing is one
    let people = c.get("/targets").text();
    assert!(!people.contains("Not yet, left") && !people.contains(">1 rows<"), "{people}");
}
