//! Which column of a table means what. To teach the reader a new heading, add a word to [`role`].

use crate::fold::{fold, has_word};

/// Meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ordinal.
    Number,
    /// Task text.
    Task,
    /// Leading agency.
    Lead,
    /// Coordinating agencies.
    Coordinating,
    /// Lead and coordinators in one cell ("Chủ trì: …; phối hợp: …").
    Both,
    /// Time.
    Time,
    /// Product or result.
    Product,
    /// Remarks.
    Notes,
    /// A year that is ticked.
    Year(i32),
    /// Target text of a target table ("Chỉ tiêu").
    Target,
    /// Unit of a target table.
    Unit,
    /// Unknown heading: its text is kept as a note.
    Other,
}

/// Columns of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Meaning per column.
    pub roles: Vec<Role>,
    /// Heading per column, as written.
    pub heads: Vec<String>,
}

impl Columns {
    /// Position of a role.
    pub fn at(&self, role: Role) -> Option<usize> {
        self.roles.iter().position(|r| *r == role)
    }

    /// Whether any column has the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// A table of targets, not of tasks.
    pub fn is_targets(&self) -> bool {
        self.has(Role::Target) && !self.has(Role::Task)
    }
}

/// Meaning of one heading cell; `None` for an empty cell.
pub fn role(heading: &str) -> Option<Role> {
    let key = fold(heading);
    let key = key.trim();
    let has = |words: &[&str]| words.iter().any(|w| has_word(key, w));
    if key.is_empty() || key.len() > 120 {
        return None;
    }
    if matches!(key, "stt" | "tt" | "so tt" | "s.t.t" | "so thu tu" | "thu tu" | "#" | "no" | "no." | "ma so") {
        return Some(Role::Number);
    }
    if let Some(year) = year_heading(key) {
        return Some(Role::Year(year));
    }
    let coordinating = has(&["phoi hop", "phoi hop thuc hien", "tham gia"]);
    let lead = has(&["chu tri", "chiu trach nhiem", "dau moi", "tham muu"]);
    Some(if lead && coordinating {
        Role::Both
    } else if coordinating {
        Role::Coordinating
    } else if lead {
        Role::Lead
    } else if has(&["thoi gian", "thoi han", "tien do", "lo trinh", "thoi diem", "ky han", "han hoan thanh", "han", "thoi ky"]) {
        Role::Time
    } else if has(&["don vi tinh", "dvt"]) {
        Role::Unit
    } else if has(&["san pham", "ket qua", "dau ra"]) {
        Role::Product
    } else if has(&["ghi chu", "can cu", "luu y"]) {
        Role::Notes
    } else if has(&["co quan thuc hien", "don vi thuc hien", "co quan", "don vi", "trach nhiem", "nguoi thuc hien", "phan cong"])
        && !has(&["noi dung"])
    {
        Role::Lead
    } else if has(&["nhiem vu", "noi dung", "cong viec", "giai phap", "hoat dong", "nhom nhiem vu", "dau viec"]) {
        Role::Task
    } else if has(&["chi tieu", "muc tieu", "chi so"]) {
        Role::Target
    } else if has(&["hoan thanh"]) {
        Role::Time
    } else {
        Role::Other
    })
}

/// `Năm 2026`, `2026`, `Đến năm 2030`.
fn year_heading(key: &str) -> Option<i32> {
    let core = ["muc tieu", "ke hoach", "den", "het", "nam"].iter().fold(key, |k, w| k.trim().strip_prefix(w).unwrap_or(k).trim());
    (core.len() == 4).then(|| core.parse().ok())?.filter(|y| (2000..2100).contains(y))
}

/// Reads a row as a heading row: an ordinal heading, or a task heading, beside at least one other known one.
pub fn header(cells: &[String]) -> Option<Columns> {
    let roles: Vec<Option<Role>> = cells.iter().map(|c| role(c)).collect();
    let has = |wanted: fn(&Role) -> bool| roles.iter().flatten().any(wanted);
    let number = has(|r| *r == Role::Number);
    let task = has(|r| *r == Role::Task);
    let target = has(|r| *r == Role::Target);
    let who = has(|r| matches!(r, Role::Lead | Role::Coordinating | Role::Both));
    let when = has(|r| matches!(r, Role::Time | Role::Product | Role::Year(_)));
    let known = roles.iter().flatten().filter(|r| **r != Role::Other).count();
    // Headings begin with a capital; without an ordinal column they must be short as well.
    let longest = if number { 80 } else { 50 };
    let short = cells
        .iter()
        .map(|c| c.trim())
        .filter(|c| !c.is_empty())
        .all(|c| c.chars().count() <= longest && !c.starts_with(char::is_lowercase) && !c.starts_with(['-', '+']));
    let tasks = task && (who || (number && when));
    let targets = target && number && (when || has(|r| *r == Role::Unit));
    if !short || known < 2 || !(tasks || targets) {
        return None;
    }
    let mut seen: Vec<Role> = Vec::new();
    let roles = roles
        .into_iter()
        .map(|r| {
            let r = r.unwrap_or(Role::Other);
            // A second task column is text about the task, a second anything else a note.
            let unique = !matches!(r, Role::Other | Role::Notes | Role::Year(_));
            if unique && seen.contains(&r) {
                Role::Other
            } else {
                seen.push(r);
                r
            }
        })
        .collect();
    Some(Columns { roles, heads: cells.to_vec() })
}

/// The second row of a two-row heading ("Cơ quan thực hiện" over "Chủ trì" | "Phối hợp").
pub fn refine(columns: &Columns, cells: &[String]) -> Option<Columns> {
    let filled: Vec<(usize, &String)> = cells.iter().enumerate().filter(|(_, c)| !c.trim().is_empty()).collect();
    let changed: Vec<(usize, Role)> = filled.iter().filter_map(|(at, c)| role(c).filter(|r| *r != Role::Other).map(|r| (*at, r))).collect();
    let people = changed.iter().any(|(_, r)| matches!(r, Role::Lead | Role::Coordinating | Role::Year(_)));
    if !people || filled.iter().any(|(_, c)| c.chars().count() > 60) || cells.len() != columns.roles.len() {
        return None;
    }
    let agrees = |at: usize, r: Role| changed.iter().any(|(c, x)| *c == at && *x == r) || columns.roles[at] == r;
    let same = filled.iter().all(|(at, c)| columns.heads[*at] == **c || role(c).is_some_and(|r| agrees(*at, r)));
    if !same {
        return None;
    }
    let mut next = columns.clone();
    for (at, r) in changed {
        next.roles[at] = r;
        next.heads[at].clone_from(&cells[at]);
    }
    Some(next)
}

/// A heading row broken over a page: its second half holds only heading words ("THỰC HIỆN").
pub fn is_heading_rest(cells: &[String]) -> bool {
    let words = ["thuc hien", "hoan thanh", "trien khai", "chu tri", "phoi hop", "hien", "thanh"];
    cells.iter().map(|c| fold(c.trim())).filter(|c| !c.is_empty()).all(|c| words.contains(&c.as_str()))
}

/// Decides while lines go by which rows belong to a known table.
#[derive(Debug, Default)]
pub struct TableWatch {
    open: bool,
    width: usize,
}

impl TableWatch {
    /// Whether a row belongs to a task or target table.
    pub fn takes(&mut self, cells: &[String]) -> bool {
        if header(cells).is_some() {
            self.open = true;
            self.width = cells.len();
            return true;
        }
        let rule = cells.iter().all(|c| c.trim_matches(['-', ':', ' ', '=']).is_empty());
        if self.width > 0 && !self.open && cells.len() == self.width {
            self.open = true;
        }
        let filled = cells.iter().filter(|c| !c.trim().is_empty()).count();
        self.open && !rule && (cells.len() == self.width || filled > 1)
    }

    /// A line of text between rows: a real paragraph closes the table.
    pub fn sees_text(&mut self, text: &str) {
        if text.chars().count() > 3 {
            self.open = false;
        }
        let key = fold(text);
        if key.starts_with("noi nhan") || key.starts_with("phu luc") {
            self.width = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(heads: &[&str]) -> Option<Vec<Role>> {
        header(&heads.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>()).map(|c| c.roles)
    }

    #[test]
    fn headings_in_any_order_and_wording() {
        use Role::{Coordinating, Lead, Notes, Number, Product, Task, Time};
        assert_eq!(
            roles(&["TT", "NHIỆM VỤ", "ĐƠN VỊ CHỦ TRÌ", "ĐƠN VỊ PHỐI HỢP", "THỜI GIAN THỰC HIỆN"]),
            Some(vec![Number, Task, Lead, Coordinating, Time])
        );
        assert_eq!(
            roles(&["Thời hạn hoàn thành", "Sản phẩm", "Nội dung công việc", "Cơ quan thực hiện", "Ghi chú"]),
            Some(vec![Time, Product, Task, Lead, Notes])
        );
        assert_eq!(roles(&["STT", "Nội dung nhiệm vụ", "Chủ trì, phối hợp", "Tiến độ"]), Some(vec![Number, Task, Role::Both, Time]));
        assert_eq!(roles(&["STT", "Chỉ tiêu", "Đơn vị tính", "Năm 2026"]), Some(vec![Number, Role::Target, Role::Unit, Role::Year(2026)]));
    }

    #[test]
    fn ordinary_rows_are_no_heading() {
        assert_eq!(roles(&["1", "Triển khai nhiệm vụ", "Công an tỉnh", "Sở Nội vụ", "Quý II/2026"]), None);
        assert_eq!(roles(&["ỦY BAN NHÂN DÂN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]), None);
        assert_eq!(roles(&["STT", "Họ và tên", "Chức vụ"]), None);
    }
}
