use super::*;

fn pt(v: Option<f64>) -> Point {
    Point { words: "x".into(), value: v }
}

/// Opened tags are closed in order, quotes are even: enough XML for what we write.
fn well_formed(svg: &str) {
    let mut open: Vec<&str> = vec![];
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("not closed: <{tag}"));
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap_or_default());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_fluid_bar_is_not_scaled_and_a_fixed_one_needs_nothing_around_it() {
    let b = Share { met: 1, unmet: 1, nodata: 2, goal: Some(100.0) };
    let page = share(b, "a", Width::Fluid);
    assert!(!page.contains("viewBox") && !page.contains("<pattern"), "{page}");
    assert!(page.contains(r#"x="50.00%" y="3" width="50.00%" height="12" fill="url(#hatch)""#), "{page}");
    let paper = share(b, "a", Width::Fixed(200.0));
    assert!(paper.contains("<pattern id=\"hatch\"") && paper.contains(r#"x="100" y="3" width="100""#), "{paper}");
    well_formed(&page);
    well_formed(&paper);
}

#[test]
fn nothing_is_neither_met_nor_zero() {
    let s = share(Share::default(), "Không có đối tượng", Width::Fluid);
    assert!(s.contains("class=\"e\"") && !s.contains("class=\"m\""), "{s}");
    well_formed(&s);
}

#[test]
fn a_trend_breaks_where_no_figure_is() {
    let s = trend(&[pt(Some(1.0)), pt(Some(2.0)), pt(None), pt(Some(3.0)), pt(Some(4.0))], Some(5.0), "a", Some(("1", "5"))).unwrap();
    assert_eq!(s.matches("<polyline").count(), 2, "{s}");
    well_formed(&s);
    assert_eq!(trend(&[pt(None)], None, "", None), None);
}

#[test]
fn parts_sum_to_the_ring() {
    let part = |n| Slice { n, tone: Tone::NoData };
    let s = ring(&[part(1), part(3), part(0)], "4", "a", true);
    assert!(s.contains("25.00 75.00") && s.contains("75.00 25.00"), "{s}");
    assert_eq!(s.matches("class=\"arc").count(), 2);
    well_formed(&s);
}

#[test]
fn names_are_escaped_and_cut_and_whole_in_the_title() {
    let long =
        "Ủy ban nhân dân xã <Bến Lau> & \"vùng ven\" dài quá mức mà hàng còn chỗ để viết, kể cả khi được chia làm hai dòng của hình vẽ";
    let s = ranking(&[Row { label: long.into(), share: Share { met: 2, ..Share::default() }, figure: "100 %".into() }], "a\u{1}b");
    well_formed(&s);
    assert!(s.contains("&lt;Bến Lau&gt; &amp; &quot;vùng ven&quot; dài quá mức mà hàng còn chỗ để viết, kể cả khi được chia làm hai dòng của hình vẽ: 100 %"), "{s}");
    assert!(s.contains('…') && !s.contains('\u{1}'), "{s}");
}

#[test]
fn tiles_stand_in_rows_of_eight_and_no_letter_stands_on_hatching() {
    let tile = |tone| Tile { label: "Xã A".into(), figure: "0/3".into(), tone };
    let s = tile_map(&[vec![tile(Tone::Met); 8], vec![tile(Tone::NoData)]].concat(), &[(Tone::Met, "đạt")], "a");
    well_formed(&s);
    assert!(s.contains("viewBox=\"0 0 640 106\""), "{s}");
    assert_eq!(s.matches("fill=\"#fff\"").count(), 1);
}
