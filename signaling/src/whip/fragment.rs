//! Fragments of SDP (RFC 8840 section 9): what of them an ICE-lite server reads and writes.

use crate::hub::{IceCredentials, SdpFragment};

/// The longest `ice-ufrag` and `ice-pwd` (RFC 8839 section 5.4).
const MAX_CREDENTIAL: usize = 256;

/// The first ICE credentials of an offer or a fragment, if both are there and well-formed.
pub(super) fn credentials(sdp: &str) -> Option<IceCredentials> {
    let value = |prefix| sdp.lines().find_map(|line| line.trim_end().strip_prefix(prefix));
    let ufrag = value("a=ice-ufrag:").filter(|ufrag| is_credential(ufrag, 4))?;
    let pwd = value("a=ice-pwd:").filter(|pwd| is_credential(pwd, 22))?;
    Some(IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() })
}

fn is_credential(text: &str, shortest: usize) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'+' || c == b'/';
    (shortest..=MAX_CREDENTIAL).contains(&text.len()) && text.bytes().all(allowed)
}

/// Reads a fragment. None: it is malformed, or names only half of the credentials.
pub(super) fn parse(text: &str) -> Option<SdpFragment> {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).peekable();
    lines.peek()?;
    let mut media = None;
    let mut mid = None;
    for line in lines {
        let (kind, value) = line.split_once('=')?;
        match kind {
            "a" => {
                if let Some(value) = value.strip_prefix("mid:") {
                    mid.get_or_insert(value);
                }
            }
            "m" => {
                media.get_or_insert(value);
            }
            _ => return None,
        }
    }
    let named = |name| text.lines().any(|line| line.starts_with(name));
    let ice = credentials(text);
    if ice.is_none() && (named("a=ice-ufrag:") || named("a=ice-pwd:")) {
        return None;
    }
    let media = media.zip(mid).map(|(media, mid)| (media.to_owned(), mid.to_owned()));
    Some(SdpFragment { ice, media })
}

/// Writes the reply to an ICE restart; `media` is the `m=` value and `mid` of the request.
/// Candidates for TCP are left out where there are others: `whip-whep` 1.2 makes one broken line
/// of several.
pub(super) fn write(
    ice: &IceCredentials,
    candidates: &[String],
    media: Option<&(String, String)>,
) -> String {
    let mut lines = vec![
        "a=ice-lite".to_owned(),
        format!("a=ice-ufrag:{}", ice.ufrag),
        format!("a=ice-pwd:{}", ice.pwd),
    ];
    if let Some((media, mid)) = media {
        lines.push(format!("m={media}"));
        lines.push(format!("a=mid:{mid}"));
    }
    let is_udp = |candidate: &&String| candidate.contains(" udp ");
    let any_udp = candidates.iter().any(|candidate| is_udp(&candidate));
    let named = candidates.iter().filter(|candidate| is_udp(candidate) || !any_udp);
    lines.extend(named.map(|candidate| format!("a=candidate:{candidate}")));
    lines.push("a=end-of-candidates".to_owned());
    lines.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PWD: &str = "P2uYro0UCOQ4zxjKXaWCBui1";

    fn ice(ufrag: &str) -> IceCredentials {
        IceCredentials { ufrag: ufrag.to_owned(), pwd: PWD.to_owned() }
    }

    #[test]
    fn a_fragment_is_read() {
        let text = format!(
            "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
             a=ice-ufrag:EsAw\r\na=ice-pwd:{PWD}\r\n\
             a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host\r\na=end-of-candidates\r\n"
        );
        let media = Some(("audio 9 UDP/TLS/RTP/SAVPF 111".to_owned(), "0".to_owned()));
        assert_eq!(parse(&text), Some(SdpFragment { ice: Some(ice("EsAw")), media }));
        let bare = parse("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n").unwrap();
        assert_eq!(bare, SdpFragment::default());
    }

    #[test]
    fn a_malformed_fragment_is_not() {
        let long = "x".repeat(300);
        for text in [
            "",
            "\r\n",
            "candidate",
            "v=0\r\n",
            "a=ice-ufrag:EsAw\r\n",
            "a=ice-ufrag:EsA\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
            "a=ice-ufrag:Es w\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
            "a=ice-ufrag:EsAw\r\na=ice-pwd:short\r\n",
            &format!("a=ice-ufrag:{long}\r\na=ice-pwd:{PWD}\r\n"),
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_reply_repeats_the_section_and_can_be_read() {
        let media = ("video 9 UDP/TLS/RTP/SAVPF 96".to_owned(), "1".to_owned());
        let candidates = ["1 1 udp 2130706431 192.0.2.1 7882 typ host".to_owned()];
        let text = write(&ice("node"), &candidates, Some(&media));
        assert!(text.ends_with("typ host\r\na=end-of-candidates\r\n"));
        let read = parse(&text).unwrap();
        assert_eq!(read, SdpFragment { ice: Some(ice("node")), media: Some(media) });
    }

    #[test]
    fn a_reply_names_tcp_only_where_there_is_nothing_else() {
        let udp = "1 1 udp 2130706431 192.0.2.1 7882 typ host".to_owned();
        let tcp = "2 1 tcp 1520435199 192.0.2.1 7882 typ host tcptype passive".to_owned();
        let text = write(&ice("node"), &[udp.clone(), tcp.clone()], None);
        assert!(text.contains(&udp) && !text.contains(&tcp), "{text}");
        assert!(write(&ice("node"), std::slice::from_ref(&tcp), None).contains(&tcp));
    }
}
