//! The numbers of headings, articles, tables and figures.

/// Counts headings and articles in the order of the document.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    levels: [usize; 3],
    article: usize,
    figure: usize,
}

impl Counters {
    /// The number of the next heading or item of a level (1 to 3): `I.`, `1.`, `a)`.
    pub(crate) fn label(&mut self, level: u8) -> String {
        let at = usize::from(level.clamp(1, 3)) - 1;
        self.levels[at] += 1;
        self.levels[at + 1..].fill(0);
        let n = self.levels[at];
        match at {
            0 => format!("{}.", roman(n)),
            1 => format!("{n}."),
            _ => format!("{})", letter(n)),
        }
    }

    /// `Điều 1.`
    pub(crate) fn article(&mut self) -> String {
        self.article += 1;
        self.levels[1..].fill(0);
        format!("Điều {}.", self.article)
    }

    /// Number of the next figure.
    pub(crate) fn figure(&mut self) -> usize {
        self.figure += 1;
        self.figure
    }
}

/// `I`, `II`, `III`, `IV` …
pub(crate) fn roman(mut n: usize) -> String {
    const SIGNS: [(usize, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while n >= value {
            out.push_str(sign);
            n -= value;
        }
    }
    out
}

/// Points are lettered in the Vietnamese alphabet: a, b, c, d, đ, e, g … y, then aa, ab …
fn letter(n: usize) -> String {
    const LETTERS: [char; 23] =
        ['a', 'b', 'c', 'd', 'đ', 'e', 'g', 'h', 'i', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'x', 'y'];
    let (mut n, mut out) = (n, Vec::new());
    while n > 0 {
        out.push(LETTERS[(n - 1) % LETTERS.len()]);
        n = (n - 1) / LETTERS.len();
    }
    out.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_level() {
        let mut c = Counters::default();
        let got: Vec<String> = [1, 2, 3, 3, 2, 3, 1, 2].into_iter().map(|l| c.label(l)).collect();
        assert_eq!(got, ["I.", "1.", "a)", "b)", "2.", "a)", "II.", "1."]);
        assert_eq!((c.article(), c.label(2), c.article(), c.label(2)), ("Điều 1.".into(), "1.".into(), "Điều 2.".into(), "1.".into()));
    }

    #[test]
    fn letters_and_roman_numbers() {
        assert_eq!((1..=8).map(letter).collect::<String>(), "abcdđegh");
        assert_eq!((letter(23), letter(24), letter(47)), ("y".into(), "aa".into(), "ba".into()));
        assert_eq!([4, 9, 14, 40, 99].map(roman), ["IV", "IX", "XIV", "XL", "XCIX"]);
    }
}
