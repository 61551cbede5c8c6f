//! The first part of a multipart body, read without reading on: the body stays whole for its handler.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;

/// Bytes within which the first part must end.
const MOST: usize = 4096;

/// What has been read already, then the rest.
struct Replay {
    read: Option<Bytes>,
    rest: Body,
}

impl HttpBody for Replay {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.read.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}

/// Text of the first part when it has this name, and the whole body again.
pub(crate) async fn first_part(content_type: &str, name: &str, mut body: Body) -> (Option<String>, Body) {
    let mut read: Vec<u8> = Vec::new();
    let found = match boundary(content_type) {
        None => None,
        Some(boundary) => loop {
            match look(&read, &boundary, name) {
                Look::Text(t) => break Some(t),
                Look::Other => break None,
                Look::More if read.len() >= MOST => break None,
                Look::More => {}
            }
            match poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        read.extend_from_slice(&data);
                    }
                }
                None | Some(Err(_)) => break None,
            }
        },
    };
    (found, Body::new(Replay { read: Some(read.into()), rest: body }))
}

/// The boundary of a content type (RFC 2046 §5.1.1), quoted or not.
fn boundary(content_type: &str) -> Option<String> {
    let params = content_type.split(';').skip(1);
    let value = params.filter_map(|p| p.trim().split_once('=')).find(|(k, _)| k.eq_ignore_ascii_case("boundary"))?.1;
    let bare = value.trim().trim_matches('"');
    (!bare.is_empty() && bare.len() <= 70).then(|| format!("--{bare}"))
}

enum Look {
    Text(String),
    Other,
    More,
}

fn find(b: &[u8], what: &[u8]) -> Option<usize> {
    b.windows(what.len()).position(|w| w == what)
}

fn look(read: &[u8], boundary: &str, name: &str) -> Look {
    let mark = boundary.as_bytes();
    let n = read.len().min(mark.len());
    if read[..n] != mark[..n] {
        return Look::Other;
    }
    let Some(after) = read.get(mark.len()..) else { return Look::More };
    let Some(end) = find(after, b"\r\n\r\n") else { return Look::More };
    let head = String::from_utf8_lossy(&after[..end]).to_ascii_lowercase();
    if !head.contains(&format!("name=\"{name}\"")) || head.contains("filename") {
        return Look::Other;
    }
    let text = &after[end + 4..];
    match find(text, format!("\r\n{boundary}").as_bytes()) {
        Some(stop) => Look::Text(String::from_utf8_lossy(&text[..stop]).into_owned()),
        None => Look::More,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; charset=utf-8; boundary=\"cut\"";

    fn part(name: &str, more: &str, text: &str) -> String {
        format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n")
    }

    /// Bytes one by one, as a slow network brings them.
    async fn asked(kind: &str, body: &str) -> Option<String> {
        let (found, whole) = first_part(kind, "csrf", Body::from(body.to_owned())).await;
        assert_eq!(axum::body::to_bytes(whole, usize::MAX).await.unwrap(), body.as_bytes(), "nothing is lost");
        found
    }

    #[tokio::test]
    async fn only_the_first_part_counts() {
        let (token, other) = (part("csrf", "", "abc"), part("file", "; filename=\"a\"", "xyz"));
        assert_eq!(asked(KIND, &format!("{token}{other}--cut--\r\n")).await.as_deref(), Some("abc"));
        assert_eq!(asked(KIND, &format!("{other}{token}--cut--\r\n")).await, None);
        assert_eq!(asked(KIND, &part("csrf", "; filename=\"a\"", "abc")).await, None);
        for broken in ["", "--", "--cut", "--cut\r\n\r\n", "x", "--cut\r\nname=\"csrf\"\r\n\r\nabc"] {
            assert_eq!(asked(KIND, broken).await, None, "{broken}");
        }
        assert_eq!(asked("multipart/form-data", &token).await, None);
        assert_eq!(asked(KIND, &part("csrf", "", &"a".repeat(9000))).await.map(|t| t.len()), Some(9000));
    }

    #[test]
    fn a_part_is_found_wherever_it_is_cut() {
        let body = part("csrf", "", "abc") + "--cut--";
        let whole = (0..=body.len()).find(|n| matches!(look(&body.as_bytes()[..*n], "--cut", "csrf"), Look::Text(_)));
        assert_eq!(whole, Some(body.len() - 2), "as soon as it is complete");
        for n in 0..body.len() - 2 {
            assert!(matches!(look(&body.as_bytes()[..n], "--cut", "csrf"), Look::More), "{n}");
        }
    }
}
