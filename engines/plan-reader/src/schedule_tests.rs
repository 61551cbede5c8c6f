use super::*;

fn shown(text: &str) -> String {
    serde_json::to_string(&read(text, Some(2026))).unwrap()
}

#[test]
fn all_forms_of_the_five_plans() {
    assert_eq!(shown("Thường xuyên"), r#"{"kind":"continuous"}"#);
    for text in ["Hàng năm", "Hằng năm", "định kỳ hằng năm"] {
        assert_eq!(shown(text), r#"{"kind":"annual"}"#, "{text}");
    }
    assert_eq!(shown("định kỳ ít nhất 01 lần/năm"), r#"{"kind":"annual","min_count":1}"#);
    assert_eq!(shown("Tối thiểu 1 năm/1 lần"), r#"{"kind":"annual","min_count":1}"#);
    assert_eq!(shown("Định kỳ"), r#"{"kind":"periodic"}"#);
    assert_eq!(shown("Quý II/2026"), r#"{"kind":"quarter","year":2026,"quarter":2,"due":"2026-06-30"}"#);
    assert_eq!(shown("Quý IV/2026"), r#"{"kind":"quarter","year":2026,"quarter":4,"due":"2026-12-31"}"#);
    for text in ["2026 - 2027", "2026-2027", "Giai đoạn 2026 – 2027", "Từ năm 2026 đến năm 2027"] {
        assert_eq!(shown(text), r#"{"kind":"period","from":"2026-01-01","to":"2027-12-31"}"#, "{text}");
    }
    assert_eq!(
        shown("2026 - 2027 (khi Trung ương ban hành)"),
        r#"{"kind":"period","from":"2026-01-01","to":"2027-12-31","condition":"khi Trung ương ban hành"}"#
    );
    assert_eq!(shown("Khi Luật ban hành"), r#"{"kind":"event","condition":"Khi Luật ban hành"}"#);
    assert_eq!(shown("Khi Trung ương ban hành hướng dẫn"), r#"{"kind":"event","condition":"Khi Trung ương ban hành hướng dẫn"}"#);
    assert_eq!(shown("trước ngày 05/12"), r#"{"kind":"annual","month_day":"12-04","due":"2026-12-04"}"#);
    assert_eq!(shown("Định kỳ hằng năm (trước ngày 05/12)"), r#"{"kind":"annual","month_day":"12-04","due":"2026-12-04"}"#);
    assert_eq!(shown("ngay khi xảy ra"), r#"{"kind":"timer","event":"ngay khi xảy ra"}"#);
    assert_eq!(shown("trước khi đưa vào sử dụng"), r#"{"kind":"before","event":"khi đưa vào sử dụng"}"#);
    assert_eq!(shown("24/7"), r#"{"kind":"continuous"}"#);
    assert_eq!(shown("đột xuất"), r#"{"kind":"on_demand"}"#);
    assert_eq!(shown("từng bước"), r#"{"kind":"text"}"#);
    assert_eq!(shown("theo đúng lộ trình"), r#"{"kind":"text"}"#);
    assert_eq!(shown(" "), "null");
}

#[test]
fn forms_of_other_plans() {
    assert_eq!(shown("Tháng 6/2026"), r#"{"kind":"month","year":2026,"month":6,"due":"2026-06-30"}"#);
    assert_eq!(shown("Tháng 02 năm 2028"), r#"{"kind":"month","year":2028,"month":2,"due":"2028-02-29"}"#);
    assert_eq!(shown("6/2026"), r#"{"kind":"month","year":2026,"month":6,"due":"2026-06-30"}"#);
    assert_eq!(shown("Từ tháng 5 đến tháng 7/2026"), r#"{"kind":"period","from":"2026-05-01","to":"2026-07-31"}"#);
    assert_eq!(shown("Tuần 2 tháng 5"), r#"{"kind":"week","year":2026,"month":5,"week":2,"due":"2026-05-14"}"#);
    assert_eq!(shown("Trước 30/6/2027"), r#"{"kind":"deadline","due":"2027-06-29"}"#);
    assert_eq!(shown("Chậm nhất ngày 30/6/2027"), r#"{"kind":"deadline","due":"2027-06-30"}"#);
    assert_eq!(shown("Trước ngày 01 tháng 3 năm 2028"), r#"{"kind":"deadline","due":"2028-02-29"}"#);
    assert_eq!(shown("Trước tháng 6/2026"), r#"{"kind":"deadline","due":"2026-05-31"}"#);
    assert_eq!(shown("Trước Quý III/2026"), r#"{"kind":"deadline","due":"2026-06-30"}"#);
    assert_eq!(shown("6 tháng đầu năm"), r#"{"kind":"period","from":"2026-01-01","to":"2026-06-30"}"#);
    assert_eq!(shown("06 tháng cuối năm 2027"), r#"{"kind":"period","from":"2027-07-01","to":"2027-12-31"}"#);
    assert_eq!(shown("Quý II, III/2026"), r#"{"kind":"period","from":"2026-04-01","to":"2026-09-30"}"#);
    assert_eq!(shown("Quý IV/2026 - Quý I/2027"), r#"{"kind":"period","from":"2026-10-01","to":"2027-03-31"}"#);
    assert_eq!(shown("Quý 3 năm 2026"), r#"{"kind":"quarter","year":2026,"quarter":3,"due":"2026-09-30"}"#);
    assert_eq!(shown("Quý I"), r#"{"kind":"quarter","year":2026,"quarter":1,"due":"2026-03-31"}"#);
    assert_eq!(shown("Năm 2026"), r#"{"kind":"period","from":"2026-01-01","to":"2026-12-31"}"#);
    assert_eq!(shown("Đến hết năm 2026"), r#"{"kind":"deadline","due":"2026-12-31"}"#);
    assert_eq!(shown("Hằng quý"), r#"{"kind":"periodic","interval":"P3M"}"#);
    let quarterly = r#"{"kind":"periodic","interval":"P3M","by":{"month":3,"day":9}}"#;
    for text in [
        "trước ngày 10 của tháng cuối quý",
        "Hằng quý, trước ngày 10 của tháng cuối quý",
        "Trước ngày 10 tháng cuối mỗi quý",
        "Định kỳ hằng quý (trước ngày 10 tháng cuối cùng của quý)",
        "Chậm nhất ngày 09 tháng cuối quý",
    ] {
        assert_eq!(shown(text), quarterly, "{text}");
    }
    for (text, by) in [
        ("trước ngày 01 của tháng cuối quý", r#""by":{"month":2,"day":31}"#),
        ("Ngày 05 của tháng đầu quý sau", r#""by":{"month":4,"day":5}"#),
        ("trước ngày 15 tháng thứ hai của quý", r#""by":{"month":2,"day":14}"#),
    ] {
        assert_eq!(shown(text), format!(r#"{{"kind":"periodic","interval":"P3M",{by}}}"#), "{text}");
    }
    assert_eq!(shown("trước ngày 01 tháng đầu quý"), r#"{"kind":"periodic","interval":"P3M"}"#, "no day is left");
    assert_eq!(shown("Trước ngày 10 tháng cuối quý IV/2026"), r#"{"kind":"deadline","due":"2026-12-09"}"#);
    assert_eq!(shown("Trước ngày 10 tháng cuối quý II"), r#"{"kind":"deadline","due":"2026-06-09"}"#);
    assert_eq!(shown("Trước ngày 25 hằng tháng"), r#"{"kind":"periodic","interval":"P1M","by":{"month":1,"day":24}}"#);
    assert_eq!(shown("Hằng tháng, trước ngày 05 của tháng sau"), r#"{"kind":"periodic","interval":"P1M","by":{"month":2,"day":4}}"#);
    assert_eq!(shown("Hằng tháng"), r#"{"kind":"periodic","interval":"P1M"}"#);
    assert_eq!(shown("Tuần đầu tháng 5"), r#"{"kind":"week","year":2026,"month":5,"week":1,"due":"2026-05-07"}"#);
    assert_eq!(shown("06 tháng/lần"), r#"{"kind":"periodic","interval":"P6M"}"#);
    assert_eq!(shown("Quý IV hằng năm"), r#"{"kind":"annual","month_day":"12-31","due":"2026-12-31"}"#);
    assert_eq!(shown("02 cuộc/năm"), r#"{"kind":"annual","min_count":2}"#);
    assert_eq!(
        shown("Quý III/2026 (sau khi Chính phủ ban hành Nghị định)"),
        r#"{"kind":"period","from":"2026-07-01","to":"2026-09-30","condition":"sau khi Chính phủ ban hành Nghị định"}"#
    );
    assert_eq!(shown("Từ 01/3/2026 đến 30/4/2026"), r#"{"kind":"period","from":"2026-03-01","to":"2026-04-30"}"#);
    assert_eq!(read("Quý I", None), Some(Schedule::Text));
}
