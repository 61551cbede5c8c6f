//! Sign-in names from names of people: `Nguyễn Thị Lan` of Sở Y tế → `lan.nt`, `lan.nt.syt`, `lan.nt2` …

/// Longest part of an agency in a sign-in name.
const MOST_AGENCY: usize = 16;

fn words(s: &str) -> Vec<String> {
    let plain = |w: &str| w.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    text::fold(s).split_whitespace().map(plain).filter(|w| !w.is_empty()).collect()
}

/// The given name with the initials of the others.
fn base(name: &str) -> String {
    let list = words(name);
    match list.split_last() {
        None => "tk".into(),
        Some((given, [])) if given.len() < 2 => format!("tk.{given}"),
        Some((given, [])) => given.clone(),
        Some((given, others)) => format!("{given}.{}", others.iter().filter_map(|w| w.chars().next()).collect::<String>()),
    }
}

/// The first of these that `taken` does not know: the name, the name with the agency, the name with a number.
pub(crate) fn login_for<E>(name: &str, agency: &str, mut taken: impl FnMut(&str) -> Result<bool, E>) -> Result<String, E> {
    let base: String = base(name).chars().take(40).collect();
    if !taken(&base)? {
        return Ok(base);
    }
    let list = words(agency);
    let agency: String = match list.as_slice() {
        [one] => one.clone(),
        many => many.iter().filter_map(|w| w.chars().next()).collect(),
    };
    let agency: String = agency.chars().take(MOST_AGENCY).collect();
    if !agency.is_empty() {
        let with = format!("{base}.{agency}");
        if !taken(&with)? {
            return Ok(with);
        }
    }
    let mut n = 2u32;
    loop {
        let with = format!("{base}{n}");
        if !taken(&with)? {
            return Ok(with);
        }
        n += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_become_logins_without_two_alike() {
        let mut known = BTreeSet::new();
        let mut next = |name: &str, agency: &str| {
            let l = login_for(name, agency, |l| Ok::<_, ()>(known.contains(l))).unwrap();
            assert!(known.insert(l.clone()), "{l} twice");
            l
        };
        assert_eq!(next("Nguyễn Thị Lan", "Sở Y tế"), "lan.nt");
        assert_eq!(next("Nguyễn Thu Lan", "Sở Y tế"), "lan.nt.syt");
        assert_eq!(next("Ngô Thị Lan", "Sở Y tế"), "lan.nt2");
        assert_eq!(next("Đặng Đình Đức", "Công an"), "duc.dd");
        assert_eq!(next("Lan", ""), "lan");
        assert_eq!(next("Ý", ""), "tk.y");
        assert_eq!(next(" ,. ", ""), "tk");
        for n in 0..300 {
            let l = next("Nguyễn Thị Lan", if n % 2 == 0 { "Ủy ban nhân dân xã Bến Lau" } else { "SKHCN" });
            assert!(l.len() <= 64 && l.is_ascii());
        }
    }
}
