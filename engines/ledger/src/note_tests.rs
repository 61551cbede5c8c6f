//! The published example of golang.org/x/mod/sumdb/note, and refusals.
use super::*;
use proptest::prelude::*;

const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SIGNER: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn keys() -> (SignerKey, VerifierKey) {
    (SignerKey::parse(SIGNER).unwrap(), VerifierKey::parse(VERIFIER).unwrap())
}

#[test]
fn the_published_example() {
    let (signer, verifier) = keys();
    assert_eq!(signer.verifier(), &verifier);
    assert_eq!(signer.secret_string(), SIGNER);
    assert_eq!(verifier.to_string(), VERIFIER);
    assert_eq!(signer.sign(TEXT).unwrap().to_string(), NOTE);
    let note = Note::parse(NOTE).unwrap();
    assert_eq!(note.verify(&[verifier]), Ok(TEXT));
    assert_eq!(note.to_string(), NOTE);
    assert!(!format!("{signer:?}").contains("AYEK"));
}

#[test]
fn who_is_trusted() {
    let (signer, verifier) = keys();
    let other = SignerKey::from_seed("sao-mai.example/log", &[7; 32]).unwrap();
    let mut note = signer.sign(TEXT).unwrap();
    assert_eq!(note.verify(std::slice::from_ref(other.verifier())), Err(LedgerError::NoTrustedSignature));
    assert_eq!(note.verify(&[]), Err(LedgerError::NoTrustedSignature));
    note.add_signature(&other).unwrap();
    let both = Note::parse(&note.to_string()).unwrap();
    assert_eq!(both.signatures().len(), 2);
    assert!(both.verify(std::slice::from_ref(other.verifier())).is_ok());
    assert!(both.verify(&[verifier.clone(), other.verifier().clone()]).is_ok());
    // Same id, other name: unknown, so ignored.
    let renamed = Note::parse(&NOTE.replace("— PeterNeumann", "— Petra")).unwrap();
    assert_eq!(renamed.verify(std::slice::from_ref(&verifier)), Err(LedgerError::NoTrustedSignature));
    // Same name, other key: unknown, so ignored.
    let twin = SignerKey::from_seed("PeterNeumann", &[9; 32]).unwrap();
    assert_eq!(twin.sign(TEXT).unwrap().verify(&[verifier]), Err(LedgerError::NoTrustedSignature));
}

#[test]
fn a_changed_text_is_refused() {
    let (_, verifier) = keys();
    let forged = Note::parse(&NOTE.replace("problem is", "trouble is")).unwrap();
    assert_eq!(forged.verify(&[verifier]), Err(LedgerError::BadSignature("PeterNeumann".into())));
}

#[test]
fn malformed() {
    for s in [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— a b\n",
        "text\n\n— a AAAAAA==\n",
        "text\n\n- PeterNeumann x08go/ZJ\n",
        "te\txt\n\n— a AAAAAAA=\n",
        "text\n\n— a AAAAAAA=",
        "text\n\n— a+b AAAAAAA=\n",
    ] {
        assert!(Note::parse(s).is_err(), "{s:?}");
    }
    assert!(Note::parse("text\n\n— a AAAAAAA=\n").is_ok());
    assert!(Note::parse("\n\n— a AAAAAAA=\n").is_ok(), "text of one empty line");
    let many = format!("t\n\n{}", "— a AAAAAAA=\n".repeat(101));
    assert!(Note::parse(&many).is_err());
    for s in [
        "",
        "a",
        "a+b",
        "a+00000000+",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann++74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq",
    ] {
        assert!(VerifierKey::parse(s).is_err(), "{s}");
    }
    assert_eq!(VerifierKey::parse(&VERIFIER.replace("Peter", "Petra")), Err(LedgerError::KeyHash));
    assert_eq!(VerifierKey::parse(&VERIFIER.replace("+AR", "+BR")), Err(LedgerError::KeyType(5)));
    assert!(SignerKey::from_seed("có dấu cách", &[0; 32]).is_err());
    let (signer, _) = keys();
    assert!(signer.sign("no newline").is_err());
    assert!(signer.sign("bell\u{7}\n").is_err());
}

proptest! {
    #[test]
    fn texts_with_empty_lines_survive(lines in proptest::collection::vec("[^\\x00-\\x1f]{0,12}", 1..6), seed: [u8; 32]) {
        let text = format!("{}\n", lines.join("\n"));
        let key = SignerKey::from_seed("sao-mai.example/log", &seed).unwrap();
        let note = Note::parse(&key.sign(&text).unwrap().to_string()).unwrap();
        let trusted = [VerifierKey::parse(&key.verifier().to_string()).unwrap()];
        prop_assert_eq!(note.verify(&trusted), Ok(text.as_str()));
    }

    #[test]
    fn never_panics(s in "\\PC*", t in "(—| |\n|a|A|=|\\+){0,40}") {
        let _ = (Note::parse(&s), Note::parse(&t), VerifierKey::parse(&s), SignerKey::parse(&t));
    }
}
