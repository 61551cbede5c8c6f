//! Two people, or two tabs, on one reading. A form guards the fields it shows, not the whole reading: what each of them changed is
//! kept, and only a field that both changed is asked about, with what was typed still in its box.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use store::{Error, FieldError, Result};
use web::FormData;
use web::maud::{Markup, html};

/// Name of the hidden input.
const NAME: &str = "seen";

/// Fields of a form as they stand now: name and words, in order.
pub type Shown = Vec<(String, String)>;

/// What a form showed when it was opened: a mark for each field.
pub struct Seen(BTreeMap<String, String>);

impl Seen {
    /// As the form sent it.
    ///
    /// # Errors
    /// `BadRequest` when the form says nothing of it.
    pub fn of(form: &FormData) -> Result<Self> {
        let sent = form.filled(NAME).ok_or_else(|| Error::BadRequest("Biểu mẫu thiếu dấu của bản đã xem. Mở lại trang rồi lưu.".into()))?;
        Ok(Self(sent.split(' ').filter_map(|pair| pair.split_once(':')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()))
    }
    /// The hidden input of a form that shows these fields.
    pub fn input(shown: &Shown) -> Markup {
        let marks: Vec<String> = shown.iter().map(|(name, words)| format!("{name}:{}", mark(words))).collect();
        html! { input type="hidden" name=(NAME) value=(marks.join(" ")); }
    }
    /// Nothing the form showed has changed.
    pub fn holds(&self, now: &Shown) -> bool {
        now.iter().all(|(name, words)| self.0.get(name).is_some_and(|was| *was == mark(words)))
    }
    /// Takes over into the form what somebody else changed meanwhile and this person did not; what both changed is an error of its
    /// field. `now`: the fields as they are kept.
    pub fn merge(&self, now: &Shown, form: &mut FormData) -> Vec<FieldError> {
        let theirs = |f: &(String, String)| self.0.get(&f.0).is_some_and(|was| *was != mark(&f.1));
        let mine = |form: &FormData, name: &str| self.0.get(name).is_some_and(|was| *was != mark(form.text(name)));
        let mut errors = vec![];
        for group in groups(now) {
            let changed: Vec<&(String, String)> = group.iter().copied().filter(|f| theirs(f)).collect();
            let same = |form: &FormData| group.iter().all(|(name, words)| neat(form.text(name)) == neat(words));
            if changed.is_empty() || same(form) {
                continue;
            }
            if group.iter().any(|(name, _)| mine(form, name)) {
                errors.extend(changed.into_iter().map(|(name, words)| FieldError { field: name.clone(), message: both(words) }));
            } else {
                changed.into_iter().for_each(|(name, words)| put(form, name, words));
            }
        }
        errors
    }
}

fn both(words: &str) -> String {
    let words = neat(words);
    if words.is_empty() {
        return "Nơi khác vừa xóa nội dung ô này. Sửa lại nếu cần; bấm Lưu lần nữa thì lấy chữ trong ô của bạn.".into();
    }
    format!("Nơi khác vừa lưu: «{words}». Sửa lại nếu cần; bấm Lưu lần nữa thì lấy chữ trong ô của bạn.")
}

/// Fields that mean something only together: the words of a time and the schedule chosen for them, a number and its upper bound.
fn groups(now: &Shown) -> Vec<Vec<&(String, String)>> {
    let key = |name: &str| match name {
        "time" | "upper" => if name == "time" { "schedule" } else { "value" }.to_owned(),
        other => other.split('_').next().unwrap_or(other).to_owned(),
    };
    let mut all: BTreeMap<String, Vec<&(String, String)>> = BTreeMap::new();
    for field in now {
        all.entry(key(&field.0)).or_default().push(field);
    }
    all.into_values().collect()
}

/// Browsers send line ends and spaces their own way.
fn neat(words: &str) -> String {
    words.replace("\r\n", "\n").trim().to_owned()
}

fn mark(words: &str) -> String {
    Sha256::digest(neat(words).as_bytes()).iter().take(5).map(|b| format!("{b:02x}")).collect()
}

/// The value of a field; an empty one is not sent, as a box without its tick.
pub fn put(form: &mut FormData, name: &str, words: &str) {
    form.0.retain(|(k, _)| k != name);
    if !words.is_empty() {
        form.0.push((name.to_owned(), words.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pairs: &[(&str, &str)]) -> Shown {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }
    fn sent(opened: &Shown, typed: &[(&str, &str)]) -> (Seen, FormData) {
        let input = Seen::input(opened).into_string();
        let value = input.split("value=\"").nth(1).and_then(|v| v.split('"').next()).unwrap().to_owned();
        let mut form = FormData(shown(typed));
        form.0.push((NAME.into(), value));
        (Seen::of(&form).unwrap(), form)
    }

    #[test]
    fn what_each_changed_is_kept_and_only_what_both_changed_is_asked() {
        let opened = shown(&[("text", "a\nb"), ("product", "c"), ("time", "d"), ("schedule", "auto"), ("drop", "")]);
        // I changed the product, they the text and left the item out
        let (seen, mut form) = sent(&opened, &[("text", "a\r\nb "), ("product", "mine"), ("time", "d"), ("schedule", "auto")]);
        let now = shown(&[("text", "theirs"), ("product", "c"), ("time", "d"), ("schedule", "auto"), ("drop", "1")]);
        assert_eq!(seen.merge(&now, &mut form), []);
        assert_eq!((form.text("text"), form.text("product"), form.text("drop")), ("theirs", "mine", "1"));
        // both changed the text
        let (seen, mut form) = sent(&opened, &[("text", "mine"), ("product", "c"), ("time", "d"), ("schedule", "auto")]);
        let errors = seen.merge(&now, &mut form);
        assert_eq!(errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["text"]);
        assert!(errors[0].message.contains("«theirs»") && form.text("text") == "mine", "{errors:?}");
        // the same words: nothing to ask
        let (seen, mut form) = sent(&opened, &[("text", "theirs"), ("product", "c"), ("time", "d"), ("schedule", "auto"), ("drop", "1")]);
        assert_eq!(seen.merge(&now, &mut form), []);
    }

    #[test]
    fn a_time_and_its_schedule_are_never_mixed() {
        let opened = shown(&[("time", "d"), ("schedule", "auto"), ("schedule_to", "")]);
        let now = shown(&[("time", "d"), ("schedule", "deadline"), ("schedule_to", "30/11/2026")]);
        let (seen, mut form) = sent(&opened, &[("time", "Quý IV/2026"), ("schedule", "auto")]);
        let errors = seen.merge(&now, &mut form);
        assert_eq!(errors.len(), 2, "{errors:?}");
        let (seen, mut form) = sent(&opened, &[("time", "d"), ("schedule", "auto")]);
        assert_eq!(seen.merge(&now, &mut form), []);
        assert_eq!((form.text("schedule"), form.text("schedule_to")), ("deadline", "30/11/2026"));
        assert!(Seen::of(&FormData::default()).is_err());
    }
}
