//! Who names stand for, asked for many names at once: one form, one row a name. Used for a reading and for an accepted plan.

use store::FieldError;
use web::FormData;

use crate::actors::Directory;
use crate::draft::Who;

/// Why words are nobody, and what they may have meant.
pub type Refused = (String, Vec<(Who, String)>);

/// Most rows of one form: the rest comes after these are saved.
pub const MOST_ROWS: usize = 60;

/// One agency or group that a row shows with a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// Word the form sends.
    pub word: String,
    /// Official name.
    pub label: String,
    /// Chosen.
    pub on: bool,
}

/// What a row of the form offers and what it was sent with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Word of the suggestion; empty = none was near enough.
    pub hint: String,
    /// Suggestion, choices and offers.
    pub ticks: Vec<Tick>,
    /// Words as typed.
    pub typed: String,
    /// `later` or `only`, as ticked.
    pub apart: Option<String>,
    /// What is wrong with the row.
    pub error: Option<String>,
}

impl Asked {
    /// A row before anybody has touched it.
    pub fn new(dir: &Directory, name: &str) -> Self {
        let hint = dir.suggestion(name).and_then(|w| tick(dir, &w, true));
        Self { hint: hint.as_ref().map(|t| t.word.clone()).unwrap_or_default(), ticks: hint.into_iter().collect(), ..Self::default() }
    }

    /// A row as it was sent.
    pub fn sent(dir: &Directory, form: &FormData, n: usize) -> Self {
        let (name, hint) = (format!("who.{n}"), form.text(&format!("hint.{n}")));
        let sent: Vec<&str> = form.all(&name).collect();
        let mut asked = Self { hint: hint.to_owned(), typed: form.text(&format!("who.{n}__q")).trim().to_owned(), ..Self::default() };
        for word in std::iter::once(hint).chain(sent.iter().copied().filter(|w| *w != hint)) {
            asked.ticks.extend(Who::of_word(word).and_then(|w| tick(dir, &w, sent.contains(&word))));
        }
        asked.apart = sent.iter().find(|w| matches!(**w, "later" | "only")).map(|w| (*w).to_owned());
        asked
    }
}

fn tick(dir: &Directory, who: &Who, on: bool) -> Option<Tick> {
    Some(Tick { word: who.word()?, label: dir.official(who)?.to_owned(), on })
}

/// Reads row `n` of a form: who was chosen (`None` = the row was left as it was), or the row with what is wrong.
pub fn read(form: &FormData, n: usize, dir: &Directory) -> Result<Option<Who>, Box<Asked>> {
    let mut asked = Asked::sent(dir, form, n);
    if let Some(apart) = &asked.apart {
        return Ok(Who::of_word(apart));
    }
    // a suggestion gives way to what the person ticked or typed
    let ticked = form.all(&format!("who.{n}")).count();
    if !asked.hint.is_empty() && (ticked > 1 || !asked.typed.is_empty()) {
        asked.ticks.iter_mut().filter(|t| t.word == asked.hint).for_each(|t| t.on = false);
    }
    let chosen: Vec<Who> = asked.ticks.iter().filter(|t| t.on).filter_map(|t| Who::of_word(&t.word)).collect();
    let found = if chosen.is_empty() && ticked > 0 && asked.typed.is_empty() {
        Err(("Cơ quan đã chọn không còn trong sổ. Chọn cơ quan khác.".to_owned(), vec![]))
    } else if chosen.is_empty() {
        let parts = asked.typed.split(';').map(str::trim).filter(|p| !p.is_empty());
        parts.map(|part| one(dir, part)).collect::<Result<Vec<Who>, _>>()
    } else {
        Ok(chosen)
    };
    match found.and_then(|all| together(all).map_err(|e| (e, vec![]))) {
        Ok(who) => Ok(who),
        Err((error, offers)) => {
            asked.error = Some(error);
            asked.ticks.extend(offers.iter().filter_map(|(w, _)| tick(dir, w, false)));
            Err(Box::new(asked))
        }
    }
}

/// One agency or group by the words of a person.
pub fn one(dir: &Directory, words: &str) -> Result<Who, Refused> {
    if let Some(who) = dir.find(words).filter(|w| dir.official(w).is_some()) {
        return Ok(who);
    }
    let mut found = dir.search(words, 8);
    match found.len() {
        0 => Err((format!("Không có cơ quan hay nhóm nào khớp «{words}». Gõ ít chữ hơn, hoặc thêm cơ quan vào sổ trước."), vec![])),
        1 => Ok(found.remove(0).0),
        n => Err((format!("Có {n} cơ quan khớp «{words}». Đánh dấu một trong các dòng, hoặc gõ đủ tên."), found)),
    }
}

/// Several agencies may be named together; a group stands alone, because it is a rule and not a list.
pub fn together(mut all: Vec<Who>) -> Result<Option<Who>, String> {
    if all.len() < 2 {
        return Ok(all.pop());
    }
    let mut ids = Vec::new();
    for who in all {
        match who {
            Who::Agency(id) if !ids.contains(&id) => ids.push(id),
            Who::Agency(_) => {}
            _ => return Err("Một nhóm cơ quan không đi cùng cơ quan khác. Chỉ chọn nhóm, hoặc chỉ chọn các cơ quan.".into()),
        }
    }
    Ok(Some(if ids.len() == 1 { Who::Agency(ids.remove(0)) } else { Who::Chosen(ids) }))
}

/// All rows of a form.
pub struct Sheet {
    /// Row → who was chosen.
    pub chosen: Vec<(usize, Who)>,
    /// Every row as it was sent, with what is wrong.
    pub rows: Vec<Asked>,
}

/// Reads `count` rows of a form. When something is wrong with one, none is to be taken.
pub fn read_all(form: &FormData, count: usize, dir: &Directory) -> Sheet {
    let mut sheet = Sheet { chosen: vec![], rows: vec![] };
    for n in 0..count {
        let row = match read(form, n, dir) {
            Ok(who) => {
                sheet.chosen.extend(who.map(|w| (n, w)));
                Asked::sent(dir, form, n)
            }
            Err(asked) => *asked,
        };
        sheet.rows.push(row);
    }
    sheet
}

impl Sheet {
    /// Errors for the summary, one a row.
    pub fn errors(&self) -> Vec<FieldError> {
        let wrong = self.rows.iter().enumerate().filter_map(|(n, a)| Some((n, a.error.clone()?)));
        wrong.map(|(n, message)| FieldError { field: format!("who.{n}"), message }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> FormData {
        FormData(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    fn dir() -> Directory {
        Directory::of(&[
            ("Sở Y tế", Who::Agency("yt".into())),
            ("Sở Nội vụ", Who::Agency("nv".into())),
            ("UBND xã An Hòa", Who::Agency("ah".into())),
            ("UBND xã An Hóa", Who::Agency("ah2".into())),
            ("Các sở, ban, ngành", Who::Collective("so".into())),
            ("Các đơn vị liên quan", Who::Later),
        ])
    }

    #[test]
    fn a_suggestion_stands_only_where_one_name_is_clearly_nearest() {
        let d = dir();
        assert_eq!(d.suggestion("Sở Y tế tỉnh"), Some(Who::Agency("yt".into())));
        assert_eq!(d.suggestion("Sở Nội vu"), Some(Who::Agency("nv".into())), "a slip of a tone mark");
        assert_eq!(d.suggestion("UBND xã An Hoà B"), None, "two communes are equally near");
        assert_eq!(d.suggestion("Trung tâm Điều hành thông minh"), None);
        assert_eq!(d.suggestion("các cơ quan liên quan"), None, "means others in each task");
        assert!(Asked::new(&d, "Sở Y tế tỉnh").ticks[0].on);
    }

    #[test]
    fn a_communes_own_police_is_suggested_in_its_plan_alone() {
        let agency = |id: &str| Who::Agency(id.into());
        let names = [
            ("Ủy ban nhân dân xã Bến Lau", agency("ubnd")),
            ("Công an xã Bến Lau", agency("ca")),
            ("Công an phường Bến Mận", agency("khac")),
        ];
        let plain = Directory::of(&names);
        assert_eq!(plain.suggestion("Công an xã"), None);
        let own = Directory::of(&names).issued_by(Some("ubnd"));
        assert_eq!(own.suggestion("Công an xã"), Some(agency("ca")));
        assert_eq!(own.suggestion("Trạm Y tế xã"), None);
    }

    #[test]
    fn words_of_a_person_win_over_the_suggestion_and_leaving_for_later_over_both() {
        let d = dir();
        let row = |pairs: &[(&str, &str)]| read(&form(pairs), 0, &d);
        let hint = [("hint.0", "a:yt"), ("who.0", "a:yt")];
        let with = |more: &[(&'static str, &'static str)]| [&hint[..], more].concat();
        assert_eq!(row(&hint), Ok(Some(Who::Agency("yt".into()))));
        assert_eq!(row(&with(&[("who.0__q", "so noi vu")])), Ok(Some(Who::Agency("nv".into()))));
        assert_eq!(row(&with(&[("who.0", "a:nv")])), Ok(Some(Who::Agency("nv".into()))));
        assert_eq!(row(&with(&[("who.0", "later")])), Ok(Some(Who::Later)));
        assert_eq!(row(&with(&[("who.0__q", "so"), ("who.0", "only")])), Ok(Some(Who::TextOnly)));
        assert_eq!(row(&[("hint.0", "a:yt")]), Ok(None), "the suggestion unticked: nothing is said");
        let two = Who::Chosen(vec!["yt".into(), "nv".into()]);
        assert_eq!(row(&[("who.0__q", "Sở Y tế; so noi vu;")]), Ok(Some(two.clone())));
        assert_eq!(row(&[("who.0", "a:yt"), ("who.0", "a:nv")]), Ok(Some(two)));
    }

    #[test]
    fn what_does_not_fit_comes_back_with_offers_and_as_it_was_typed() {
        let d = dir();
        let wrong = |pairs: &[(&str, &str)]| *read(&form(pairs), 0, &d).unwrap_err();
        let many = wrong(&[("hint.0", "a:yt"), ("who.0", "a:yt"), ("who.0__q", "an ho")]);
        assert_eq!(many.typed, "an ho");
        assert!(many.error.as_deref().is_some_and(|e| e.contains("2 cơ quan")), "{many:?}");
        assert!(many.ticks.iter().all(|t| !t.on) && many.ticks.iter().any(|t| t.label == "UBND xã An Hóa"), "{many:?}");
        assert!(wrong(&[("who.0__q", "Sở Vũ trụ")]).error.is_some_and(|e| e.contains("«Sở Vũ trụ»")));
        assert!(wrong(&[("who.0", "a:nobody")]).error.is_some_and(|e| e.contains("không còn trong sổ")));
        assert!(wrong(&[("who.0__q", "Sở Y tế; các sở, ban, ngành")]).error.is_some_and(|e| e.contains("nhóm cơ quan")));
        let sheet = read_all(&form(&[("who.0__q", "so y te"), ("who.1__q", "?")]), 2, &d);
        assert_eq!((sheet.chosen.len(), sheet.errors().len()), (1, 1));
        assert_eq!(sheet.errors()[0].field, "who.1");
        assert_eq!(sheet.rows[0].typed, "so y te", "what was right stays too");
    }
}
