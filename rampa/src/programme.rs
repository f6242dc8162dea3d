//! What `up` says on standard output: Russian first, English beside it.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use protocol::{AccessLink, Keyring, Role};
use store::Demo;

use crate::config::Config;

/// A line of the programme: Russian, English, and an address.
struct Line(String, String, String);

/// What there is to know about an open house.
pub(crate) struct Programme<'a> {
    /// The settings.
    pub(crate) config: &'a Config,
    /// The address that people use.
    pub(crate) public_url: &'a str,
    /// The media ports.
    pub(crate) media: &'a [SocketAddr],
    /// Where browsers send media to.
    pub(crate) advertised: &'a [IpAddr],
    /// What the relay is called, if there is one.
    pub(crate) relay: Option<&'a [String]>,
    /// The demo and the keys that sign its links, if there is to be one.
    pub(crate) demo: Option<(&'a Demo, &'a Keyring)>,
    /// Whether the binary carries the web app.
    pub(crate) has_web_app: bool,
}

impl Programme<'_> {
    /// The whole text.
    pub(crate) fn text(&self) -> String {
        let mut lines = vec![line("Дом", "House", self.public_url.to_owned())];
        if let Some((demo, keyring)) = self.demo {
            lines.extend(self.links(demo, keyring));
        }
        lines.push(line("Медиа", "Media", self.media_addresses()));
        if let Some(urls) = self.relay {
            lines.push(line("Ретранслятор", "Relay", urls.join(", ")));
        }
        let mut text =
            format!("\n  Рампа · Rampa {}\n\n{}\n", env!("CARGO_PKG_VERSION"), table(&lines));
        for (russian, english) in self.notes() {
            let _ = writeln!(text, "  {russian}\n    {english}");
        }
        text.push_str("\n  Ctrl-C закрывает дом · Ctrl-C closes the house\n");
        text
    }

    fn links(&self, demo: &Demo, keyring: &Keyring) -> Vec<Line> {
        let link = |role, link: &AccessLink| self::link(self.public_url, role, *link, keyring);
        let actors = demo.actors.iter().take(1);
        let actors = actors.map(|l| line("Актёр", "Actor", link(Role::Actor, l)));
        let spectators = demo.spectators.iter().take(2).zip(1..).map(|(l, number)| {
            let (russian, english) = (format!("Зритель {number}"), format!("Spectator {number}"));
            Line(russian, english, link(Role::Spectator, l))
        });
        let managers = demo.stage_managers.iter().take(1);
        let managers = managers
            .map(|l| line("Помощник режиссёра", "Stage manager", link(Role::StageManager, l)));
        actors.chain(spectators).chain(managers).collect()
    }

    fn media_addresses(&self) -> String {
        let ports: Vec<_> = self.media.iter().map(SocketAddr::port).collect();
        let consecutive = ports.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let others = match ports.as_slice() {
            [] | [_] => String::new(),
            [.., last] if consecutive => format!("–{last}"),
            [_, others @ ..] => others.iter().map(|port| format!("/{port}")).collect(),
        };
        let first = ports.first().copied().unwrap_or_default();
        let address = |ip: &IpAddr| format!("{}{others}", SocketAddr::new(*ip, first));
        let addresses: Vec<_> = self.advertised.iter().map(address).collect();
        format!("udp {}", addresses.join(", "))
    }

    /// What is off or will not work, and what to do about it.
    fn notes(&self) -> Vec<(&'static str, &'static str)> {
        let mut notes = Vec::new();
        notes.push(match self.config.bot.secret {
            None => (
                "Телеграм-бот выключен: задайте bot.token (RAMPA__BOT__TOKEN)",
                "The Telegram bot is off: set bot.token (RAMPA__BOT__TOKEN)",
            ),
            Some(_) => (
                "Телеграм-бот выключен: токен задан, но в этой версии бота ещё нет",
                "The Telegram bot is off: its token is set, but this version has no bot yet",
            ),
        });
        notes.push(match self.config.ai.secret {
            None => (
                "ИИ-помощник выключен: задайте ai.key (RAMPA__AI__KEY)",
                "The AI worker is off: set ai.key (RAMPA__AI__KEY)",
            ),
            Some(_) => (
                "ИИ-помощник выключен: ключ задан, но в этой версии помощника ещё нет",
                "The AI worker is off: its key is set, but this version has no worker yet",
            ),
        });
        if self.relay.is_none() && self.config.turn.enabled {
            notes.push((
                "Ретранслятора нет: порт turn.listen занят или недоступен, см. журнал",
                "There is no relay: its port (turn.listen) cannot be had, see the log",
            ));
        }
        if !self.has_web_app {
            notes.push((
                "Веб-приложение не собрано: выполните make web и соберите программу заново",
                "The web app has not been built: run make web and build the program again",
            ));
        }
        if crate::addresses::only_loopback(self.advertised) {
            notes.push((
                "Звук и картинка дойдут только на этой машине: задайте sfu.advertise",
                "Sound and picture reach this machine only: set sfu.advertise",
            ));
        }
        notes
    }
}

/// The address of a person's page, with the secret that opens it.
pub(crate) fn link(public_url: &str, role: Role, link: AccessLink, keyring: &Keyring) -> String {
    let page = match role {
        Role::Actor => "stage",
        Role::Spectator => "watch",
        Role::StageManager => "console",
    };
    format!("{public_url}/{page}#{}", link.seal(keyring))
}

fn line(russian: &str, english: &str, address: String) -> Line {
    Line(russian.to_owned(), english.to_owned(), address)
}

fn table(lines: &[Line]) -> String {
    let width = |column: fn(&Line) -> &str| {
        lines.iter().map(|line| column(line).chars().count()).max().unwrap_or_default()
    };
    let (russian, english) = (width(|line| &line.0), width(|line| &line.1));
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "  {:russian$}  {:english$}  {}", line.0, line.1, line.2);
        text
    })
}
