//! Paths that come and go: nothing is lost that need not be, and nothing is sent where nobody
//! asked for it.

use std::collections::HashMap;

use proptest::prelude::*;

use super::client::{Client, offer};
use super::*;
use crate::core::paths::CONSENT_LIFETIME;
use crate::ice::tests::check;

/// Collects datagrams with their paths.
#[derive(Default)]
struct Sent(Vec<(Path, Vec<u8>)>);

impl Sink for Sent {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        for datagram in transmit.contents.chunks(transmit.segment_size) {
            self.0.push((transmit.path, datagram.to_vec()));
        }
    }
}

/// User name and password.
type Ice = (String, String);

/// A player, and a viewer whose paths are the subject.
struct Play {
    stage: Stage,
    player: Client,
    player_ice: Ice,
    next: u64,
    session: MediaSessionId,
    ice: Ice,
    has_keys: bool,
    sent: Sent,
}

fn udp(port: u16) -> Path {
    Path::udp(SocketAddr::from(([203, 0, 113, 1], port)))
}

fn tcp(number: u16) -> Path {
    Path::tcp(udp(number).remote, ConnectionNumber(number.into()))
}

/// Keys of a client and of the node for it.
fn keys(seed: u8) -> [(crate::srtp::Inbound, crate::srtp::Outbound); 2] {
    let exported = vec![seed; Profile::AeadAes128Gcm.keying_material_len()];
    [true, false].map(|client| {
        KeyingMaterial::from_exporter(Profile::AeadAes128Gcm, &exported, client)
            .expect("keys of the right length")
    })
}

fn connect(stage: &mut Stage, session: u128, participant: u128, direction: &str) -> Ice {
    let reply = stage.command(MediaCommand::Connect {
        session: MediaSessionId(Uuid::from_u128(session)),
        participant: ParticipantId(Uuid::from_u128(participant)),
        view: HOUSE,
        publish: TrackSet::ALL,
        offer: offer(direction, true),
    });
    let MediaReply::Answer { sdp, .. } = reply else { panic!("no answer but {reply:?}") };
    let line = |name| sdp.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    (line("a=ice-ufrag:").expect("a user name"), line("a=ice-pwd:").expect("a password"))
}

impl Play {
    fn begin() -> Self {
        let mut stage = Stage::new(1);
        let player_ice = connect(&mut stage, 800, 100, "sendonly");
        stage.show(&[100]);
        let ice = connect(&mut stage, 900, 200, "recvonly");
        let [client, node] = keys(8);
        let player = Client::new(SocketAddr::from(([198, 51, 100, 1], 1_000)), client);
        let session = MediaSessionId(Uuid::from_u128(900));
        let (has_keys, sent) = (false, Sent::default());
        let mut play = Self { stage, player, player_ice, next: 100, session, ice, has_keys, sent };
        play.check_player();
        let player = MediaSessionId(Uuid::from_u128(800));
        play.dtls(player, DtlsOutcome::Connected(Box::new(node)));
        play
    }

    /// Both ends have keys.
    fn with_keys(mut self) -> Self {
        self.handshake();
        self
    }

    fn handshake(&mut self) {
        let [_, node] = keys(9);
        self.has_keys = true;
        self.dtls(self.session, DtlsOutcome::Connected(Box::new(node)));
    }

    fn dtls(&mut self, session: MediaSessionId, outcome: DtlsOutcome) {
        self.stage.core.handle_dtls(self.stage.now, session, outcome, &mut self.sent);
    }

    fn lose(&mut self, path: Path) {
        self.stage.core.handle_disconnect(self.stage.now, path, &mut self.sent);
    }

    fn check_player(&mut self) {
        let (ice, path) = (self.player_ice.clone(), Path::udp(self.player.address));
        self.check_with(&ice, path, true);
    }

    fn receive(&mut self, path: Path, contents: &mut [u8]) {
        let mut datagram = Datagram { path, received: self.stage.now, contents };
        self.stage.core.handle_datagram(self.stage.now, &mut datagram, &mut self.sent);
    }

    fn check_with(&mut self, ice: &Ice, path: Path, nominates: bool) {
        let role = rtc_stun::attributes::ATTR_ICE_CONTROLLING;
        self.receive(path, &mut check(&ice.0, &ice.1, role, nominates));
    }

    fn check(&mut self, path: Path, nominates: bool) {
        self.check_with(&self.ice.clone(), path, nominates);
    }

    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.stage.now += Duration::from_secs(1);
            self.check_player();
            self.stage.core.handle_timeout(self.stage.now, &mut self.sent);
        }
    }

    /// The player sends a picture, and it is forwarded.
    fn picture(&mut self) {
        let mut packet = self.player.video(self.next, true).expect("a fresh number");
        self.next += 1;
        let path = Path::udp(self.player.address);
        self.receive(path, &mut packet);
        self.stage.core.flush(self.stage.now, &mut self.sent);
    }

    /// Where the next picture goes; once.
    fn shown_at(&mut self) -> Option<Path> {
        self.sent.0.clear();
        self.picture();
        let media = |(_, contents): &&(Path, Vec<u8>)| {
            matches!(contents[0], 128..=191) && !matches!(contents[1], 192..=223)
        };
        let paths: Vec<_> = self.sent.0.iter().filter(media).map(|(path, _)| *path).collect();
        assert!(paths.len() <= 1, "one picture, one packet: {paths:?}");
        paths.first().copied()
    }

    /// Whether a check on `path` is answered.
    fn is_answered(&mut self, ice: &Ice, path: Path) -> bool {
        self.sent.0.clear();
        self.check_with(ice, path, false);
        self.sent.0.iter().any(|(to, contents)| *to == path && contents[0] == 1)
    }

    fn restart(&mut self) -> Option<Ice> {
        let (ufrag, pwd) = ("clnt".to_owned(), "0123456789012345678901".to_owned());
        let session = self.session;
        match self.stage.command(MediaCommand::RestartIce { session, ufrag, pwd }) {
            MediaReply::Restarted { ufrag, pwd, candidates } => {
                assert!(candidates.iter().any(|candidate| candidate.ends_with("tcptype passive")));
                Some((ufrag, pwd))
            }
            MediaReply::Refused { reason: Refusal::NotFound, .. } => None,
            other => panic!("no restart but {other:?}"),
        }
    }

    fn hangups(&mut self) -> Vec<u32> {
        std::iter::from_fn(|| self.stage.core.poll_hangup()).map(|number| number.0).collect()
    }
}

#[test]
fn media_goes_on_by_the_old_path_until_the_client_nominates_another() {
    let mut play = Play::begin();
    play.check(udp(1), true);
    let mut play = play.with_keys();
    assert_eq!(play.shown_at(), Some(udp(1)));
    play.check(udp(2), false);
    assert_eq!(play.shown_at(), Some(udp(1)), "validated is not chosen");
    play.check(udp(2), true);
    assert_eq!(play.shown_at(), Some(udp(2)));
    assert_eq!(play.stage.core.counters().paths_moved, 1);
    play.check(tcp(3), true);
    assert_eq!(play.shown_at(), Some(tcp(3)), "a connection is a path like any other");
}

#[test]
fn an_old_path_is_forgotten_in_time_and_its_address_means_nothing_then() {
    let mut play = Play::begin();
    play.check(udp(1), true);
    play.check(tcp(2), true);
    let mut play = play.with_keys();
    for _ in 0..CONSENT_LIFETIME.as_secs() {
        play.wait(1);
        play.check(tcp(2), true);
    }
    let strangers = play.stage.core.counters().dropped_stranger;
    play.receive(udp(1), &mut [0x80; 40]);
    assert_eq!(play.stage.core.counters().dropped_stranger, strangers + 1);
    assert!(play.stage.core.is_validated(&tcp(2)));
    assert_eq!(play.hangups(), [0; 0], "the connection is in use");
}

#[test]
fn another_path_takes_over_when_the_selected_one_is_gone() {
    let mut play = Play::begin();
    play.check(udp(1), false);
    play.check(tcp(2), true);
    let mut play = play.with_keys();
    assert_eq!(play.shown_at(), Some(tcp(2)));
    play.lose(tcp(2));
    assert_eq!(play.shown_at(), Some(udp(1)));
    assert!(!play.stage.core.is_validated(&tcp(2)));

    // The next one falls silent instead.
    play.check(tcp(3), true);
    play.wait(20);
    play.check(udp(1), false);
    assert_eq!(play.shown_at(), Some(tcp(3)));
    play.wait(10);
    assert_eq!(play.shown_at(), Some(udp(1)));
    assert_eq!(play.hangups(), [2, 3], "one that ended, and one without consent");
}

#[test]
fn without_a_path_nothing_is_sent_and_the_session_waits_for_one() {
    let mut play = Play::begin();
    play.check(tcp(1), true);
    let mut play = play.with_keys();
    play.lose(tcp(1));
    assert_eq!(play.shown_at(), None);
    play.check(tcp(2), true);
    assert_eq!(play.shown_at(), Some(tcp(2)));
}

#[test]
fn a_restart_costs_nothing_until_it_is_used() {
    let mut play = Play::begin();
    play.check(udp(1), true);
    let mut play = play.with_keys();
    let old = play.ice.clone();
    let unused = play.restart().expect("a session");
    assert_eq!(play.shown_at(), Some(udp(1)));
    assert!(play.is_answered(&old, udp(1)), "old credentials still count");
    // The answer was lost on its way, so the client tries again.
    let new = play.restart().expect("a session");
    assert!(play.is_answered(&old, udp(1)), "the last ones that were used count");
    assert!(!play.is_answered(&unused, udp(1)));
    assert_eq!(play.shown_at(), Some(udp(1)));
    play.check_with(&new, udp(2), false);
    assert_eq!(play.shown_at(), Some(udp(1)));
    play.check_with(&new, udp(2), true);
    assert_eq!(play.shown_at(), Some(udp(2)));
    assert!(!play.is_answered(&old, udp(1)), "new credentials are used now");
}

#[test]
fn an_address_belongs_to_whoever_proved_it_last() {
    let mut play = Play::begin();
    play.check(udp(1), true);
    play.check(udp(2), false);
    let mut play = play.with_keys();
    // Somebody else gets the same outward address from their NAT.
    let ice = connect(&mut play.stage, 901, 300, "recvonly");
    play.check_with(&ice, udp(1), true);
    assert_eq!(play.shown_at(), Some(udp(2)), "the first one is reached by its other path");
}

#[test]
fn connections_are_hung_up_when_their_session_ends() {
    let mut play = Play::begin();
    play.check(tcp(1), true);
    play.check(tcp(2), false);
    let session = play.session;
    play.stage.command(MediaCommand::Disconnect { session });
    assert_eq!(play.hangups(), [1, 2]);
    let mut play = Play::begin();
    play.check(tcp(5), true);
    play.stage.command(MediaCommand::CloseRoom);
    assert_eq!(play.hangups(), [5]);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Check(usize, bool),
    /// With a password of somebody else's.
    Guess(usize),
    Handshake,
    Flight,
    /// What strangers may send.
    Noise(usize, u8),
    Picture,
    Restart,
    Lost(usize),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let path = 0_usize..6;
    let step = prop_oneof![
        4 => (path.clone(), any::<bool>()).prop_map(|(path, chosen)| Step::Check(path, chosen)),
        2 => path.clone().prop_map(Step::Guess),
        1 => Just(Step::Handshake),
        2 => Just(Step::Flight),
        2 => (path.clone(), any::<u8>()).prop_map(|(path, first)| Step::Noise(path, first)),
        4 => Just(Step::Picture),
        1 => Just(Step::Restart),
        1 => path.prop_map(Step::Lost),
        2 => (0_u64..40).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..50)
}

/// What the test knows of the paths of the viewer.
struct Consent {
    paths: [Path; 6],
    heard: HashMap<usize, Instant>,
}

impl Consent {
    /// Media and handshakes went only to paths with consent, answers only to `checked`.
    fn judge(&mut self, play: &mut Play, checked: Option<usize>) -> Result<(), TestCaseError> {
        let now = play.stage.now;
        self.heard.retain(|_, heard| now < *heard + CONSENT_LIFETIME);
        for (to, contents) in play.sent.0.drain(..) {
            if to == Path::udp(play.player.address) {
                continue;
            }
            let path = self.paths.iter().position(|path| *path == to).expect("a known path");
            if contents[0] < 4 {
                prop_assert_eq!(checked, Some(path), "an answer without a question");
            } else {
                prop_assert!(self.heard.contains_key(&path), "{contents:?} sent to {to:?}");
            }
        }
        Ok(())
    }
}

proptest! {
    /// Whatever happens in whatever order: media and handshakes go only where an authenticated
    /// check came from within the lifetime of consent, and answers only where a check just did.
    #[test]
    fn nothing_is_sent_where_nobody_consented(steps in steps()) {
        let paths = [udp(1), udp(2), udp(3), tcp(4), tcp(5), tcp(6)];
        let mut play = Play::begin();
        let mut consent = Consent { paths, heard: HashMap::new() };
        play.sent.0.clear();
        for step in steps {
            let mut checked = None;
            match step {
                Step::Check(path, nominates) => {
                    play.check(paths[path], nominates);
                    if play.sent.0.iter().any(|(to, _)| *to == paths[path]) {
                        consent.heard.insert(path, play.stage.now);
                        checked = Some(path);
                    }
                }
                Step::Guess(path) => {
                    let ice = (play.ice.0.clone(), "0123456789abcdef01234567".to_owned());
                    play.check_with(&ice, paths[path], true);
                }
                Step::Handshake if play.has_keys => {}
                Step::Handshake => play.handshake(),
                Step::Flight => play.dtls(play.session, DtlsOutcome::Transmit(vec![22; 60])),
                Step::Noise(path, first) => play.receive(paths[path], &mut [first; 40]),
                Step::Picture => play.picture(),
                Step::Restart => {
                    if let Some(ice) = play.restart() {
                        play.ice = ice;
                    }
                }
                Step::Lost(path) => {
                    play.lose(paths[path]);
                    consent.heard.remove(&path);
                }
                Step::Wait(seconds) => {
                    for _ in 0..seconds {
                        play.wait(1);
                        consent.judge(&mut play, None)?;
                    }
                }
            }
            consent.judge(&mut play, checked)?;
        }
    }
}
