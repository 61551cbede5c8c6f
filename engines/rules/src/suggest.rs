//! "Did you mean …?"

/// `; có phải «phone»? Có: a, b, c` for a word that is none of the options.
pub(crate) fn hint<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> String {
    let options: Vec<&str> = options.into_iter().collect();
    let near = text::nearest(word, options.iter().copied()).map(|n| format!("; có phải «{n}»?")).unwrap_or_default();
    let mut list = options.iter().take(24).copied().collect::<Vec<_>>().join(", ");
    if options.len() > 24 {
        list.push_str(", …");
    }
    match (near.is_empty(), list.is_empty()) {
        (_, true) => near,
        (true, false) => format!("; có: {list}"),
        (false, false) => format!("{near} Có: {list}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nearest_and_list() {
        assert_eq!(super::hint("phon", ["agency", "phone"]), "; có phải «phone»? Có: agency, phone");
        assert_eq!(super::hint("zzz", ["agency"]), "; có: agency");
    }
}
