//! Hints in place of personal values: enough to recognise one's own record, too little to use.

use crate::definition::FieldType;
use crate::record::Data;

/// The mark that stands for hidden characters. A value that contains it is a hint, never data.
pub(crate) const DOT: char = '•';

/// Hint of a value: `09•••••123`, `n•••@…`, `•••`.
pub(crate) fn hint(kind: &FieldType, v: &Data) -> Data {
    let text = match v {
        Data::Null => return Data::Null,
        Data::Text(s) => s,
        _ => return Data::Text("••••".into()),
    };
    let chars: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let first = |n: usize| chars.iter().take(n).collect::<String>();
    Data::Text(match kind {
        FieldType::Phone if chars.len() >= 8 => {
            let last: String = chars[chars.len() - 3..].iter().collect();
            format!("{}•••••{last}", first(2))
        }
        FieldType::Email if text.contains('@') => format!("{}•••@…", first(1)),
        FieldType::Text | FieldType::LongText if chars.len() >= 4 => format!("{}•••", first(1)),
        _ => "••••".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_hide() {
        let h = |k: FieldType, s: &str| match hint(&k, &Data::Text(s.into())) {
            Data::Text(t) => t,
            other => panic!("{other:?}"),
        };
        assert_eq!(h(FieldType::Phone, "0912 345 123"), "09•••••123");
        assert_eq!(h(FieldType::Phone, "113"), "••••");
        assert_eq!(h(FieldType::Email, "nguyen.an@saomai.gov.vn"), "n•••@…");
        assert_eq!(h(FieldType::Text, "Nguyễn An"), "N•••");
        assert_eq!(h(FieldType::Text, "An"), "••••");
        assert_eq!(hint(&FieldType::Year, &Data::Int(1980)), Data::Text("••••".into()));
        assert_eq!(hint(&FieldType::Phone, &Data::Null), Data::Null);
    }
}
