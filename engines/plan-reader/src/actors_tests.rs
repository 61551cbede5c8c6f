use super::*;

fn names(cell: &str) -> Vec<String> {
    read_cell(cell).names
}

#[test]
fn commas_split_only_before_a_known_head() {
    assert_eq!(names("Các sở, ban, ngành, UBND cấp xã, các tổ chức, doanh nghiệp nhà nước").len(), 3);
    assert_eq!(names("UBND các huyện, thị xã, thành phố").len(), 1);
    assert_eq!(
        names("Sở Tài chính, các cơ quan, doanh nghiệp và hội, hiệp hội trong lĩnh vực an ninh mạng, công nghệ thông tin - truyền thông")
            .len(),
        2
    );
    assert_eq!(names("Sở Nội vụ; các Sở, Ban ngành và địa phương liên quan"), ["Sở Nội vụ", "các Sở, Ban ngành và địa phương liên quan"]);
    assert_eq!(names("Các cơ quan, đơn vị, các ban, ngành, đoàn thể."), ["Các cơ quan, đơn vị, các ban, ngành, đoàn thể"]);
    assert_eq!(names("Công an tỉnh , Sở Tư pháp"), ["Công an tỉnh", "Sở Tư pháp"]);
    assert_eq!(names("Công an tỉnh, sở Khoa học và Công nghệ").len(), 2);
    assert_eq!(names("Sở Giáo dục và Đào tạo; Sở Văn hóa, Thể thao và Du lịch").len(), 2);
    assert_eq!(names("Bộ phận Văn phòng – Thống kê và bộ phận Văn hoá – Xã hội").len(), 2);
    assert_eq!(names("Các doanh nghiệp viễn thông, công nghệ số, đơn vị cung cấp hạ tầng số trên địa bàn").len(), 2);
    assert_eq!(names("Các sở, ngành, đoàn thể cấp tỉnh, UBND các xã, phường").len(), 2);
    assert_eq!(names("Báo Quảng Trị, Đài Phát thanh - Truyền hình tỉnh").len(), 2);
}

#[test]
fn bullets_scopes_and_guidance() {
    let both = read_cell(
        "- Bộ phận Văn hoá – Xã hội, Bộ phận Văn phòng – Thống kê phối hợp, triển khai (nội dung liên quan đến an toàn thông tin mạng). - Công an xã phối hợp, triển khai (nội dung liên quan đến an ninh mạng)",
    );
    assert_eq!(both.names, ["Bộ phận Văn hoá – Xã hội", "Bộ phận Văn phòng – Thống kê", "Công an xã"]);
    assert_eq!(both.scopes.len(), 3);
    assert_eq!(both.scopes[1].scope, "nội dung liên quan đến an toàn thông tin mạng");
    assert_eq!(names("- Công an xã - Văn hoá – xã hội"), ["Công an xã", "Văn hoá – xã hội"]);
    assert_eq!(names("- Công an xã\n- Trạm Y tế"), ["Công an xã", "Trạm Y tế"]);
    let guided = read_cell(
        "Các bộ phận chuyên môn cấp xã theo chỉ đạo, hướng dẫn của ngành dọc cấp trên (Phòng Văn hóa và Thông tin, Công an huyện) triển khai thực hiện;",
    );
    assert_eq!(guided.names, ["Các bộ phận chuyên môn cấp xã"]);
    assert!(guided.notes[0].contains("Công an huyện"));
    assert_eq!(names("Tài chính - Kế toán"), ["Tài chính - Kế toán"]);
}

#[test]
fn coordinators_of_a_sentence() {
    assert_eq!(
        coordinators_in(
            "Chủ trì, phối hợp với Sở Giáo dục và Đào tạo, Sở Nội vụ và các sở, ban, ngành có liên quan triển khai các nhiệm vụ"
        ),
        ["Sở Giáo dục và Đào tạo", "Sở Nội vụ", "các sở, ban, ngành có liên quan"]
    );
    assert!(coordinators_in("Phối hợp trong công tác đào tạo").is_empty());
}

#[test]
fn verbs_are_no_agencies() {
    for text in [
        "Bảo đảm an toàn thông tin",
        "Ban hành Quy chế",
        "Phòng ngừa, ngăn chặn tội phạm",
        "Tổ chức tập huấn",
        "Bố trí kinh phí",
        "Bổ sung nhân lực",
        "Số hóa hồ sơ",
        "Thanh tra, kiểm tra việc chấp hành",
        "Hội nghị sơ kết",
        "Lãnh đạo, chỉ đạo thực hiện",
        "Đại diện các cơ quan",
        "Đội ngũ cán bộ",
        "Cơ quan chủ trì: Sở Nội vụ",
        "Quy định rõ trách nhiệm",
        "Đoàn kết nội bộ",
        "Vụ việc xảy ra",
    ] {
        assert!(!is_agency(text), "{text}");
    }
    for text in [
        "Sở Nội vụ",
        "sở Khoa học và Công nghệ",
        "Bộ Công an",
        "Bộ đội Biên phòng tỉnh",
        "Báo và Đài Phát thanh, Truyền hình tỉnh",
        "Ban Dân tộc",
        "Ban Quản lý Khu kinh tế",
        "Đài PT-TH tỉnh",
        "Các sở, ban, ngành",
        "các Sở, Ban ngành",
        "CA tỉnh",
        "VP UBND tỉnh",
        "Thanh tra tỉnh",
        "Trạm Y tế xã",
        "Thuế tỉnh Sao Mai",
        "SỞ NỘI VỤ",
        "Hội Nông dân tỉnh",
        "Trường Cao đẳng Y tế",
        "UBMTTQ Việt Nam tỉnh",
    ] {
        assert!(is_agency(text), "{text}");
    }
    assert_eq!(names("CA tỉnh, VP UBND tỉnh").len(), 2);
    assert_eq!(names("Văn phòng HĐND và UBND xã").len(), 1);
}
