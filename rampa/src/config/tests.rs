#![expect(clippy::result_large_err, reason = "the error of the test jail is its library's")]

use figment::Jail;

use super::*;

/// The settings of `toml` under the given environment, in an empty folder.
fn load(toml: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let mut loaded = None;
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file(DEFAULT_FILE, toml)?;
        for (key, value) in environment {
            jail.set_env(key, value);
        }
        loaded = Some(Config::load(None).map_err(|error| format!("{error:#}")));
        Ok(())
    });
    loaded.expect("the closure ran")
}

#[test]
fn nothing_set_is_a_house_on_this_machine() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.http.public_url(config.http.listen), "http://localhost:8080");
    assert_eq!(config.database.url.expose(), "sqlite:data/rampa.db");
    assert!(matches!(config.keys, KeySource::Kept(path) if path == Path::new("data/keys")));
    let reads = |address: &str| {
        let address = address.parse().unwrap();
        config.http.metrics_allow.iter().any(|net| net.contains::<&std::net::IpAddr>(&address))
    };
    assert!(reads("127.0.0.1") && reads("::1") && !reads("192.0.2.1") && !reads("10.0.0.1"));
    assert!(config.http.tls.is_none() && config.bot.secret.is_none());
}

#[test]
fn the_environment_stands_above_the_file() {
    let toml = "data_dir = \"a\"\n[http]\nlisten = \"127.0.0.1:1\"\n[sfu]\nlisten = \"0.0.0.0:2\"";
    let environment = [
        ("RAMPA__HTTP__LISTEN", "127.0.0.1:3"),
        ("RAMPA__SFU__ADVERTISE", "[192.0.2.1,192.0.2.2]"),
        ("RAMPA__SFU__WORKERS", "3"),
        ("RAMPA__BOT__TOKEN", "000123"),
        ("RAMPA__HTTP__ACME__DOMAINS", "[house.example]"),
    ];
    let config = load(toml, &environment).unwrap();
    assert_eq!(config.http.listen.port(), 3);
    assert_eq!(config.sfu.listen.port(), 2);
    assert_eq!(config.sfu.advertise.len(), 2);
    assert_eq!(config.sfu.workers, 3);
    assert_eq!(config.bot.secret.unwrap().expose(), "000123", "taken as it is");
    assert_eq!(config.database.url.expose(), "sqlite:a/rampa.db");
    assert!(matches!(config.http.tls, Some(TlsSource::Acme(_))));
}

#[test]
fn what_cannot_be_used_is_named() {
    let cases = [
        ("lisen = 1", "lisen"),
        ("[http]\nport = 1", "http.port"),
        ("[http.tls]\ncert = \"a\"", "http.tls.key"),
        ("[http]\nlisten = \"nowhere\"", "http.listen"),
        ("[http]\npublic_url = \"ftp://a\"", "http.public_url"),
        ("[http]\npublic_url = \"https://a/b\"", "http.public_url"),
        ("[http]\ntrusted_proxies = [\"a\"]", "http.trusted_proxies"),
        ("[http]\nmetrics_allow = [\"everybody\"]", "http.metrics_allow"),
        ("[http.acme]\ndomains = [\"localhost\"]", "http.acme.domains"),
        ("[turn]\nurls = [\"turn:a.b:3478\"]", "turn.secret"),
        ("[turn]\nsecret = \"short\"", "turn.secret"),
        ("[turn]\nsecret = \"0123456789abcdef\"\nurls = [\"stun:a.b\"]", "turn.urls"),
        ("[turn]\nquota = 0", "turn.quota"),
        ("[turn]\nttl_seconds = 60", "turn.ttl_seconds"),
        ("[http.acme]\ndomains = [\"a.b\"]\ndirectory = \"x\"", "http.acme.directory"),
        ("[http.tls]\ncert = \"a\"\nkey = \"b\"\n[http.acme]\ndomains = [\"a.b\"]", "http.acme"),
        ("[database]\nurl = \"mysql://a\"", "database.url"),
        ("[database]\nmax_connections = 0", "database.max_connections"),
        ("[database]\nurl = \"postgres://u:p@h/d\"", "keys.ring"),
        ("[keys]\nring = \"1:AAAA\"", "keys.ring"),
        ("[sfu]\nadvertise = [\"0.0.0.0\"]", "sfu.advertise"),
        ("[sfu]\ncertificate_hours = 0", "sfu.certificate_hours"),
        ("[sfu]\nworkers = 0", "sfu.workers"),
        ("[sfu]\nworkers = 3\nlisten = \"0.0.0.0:65534\"", "sfu.workers"),
        ("[bot]\ntoken = \"a\"\ntoken_file = \"b\"", "bot.token"),
        ("[ai]\nkey_file = \"missing\"", "ai.key"),
        ("[log]\nformat = \"xml\"", "log.format"),
        ("[log]\nfilter = \"a=b=c\"", "log.filter"),
    ];
    for (toml, key) in cases {
        let error = load(toml, &[]).expect_err(toml);
        assert!(error.contains(&format!("`{key}")), "{toml}: {error}");
    }
}

#[test]
fn secrets_are_read_from_files_and_never_shown() {
    let mut shown = String::new();
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file("token", "telegram-secret\n")?;
        jail.set_env("RAMPA__BOT__TOKEN_FILE", "token");
        jail.set_env("RAMPA__DATABASE__URL", "sqlite:x?password=hunter2");
        let config = Config::load(None).expect("a usable configuration");
        assert_eq!(config.bot.secret.as_ref().expect("it is set").expose(), "telegram-secret");
        shown = format!("{config:?}");
        Ok(())
    });
    assert!(shown.contains("[redacted]"));
    assert!(!shown.contains("telegram-secret") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_password_is_left_out_of_the_shown_address() {
    let key = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let environment =
        [("RAMPA__DATABASE__URL", "postgres://u:p@h/d?password=q"), ("RAMPA__KEYS__RING", key)];
    let config = load("", &environment).unwrap();
    assert_eq!(config.database.display(), "postgres://u@h/d");
}

#[test]
fn the_house_is_called_by_what_people_can_reach() {
    let url =
        |toml: &str, bound: &str| load(toml, &[]).unwrap().http.public_url(bound.parse().unwrap());
    let tls = "[http.tls]\ncert = \"a\"\nkey = \"b\"";
    assert_eq!(url("", "127.0.0.1:80"), "http://localhost");
    assert_eq!(url("", "[::]:8080"), "http://localhost:8080");
    assert_eq!(url("", "192.0.2.1:8080"), "http://192.0.2.1:8080");
    assert_eq!(url(tls, "0.0.0.0:443"), "https://localhost");
    assert_eq!(url("[http.acme]\ndomains = [\"a.b\"]", "0.0.0.0:443"), "https://a.b");
    assert_eq!(url("[http]\npublic_url = \"https://a.b/\"", "0.0.0.0:1"), "https://a.b");
}

#[test]
fn the_example_file_shows_the_defaults() {
    let example = include_str!("../../../rampa.example.toml");
    let uncommented: String = example
        .lines()
        .filter(|line| !line.starts_with("##"))
        .map(|line| line.trim_start_matches('#'))
        .fold(String::new(), |text, line| text + line + "\n");
    let shown = |toml| format!("{:?}", load(toml, &[]).unwrap());
    assert_eq!(shown(&uncommented), shown(""));
}
