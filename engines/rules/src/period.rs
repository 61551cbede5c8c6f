//! Period words of indicators → first and last day that count on a day.

use calendar::{Date, MonthDay};

/// Period of `word` that contains `day`: (first day, last day up to `day`). Unknown words are refused with the list.
///
/// # Errors
/// Vietnamese sentence.
pub fn period_on(word: &str, day: &str) -> Result<(String, String), String> {
    let date = Date::parse(day).map_err(|_| format!("«{day}» không phải ngày có thật"))?;
    let year = date.year();
    let start_md = |month: u32, d: u32| {
        let this = Date::clamped(year, month, d);
        if this <= date { this } else { Date::clamped(year - 1, month, d) }
    };
    let start = match word {
        "" | "as of" | "calendar year" => date.start_of_year(),
        "school year" => start_md(9, 1),
        w => {
            if let Some(n) = w.strip_prefix("trailing ").and_then(|r| r.strip_suffix(" months")).and_then(|n| n.trim().parse::<i32>().ok())
            {
                date.add_months(-n).add_days(1)
            } else if let Some((d, m)) =
                w.split_once('-').and_then(|(a, _)| a.split_once('/')).and_then(|(d, m)| Some((d.parse().ok()?, m.parse().ok()?)))
            {
                start_md(m, d)
            } else {
                return Err(format!("Không hiểu kỳ «{w}». Có: as of, calendar year, trailing 12 months, school year, 15/12-14/12."));
            }
        }
    };
    Ok((start.to_string(), day.to_owned()))
}

/// Days left on `day` until a figure that counts within a period is final: until `due` of its year (the last day on time), or
/// the period's end. `None`: nothing is open, or the figure is of a day ("as of", trailing months).
pub fn days_open(word: &str, due: Option<MonthDay>, day: &str) -> Option<i64> {
    let (start, _) = period_on(word, day).ok()?;
    let (day, start) = (Date::parse(day).ok()?, Date::parse(&start).ok()?);
    if !yearly(word) {
        return None;
    }
    let last = start.add_months(12).add_days(-1);
    let due = due.map(|d| d.in_year(start.year())).map_or(last, |d| if d < start { d.add_months(12) } else { d });
    (day <= due).then(|| day.days_until(due))
}

/// Does the figure begin anew every year?
pub fn yearly(word: &str) -> bool {
    !matches!(word, "" | "as of") && !word.starts_with("trailing")
}

/// The period in words.
pub fn period_words(word: &str) -> &'static str {
    match word {
        "" | "as of" => "tại một ngày",
        "calendar year" => "theo năm dương lịch",
        "school year" => "theo năm học",
        w if w.starts_with("trailing") => "theo các tháng gần nhất",
        _ => "theo năm báo cáo",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yearly_figure_is_open_until_its_day() {
        let due = MonthDay::new(12, 4);
        assert_eq!(days_open("calendar year", due, "2026-11-22"), Some(12));
        assert_eq!(days_open("calendar year", due, "2026-12-04"), Some(0));
        assert_eq!(days_open("calendar year", due, "2026-12-05"), None, "now it is late");
        assert_eq!(days_open("calendar year", None, "2026-12-05"), Some(26));
        assert_eq!(days_open("as of", None, "2026-12-05"), None);
        assert_eq!(days_open("trailing 12 months", None, "2026-12-05"), None);
    }
}
