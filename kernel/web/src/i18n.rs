//! Two languages, side by side in the code: a label that lacks one of them does not compile.

use registers::Label;

/// Language of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Vietnamese, the first language.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// `"en"` → English, everything else Vietnamese.
    pub fn parse(s: &str) -> Self {
        if s == "en" { Lang::En } else { Lang::Vi }
    }
    /// BCP 47 code for `<html lang>`.
    pub fn code(self) -> &'static str {
        self.t("vi", "en")
    }
    /// The text of this language: `lang.t("Lưu", "Save")`.
    pub fn t<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }
    /// A number with its noun: `lang.n(3, "nhiệm vụ", "task", "tasks")`. Vietnamese nouns have one form, English two.
    pub fn n(self, n: impl std::fmt::Display, vi: &str, one: &str, many: &str) -> String {
        let n = n.to_string();
        let noun = self.t(vi, if n == "1" { one } else { many });
        format!("{n} {noun}")
    }
    /// The text of a definition's label; a missing English text falls back to Vietnamese.
    pub fn label(self, l: &Label) -> &str {
        if self == Lang::En && !l.en.is_empty() { &l.en } else { &l.vi }
    }
    /// The text of a pair.
    pub fn l(self, l: L) -> &'static str {
        self.t(l.vi, l.en)
    }
}

/// A label in both languages, for constants: `L("Kế hoạch", "Plans")`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L {
    /// Vietnamese.
    pub vi: &'static str,
    /// English.
    pub en: &'static str,
}

/// Makes a label pair; reads like a tuple where labels stand in lists.
#[expect(non_snake_case, reason = "named like the type it makes")]
pub const fn L(vi: &'static str, en: &'static str) -> L {
    L { vi, en }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_falls_back_to_vietnamese() {
        let l = Label { vi: "Cơ quan".into(), en: String::new() };
        assert_eq!(Lang::En.label(&l), "Cơ quan");
        assert_eq!(Lang::parse("fr"), Lang::Vi);
        assert_eq!(Lang::En.l(L("Lưu", "Save")), "Save");
    }
}
