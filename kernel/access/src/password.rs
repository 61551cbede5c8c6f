//! Passwords: what is accepted, and how they are kept (Argon2id, RFC 9106; parameters of the OWASP Password Storage
//! Cheat Sheet: 19 MiB, t = 2, p = 1).

use std::fmt;
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use store::{Error, Ids as _, Result, SystemIds};

/// Shortest password, characters (NIST SP 800-63B asks 8; systems of level 3 in Vietnam are asked for more).
pub(crate) const SHORTEST: usize = 10;
/// Longest password, characters: a bound on work, far beyond any phrase.
const LONGEST: usize = 200;

/// A password (or token) on its way through. Never printed, never stored.
#[derive(Clone)]
pub struct Secret(String);
impl Secret {
    /// Wraps what was typed.
    pub fn new(s: impl Into<String>) -> Self {
        Self(s.into())
    }
    /// The text itself, for the one place that shows or sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
impl From<&str> for Secret {
    fn from(s: &str) -> Self {
        Self::new(s)
    }
}

/// A password that was accepted and hashed, outside any transaction (it costs tens of milliseconds).
#[derive(Clone)]
pub struct NewPassword {
    pub(crate) phc: String,
    /// µs UTC; for a temporary one.
    pub(crate) until: Option<i64>,
}
impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}
impl NewPassword {
    /// Checks the rules and hashes. `Invalid` on field `password`, in Vietnamese, when a rule is broken.
    /// `login` and `name` are those of the account: the password may not contain them.
    pub fn new(password: &Secret, login: &str, name: &str) -> Result<Self> {
        if let Some(message) = weakness(password.reveal(), login, name) {
            return Err(Error::invalid("password", message));
        }
        Ok(Self { phc: hash(password.reveal())?, until: None })
    }
    /// The same as a temporary one that is good until this instant, µs UTC.
    #[must_use]
    pub fn until(mut self, at: i64) -> Self {
        self.until = Some(at);
        self
    }
    /// Many at once (password, login, name), on as many threads as there are processors but at most four: each takes 19 MiB while it
    /// runs. In the order given.
    pub fn many(list: &[(Secret, String, String)]) -> Result<Vec<Self>> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let share = list.len().div_ceil(threads).max(1);
        std::thread::scope(|s| {
            let parts: Vec<_> = list
                .chunks(share)
                .map(|part| s.spawn(move || part.iter().map(|(p, login, name)| Self::new(p, login, name)).collect::<Result<Vec<_>>>()))
                .collect();
            let mut out = Vec::with_capacity(list.len());
            for p in parts {
                out.extend(p.join().map_err(|_| Error::internal("a hashing thread panicked"))??);
            }
            Ok(out)
        })
    }
    /// The same, for an owner who replaces `old`: the new one must differ.
    pub fn replacing(old: &Secret, password: &Secret, login: &str, name: &str) -> Result<Self> {
        if old.reveal() == password.reveal() {
            return Err(Error::invalid("password", "Mật khẩu mới phải khác mật khẩu cũ."));
        }
        Self::new(password, login, name)
    }
}

/// Passwords seen so often that they are tried first (compared folded and without separators; each at least
/// [`SHORTEST`] long, shorter ones fall anyway). Repetitions and runs are found by rule, not listed.
const COMMON: &[&str] = &[
    "matkhau123",
    "matkhau1234",
    "matkhau12345",
    "matkhau123456",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "passw0rd123",
    "p@ssw0rd123",
    "p@ssword123",
    "qwerty12345",
    "qwerty123456",
    "qwertyuiop",
    "qwertyuiop123",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "iloveyou123",
    "administrator",
    "admin12345",
    "admin123456",
    "admin@12345",
    "admin@123456",
    "welcome123",
    "welcome1234",
    "letmein123",
    "abcd123456",
    "abc1234567",
    "anhyeuem123",
    "emyeuanh123",
    "anhyeuem1234",
    "vietnam123",
    "vietnam1234",
    "vietnam2025",
    "vietnam2026",
    "vietnam2027",
    "hanoi123456",
    "saigon123456",
    "chinhphu123",
    "ubnd123456",
    "khongbiet123",
    "khongnhomk",
    "yeuem123456",
    "changeme123",
    "doimatkhau",
    "doimatkhau123",
    "lachan12345",
    "lachan123456",
    "attt123456",
    "anninhmang",
    "anninhmang123",
    "tinhsaomai",
];

/// What is wrong with a password, in Vietnamese; `None` when it is accepted.
pub(crate) fn weakness(password: &str, login: &str, name: &str) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(format!("Mật khẩu cần ít nhất {SHORTEST} ký tự (hiện có {length}). Gợi ý: ghép vài từ dễ nhớ."));
    }
    if length > LONGEST {
        return Some(format!("Mật khẩu dài nhất {LONGEST} ký tự."));
    }
    let bare: String = text::fold(password).chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '.' | '!')).collect();
    let login = text::fold(login);
    let local = login.split('@').next().unwrap_or_default();
    let folded = text::fold(password);
    if local.chars().count() >= 3 && (folded.contains(local) || bare.contains(local)) {
        return Some("Mật khẩu không được chứa tên đăng nhập.".into());
    }
    let name: String = text::fold(name).chars().filter(|c| !c.is_whitespace()).collect();
    if name.chars().count() >= 5 && bare.contains(&name) {
        return Some("Mật khẩu không được chứa họ tên của tài khoản.".into());
    }
    if COMMON.contains(&bare.as_str()) || COMMON.contains(&folded.as_str()) {
        return Some("Mật khẩu này quá phổ biến, dễ bị đoán. Hãy chọn mật khẩu khác.".into());
    }
    if is_monotonous(password) {
        return Some("Mật khẩu là dãy lặp hoặc dãy liên tiếp, dễ bị đoán. Hãy chọn mật khẩu khác.".into());
    }
    None
}

/// Fewer than 4 different characters, or one run such as `1234567890`, `abcdefghij` up or down.
fn is_monotonous(password: &str) -> bool {
    let chars: Vec<u32> = password.to_lowercase().chars().map(u32::from).collect();
    let mut different = chars.clone();
    different.sort_unstable();
    different.dedup();
    let run = |step: i64| {
        chars.windows(2).all(|w| match w {
            [a, b] => {
                let d = i64::from(*b) - i64::from(*a);
                d == step || (*a == u32::from('9') && *b == u32::from('0')) || (*a == u32::from('0') && *b == u32::from('9'))
            }
            _ => true,
        })
    };
    different.len() < 4 || run(1) || run(-1)
}

fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, Some(32)).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// PHC string of a password, with a fresh salt of the system's generator.
pub(crate) fn hash(password: &str) -> Result<String> {
    let mut salt = [0u8; 16];
    SystemIds.fill(&mut salt);
    let phc = hasher()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(Error::internal)?;
    Ok(phc.to_string())
}

/// A real hash of nothing anybody knows: unknown logins are checked against it, at the same cost.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash(&crate::crypto::new_token()).ok());

/// Is `password` the one behind `phc`? `None` (unknown login, account without password) costs the same and is never true.
pub(crate) fn verify(password: &str, phc: Option<&str>) -> Result<bool> {
    let stored = phc.or(NOBODY.as_deref()).ok_or_else(|| Error::internal("no hash for unknown logins"))?;
    let parsed = PasswordHash::new(stored).map_err(Error::internal)?;
    // an absurdly long input is not worth hashing; nobody's password is that long
    let long = password.chars().count() > LONGEST;
    let ok = hasher()?.verify_password(if long { b"" } else { password.as_bytes() }, &parsed).is_ok();
    Ok(ok && phc.is_some() && !long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_in_vietnamese() {
        let says = |p: &str| weakness(p, "lan.nt", "Nguyễn Thị Lan").unwrap_or_default();
        assert!(says("ngan").contains("ít nhất 10"));
        assert!(says("hiện có").contains("hiện có 7"));
        assert!(says("xin chao Lan.NT").contains("tên đăng nhập"));
        assert!(says("nguyen thi lan 1").contains("họ tên"));
        assert!(says("Nguyễn-Thị-Lan").contains("họ tên"));
        assert!(says("Mật khẩu 123").contains("phổ biến"));
        assert!(says("P@ssw0rd123").contains("phổ biến"));
        assert!(says("Admin@123456").contains("phổ biến"));
        assert!(says("aaaaaaaaaaaa").contains("lặp"));
        assert!(says("1234567890").contains("liên tiếp"));
        assert!(says("0987654321").contains("liên tiếp"));
        assert!(says(&"dài".repeat(100)).contains("dài nhất"));
        assert_eq!(weakness("bốn con mèo vàng", "lan.nt", "Nguyễn Thị Lan"), None);
        assert_eq!(weakness("bốn con mèo vàng", "", ""), None);
    }

    #[test]
    fn common_list_has_no_dead_lines() {
        for p in COMMON {
            assert!(p.chars().count() >= SHORTEST, "{p}");
            assert_eq!(text::fold(p), *p, "{p}");
        }
    }

    #[test]
    fn argon2id_with_owasp_parameters_and_own_salt() {
        let a = hash("bốn con mèo vàng").unwrap();
        let b = hash("bốn con mèo vàng").unwrap();
        assert!(a.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{a}");
        assert_ne!(a, b);
        assert!(verify("bốn con mèo vàng", Some(&a)).unwrap());
        assert!(!verify("bốn con mèo đen", Some(&a)).unwrap());
        assert!(!verify("", None).unwrap());
        assert!(verify("x", Some("not a hash")).is_err());
    }

    #[test]
    fn unknown_logins_cost_the_same() {
        let known = hash("bốn con mèo vàng").unwrap();
        let _ = verify("warm", None).unwrap();
        let time = |phc: Option<&str>| {
            let mut best = std::time::Duration::MAX;
            for _ in 0..5 {
                let t = std::time::Instant::now();
                assert!(!verify("bốn con mèo đen", phc).unwrap());
                best = best.min(t.elapsed());
            }
            best.as_secs_f64()
        };
        let (a, b) = (time(Some(&known)), time(None));
        assert!(a / b < 2.5 && b / a < 2.5, "{a} {b}");
    }

    #[test]
    fn nothing_secret_is_printed() {
        let s = Secret::new("bốn con mèo vàng");
        let n = NewPassword::new(&s, "lan", "Lan").unwrap();
        let printed = format!("{s:?} {n:?}");
        assert!(!printed.contains("mèo") && !printed.contains("argon2"), "{printed}");
    }
}
