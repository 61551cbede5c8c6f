//! Names of the fictional province Sao Mai.

/// Departments (sở): name, short name.
pub const DEPARTMENTS: &[(&str, &str)] = &[
    ("Sở Khoa học và Công nghệ", "Sở KHCN"),
    ("Sở Giáo dục và Đào tạo", "Sở GDĐT"),
    ("Sở Nội vụ", "SNV"),
    ("Sở Tài chính", "STC"),
    ("Sở Tư pháp", "STP"),
    ("Sở Y tế", "SYT"),
    ("Sở Xây dựng", "SXD"),
    ("Sở Công Thương", "SCT"),
    ("Sở Nông nghiệp và Môi trường", "Sở NNMT"),
    ("Sở Văn hóa, Thể thao và Du lịch", "Sở VHTTDL"),
    ("Sở Dân tộc và Tôn giáo", "Sở DTTG"),
    ("Sở Ngoại vụ", "SNgV"),
    ("Thanh tra tỉnh", "TTr"),
    ("Văn phòng Ủy ban nhân dân tỉnh", "VPUB"),
];
/// Other provincial branches: name, short name, kind.
pub const BRANCHES: &[(&str, &str, &str)] = &[
    ("Ban Quản lý Khu kinh tế tỉnh", "BQL KKT", "branch"),
    ("Ban Quản lý các khu công nghiệp", "BQL KCN", "branch"),
    ("Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh", "MTTQ", "mass_org"),
    ("Văn phòng Tỉnh ủy", "VPTU", "party"),
    ("Báo và Phát thanh, Truyền hình Sao Mai", "Báo Sao Mai", "public_unit"),
    ("Trường Cao đẳng Sao Mai", "CĐSM", "public_unit"),
    ("Bệnh viện Đa khoa tỉnh", "BVĐK", "public_unit"),
    ("Trung tâm Phục vụ hành chính công", "TTPVHCC", "public_unit"),
    ("Công ty Cấp nước Sao Mai", "Cấp nước SM", "soe"),
    ("Công ty Điện lực Sao Mai", "Điện lực SM", "soe"),
    ("Viễn thông Sao Mai", "VTSM", "telecom"),
    ("Chi nhánh Viễn thông Hải Đăng tại Sao Mai", "VTHĐ", "telecom"),
];
/// First halves of commune names.
pub const FIRST: &[&str] =
    &["Bến", "Gò", "Cồn", "Vàm", "Rạch", "Đồng", "Bàu", "Tân", "An", "Phú", "Long", "Hòa", "Thạnh", "Bình", "Mỹ", "Vĩnh", "Lộc"];
/// Second halves.
pub const SECOND: &[&str] =
    &["Lau", "Trầu", "Sao", "Mây", "Sậy", "Sen", "Mận", "Dừa", "Hải", "Đăng", "Quới", "Lợi", "Thuận", "Khánh", "Phong", "Xuân"];

/// The `i`-th commune name; all of the first 272 differ.
pub fn commune(i: usize) -> String {
    let (f, s) = (i % FIRST.len(), (i / FIRST.len() + i % FIRST.len()) % SECOND.len());
    format!("{} {}", FIRST[f], SECOND[s])
}

#[cfg(test)]
mod tests {
    #[test]
    fn commune_names_differ() {
        let all: std::collections::BTreeSet<String> = (0..200).map(super::commune).collect();
        assert_eq!(all.len(), 200);
    }
}
