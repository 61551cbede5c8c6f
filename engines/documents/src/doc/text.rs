//! Text with bold and italic pieces.
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A piece of text in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// The text.
    #[serde(rename = "t")]
    pub text: String,
    /// In bold letters.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bold: bool,
    /// In italic letters.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub italic: bool,
}

/// Text of one or more pieces. As data it is a string, or a list of `{t, bold, italic}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Run>);

impl Text {
    /// Plain text.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self::default().add(text, false, false)
    }

    /// The same text with a plain piece after it.
    #[must_use]
    pub fn then(self, text: impl Into<String>) -> Self {
        self.add(text, false, false)
    }

    /// The same text with a bold piece after it.
    #[must_use]
    pub fn bold(self, text: impl Into<String>) -> Self {
        self.add(text, true, false)
    }

    /// The same text with an italic piece after it.
    #[must_use]
    pub fn italic(self, text: impl Into<String>) -> Self {
        self.add(text, false, true)
    }

    fn add(mut self, text: impl Into<String>, bold: bool, italic: bool) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Run { text, bold, italic });
        }
        self
    }

    /// Without styles.
    #[must_use]
    pub fn to_plain(&self) -> String {
        self.0.iter().map(|r| r.text.as_str()).collect()
    }

    /// Whether there is nothing but white space in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|r| r.text.trim().is_empty())
    }

    /// Every piece changed by `style`.
    pub(crate) fn styled(&self, style: impl Fn(&mut Run)) -> Self {
        let mut runs = self.0.clone();
        runs.iter_mut().for_each(style);
        Self(runs)
    }

    /// All in bold.
    pub(crate) fn all_bold(&self) -> Self {
        self.styled(|r| r.bold = true)
    }

    /// All in italic.
    pub(crate) fn all_italic(&self) -> Self {
        self.styled(|r| r.italic = true)
    }

    /// All in capitals.
    pub(crate) fn capitals(&self) -> Self {
        self.styled(|r| r.text = r.text.to_uppercase())
    }

    /// The same text with another after it.
    pub(crate) fn join(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// The same text after `label` and a space; the label takes the style of the first piece.
    pub(crate) fn after(&self, label: &str) -> Self {
        let (bold, italic) = self.0.first().map_or((false, false), |r| (r.bold, r.italic));
        let mut out = Self(vec![Run { text: format!("{label} "), bold, italic }]);
        out.0.extend(self.0.iter().cloned());
        out
    }
}

impl From<&str> for Text {
    fn from(s: &str) -> Self {
        Self::plain(s)
    }
}

impl From<String> for Text {
    fn from(s: String) -> Self {
        Self::plain(s)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => s.serialize_str(""),
            [Run { text, bold: false, italic: false }] => s.serialize_str(text),
            runs => runs.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Plain(String),
            Runs(Vec<Run>),
        }
        Ok(match Either::deserialize(d)? {
            Either::Plain(s) => Self::plain(s),
            Either::Runs(runs) => Self(runs),
        })
    }
}
