//! Two tabs on one reading, numbers given twice, steps that have one place.

use testkit::{Client, Reply};

use crate::plan_review::{document, hidden, imported, ok, post, unsigned, with};
use crate::world;

/// What a form shows, as it would be sent again: hidden inputs, one-line inputs, texts and what is selected.
fn opened(page: &str) -> Vec<(String, String)> {
    let form = page.split("<form class=\"card\"").nth(1).and_then(|s| s.split("</form>").next()).expect("the form");
    let attr = |tag: &str, name: &str| Some(tag.split_once(&format!("{name}=\""))?.1.split('"').next()?.to_owned());
    let plain = |s: &str| s.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    let mut all = Vec::new();
    for tag in form.split("<input ").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let ticked = !tag.contains("checkbox") || tag.contains("checked");
        if let Some(name) = attr(tag, "name").filter(|n| ticked && n != "csrf") {
            all.push((name, plain(&attr(tag, "value").unwrap_or_default())));
        }
    }
    for area in form.split("<textarea ").skip(1) {
        let (tag, rest) = area.split_once('>').expect("an area");
        all.push((attr(tag, "name").expect("a name"), plain(rest.split("</textarea>").next().unwrap_or_default())));
    }
    for select in form.split("<select ").skip(1) {
        let chosen = select.split("</select>").next().unwrap_or_default().split("<option ").find(|o| o.contains(" selected"));
        if let Some(value) = chosen.and_then(|o| attr(o, "value")) {
            all.push((attr(select, "name").expect("a name"), value));
        }
    }
    all
}

fn changed(form: &[(String, String)], name: &str, words: &str) -> Vec<(String, String)> {
    let rest: Vec<(String, String)> = form.iter().filter(|(n, _)| n != name).cloned().collect();
    with(&rest, &[(name, words)])
}

fn sent(c: &Client, path: &str, form: &[(String, String)]) -> Reply {
    post(c, path, form)
}

#[test]
fn two_tabs_on_a_reading_keep_what_each_changed() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let draft = imported(&c, &document());
    let (task, other, head) = (format!("{draft}/task/0"), format!("{draft}/task/1"), format!("{draft}/head"));
    let tab = |path: &str| opened(&ok(c.get(path), 200).text());
    // another part of the reading, another field of the same part: nothing to ask
    let (first, second, beside, title) = (tab(&task), tab(&task), tab(&other), tab(&head));
    ok(sent(&c, &task, &changed(&first, "product", "Danh mục do tab một ghi")), 303);
    ok(sent(&c, &other, &changed(&beside, "product", "Kết quả ở dòng khác")), 303);
    ok(sent(&c, &head, &changed(&title, "title", "Kế hoạch có tên do tab ba sửa")), 303);
    ok(sent(&c, &task, &changed(&second, "notes", "Ghi chú của tab hai")), 303);
    let page = ok(c.get(&task), 200).text();
    assert!(page.contains("Danh mục do tab một ghi") && page.contains("Ghi chú của tab hai"), "{page}");
    assert!(ok(c.get(&other), 200).text().contains("Kết quả ở dòng khác"));
    assert!(ok(c.get(&draft), 200).text().contains("Kế hoạch có tên do tab ba sửa"));
    // the same field: asked, with both texts there; pressing again takes one's own
    let clash = ok(sent(&c, &task, &changed(&second, "product", "Danh mục của tab hai")), 422).text();
    assert!(clash.contains("«Danh mục do tab một ghi»") && clash.contains("value=\"Danh mục của tab hai\""), "{clash}");
    assert!(ok(c.get(&task), 200).text().contains("Danh mục do tab một ghi"), "nothing was saved");
    ok(sent(&c, &task, &opened(&clash)), 303);
    let page = ok(c.get(&task), 200).text();
    assert!(page.contains("Danh mục của tab hai") && page.contains("Ghi chú của tab hai"), "{page}");
    // the head asks in the same way
    let clash = ok(sent(&c, &head, &changed(&title, "title", "Tên khác nữa")), 422).text();
    assert!(clash.contains("«Kế hoạch có tên do tab ba sửa»") && clash.contains("Tên khác nữa"), "{clash}");
    // a form without its mark is refused and changes nothing
    ok(sent(&c, &task, &[("text".into(), "Mất hết".into())]), 400);
}

#[test]
fn a_new_item_sent_twice_is_one_and_a_limit_is_said_where_it_is() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let draft = imported(&c, &document());
    let new = format!("{draft}/task/new");
    let form = changed(&opened(&ok(c.get(&new), 200).text()), "text", "Việc thêm bằng tay, bấm hai lần");
    let first = ok(sent(&c, &new, &form), 303).header("location").to_owned();
    assert_eq!(ok(sent(&c, &new, &form), 303).header("location"), first, "the second press leads to the first's item");
    let page = ok(c.get(&first), 200).text();
    assert_eq!(page.matches("Việc thêm bằng tay, bấm hai lần").count(), 1, "{page}");
    let long = "dài ".repeat(200);
    let refused = ok(
        sent(&c, &format!("{draft}/task/0"), &changed(&opened(&ok(c.get(&format!("{draft}/task/0")), 200).text()), "product", &long)),
        422,
    );
    assert!(refused.text().contains("tối đa 500"), "{}", refused.text());
    let head = format!("{draft}/head");
    let refused = ok(sent(&c, &head, &changed(&opened(&ok(c.get(&head), 200).text()), "number", &"9".repeat(101))), 422).text();
    assert!(refused.contains("Số, ký hiệu dài 101 ký tự"), "{refused}");
}

#[test]
fn a_number_is_given_once_a_year_unless_somebody_says_so() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let one = ok(world::accept(&c, &imported(&c, &document()), ""), 303).header("location").to_owned();
    // another plan of the same issuer, accepted before it had a number
    let other = ok(world::accept(&c, &imported(&c, &unsigned()), "other"), 303).header("location").to_owned();
    assert_ne!(one, other);
    let issue = format!("{other}/issue");
    let base = hidden(&ok(c.get(&issue), 200).text(), "<form class=\"card\"");
    let twice = with(&base, &[("number", "41/kh-ubnd"), ("issued_on", "03/11/2026")]);
    let refused = ok(post(&c, &issue, &twice), 422).text();
    assert!(refused.contains("đã có kế hoạch số «41/kh-ubnd» trong năm 2026") && refused.contains("name=\"same_number\""), "{refused}");
    // the record page leads to the same place, and its own door is shut
    let record = other.replace("/plans/", "/r/plan/");
    assert!(ok(c.get(&record), 200).text().contains(&format!("href=\"{issue}\"")));
    assert_eq!(ok(c.get(&format!("{record}/transition/issue")), 303).header("location"), issue);
    let alone = ok(c.post(&format!("{record}/transition/issue"), &[("version", "1")]), 409).text();
    assert!(alone.contains(&issue), "{alone}");
    ok(post(&c, &issue, &with(&twice, &[("same_number", "1")])), 303);
}
