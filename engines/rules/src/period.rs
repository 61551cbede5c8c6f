//! Period words of indicators → first and last day that count on a day.

use calendar::Date;

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
