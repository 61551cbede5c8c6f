//! Parts of Vietnamese names for people who do not exist.

/// Surnames.
pub const SURNAMES: &[&str] =
    &["Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai", "Lâm", "Châu", "Tạ"];
/// Middle names.
pub const MIDDLE: &[&str] = &[
    "Văn", "Thị", "Hữu", "Minh", "Ngọc", "Thanh", "Đức", "Quốc", "Hồng", "Kim", "Bảo", "Hoài", "Xuân", "Thu", "Gia", "Nhật", "Tuấn", "Mỹ",
];
/// Given names.
pub const GIVEN: &[&str] = &[
    "An", "Bình", "Châu", "Dũng", "Duyên", "Đạt", "Giang", "Hà", "Hạnh", "Hiếu", "Hòa", "Huy", "Khánh", "Khoa", "Lan", "Linh", "Long",
    "Mai", "Nam", "Nga", "Nhân", "Oanh", "Phong", "Phúc", "Quân", "Quyên", "Sơn", "Tâm", "Thảo", "Thắng", "Thủy", "Trang", "Trí", "Tú",
    "Uyên", "Vân", "Vinh", "Yến",
];
